"""Migrating any earlier version gives the schema of a fresh database and keeps the data."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from app.connections import neo4j_address, open_database
from app.domain.ids import insight_id, stable_uuid
from app.graph import operations, schema
from app.graph.database import Database
from app.settings import Settings, load_settings
from graph_schema.migrations import migrations
from tests.cypher import drop_everything, rows

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

DIMENSION = 4
MEMORY = "u:1"
LAST = len(migrations())
Shape: TypeAlias = tuple[list[dict[str, Any]], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def own_settings(detached_dir: Path) -> Settings:
    """Return the settings of the detached Neo4j, since a schema applies to the whole database."""
    return load_settings({}, data_dir=detached_dir)


@pytest.fixture(scope="module")
async def fresh(own_settings: Settings) -> Shape:
    """Return the schema of a database created with the latest version."""
    async with aclosing(open_database(neo4j_address(own_settings))) as database:
        await drop_everything(database)
        await schema.migrate(database, dimension=DIMENSION)
        return await shape(database)


@pytest.fixture
async def empty(own_settings: Settings) -> AsyncIterator[Database]:
    async with aclosing(open_database(neo4j_address(own_settings))) as database:
        await drop_everything(database)
        yield database


async def run(db: Database, text: str, **parameters: Any) -> None:
    await db.define(text, parameters)


async def shape(db: Database) -> Shape:
    """Return the indexes and constraints that Neo4j reports."""
    await schema.wait_until_online(db)
    indexes = "SHOW INDEXES YIELD name, type, labelsOrTypes, properties RETURN * ORDER BY name"
    constraints = "SHOW CONSTRAINTS YIELD name, type, labelsOrTypes, properties RETURN * ORDER BY name"
    return await rows(db, indexes), await rows(db, constraints)


async def store_old_graph(db: Database, number: int = 1) -> None:
    """Store a graph that every schema version may hold: integer ids of insights came with V0014. `number`: of the memory
    `u:<number>`, and in ids that are unique in the database.
    """
    memory = f"u:{number}"
    own = stable_uuid("insight", memory, "person:ana")
    operation = f"op_{number}"
    await run(
        db,
        """
        CREATE (:Memory {id: $memory, userId: 'u', agentId: 'a'})
        CREATE (raw:RawData {id: 'r1', memoryId: $memory, text: 'I live in Faro.', sourceClient: 'web', contentId: 'c1',
                             metadataTerms: ['"a":1']})
        CREATE (fact:Fact {id: 7, memoryId: $memory, text: 'Ana lives in Faro.', contentHash: 'h', metadataTerms: []})
        CREATE (fact)-[:EXTRACTED_FROM {start: 0, end: 15}]->(raw)
        CREATE (entity:Entity {id: 'e1', memoryId: $memory, key: 'person:ana', name: 'Ana'})
        CREATE (fact)-[:MENTIONS {role: 'subject'}]->(entity)
        CREATE (leaf:Insight {id: $own, memoryId: $memory, tier: 'LEAF', text: 'Ana: …', composer: 'local@1'})
        CREATE (leaf)-[:DERIVED_FROM {point: 0}]->(fact)
        CREATE (root:Insight {id: $root, memoryId: $memory, tier: 'ROOT', text: 'All', importId: $operation})
        CREATE (root)-[:DERIVED_FROM {point: 0}]->(leaf)
        CREATE (:Operation {id: $operation, memoryId: $memory, kind: 'extract', status: 'succeeded', attempts: 1, sequence: 1,
                            createdAt: datetime(), finishedAt: datetime(), resultJson: $result, origin: 'api'})
        """,
        memory=memory,
        own=own,
        root=f"i{number + 1}",
        operation=operation,
        result=json.dumps(
            {"triggered": True, "fact_ids": [7], "insight_ids": [own, str(uuid.uuid4())], "raw_data_ids": ["r1"]},
            separators=(",", ":"),
        ),
    )


async def test_a_fresh_database_has_every_index_and_constraint(empty: Database):
    assert await schema.migrate(empty, dimension=DIMENSION) == [m.name for m in migrations()]
    await schema.wait_until_online(empty)


async def test_migrating_any_earlier_version_keeps_its_data(fresh: Shape, empty: Database):
    """Migrate step by step, and store a memory at each version: it is migrated from there to the latest."""
    for version in range(1, LAST):
        await schema.migrate(empty, dimension=DIMENSION, up_to=version)
        await store_old_graph(empty, version)
    await schema.migrate(empty, dimension=DIMENSION)
    assert await shape(empty) == fresh
    counts = await rows(
        empty,
        "MATCH (n:RawData|Fact|Entity|Insight) OPTIONAL MATCH (n)-[r]->() "
        "RETURN n.memoryId AS memory, count(DISTINCT n) AS n, count(r) AS r",
    )
    assert {row["memory"]: (row["n"], row["r"]) for row in counts} == {f"u:{v}": (5, 4) for v in range(1, LAST)}


async def test_insights_get_the_same_ids_as_newly_computed_ones(empty: Database):
    await schema.migrate(empty, dimension=DIMENSION, up_to=13)
    await store_old_graph(empty)
    await schema.migrate(empty, dimension=DIMENSION)
    own = insight_id(MEMORY, "person:ana")
    found = {row["text"]: row for row in await rows(
        empty, "MATCH (i:Insight) RETURN i.text AS text, i.id AS id, i.externalId AS externalId")}  # fmt: skip
    assert found["Ana: …"] == {"text": "Ana: …", "id": own, "externalId": None}
    assert found["All"]["externalId"] == "i2"
    assert 1 <= found["All"]["id"] < 2**53
    operation = await operations.get(empty, "op_1")
    assert operation.result is not None
    first, second = operation.result.insight_ids
    assert (first, 1 <= second < 2**53, operation.result.raw_data_ids) == (own, True, ["r1"])


async def test_facts_leave_slots_that_are_several_now(empty: Database):
    await schema.migrate(empty, dimension=DIMENSION, up_to=21)
    old = {
        "ana|leader": "Ben", "ana|leader|tech": "Mia", "trip|date": "June 12", "ana|home": "Faro", "tom|home": "Leeds",
        "ana|employer": "Acme",
    }  # fmt: skip
    for slot, value in old.items():
        predicate = "is" if slot == "tom|home" else "lives_in"
        await run(
            empty,
            "CREATE (:Fact {memoryId: 'u:1', id: $id, slot: $slot, slotValue: $value, predicate: $predicate})",
            id=len(slot) * 100 + len(value),
            slot=slot,
            value=value,
            predicate=predicate,
        )
    await schema.migrate(empty, dimension=DIMENSION)
    left = await rows(empty, "MATCH (f:Fact) WHERE f.slot IS NOT NULL RETURN f.slot AS slot, f.slotValue AS value")
    assert {row["slot"]: row["value"] for row in left} == {"ana|home": "Faro", "ana|employer": "Acme"}


async def test_source_clients_become_terms_of_raw_data_and_facts(empty: Database):
    await schema.migrate(empty, dimension=DIMENSION, up_to=14)
    await store_old_graph(empty)
    await schema.migrate(empty, dimension=DIMENSION)
    terms = await rows(empty, "MATCH (n:RawData|Fact) RETURN n.metadataTerms AS terms ORDER BY size(n.metadataTerms)")
    assert terms == [{"terms": ['"sourceClient":web']}, {"terms": ['"a":1', '"sourceClient":web']}]


async def test_raw_data_of_typed_facts_keep_their_mark_under_its_new_name(empty: Database):
    await schema.migrate(empty, dimension=DIMENSION, up_to=15)
    await store_old_graph(empty)
    await run(empty, "MATCH (raw:RawData) SET raw.handedOver = true")
    await schema.migrate(empty, dimension=DIMENSION)
    found = await rows(empty, "MATCH (raw:RawData) RETURN raw.submitted AS submitted, raw.handedOver AS old")
    assert found == [{"submitted": True, "old": None}]


async def test_stored_graphs_get_names_labels_and_related_edges(empty: Database):
    await schema.migrate(empty, dimension=DIMENSION, up_to=19)
    await store_old_graph(empty)
    await run(
        empty,
        """
        MATCH (ana:Entity {id: 'e1'}), (fact:Fact)
        SET ana.entityType = 'PERSON', fact.predicate = 'lives_in', fact.text = $said
        CREATE (fact)-[:MENTIONS {role: 'object'}]->(:Entity {id: 'e2', memoryId: $memory, key: 'faro',
                                                              entityType: 'OTHER'})
        """,
        memory=MEMORY,
        said="Ana lives in Faro" + " now" * 20,
    )
    await schema.migrate(empty, dimension=DIMENSION)
    found = await rows(
        empty,
        "MATCH (s:Entity)-[r:RELATED]->(o:Entity) MATCH (f:Fact {id: r.factId, memoryId: r.memoryId}) "
        "RETURN labels(s) AS subject, r.predicate AS predicate, labels(o) AS object, f.name AS name",
    )
    name = "Ana lives in Faro now now now now now now now now now now n…"
    assert found == [{"subject": ["Entity", "Person"], "predicate": "lives in", "object": ["Entity"], "name": name}]


async def test_migrations_run_while_others_wait(empty: Database):
    """Two processes migrate at once: one may find a migration already applied by the other."""
    await schema.migrate(empty, dimension=DIMENSION)
    assert await asyncio.gather(*(schema.migrate(empty, dimension=DIMENSION) for _ in range(2))) == [[], []]
