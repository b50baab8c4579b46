"""What becomes of work that goes wrong, with the worker's steps called one by one."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime

import pytest

from app.bootstrap import Runtime
from app.domain.errors import LeaseLost, ModelRefused, Unavailable
from app.domain.ids import new_operation_id, new_uuid
from app.domain.knowledge import Extraction, RawData, RawDataType, Role
from app.domain.operations import MAX_ATTEMPTS, FailureClass, OperationKind, OperationStatus
from app.domain.scope import MemoryScope
from app.graph import memories, operations, search
from app.graph.raw_data import RawDataState
from app.models.local.extractor import LocalExtractor
from app.models.ports import Asker, Embedder, Vectors, Window
from app.services.record_failure import RecordFailure
from tests.api import Memory

pytestmark = pytest.mark.anyio

LEASE_MILLIS = 600_000
OWNER = "test"


class ScriptedExtractor:
    """The local extractor, but for what `before` raises."""

    name = "scripted@1"

    def __init__(self) -> None:
        self.calls = 0
        self.before: Callable[[int], None] = lambda _call: None

    async def extract(self, window: Window, model: Asker | None) -> Extraction:
        self.calls += 1
        self.before(self.calls)
        return await LocalExtractor().extract(window, model)


class Bench:
    """One memory, leased to this test, so that the running service's workers leave it alone."""

    def __init__(self, runtime: Runtime, scope: MemoryScope) -> None:
        self.runtime = runtime
        self.scope = scope
        self.extractor = ScriptedExtractor()
        runtime.extractor = self.extractor
        self.process = runtime.process_memory()
        self.record_failure = RecordFailure(runtime.db, runtime.signals)

    async def lease(self, owner: str = OWNER) -> None:
        await self.runtime.db.write(
            "memories/create",
            memoryId=self.scope.memory_id,
            userId=self.scope.user_id,
            agentId=self.scope.agent_id,
        )
        await self.runtime.db.define(
            "MATCH (m:Memory {id: $id}) SET m.leaseOwner = $owner, m.leaseUntil = datetime() + duration({hours: 1})",
            {"id": self.scope.memory_id, "owner": owner},
        )

    async def accept(self, *texts: str) -> str:
        operation_id = new_operation_id()
        await operations.store(
            self.runtime.db,
            scope=self.scope,
            operation_id=operation_id,
            kind=OperationKind.EXTRACT,
            state=RawDataState.STORED,
            raw_data=[
                RawData(
                    id=new_uuid(),
                    content_id=new_uuid(),
                    type=RawDataType.CONVERSATION,
                    role=Role.USER,
                    user_name="Anna",
                    text=text,
                    occurred_at=datetime(2024, 3, 4, 9, number % 60, tzinfo=UTC),
                )
                for number, text in enumerate(texts)
            ],
            origin="test",
        )
        return operation_id

    async def work(self) -> None:
        await self.process(self.scope.memory_id, owner=OWNER, lease_millis=LEASE_MILLIS)

    async def work_until(self, operation_id: str) -> None:
        """As many time slices as the operation takes."""
        while not (await self.operation(operation_id)).finished:
            await self.work()

    async def work_and_record(self) -> None:
        """As the worker does, but without waiting for the pause between tries."""
        await self.runtime.db.define(
            "MATCH (o:Operation {memoryId: $id}) SET o.runAfter = null", {"id": self.scope.memory_id}
        )
        try:
            await self.work()
        except Exception as error:  # noqa: BLE001 - as the worker does
            await self.record_failure(self.scope.memory_id, error, owner=OWNER, lease_millis=LEASE_MILLIS)

    async def operation(self, operation_id: str):
        return await operations.get(self.runtime.db, operation_id)


@pytest.fixture
async def bench(runtime: Runtime, scope: MemoryScope) -> AsyncIterator[Bench]:
    opened = Bench(runtime, scope)
    await opened.lease()
    yield opened
    await opened.lease(owner="nobody")


def fail_with(error: Exception) -> Callable[[int], None]:
    def fail(_call: int) -> None:
        raise error

    return fail


async def test_what_repeats_itself_ends_as_failed_and_blocks_nobody(bench: Bench, memory: Memory):
    bench.extractor.before = fail_with(ValueError("unreadable"))
    poisonous = await bench.accept("The Quokka clause is unreadable.")
    attempts: list[int] = []
    for _ in range(MAX_ATTEMPTS):
        await bench.work_and_record()
        attempts.append((await bench.operation(poisonous)).attempts)
    assert attempts == [1, 2, 3]
    operation = await bench.operation(poisonous)
    assert operation.status is OperationStatus.FAILED
    assert operation.error is not None
    assert operation.error.failure_class is FailureClass.DATA
    assert operation.error.reason == "ValueError: unreadable"
    bench.extractor.before = lambda _call: None
    healthy = await bench.accept("I live in Faro.")
    await bench.work()
    assert (await bench.operation(healthy)).status is OperationStatus.SUCCEEDED
    # Its raw data stay, and are found by word and by meaning.
    found = memory.retrieve("Quokka")["rawData"]
    assert "Quokka" in found[0]["caption"]
    shown = memory.operation(poisonous)
    assert shown["error"] == {"reason": "ValueError: unreadable", "errorClass": "data"}


async def test_a_failed_sync_operation_is_the_contracts_500(bench: Bench, memory: Memory):
    bench.extractor.before = fail_with(ValueError("unreadable"))

    async def work() -> None:
        for _ in range(200):
            await bench.work_and_record()
            await asyncio.sleep(0.02)

    working = asyncio.create_task(work())
    response = await asyncio.to_thread(
        memory.post,
        "sync/extract",
        rawContent={"type": "document", "parsedText": "The Quokka clause is unreadable."},
    )
    working.cancel()
    assert response.status_code == 500
    assert response.json()["error"] == {
        "code": "internal_error",
        "message": "Memory extraction failed",
        "details": {"operation": "extract", "reason": "ValueError: unreadable"},
    }


async def test_a_model_that_is_away_never_ends_an_operation(bench: Bench):
    bench.extractor.before = fail_with(Unavailable("The model does not answer"))
    waiting = await bench.accept("I live in Faro.")
    for _ in range(MAX_ATTEMPTS + 3):
        await bench.work_and_record()
    operation = await bench.operation(waiting)
    assert operation.status is OperationStatus.ACCEPTED
    assert operation.run_after is not None
    assert operation.error is not None
    assert operation.error.failure_class is FailureClass.TRANSPORT
    bench.extractor.before = lambda _call: None
    await bench.work_and_record()
    assert (await bench.operation(waiting)).status is OperationStatus.SUCCEEDED


async def test_nothing_overtakes_an_operation_that_will_be_tried_again(bench: Bench):
    bench.extractor.before = fail_with(Unavailable())
    first, second = await bench.accept("I live in Faro."), await bench.accept("I live in Braga.")
    await bench.work_and_record()
    await bench.work()
    assert (await bench.operation(first)).status is OperationStatus.ACCEPTED
    assert (await bench.operation(second)).attempts == 0


class RefusingEmbedder:
    """The local model, but it refuses some texts for good, as an endpoint does with a 400."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.model, self.dimension = embedder.model, embedder.dimension

    async def embed(self, texts: Sequence[str]) -> Vectors:
        if any("Quokka" in text for text in texts):
            raise ModelRefused
        return await self._embedder.embed(texts)

    async def close(self) -> None:
        await self._embedder.close()


async def test_a_text_that_the_embedder_refuses_is_still_found_by_its_words(
    runtime: Runtime, scope: MemoryScope, memory: Memory
):
    runtime.embedder = RefusingEmbedder(runtime.embedder)
    bench = Bench(runtime, scope)
    await bench.lease()
    refused = await bench.accept("The Quokka clause is unreadable.", "I live in Faro.")
    await bench.work()
    operation = await bench.operation(refused)
    assert operation.status is OperationStatus.SUCCEEDED
    assert operation.attempts == 1
    # The fact has no vector, and is found by its words all the same.
    assert any("Quokka" in item["text"] for item in memory.retrieve("Quokka")["items"])
    assert any("Quokka" in raw["caption"] for raw in memory.retrieve("Quokka")["rawData"])
    assert any("Faro" in raw["caption"] for raw in memory.retrieve("city in the Algarve")["rawData"])
    await bench.lease(owner="nobody")


async def test_a_lost_lease_writes_nothing_more(bench: Bench):
    operation_id = await bench.accept("I live in Faro.")
    await bench.lease(owner="another")
    with pytest.raises(LeaseLost):
        await bench.work()
    operation = await bench.operation(operation_id)
    assert (operation.status, operation.attempts) == (OperationStatus.ACCEPTED, 0)


async def test_a_repetition_after_a_break_gives_what_one_run_gives(bench: Bench, runtime: Runtime):
    texts = [f"I met Zoe{number} in Faro with Rosa{number % 3}." for number in range(25)]
    broken = await bench.accept(*texts)

    def break_at_the_second_window(call: int) -> None:
        if call == 2:
            raise asyncio.CancelledError

    bench.extractor.before = break_at_the_second_window
    with pytest.raises(asyncio.CancelledError):
        await bench.work_until(broken)
    half = await bench.operation(broken)
    assert (half.status, half.progress.done) == (OperationStatus.RUNNING, 10)
    bench.extractor.before = lambda _call: None
    await bench.work_until(broken)

    whole = Bench(runtime, MemoryScope(user_id=bench.scope.user_id, agent_id="whole"))
    await whole.lease()
    await whole.work_until(await whole.accept(*texts))
    assert await counts(bench) == await counts(whole)
    assert (await bench.operation(broken)).progress.done == 25
    assert bench.extractor.calls == 4, "the finished window was not extracted again"


async def counts(bench: Bench) -> list[dict[str, object]]:
    return await bench.runtime.db.read("system/counts", memoryId=bench.scope.memory_id)


async def test_workers_never_share_a_memory(runtime: Runtime, scope: MemoryScope):
    """Many claims at once, with nothing but these memories waiting for so long."""
    ids = [MemoryScope(user_id=scope.user_id, agent_id=f"a{number}").memory_id for number in range(6)]
    for memory_id in ids:
        await runtime.db.write("memories/create", memoryId=memory_id, userId=scope.user_id, agentId="a")
        await runtime.db.define(
            "MATCH (m:Memory {id: $id}) SET m.runAt = datetime('2000-01-01T00:00:00Z')", {"id": memory_id}
        )
    claimed = await asyncio.gather(
        *(memories.claim(runtime.db, owner=f"w{number}", lease_millis=60_000) for number in range(12))
    )
    ours = [memory_id for memory_id in claimed if memory_id in ids]
    assert len(ours) == len(set(ours))


async def test_evidence_of_a_known_fact_grows_across_operations(bench: Bench):
    for _ in range(2):
        await bench.accept("I live in Faro.")
        await bench.work()
    hits = await search.match_facts(
        bench.runtime.db,
        bench.scope.memory_id,
        "Faro",
        knowledge_filter=search.KnowledgeFilter(),
        limit=5,
        with_text=True,
    )
    (details,) = (
        await search.fact_details(bench.runtime.db, bench.scope.memory_id, [int(h.id) for h in hits])
    ).values()
    assert len(details.evidence) == 2
