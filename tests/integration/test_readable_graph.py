"""What people see in the graph: RELATED edges as the facts are, labels by type, names of nodes."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.bootstrap import Runtime
from app.graph import imports
from app.graph.database import Database
from graph_schema import description
from graph_schema.elements import LABELS, RELATIONSHIP_TYPES
from tests.api import NDJSON, Memory, told
from tests.cypher import rows
from tests.memanto import Agent

pytestmark = pytest.mark.anyio


async def stored(db: Database, memory: Memory) -> list[dict[str, Any]]:
    """Return the RELATED edges of the memory."""
    return await rows(
        db,
        "MATCH (s:Entity {memoryId: $id})-[r:RELATED]->(o:Entity {memoryId: $id}) "
        "RETURN r.factId AS fact, s.key AS subject, r.predicate AS predicate, o.key AS object, r.validAt AS validAt, "
        "r.invalidAt AS invalidAt ORDER BY fact, subject, object",
        id=memory.scope.memory_id,
    )


async def expected(db: Database, memory: Memory) -> list[dict[str, Any]]:
    """Return what the edges must be by the facts."""
    return await rows(
        db,
        "MATCH (s:Entity)<-[:MENTIONS {role: 'subject'}]-(f:Fact {memoryId: $id})-[:MENTIONS {role: 'object'}]->(o:Entity) "
        "WHERE f.predicate IS NOT NULL "
        "RETURN f.id AS fact, s.key AS subject, replace(f.predicate, '_', ' ') AS predicate, o.key AS object, "
        "f.validAt AS validAt, f.invalidAt AS invalidAt ORDER BY fact, subject, object",
        id=memory.scope.memory_id,
    )


async def all_edges(db: Database, memory: Memory) -> int:
    found = await rows(
        db, "MATCH ()-[r:RELATED {memoryId: $id}]->() RETURN count(r) AS number", id=memory.scope.memory_id
    )
    return found[0]["number"]


SAID = [
    "I live in Faro.",
    "I live in Porto.",
    "I moved to Porto.",
    "I work at Halcyon Press.",
    "I no longer live in Faro.",
]
STATED = ["Ana lives in Faro.", "Ana lives in Porto.", "Ana works at Halcyon Press."]
FACTS = [
    {"id": "f1", "predicate": "knows", "object": "Ben"},
    {"id": "f2", "predicate": "lives in", "object": "Braga", "invalidAt": "2024-05-01T00:00:00Z"},
]
ACTIONS = st.one_of(
    st.tuples(st.just("say"), st.sampled_from(SAID)),
    st.tuples(st.just("remember"), st.sampled_from(STATED)),
    st.tuples(st.sampled_from(["edit", "expire", "restore", "forget item"]), st.integers(0, 9)),
    st.tuples(st.just("forget entity"), st.sampled_from(["Faro", "Porto"])),
    st.tuples(st.just("merge"), st.just("Faro")),
    st.tuples(st.just("import"), st.sampled_from(FACTS)),
    st.tuples(st.just("import broken off"), st.sampled_from(FACTS)),
)


class Changes:
    """Changes of an agent's memory through both contracts. What can't be done just now is not done."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.memory = agent.memory
        self.ids: list[str] = []

    def make(self, action: str, value: Any) -> None:
        match action:
            case "say":
                self.memory.extract(told(("Ana", value)))
            case "remember":
                self.ids.append(self.agent.remember(value))
            case "edit" | "expire" | "restore" if self.ids:
                self._change(action, value)
            case "forget item" if items := self.memory.items():
                self._forget(itemIds=[items[value % len(items)]["id"]])
            case "forget entity":
                self._forget(entity=value)
            case "merge":
                self.memory.post("entities/merge", entity="Faro", into="Porto")
            case "import" | "import broken off":
                self._import(value, broken=action != "import")
            case _:
                pass
        self.memory.wait_until_idle()

    def _change(self, action: str, number: int) -> None:
        memory_id = self.ids[number % len(self.ids)]
        if action == "edit":
            self.agent.ask(f"memories/{memory_id}", {"content": "Ana lives in Lagos."}, method="PATCH")
        else:
            self.agent.ask(f"memories/{memory_id}/{action}")

    def _forget(self, **chosen: Any) -> None:
        answer = self.memory.post("forget", **chosen)
        assert answer.status_code in {200, 404}, answer.text

    def _import(self, fact: dict[str, Any], *, broken: bool) -> None:
        text = f"Ana {fact['predicate']} {fact['object']}."
        mentions = [{"name": "Ana", "role": "subject"}, {"name": fact["object"], "role": "object"}]
        lines: list[dict[str, Any]] = [
            {"kind": "rawData", "id": f"r-{fact['id']}", "type": "DOCUMENT", "text": text},
            {"kind": "entity", "name": "Ana", "type": "PERSON"},
            {"kind": "fact", "text": text, "subject": "Ana", "rawData": [{"id": f"r-{fact['id']}", "quote": text}],
             "entities": mentions, **fact},
        ]  # fmt: skip
        body = "\n".join(json.dumps(line) for line in lines)
        sent = self.memory.http.post("/open/v1/memory/import", params=self.memory.ids, content=body, headers=NDJSON)
        operation = sent.raise_for_status().json()["data"]["operationId"]
        if broken:
            self.memory.http.post(f"/open/v1/memory/operations/{operation}/cancel")


class TestRelated:
    @settings(
        max_examples=3,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        derandomize=True,
    )
    @given(actions=st.lists(ACTIONS, min_size=4, max_size=6))
    async def test_edges_are_as_the_facts_after_every_change(
        self, runtime: Runtime, memory: Memory, actions: list[tuple[str, Any]]
    ) -> None:
        changes = Changes(Agent(memory.http))
        for action, value in actions:
            changes.make(action, value)
            found = await stored(runtime.db, changes.memory)
            assert found == await expected(runtime.db, changes.memory), (action, value)
            assert await all_edges(runtime.db, changes.memory) == len(found)

    async def test_typed_facts_change_with_their_edges(self, runtime: Runtime, memory: Memory) -> None:
        changes = Changes(Agent(memory.http))

        async def shown() -> list[tuple[str, bool]]:
            found = await stored(runtime.db, changes.memory)
            assert found == await expected(runtime.db, changes.memory)
            return [(row["object"], row["invalidAt"] is None) for row in found]

        changes.make("remember", STATED[0])
        assert await shown() == [("faro", True)]
        changes.make("expire", 0)
        assert await shown() == [("faro", False)]
        changes.make("restore", 0)
        assert await shown() == [("faro", True)]
        changes.make("edit", 0)
        assert await shown() == [("lagos", True)]

    async def test_forgetting_what_closed_a_fact_opens_its_edge(self, runtime: Runtime, memory: Memory) -> None:
        memory.extract(told(("Lena", "I live in Faro.")))
        memory.extract(told(("Lena", "I no longer live in Faro.")))
        (closed,) = [row for row in await stored(runtime.db, memory) if row["invalidAt"]]
        later = memory.raw_data()[0]
        memory.data("forget", rawDataIds=[later["id"]])
        assert await stored(runtime.db, memory) == [closed | {"invalidAt": None}]
        assert await expected(runtime.db, memory) == [closed | {"invalidAt": None}]

    async def test_a_failed_import_leaves_no_edge_between_entities_that_stay(
        self, runtime: Runtime, memory: Memory
    ) -> None:
        changes = Changes(Agent(memory.http))
        changes.make("import", {"id": "f0", "predicate": "met", "object": "Ben"})
        before = await stored(runtime.db, changes.memory)
        assert len(before) == 1
        changes.make("import", FACTS[0])
        assert len(await stored(runtime.db, changes.memory)) == 2
        ids = changes.memory.ids
        operations = memory.http.get("/open/v1/memory/operations", params=ids).json()["data"]["operations"]
        await imports.undo(runtime.db, changes.memory.scope.memory_id, operations[0]["operationId"])
        assert await stored(runtime.db, changes.memory) == before

    async def test_one_edge_says_what_a_fact_says_until_it_is_forgotten(self, runtime: Runtime, memory: Memory) -> None:
        memory.extract(told(("Lena", "I live in Faro."), ("Lena", "I work at Halcyon Press.")))
        found = await stored(runtime.db, memory)
        assert {("lena", "halcyon press"), ("lena", "faro")} <= {(row["subject"], row["object"]) for row in found}
        assert all(row["invalidAt"] is None for row in found)
        memory.extract(told(("Lena", "I no longer live in Faro.")))
        (closed,) = [row for row in await stored(runtime.db, memory) if row["object"] == "faro" and row["invalidAt"]]
        forgotten = memory.data("forget", itemIds=[str(closed["fact"])])
        assert forgotten["relationships"]["RELATED"] >= 1
        assert closed["fact"] not in {row["fact"] for row in await stored(runtime.db, memory)}


async def test_nodes_have_names_and_entities_labels(runtime: Runtime, memory: Memory) -> None:
    text = "Lena Ortiz moved to Lisbon last spring because the rents in Porto had become far too high for her."
    memory.extract(told(("Lena", text)))
    id_ = memory.scope.memory_id
    (raw,) = await rows(runtime.db, "MATCH (n:RawData {memoryId: $id}) RETURN n.name AS name", id=id_)
    assert raw["name"] == "Lena Ortiz moved to Lisbon last spring because the rents in…"
    facts = await rows(runtime.db, "MATCH (n:Fact {memoryId: $id}) RETURN n.name AS name, n.text AS text", id=id_)
    assert all(fact["text"].startswith(fact["name"].removesuffix("…")) for fact in facts)
    found = await rows(
        runtime.db, "MATCH (n:Entity {memoryId: $id}) RETURN n.name AS name, labels(n) AS labels", id=id_
    )
    labels = {entity["name"]: set(entity["labels"]) for entity in found}
    assert labels["Lisbon"] == {"Entity", "Place"}
    assert labels["Lena"] == {"Entity", "Person"}


async def test_the_schema_in_words_is_that_of_the_graph(runtime: Runtime, memory: Memory) -> None:
    agent = Agent(memory.http)
    agent.remember("Ana lives in Faro.", title="Home", tags=["home"])
    memory = agent.memory
    memory.extract(told(("Ana", "I work at Halcyon Press."), ("Ana", "I no longer live in Faro.")))
    memory.wait_until_idle()
    memory.retrieve("Where does Ana work?", strategy="DEEP", persistTrace=True)
    text = memory.http.get("/open/v1/graph/schema").raise_for_status().json()["data"]["text"]
    assert "\n(:Fact)-[:EXTRACTED_FROM]->(:RawData)\n" in text
    assert (
        "\nInsight {memoryId: STRING, id: INTEGER, tier: STRING, name: STRING, text: STRING, theme: STRING}\n" in text
    )
    kinds = {"ZONED DATETIME": "DATE_TIME"}
    seen: set[tuple[str, str]] = set()
    id_ = memory.scope.memory_id
    for start, described in (
        ("MATCH (n {memoryId: $id}) UNWIND labels(n) AS owner", description.PROPERTIES),
        (
            "MATCH ({memoryId: $id})-[n]->({memoryId: $id}) WITH n, type(n) AS owner",
            description.RELATIONSHIP_PROPERTIES,
        ),
    ):
        stored_kinds = " UNWIND keys(n) AS key RETURN DISTINCT owner, key, valueType(n[key]) AS kind"
        for row in await rows(runtime.db, start + stored_kinds, id=id_):
            kind = row["kind"].partition(" NOT NULL")[0]
            kind = "LIST" if kind.startswith("LIST") else kinds.get(kind, kind)
            if row["key"] in described.get(row["owner"], {}):
                assert described[row["owner"]][row["key"]] == kind, row
                seen.add((row["owner"], row["key"]))
    assert {("Fact", "tags"), ("RELATED", "predicate"), ("REACHED", "rank"), ("Operation", "finishedAt")} <= seen
    listed = {(owner, key) for described in (description.PROPERTIES, description.RELATIONSHIP_PROPERTIES)
              for owner, properties in described.items() for key in properties}  # fmt: skip
    # The memory does not have everything that a memory can have.
    assert len(seen) > 0.7 * len(listed)
    found = await rows(
        runtime.db,
        "MATCH (a {memoryId: $id})-[r]->(b {memoryId: $id}) UNWIND labels(a) AS from UNWIND labels(b) AS to "
        "RETURN DISTINCT from, type(r) AS type, to",
        id=id_,
    )
    main = [row for row in found if {row["from"], row["to"]} <= description.PROPERTIES.keys()]
    assert {(row["from"], row["type"], row["to"]) for row in main} <= set(description.RELATIONSHIPS)


def test_the_schema_in_words_names_every_relationship() -> None:
    named = {type_ for _, type_, _ in description.RELATIONSHIPS}
    assert RELATIONSHIP_TYPES - named == {"HAD_VERSION", "OPENED"}
    assert {label for start, _, end in description.RELATIONSHIPS for label in (start, end)} <= LABELS
