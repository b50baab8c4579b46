import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import neo4j
import pytest
from msgspec.structs import replace

from app.domain.errors import SetupError, StatementFailed
from app.graph import schema
from app.graph.database import Database
from app.graph.statements import statement, with_parameters
from graph_schema import migrations as schema_migrations
from graph_schema.elements import INDEXES

pytestmark = pytest.mark.anyio


async def test_every_index_of_the_schema_is_online(db: Database):
    states = await schema.index_states(db)
    assert {name: state.state for name, state in states.items()} == dict.fromkeys(INDEXES, "ONLINE")


async def test_index_types_match_the_schema(db: Database):
    rows = {row["name"]: row["type"] for row in await db.read("system/indexes")}
    assert {name: rows[name] for name in INDEXES} == INDEXES


async def test_migrating_again_does_nothing(db: Database):
    assert await schema.migrate(db, dimension=384) == []
    assert await schema.pending_migrations(db) == []


async def test_a_changed_migration_is_refused(db: Database, monkeypatch: pytest.MonkeyPatch):
    first, *rest = schema_migrations.migrations()
    changed = (replace(first, checksum="0" * 64), *rest)
    monkeypatch.setattr(schema, "migrations", lambda: changed)
    with pytest.raises(SetupError, match="differs from the one that was applied"):
        await schema.migrate(db, dimension=384)


async def test_a_newer_database_is_refused(db: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(schema, "migrations", lambda: schema_migrations.migrations()[:-1])
    with pytest.raises(SetupError, match="newer Mnemon"):
        await schema.migrate(db, dimension=384)


async def test_another_embedding_model_is_refused_with_the_fix(db: Database):
    with pytest.raises(SetupError, match="mnemon reindex"):
        await schema.check_embedding(db, model="other", dimension=384)
    with pytest.raises(SetupError, match="mnemon reindex"):
        await schema.check_embedding(db, model="multilingual-e5-small-centred", dimension=768)


async def test_cypher_can_not_read_files(db: Database):
    with pytest.raises(StatementFailed):
        await db.define("LOAD CSV FROM 'file:///etc/passwd' AS row MERGE (:Memory {id: row[0]})", {})


# Statements over the whole database; and forgetting and imports, which are rare and still read the labels of all memories.
MAY_SCAN = ("forget/", "imports/", "keys/", "system/", "operations/summary", "operations/totals")
CYPHER = Path(schema.__file__).with_name("cypher")
STATEMENTS = sorted(str(path.relative_to(CYPHER).with_suffix("")) for path in CYPHER.rglob("*.cypher"))


def scans(plan: dict[str, Any]) -> Iterator[str]:
    """Yield the steps of a plan that read every node of a label, whichever memory it belongs to: no index could be used.
    Where an index holds little, Neo4j may read all of it; that depends on the data of the moment.
    """
    if re.search(r"AllNodesScan|ByLabelScan|ByLabelsScan", plan["operatorType"]):
        yield f"{plan['operatorType']} {plan.get('args', {}).get('Details', '')}"
    for child in plan.get("children", []):
        yield from scans(child)


async def test_no_statement_on_a_memory_reads_the_nodes_of_all(db: Database):
    driver: neo4j.AsyncDriver = db._driver  # pyright: ignore[reportPrivateUsage]
    found: dict[str, list[str]] = {}
    for name in STATEMENTS:
        if name.startswith((*MAY_SCAN, "fragments/")):
            continue
        text = statement(name)
        values: dict[str, Any] = dict.fromkeys(re.findall(r"\$(\w+)", text))
        values |= {"label": "Fact"} if "label" in values else {}
        values |= {"labels": {}} if "labels" in values else {}
        sent, parameters = with_parameters(name, values)
        result = await driver.execute_query(f"EXPLAIN {sent}", parameters)
        found |= {name: steps} if (steps := list(scans(cast("dict[str, Any]", result.summary.plan)))) else {}
    assert found == {}
