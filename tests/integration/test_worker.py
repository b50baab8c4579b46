"""Failures in the worker, run step by step."""

import asyncio
from collections.abc import Sequence

import pytest

from app.bootstrap import Runtime
from app.domain.errors import LeaseLost, ModelRefused, Unavailable
from app.domain.operations import MAX_FAILURES, FailureClass, OperationStatus
from app.domain.scope import MemoryScope
from app.graph import leases, search
from app.models.ports import Embedder, Vectors
from tests.api import Memory
from tests.integration.bench import Bench, fail_with

pytestmark = pytest.mark.anyio


async def test_a_repeated_failure_ends_as_failed_and_blocks_nothing(bench: Bench, memory: Memory):
    bench.extractor.before = fail_with(ValueError("unreadable"))
    poisonous = await bench.accepted("The Quokka clause is unreadable.")
    attempts: list[int] = []
    for _ in range(MAX_FAILURES):
        await bench.work_and_record()
        attempts.append((await bench.operation(poisonous)).attempts)
    assert attempts == [1, 2, 3]
    operation = await bench.operation(poisonous)
    assert operation.status is OperationStatus.FAILED
    assert operation.error is not None
    assert operation.error.failure_class is FailureClass.INTERNAL
    assert operation.error.reason == "ValueError: unreadable"
    bench.extractor.before = lambda _call: None
    healthy = await bench.accepted("I live in Faro.")
    await bench.work()
    assert (await bench.operation(healthy)).status is OperationStatus.SUCCEEDED
    # Its raw data stay, and are found by full text and by vector.
    found = memory.retrieve("Quokka")["rawData"]
    assert "Quokka" in found[0]["caption"]
    shown = memory.operation(poisonous)
    assert shown["error"] == {"reason": "ValueError: unreadable", "errorClass": "internal"}


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


async def test_an_unavailable_model_never_fails_an_operation(bench: Bench):
    bench.extractor.before = fail_with(Unavailable("The model does not answer"))
    waiting = await bench.accepted("I live in Faro.")
    for _ in range(MAX_FAILURES + 3):
        await bench.work_and_record()
    operation = await bench.operation(waiting)
    assert operation.status is OperationStatus.ACCEPTED
    assert operation.run_after is not None
    assert operation.error is not None
    assert operation.error.failure_class is FailureClass.TRANSPORT
    bench.extractor.before = lambda _call: None
    await bench.work_and_record()
    assert (await bench.operation(waiting)).status is OperationStatus.SUCCEEDED


async def test_later_operations_wait_for_an_operation_to_be_retried(bench: Bench):
    bench.extractor.before = fail_with(Unavailable())
    first, second = await bench.accepted("I live in Faro."), await bench.accepted("I live in Braga.")
    await bench.work_and_record()
    await bench.work()
    assert (await bench.operation(first)).status is OperationStatus.ACCEPTED
    assert (await bench.operation(second)).attempts == 0


class PassingEmbedder:
    """The local model; subclasses change what it does with some texts."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.model, self.dimension, self.least_cosine = embedder.model, embedder.dimension, embedder.least_cosine

    async def embed(self, texts: Sequence[str]) -> Vectors:
        return await self._embedder.embed(texts)

    async def embed_query(self, text: str) -> Vectors:
        return await self._embedder.embed_query(text)

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        return self._embedder.token_counts(texts)

    async def close(self) -> None:
        await self._embedder.close()


class RefusingEmbedder(PassingEmbedder):
    """Refuses some texts permanently, like an endpoint that returns 400."""

    async def embed(self, texts: Sequence[str]) -> Vectors:
        if any("Quokka" in text for text in texts):
            raise ModelRefused
        return await super().embed(texts)


async def test_a_text_that_the_embedder_refuses_is_still_found_by_its_words(
    runtime: Runtime, scope: MemoryScope, memory: Memory
):
    runtime.embedder = RefusingEmbedder(runtime.embedder)
    bench = Bench(runtime, scope)
    await bench.lease()
    refused = await bench.accepted("The Quokka clause is unreadable.", "I live in Faro.")
    await bench.work()
    operation = await bench.operation(refused)
    assert operation.status is OperationStatus.SUCCEEDED
    assert operation.attempts == 1
    # The fact has no vector but is found by full text.
    assert any("Quokka" in item["text"] for item in memory.retrieve("Quokka")["items"])
    assert any("Quokka" in raw["caption"] for raw in memory.retrieve("Quokka")["rawData"])
    assert any("Faro" in raw["caption"] for raw in memory.retrieve("city in the Algarve")["rawData"])
    await bench.lease(owner="nobody")


async def test_a_worker_without_its_lease_writes_nothing(bench: Bench):
    operation_id = await bench.accepted("I live in Faro.")
    await bench.lease(owner="another")
    with pytest.raises(LeaseLost):
        await bench.work()
    operation = await bench.operation(operation_id)
    assert (operation.status, operation.attempts) == (OperationStatus.ACCEPTED, 0)


async def test_a_resumed_run_gives_the_same_result_as_one_run(bench: Bench, runtime: Runtime):
    texts = [f"I met Zoe{number} in Faro with Rosa{number % 3}." for number in range(50)]
    broken = await bench.accepted(*texts)

    def break_at_the_second_window(call: int) -> None:
        if call == 2:
            raise asyncio.CancelledError

    bench.extractor.before = break_at_the_second_window
    with pytest.raises(asyncio.CancelledError):
        await bench.work_until(broken)
    half = await bench.operation(broken)
    assert (half.status, half.progress.done) == (OperationStatus.RUNNING, 20)
    bench.extractor.before = lambda _call: None
    await bench.work_until(broken)

    whole = Bench(runtime, MemoryScope(user_id=bench.scope.user_id, agent_id="whole"))
    await whole.lease()
    await whole.work_until(await whole.accepted(*texts))
    assert await counts(bench) == await counts(whole)
    assert (await bench.operation(broken)).progress.done == 50
    assert bench.extractor.calls == 4, "the finished window must not be extracted again"


class WaitingEmbedder(PassingEmbedder):
    """The local model, but the name Zoe is embedded only after the event."""

    def __init__(self, embedder: Embedder, event: asyncio.Event) -> None:
        super().__init__(embedder)
        self._event = event

    async def embed(self, texts: Sequence[str]) -> Vectors:
        if "Zoe" in texts:
            async with asyncio.timeout(60):
                await self._event.wait()
        return await super().embed(texts)


async def test_the_next_window_is_read_while_the_last_one_is_saved(runtime: Runtime, scope: MemoryScope):
    second_is_read = asyncio.Event()
    runtime.embedder = WaitingEmbedder(runtime.embedder, second_is_read)
    bench = Bench(runtime, scope)
    await bench.lease()
    bench.extractor.before = lambda call: second_is_read.set() if call == 2 else None
    # The first window's new names are embedded while it is saved.
    operation_id = await bench.accepted("I met Zoe in Faro.", *(f"I own map number {number}." for number in range(20)))
    await bench.work()
    operation = await bench.operation(operation_id)
    assert (operation.status, operation.progress.done) == (OperationStatus.SUCCEEDED, 21)
    assert bench.extractor.calls == 2
    await bench.lease(owner="nobody")


async def test_a_time_slice_says_whether_it_ended_before_the_work(runtime: Runtime, scope: MemoryScope):
    bench = Bench(runtime, scope)
    bench.process = runtime.process_memory(slice_seconds=0.001)
    await bench.lease()
    operation_id = await bench.accepted(*(f"I own map number {number}." for number in range(22)))
    turns = [await bench.work()]
    while not (await bench.operation(operation_id)).finished:
        turns.append(await bench.work())
    assert turns[0]
    assert not await bench.work()
    await bench.lease(owner="nobody")


async def counts(bench: Bench) -> list[dict[str, object]]:
    return await bench.runtime.db.read("system/counts", memoryId=bench.scope.memory_id)


async def test_workers_never_share_a_memory(runtime: Runtime, scope: MemoryScope):
    """Run many claims at once; these memories have waited longest, so they are claimed first."""
    ids = [MemoryScope(user_id=scope.user_id, agent_id=f"a{number}").memory_id for number in range(6)]
    for memory_id in ids:
        await runtime.db.write("leases/create", memoryId=memory_id, userId=scope.user_id, agentId="a")
        await runtime.db.define(
            "MATCH (m:Memory {id: $id}) SET m.runAt = datetime('2000-01-01T00:00:00Z')", {"id": memory_id}
        )
    claimed = await asyncio.gather(
        *(leases.claim(runtime.db, owner=f"w{number}", lease_millis=60_000) for number in range(12))
    )
    ours = [memory_id for memory_id in claimed if memory_id in ids]
    assert len(ours) == len(set(ours))


async def test_evidence_of_a_known_fact_grows_across_operations(bench: Bench):
    for _ in range(2):
        await bench.accepted("I live in Faro.")
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
