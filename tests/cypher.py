"""Statements of the tests' own; the program runs only named ones."""

from typing import Any, LiteralString, cast

import neo4j

from app.graph.database import Database


async def rows(db: Database, text: str, **parameters: Any) -> list[dict[str, Any]]:
    driver: neo4j.AsyncDriver = db._driver  # pyright: ignore[reportPrivateUsage]
    return [record.data() for record in (await driver.execute_query(cast("LiteralString", text), parameters)).records]
