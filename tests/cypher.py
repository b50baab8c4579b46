"""Statements of the tests' own; the program runs only named ones."""

from typing import Any, LiteralString, cast

import neo4j

from app.graph.database import Database


async def rows(db: Database, text: str, **parameters: Any) -> list[dict[str, Any]]:
    driver: neo4j.AsyncDriver = db._driver  # pyright: ignore[reportPrivateUsage]
    return [record.data() for record in (await driver.execute_query(cast("LiteralString", text), parameters)).records]


async def drop_everything(db: Database) -> None:
    """Drop everything, the schema included, as if the database were new."""
    await db.define("MATCH (n) DETACH DELETE n", {})
    for row in await rows(db, "SHOW CONSTRAINTS YIELD name RETURN name"):
        await db.define(f"DROP CONSTRAINT `{row['name']}`", {})
    for row in await rows(db, "SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name"):
        await db.define(f"DROP INDEX `{row['name']}`", {})
