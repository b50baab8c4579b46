"""If one part of retrieval fails, the answer contains the others."""

from typing import Any

import pytest

from app.bootstrap import Runtime, create_retrieve_memory
from app.connections import Neo4jAddress, neo4j_address
from app.domain.errors import StatementFailed, Unavailable
from app.domain.retrieval import Question, RetrievalStatus, Strategy
from app.graph.database import Database, Row
from app.observability.stages import STAGE_FAILURES
from app.settings import Settings
from tests.api import Memory, told

pytestmark = pytest.mark.anyio


class FlakyDatabase(Database):
    """Statements whose names are in `broken` raise Unavailable."""

    def __init__(self, address: Neo4jAddress, broken: set[str]) -> None:
        super().__init__(address.uri, user=address.user, password=address.password, database=address.database)
        self._broken = broken

    async def read(self, name: str, /, *, timeout_seconds: float = 20, **parameters: Any) -> list[Row]:
        if name in self._broken:
            raise Unavailable
        return await super().read(name, timeout_seconds=timeout_seconds, **parameters)


class AbsentEmbedder:
    model, dimension, least_cosine = "absent", 384, None

    async def embed(self, texts: Any) -> Any:
        raise Unavailable("The embedding model does not answer")

    async def embed_query(self, text: str) -> Any:
        raise Unavailable("The embedding model does not answer")

    def token_counts(self, texts: Any) -> Any:
        return [len(text) for text in texts]

    async def close(self) -> None:
        pass


@pytest.fixture
def filled(memory: Memory) -> Memory:
    memory.extract(told(("Anna", "My sister Clara works at Initech."), ("Ben", "Initech is headquartered in Porto.")))
    return memory


async def ask(settings: Settings, runtime: Runtime, memory: Memory, broken: set[str], **more: Any):
    db = FlakyDatabase(neo4j_address(settings), broken)
    embedder = more.get("embedder", runtime.embedder)
    retrieve = create_retrieve_memory(db, embedder)
    question = Question(text="Where is Clara's employer?", strategy=Strategy.DEEP, trace=True)
    try:
        return await retrieve(memory.scope, question)
    finally:
        await db.aclose()


@pytest.mark.parametrize(
    "broken", ["facts/nearest", "facts/match", "raw_data/nearest", "raw_data/match", "insights/nearest",
               "facts/expand", "entities/match", "entities/named", "entities/features", "raw_data/nearest_many",
               "facts/features", "raw_data/features"]
)  # fmt: skip
async def test_a_failing_channel_degrades_and_the_others_answer(
    settings: Settings, runtime: Runtime, filled: Memory, broken: str
):
    result = await ask(settings, runtime, filled, {broken})
    assert result.status is RetrievalStatus.DEGRADED
    assert result.items
    assert result.trace is not None
    assert [s.status for s in result.trace.stages].count("degraded") >= 1


async def test_without_the_embedder_full_text_search_still_works(settings: Settings, runtime: Runtime, filled: Memory):
    result = await ask(settings, runtime, filled, set(), embedder=AbsentEmbedder())
    assert result.status is RetrievalStatus.DEGRADED
    assert "Clara" in result.items[0].text


async def test_if_every_channel_fails_the_result_is_an_error(settings: Settings, runtime: Runtime, filled: Memory):
    channels = {"facts/nearest", "facts/match", "raw_data/nearest", "raw_data/match", "insights/nearest"}
    with pytest.raises(Unavailable):
        await ask(settings, runtime, filled, channels)


class FaultyDatabase(FlakyDatabase):
    """Statements whose names are in `broken` raise StatementFailed, as after a bug in their Cypher."""

    async def read(self, name: str, /, *, timeout_seconds: float = 20, **parameters: Any) -> list[Row]:
        if name in self._broken:
            raise StatementFailed("Neo.ClientError.Statement.SyntaxError")
        return await super().read(name, timeout_seconds=timeout_seconds, **parameters)


async def test_a_broken_statement_is_an_error_that_is_counted(settings: Settings, runtime: Runtime, filled: Memory):
    db = FaultyDatabase(neo4j_address(settings), {"facts/expand"})
    retrieve = create_retrieve_memory(db, runtime.embedder)
    question = Question(text="Where is Clara's employer?", strategy=Strategy.DEEP)
    before = STAGE_FAILURES.totals.get(("channel/fact/graph", "StatementFailed"), 0)
    try:
        for _ in range(5):
            with pytest.raises(StatementFailed):
                await retrieve(filled.scope, question)
    finally:
        await db.aclose()
    assert STAGE_FAILURES.totals["channel/fact/graph", "StatementFailed"] == before + 5


async def test_an_operation_stores_its_request_id(memory: Memory):
    response = memory.http.post(
        "/open/v1/memory/async/extract",
        json={**memory.ids, "rawContent": told(("Anna", "I live in Faro."))},
        headers={"X-Request-Id": "trace-me"},
    )
    assert memory.wait(response.json()["data"]["operationId"])["requestId"] == "trace-me"
