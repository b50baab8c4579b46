"""Hops, paths and traces on a graph whose every edge is known."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from app.domain.filters import KnowledgeFilter
from app.domain.scope import MemoryScope
from app.graph import search
from app.graph.database import Database
from app.services.retrieval.walk_graph import LIMITS
from tests.api import Memory
from tests.integration.test_bundles import bundle, export, fact, import_bundle, raw

NAMES = (
    *("Abel", "Bruno", "Clara", "Dimitri", "Esther", "Fatima", "Gustav", "Hiroko", "Ibrahim", "Jolanta", "Kofi"),
    *("Ludmila", "Mateo", "Nadia", "Oskar", "Priya", "Quentin", "Rosalind", "Sergei", "Tomoko", "Umberto", "Valeria"),
)
QUESTION = "Whom does one get to know by starting from Abel?"


def chain() -> list[dict[str, Any]]:
    """Store a chain of acquaintances, one document per edge."""
    lines: list[dict[str, Any]] = []
    for number, (one, other) in enumerate(itertools.pairwise(NAMES)):
        text = f"{one} knows {other}"
        lines.append(raw(f"d{number}", f"{text}.", sequence=number))
        more = {"subject": one, "predicate": "knows", "object": other, "entities": [one, other]}
        lines.append(fact(f"f{number}", text, f"d{number}", **more))
    return lines


@pytest.fixture(scope="module")
def read_only(new_memory: Callable[[], Memory]) -> Memory:
    """Store the chain for tests that store nothing more."""
    memory = new_memory()
    import_bundle(memory, bundle(*chain()))
    return memory


@pytest.fixture
def chained(memory: Memory) -> Memory:
    """Store the chain for one test that also stores or deletes traces."""
    import_bundle(memory, bundle(*chain()))
    return memory


def rounds_of(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [s for s in answer["trace"]["stages"] if s["attributes"].get("round") == 2]


def hops_of(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [s for s in answer["trace"]["stages"] if (s["stage"], s["method"]) == ("channel", "graph")]


class TestHops:
    def test_every_hop_is_a_stage_with_consistent_counts(self, read_only: Memory):
        answer = read_only.retrieve(QUESTION, strategy="DEEP", trace=True, hops=3)
        hops = hops_of(answer)
        assert [s["attributes"]["hop"] for s in hops] == [1, 2, 3]
        for stage in hops:
            attributes = stage["attributes"]
            assert {"frontierSize", "relationCounts", "prunedCount", "budgetLeft", "timedOut"} <= attributes.keys()
            assert stage["inputCount"] == attributes["frontierSize"]
            assert stage["candidateCount"] == stage["resultCount"] + attributes["prunedCount"]
            assert stage["resultCount"] == sum(attributes["relationCounts"].values())
            assert len(stage["candidates"]) <= 8
            for rank, candidate in enumerate(stage["candidates"], start=1):
                assert candidate["rank"] == rank
                assert candidate["relationship"].split()[0] in {"MENTIONS", "SIMILAR_TO", "SAME_AS"}
                assert 0 < candidate["weight"] <= 1
                assert "parentId" in candidate or attributes["hop"] == 1
        assert hops[0]["attributes"]["seedKinds"]["entities"] == 1

    def test_facts_edges_away_are_found_with_their_path(self, read_only: Memory):
        answer = read_only.retrieve(QUESTION, strategy="DEEP", hops=6, limit=50)
        paths = [item.get("pathText", "") for item in answer["items"]]
        # Wherever the walk starts: three edges in a row.
        chains = [" —knows→ ".join(NAMES[start : start + 4]) for start in range(len(NAMES) - 3)]
        assert any(path.endswith(chain) for path in paths for chain in chains)

    def test_raw_data_are_searched_once_more_with_what_the_walk_found(self, read_only: Memory, memory: Memory):
        (stage,) = rounds_of(read_only.retrieve(QUESTION, strategy="DEEP", trace=True))
        assert stage["attributes"]["entities"]
        assert stage["resultCount"] > 0
        # Imported without a role.
        messages = [line | {"type": "CONVERSATION"} if line["kind"] == "rawData" else line for line in chain()]
        import_bundle(memory, bundle(*messages))
        answer = memory.retrieve(QUESTION, strategy="DEEP", trace=True)
        assert rounds_of(answer)
        assert hops_of(answer)

    def test_fewer_hops_reach_less_far(self, read_only: Memory):
        for hops in (1, 2, 3, 4):
            answer = read_only.retrieve(QUESTION, strategy="DEEP", hops=hops, trace=True, limit=50)
            assert len(hops_of(answer)) == hops
            assert max(len(item["path"]) for item in answer["items"]) == hops

    def test_paths_start_at_a_seed_and_every_edge_is_in_the_graph(self, read_only: Memory):
        stored = {row["id"]: row for row in export(read_only) if row["kind"] == "fact"}
        ids = {row["text"]: row["id"] for row in stored.values()}
        answer = read_only.retrieve(QUESTION, strategy="DEEP", hops=6, limit=50)
        external = {item["id"]: ids[item["text"]] for item in answer["items"]}
        for item in answer["items"]:
            path = item["path"]
            for earlier, later in itertools.pairwise(path):
                assert earlier["toItemId"] == later["fromItemId"]
            for step in path:
                for end in ("fromItemId", "toItemId"):
                    if step.get(end) in external and step["relationship"] == "MENTIONS":
                        assert step["entity"] in stored[external[step[end]]]["entities"]
            assert not path or path[-1]["toItemId"] == item["id"]

    def test_the_same_question_gives_the_same_trace_but_for_times_and_ids(self, read_only: Memory):
        first, second = (read_only.retrieve(QUESTION, strategy="DEEP", trace=True) for _ in range(2))
        assert timeless(first) == timeless(second)

    def test_the_ranking_says_how_it_combined(self, read_only: Memory):
        answer = read_only.retrieve(QUESTION, strategy="DEEP", trace=True)
        (stage,) = (s for s in answer["trace"]["stages"] if s["stage"] == "rerank")
        assert {"combination", "graphWeight", "protectedDirect", "reachedByGraph"} <= stage["attributes"].keys()
        merge = answer["trace"]["merge"]
        assert merge["deduplicatedCount"] == merge["inputCount"] - merge["outputCount"] >= 0
        final = answer["trace"]["finalResults"]
        assert (final["itemCount"], final["rawDataCount"]) == (len(answer["items"]), len(answer["rawData"]))

    def test_a_hub_with_thousands_of_facts_stays_within_the_budget(self, memory: Memory):
        lines = [raw("hub", "Everybody lives in Norway.")]
        lines += [fact(f"h{i}", f"Citizen {i} lives in Norway.", "hub", entities=["Norway"]) for i in range(3000)]
        import_bundle(memory, bundle(*lines, *chain()))
        answer = memory.retrieve("Who lives in Norway with Abel?", strategy="DEEP", trace=True, hops=6)
        assert answer["status"] == "success"
        for stage in hops_of(answer):
            assert stage["candidateCount"] <= 160
            assert stage["attributes"]["entitiesExpanded"] <= 48
        assert "d1" in {r["rawDataId"] for r in memory.retrieve(QUESTION, strategy="DEEP")["rawData"]}


@pytest.mark.anyio
async def test_a_hop_over_a_hub_reads_the_facts_near_the_question(memory: Memory, db: Database):
    """More of them than a hop scans in the order of storage, so that some are read for being near."""
    lines = [raw("hub", "Everybody lives in Norway.")]
    lines += [fact(f"h{i}", f"Citizen {i} lives in Norway.", "hub", entities=["Norway"]) for i in range(200)]
    import_bundle(memory, bundle(*lines))
    (hub,) = await search.named_entities(db, memory.scope.memory_id, ["norway"])
    near = [item["id"] for item in memory.items()[: LIMITS.scan + 12]]
    expansion = await search.expand(
        db,
        memory.scope.memory_id,
        entity_ids=[hub.id],
        visited_ids=[],
        vector=[1.0] + [0.0] * 383,
        near_ids=near,
        knowledge_filter=KnowledgeFilter(),
        limits=replace(LIMITS, fan_out=200, facts=200),
        count_sources=False,
        with_text=False,
    )
    assert set(near) <= {found.id for found in expansion.facts}


def timeless(answer: dict[str, Any]) -> Any:
    changing = {"traceId", "startedAt", "completedAt", "durationMillis"}

    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: without(item) for name, item in value.items() if name not in changing}  # pyright: ignore
        return [without(item) for item in value] if isinstance(value, list) else value  # pyright: ignore

    stages = [without(stage) for stage in answer["trace"]["stages"]]
    return without({**answer, "trace": {**answer["trace"], "stages": sorted(stages, key=repr)}})


class TestStoredTraces:
    def test_a_trace_is_stored_only_on_request(self, chained: Memory):
        answer = chained.retrieve(QUESTION, strategy="DEEP", persistTrace=True)
        stored = get_trace(chained, answer["trace"]["traceId"])
        assert stored.status_code == 200
        data = stored.json()["data"]
        assert data["trace"] == answer["trace"]
        assert data["query"] == QUESTION
        assert data["createdAt"] < data["expiresAt"]
        unkept = chained.retrieve(QUESTION, strategy="DEEP", trace=True)["trace"]["traceId"]
        assert get_trace(chained, unkept).status_code == 404

    def test_it_belongs_to_its_memory(self, chained: Memory):
        trace_id = chained.retrieve(QUESTION, strategy="DEEP", persistTrace=True)["trace"]["traceId"]
        stranger = Memory(chained.http, MemoryScope(user_id="stranger", agent_id="test"))
        assert get_trace(stranger, trace_id).status_code == 404

    @pytest.mark.anyio
    async def test_stages_are_linked_to_the_nodes_they_reached(self, chained: Memory, db: Database):
        answer = chained.retrieve(QUESTION, strategy="DEEP", persistTrace=True)
        counts = await db.read("system/counts", memoryId=chained.scope.memory_id)
        relationships = {row["name"]: row["number"] for row in counts[0]["relationships"]}
        candidates = [c for s in answer["trace"]["stages"] for c in s["candidates"] if c["sourceType"] != "insight"]
        assert relationships["STAGE"] == len(answer["trace"]["stages"])
        assert relationships["REACHED"] == len(candidates)

    @pytest.mark.anyio
    async def test_expired_traces_are_deleted(self, chained: Memory, db: Database):
        old = chained.retrieve(QUESTION, strategy="DEEP", persistTrace=True)["trace"]["traceId"]
        await db.define("MATCH (t:Trace {id: $id}) SET t.expiresAt = datetime() - duration('P1D')", {"id": old})
        assert get_trace(chained, old).status_code == 404
        kept = chained.retrieve(QUESTION, strategy="DEEP", persistTrace=True)["trace"]
        counts = await db.read("system/counts", memoryId=chained.scope.memory_id)
        relationships = {row["name"]: row["number"] for row in counts[0]["relationships"]}
        assert relationships["STAGE"] == len(kept["stages"])


def get_trace(memory: Memory, trace_id: str):
    return memory.http.get(f"/open/v1/memory/traces/{trace_id}", params=memory.ids)


class TestAsOf:
    lines = (
        raw("r1", "Anna lives in Faro.", occurredAt="2024-01-01T00:00:00Z"),
        raw("r2", "Anna lives in Porto now.", sequence=1, occurredAt="2024-06-01T00:00:00Z"),
        fact("1", "Anna lives in Faro.", "r1", entities=["Anna", "Faro"], invalidAt="2024-06-01T00:00:00Z"),
        fact("2", "Anna lives in Porto.", "r2", entities=["Anna", "Porto"]),
    )

    @pytest.mark.parametrize(
        ("as_of", "texts"),
        [
            (None, {"Anna lives in Porto."}),
            ("2024-03-01T00:00:00Z", {"Anna lives in Faro."}),
            ("2024-07-01T00:00:00+02:00", {"Anna lives in Porto."}),
            ("2023-01-01T00:00:00Z", set[str]()),
        ],
    )
    def test_as_of_finds_facts_known_and_valid_then(self, memory: Memory, as_of: str | None, texts: set[str]):
        import_bundle(memory, bundle(*self.lines))
        asked = {"asOf": as_of} if as_of else {}
        assert {i["text"] for i in memory.items(**asked)} == texts
        for strategy in ("SIMPLE", "DEEP"):
            answer = memory.retrieve("Where does Anna live?", strategy=strategy, **asked)
            assert {i["text"] for i in answer["items"]} == texts
            if as_of and as_of < "2024-06":
                assert "r2" not in {r["rawDataId"] for r in answer["rawData"]}

    @pytest.mark.parametrize("as_of", ["yesterday", "2024-01-01T00:00:00"])
    def test_as_of_must_be_an_instant(self, memory: Memory, as_of: Any):
        assert memory.post("retrieve", query="x", strategy="DEEP", asOf=as_of).status_code == 400
