"""Process the queued operations of one memory; the only writer of its graph."""

import time
from datetime import UTC, datetime
from functools import partial
from itertools import zip_longest

from app.domain.ids import new_operation_id
from app.domain.operations import (
    MAX_FAILURES,
    QUEUE_LIMIT,
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
    MakeChanges,
    Pause,
    next_step,
    windows,
    windows_by_length,
)
from app.graph import imports, operations, raw_data
from app.graph.database import Database, Step
from app.graph.operations import Outcome
from app.graph.raw_data import RawDataState
from app.observability.context import logging_for
from app.services.bundles.run_import import RunImport
from app.services.extraction.describe_images import DescribeImages
from app.services.extraction.extract_window import ExtractWindow
from app.services.extraction.finish_operation import FinishOperation
from app.services.extraction.index_raw_data import IndexRawData
from app.services.extraction.read_ahead import ReadAhead
from app.services.forgetting.forget import RunForget
from app.services.memanto.apply_changes import ApplyChanges
from app.services.operations.signals import Signals
from app.services.operations.turn import MemoryLease, Turn

# Time slice per memory; a window that has started, or was read ahead, is finished first.
SLICE_SECONDS = 2.0


class ProcessMemory:
    """Runs one memory's operations in order until none is left or the time slice is over.

    Everything it writes is fenced by the lease: raises LeaseLost when another worker has taken over.
    """

    def __init__(
        self,
        db: Database,
        index_raw_data: IndexRawData,
        extract_window: ExtractWindow,
        run_import: RunImport,
        run_forget: RunForget,
        apply_changes: ApplyChanges,
        finish_operation: FinishOperation,
        signals: Signals,
        describe_images: DescribeImages | None = None,
        *,
        idle_millis: int,
        slice_seconds: float = SLICE_SECONDS,
    ) -> None:
        self._db = db
        self._describe_images = describe_images
        self._index_raw_data = index_raw_data
        self._extract_window = extract_window
        self._run_import = run_import
        self._run_forget = run_forget
        self._apply_changes = apply_changes
        self._finish_operation = finish_operation
        self._signals = signals
        self._idle_millis = idle_millis
        self._slice_seconds = slice_seconds
        self._at: dict[str, str] = {}

    def was_at(self, memory_id: str) -> str | None:
        """Return and clear the id of the operation that was running when the last call returned or raised."""
        return self._at.pop(memory_id, None)

    async def __call__(self, memory_id: str, *, owner: str, lease_millis: int) -> bool:
        """Return True if the time slice ended before the work."""
        lease = MemoryLease(self._db, memory_id, owner=owner, lease_millis=lease_millis)
        end = time.monotonic() + self._slice_seconds
        while time.monotonic() < end:
            queue = await operations.queue(self._db, memory_id, limit=QUEUE_LIMIT)
            # Skip messages that came after these operations: they are irrelevant here and may be many.
            buffer = await raw_data.buffered(self._db, memory_id, below=queue[-1].sequence if queue else None)
            decision = next_step(queue, buffer, now=datetime.now(UTC), idle_millis=self._idle_millis)
            self._at.pop(memory_id, None)
            match decision:
                case None | Pause():
                    return False
                case FlushIdle():
                    await lease.write(operations.create_flush(memory_id, new_operation_id()))
                case KeepWaiting():
                    await self._keep_waiting(lease, decision)
                case _:
                    self._at[memory_id] = decision.operation.id
                    with logging_for(operation_id=decision.operation.id, request_id=decision.operation.request_id):
                        await self._work(lease.turn(decision.operation.id), decision, end)
        return True

    async def _work(self, turn: Turn, decision: Cancel | Forget | MakeChanges | Import | Extract, end: float) -> None:
        match decision:
            case Cancel():
                await self._cancel(turn, decision.operation)
            case Forget():
                await self._run_forget(turn)
            case MakeChanges():
                await self._apply_changes(turn, decision.operation)
            case Import():
                await self._run_import(turn, end=end)
            case Extract():
                await self._extract(turn, decision, end)

    async def _keep_waiting(self, lease: MemoryLease, decision: KeepWaiting) -> None:
        """Index messages that stay buffered, and finish their operations."""
        ids = [id_ for operation in decision.operations for id_ in operation.stored]
        await self._index_raw_data(lease, ids)
        outcomes = [_buffered(operation) for operation in decision.operations]
        await lease.write(operations.finish(lease.memory_id, outcomes))
        for operation in decision.operations:
            self._signals.finished(operation.id)

    async def _cancel(self, turn: Turn, operation: QueuedOperation) -> None:
        """End the operation as cancelled. Extracted facts stay; other raw data stay searchable and can be retried."""
        error = OperationError(reason="Cancelled by request", failure_class=FailureClass.CANCELLED)
        if operation.kind is OperationKind.IMPORT:
            await imports.undo(self._db, turn.memory_id, operation.id)
        waiting = operation.sealed or operation.stored
        await self._index_raw_data(turn, waiting)
        await self._end(
            turn, error, raw_data.mark(turn.memory_id, waiting, RawDataState.FAILED, extractor=None, failure=error)
        )

    async def _extract(self, turn: Turn, decision: Extract, end: float) -> None:
        operation, memory_id = decision.operation, turn.memory_id
        await turn.write(operations.start(memory_id, operation.id, sealed=decision.raw_data_ids))
        await self._index_raw_data(turn, decision.raw_data_ids)
        last_try = operation.failures + 1 >= MAX_FAILURES
        unread = await raw_data.unread(self._db, memory_id, decision.raw_data_ids)
        # The others were extracted in an earlier turn or an interrupted attempt.
        if self._extract_window.asks_model:
            # The same windows as in an interrupted attempt, whose answers are kept.
            left = [ids for ids in windows(decision.raw_data_ids) if not unread.keys().isdisjoint(ids)]
        else:
            left = list(windows_by_length(unread))
        async with ReadAhead(self._extract_window, turn, enabled=self._describe_images is None, end=end) as ahead:
            for ids, following in zip_longest(left, left[1:]):
                if self._describe_images is not None:
                    await self._describe_images(turn, ids)
                await self._extract_window(
                    turn,
                    ids,
                    last_try=last_try,
                    reading=ahead.take(),
                    when_read=partial(ahead.begin, following),
                )
                over = time.monotonic() > end and not ahead.begun
                if following and (over or await operations.cancels(self._db, memory_id, operation.id)):
                    return  # still running: the next turn goes on with the next window, or cancels it
        await self._finish(turn, decision)

    async def _finish(self, turn: Turn, decision: Extract) -> None:
        made = await operations.made(self._db, turn.memory_id, decision.raw_data_ids)
        if made.failed and len(made.failed) == len(decision.raw_data_ids):
            failed = made.failed[0]
            await self._end(turn, OperationError(reason=failed.reason, failure_class=failed.failure_class))
            return
        result = OperationResult(
            raw_data_ids=decision.raw_data_ids,
            fact_ids=made.fact_ids,
            failed=made.failed,
        )
        flush = decision.operation.kind is OperationKind.COMMIT
        await self._finish_operation(turn, result, entity_keys=made.entity_keys, flush=flush)

    async def _end(self, turn: Turn, error: OperationError, *steps: Step) -> None:
        """Ends the operation as failed."""
        outcome = Outcome(operation_id=turn.operation_id, error=error)
        await turn.write(*steps, operations.finish(turn.memory_id, [outcome]))
        self._signals.finished(turn.operation_id)


def _buffered(operation: QueuedOperation) -> Outcome:
    result = OperationResult(triggered=False, raw_data_ids=operation.stored)
    return Outcome(operation_id=operation.id, result=result)
