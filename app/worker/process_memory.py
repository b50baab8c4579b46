"""Working off what one memory has queued: the only writer of its graph."""

import time
from datetime import UTC, datetime

from app.domain.ids import new_operation_id
from app.domain.operations import (
    MAX_FAILURES,
    QUEUE_LIMIT,
    FailedRawData,
    FailureClass,
    OperationError,
    OperationKind,
    OperationResult,
    QueuedOperation,
)
from app.domain.planning import (
    Cancel,
    Extract,
    FlushIdle,
    Forget,
    Import,
    KeepWaiting,
    Pause,
    Remember,
    next_step,
    windows,
)
from app.graph import imports, leases, operations, raw_data
from app.graph.database import Database, Step
from app.graph.operations import Outcome
from app.graph.raw_data import RawDataState
from app.prompts.compose_insights import COMPOSE_INSIGHTS
from app.services.bundles.run_import import RunImport
from app.services.extraction.ask_model import AskModel
from app.services.extraction.describe_images import DescribeImages
from app.services.extraction.extract_window import ExtractWindow
from app.services.extraction.index_raw_data import IndexRawData
from app.services.extraction.refresh_insights import RefreshInsights
from app.services.forgetting.forget import Forget as ForgetMemory
from app.services.memanto.apply_changes import Remember as RememberMemories
from app.services.operations.fenced import write_fenced
from app.services.operations.signals import Signals

# After this long another memory gets its turn; a window in work is finished first.
_SLICE_SECONDS = 2.0


class ProcessMemory:
    """Takes one memory's operations in their order until none is left or the time slice is over.

    Everything it writes is fenced by the lease: raises LeaseLost when another worker has taken over.
    """

    def __init__(
        self,
        db: Database,
        index_raw_data: IndexRawData,
        extract_window: ExtractWindow,
        refresh_insights: RefreshInsights,
        run_import: RunImport,
        forget: ForgetMemory,
        remember: RememberMemories,
        signals: Signals,
        ask_model: AskModel | None = None,
        describe_images: DescribeImages | None = None,
        *,
        idle_flush_seconds: float,
    ) -> None:
        self._db = db
        self._ask_model = ask_model
        self._describe_images = describe_images
        self._index_raw_data = index_raw_data
        self._extract_window = extract_window
        self._refresh_insights = refresh_insights
        self._run_import = run_import
        self._forget = forget
        self._remember = remember
        self._signals = signals
        self._idle_millis = int(idle_flush_seconds * 1000)
        self._at: dict[str, str] = {}

    def was_at(self, memory_id: str) -> str | None:
        """The operation of the memory that was in work when the last call ended, however it ended."""
        return self._at.pop(memory_id, None)

    async def __call__(self, memory_id: str, *, owner: str, lease_millis: int) -> None:
        fence = leases.fence(memory_id, owner=owner, lease_millis=lease_millis)
        end = time.monotonic() + _SLICE_SECONDS
        while time.monotonic() < end:
            queue = await operations.queue(self._db, memory_id, limit=QUEUE_LIMIT)
            # What came after these operations can't matter to them, and may be very much.
            buffer = await raw_data.buffered(self._db, memory_id, below=queue[-1].sequence if queue else None)
            decision = next_step(queue, buffer, now=datetime.now(UTC), idle_millis=self._idle_millis)
            self._at.pop(memory_id, None)
            if isinstance(decision, Cancel | Forget | Remember | Import | Extract):
                self._at[memory_id] = decision.operation.id
            match decision:
                case None | Pause():
                    return
                case FlushIdle():
                    await write_fenced(self._db, fence, operations.create_flush(memory_id, new_operation_id()))
                case KeepWaiting():
                    await self._keep_waiting(memory_id, decision, fence)
                case Cancel():
                    await self._cancel(memory_id, decision.operation, fence)
                case Forget():
                    await self._forget(memory_id, decision.operation.id, fence)
                case Remember():
                    await self._remember(memory_id, decision.operation, fence)
                case Import():
                    await self._run_import(memory_id, decision.operation.id, fence=fence, end=end)
                case Extract():
                    await self._extract(memory_id, decision, fence, end)

    async def _keep_waiting(self, memory_id: str, decision: KeepWaiting, fence: Step) -> None:
        """Messages that stay in the buffer can be found from now on."""
        ids = [id_ for operation in decision.operations for id_ in operation.stored]
        await self._index_raw_data(memory_id, ids, fence=fence)
        outcomes = [_buffered(operation) for operation in decision.operations]
        await write_fenced(self._db, fence, operations.finish(memory_id, outcomes))
        for operation in decision.operations:
            self._signals.finished(operation.id)

    async def _cancel(self, memory_id: str, operation: QueuedOperation, fence: Step) -> None:
        """What it has extracted stays; what it has not is kept as it came in, and can be retried."""
        error = OperationError(reason="Cancelled by request", failure_class=FailureClass.CANCELLED)
        if operation.kind is OperationKind.IMPORT:
            await imports.undo(self._db, memory_id, operation.id)
        waiting = operation.sealed or operation.stored
        await self._index_raw_data(memory_id, waiting, fence=fence)
        await write_fenced(
            self._db,
            fence,
            raw_data.mark(memory_id, waiting, RawDataState.FAILED, extractor=None, failure=error),
            operations.finish(memory_id, [Outcome(operation_id=operation.id, error=error)]),
        )
        self._signals.finished(operation.id)

    async def _extract(self, memory_id: str, decision: Extract, fence: Step, end: float) -> None:
        operation = decision.operation
        await write_fenced(self._db, fence, operations.start(memory_id, operation.id, sealed=decision.raw_data_ids))
        await self._index_raw_data(memory_id, decision.raw_data_ids, fence=fence)
        last_try = operation.failures + 1 >= MAX_FAILURES
        unread = await raw_data.unread(self._db, memory_id, decision.raw_data_ids)
        for ids in windows(decision.raw_data_ids):
            if unread.isdisjoint(ids):
                continue  # an earlier turn, or a try that was broken off, has read it
            if self._describe_images is not None:
                await self._describe_images(memory_id, ids, operation_id=operation.id, fence=fence)
            await self._extract_window(memory_id, ids, operation_id=operation.id, fence=fence, last_try=last_try)
            over = time.monotonic() > end or await operations.cancels(self._db, memory_id, operation.id)
            if over and ids[-1] != decision.raw_data_ids[-1]:
                return  # it stays 'running', and the next turn goes on with the next window, or ends it
        await self._finish(memory_id, decision, fence)

    async def _finish(self, memory_id: str, decision: Extract, fence: Step) -> None:
        made = await operations.made(self._db, memory_id, decision.raw_data_ids)
        if made.failed and len(made.failed) == len(decision.raw_data_ids):
            await self._fail(memory_id, decision, made.failed[0], fence)
            return
        operation = decision.operation
        insights = await self._refresh_insights(
            memory_id,
            made.entity_keys,
            model=self._ask_model and self._ask_model.on_behalf_of(memory_id, operation.id, fence),
            composer=f"{self._ask_model.model} {COMPOSE_INSIGHTS.label}" if self._ask_model else "",
            flush=operation.kind is OperationKind.COMMIT,
        )
        result = OperationResult(
            raw_data_ids=decision.raw_data_ids,
            fact_ids=made.fact_ids,
            insight_ids=insights.ids,
            insight_pending=insights.pending,
            failed=made.failed,
        )
        await write_fenced(
            self._db,
            fence,
            *insights.steps,
            operations.finish(memory_id, [Outcome(operation_id=decision.operation.id, result=result)]),
        )
        self._signals.finished(decision.operation.id)

    async def _fail(self, memory_id: str, decision: Extract, failed: FailedRawData, fence: Step) -> None:
        """Nothing of it could be extracted."""
        error = OperationError(reason=failed.reason, failure_class=failed.failure_class)
        outcome = Outcome(operation_id=decision.operation.id, error=error)
        await write_fenced(self._db, fence, operations.finish(memory_id, [outcome]))
        self._signals.finished(decision.operation.id)


def _buffered(operation: QueuedOperation) -> Outcome:
    result = OperationResult(triggered=False, raw_data_ids=operation.stored)
    return Outcome(operation_id=operation.id, result=result)
