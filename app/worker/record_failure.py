"""Recording that an operation failed."""

from app.domain.errors import Unavailable
from app.domain.operations import (
    QUEUE_LIMIT,
    FailureClass,
    OperationKind,
    OperationStatus,
    backoff,
    ends_as_failed,
)
from app.graph import imports, operations, raw_data
from app.graph.database import Database
from app.graph.operations import Outcome
from app.graph.raw_data import RawDataState
from app.services.operations.failures import failure_of
from app.services.operations.signals import Signals
from app.services.operations.turn import Turn


def _pause(error: Exception, attempts: int) -> float:
    """Seconds until the retry: grows with every attempt, and at least what the dependency's Retry-After asks for."""
    asked = error.retry_after_seconds if isinstance(error, Unavailable) and error.asked_to_wait else 0.0
    return max(backoff(attempts).total_seconds(), asked)


class RecordFailure:
    """Puts an operation back with a growing pause, or ends it as failed.

    A failed operation's raw data stay, and stay searchable; later operations go on. Does nothing when no operation
    waits. Raises LeaseLost and Unavailable; then the operation is tried again when its lease runs out.
    """

    def __init__(self, db: Database, signals: Signals) -> None:
        self._db = db
        self._signals = signals

    async def __call__(
        self, memory_id: str, error: Exception, *, operation_id: str | None, owner: str, lease_millis: int
    ) -> None:
        """`operation_id`: the operation that was running; None: the memory's first."""
        queue = await operations.queue(self._db, memory_id, limit=QUEUE_LIMIT)
        operation = next((o for o in queue if operation_id in (None, o.id)), None)
        if operation is None:
            return
        failure = failure_of(error)
        # Count the attempt even if it failed before `start` was committed (status still accepted).
        attempts = operation.attempts + (operation.status is OperationStatus.ACCEPTED)
        turn = Turn(self._db, memory_id, operation_id=operation.id, owner=owner, lease_millis=lease_millis)
        failures = operation.failures + (failure.failure_class is not FailureClass.TRANSPORT)
        if not ends_as_failed(failure.failure_class, failures):
            millis = int(_pause(error, attempts) * 1000)
            step = operations.postpone(
                memory_id, operation.id, failure, attempts=attempts, failures=failures, millis=millis
            )
            await turn.write(step)
            return
        if operation.kind is OperationKind.IMPORT:
            await imports.undo(self._db, memory_id, operation.id)
        await turn.write(
            raw_data.mark(
                memory_id, operation.sealed or operation.stored, RawDataState.FAILED, extractor=None, failure=failure
            ),
            operations.finish(memory_id, [Outcome(operation_id=operation.id, error=failure)]),
        )
        self._signals.finished(operation.id)
