"""Reading and awaiting operations."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from app.domain.errors import Conflict, OperationFailed, Unavailable
from app.domain.limits import NO_LIMIT
from app.domain.operations import Operation, OperationKind, OperationStatus
from app.domain.scope import MemoryScope
from app.graph import operations
from app.graph.database import Database
from app.services.operations.signals import Signals

_FIRST_POLL_SECONDS = 0.1
_LAST_POLL_SECONDS = 1.0
_WATCH_SECONDS = 0.5
KEEP_ALIVE_SECONDS = 15.0
MAX_RETRIED = 1000


class GetOperation:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def __call__(self, operation_id: str) -> Operation:
        """Raises NotFound."""
        return await operations.get(self._db, operation_id)


class CancelOperation:
    def __init__(self, db: Database, signals: Signals) -> None:
        self._db = db
        self._signals = signals

    async def __call__(self, memory_id: str, operation_id: str) -> None:
        """Request cancellation; a worker performs it. Raises Conflict for an ended operation or a forget operation."""
        if not await operations.cancel(self._db, memory_id, operation_id):
            raise Conflict("The operation can't be cancelled: it has ended or is a forget operation")
        self._signals.work_arrived()


class RetryOperations:
    def __init__(self, db: Database, signals: Signals) -> None:
        self._db = db
        self._signals = signals

    async def one(self, memory_id: str, operation_id: str) -> None:
        """Retry the failed parts of an operation. Raises Conflict if nothing failed or it hasn't ended."""
        if not await operations.retry(self._db, memory_id, operation_id, limit=1):
            raise Conflict("There is nothing to retry: the operation hasn't ended, or nothing of it failed")
        self._signals.work_arrived()

    async def all(self, memory_id: str) -> list[str]:
        """Retry the memory's failed operations. Returns their ids, oldest first, at most `MAX_RETRIED`."""
        ids = await operations.retry(self._db, memory_id, None, limit=MAX_RETRIED)
        if ids:
            self._signals.work_arrived()
        return ids


class WatchOperation:
    def __init__(self, db: Database, signals: Signals) -> None:
        self._db = db
        self._signals = signals

    async def __call__(self, operation_id: str) -> AsyncIterator[Operation | None]:
        """Yield the operation now and after every change until it ends; None after `KEEP_ALIVE_SECONDS` without a
        change. Raises NotFound.
        """
        first = await operations.get(self._db, operation_id)

        async def changes() -> AsyncIterator[Operation | None]:
            shown, shown_at = first, time.monotonic()
            yield shown
            with self._signals.listening(operation_id) as ended:
                while not shown.finished:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(_WATCH_SECONDS):
                            await ended.wait()
                    ended.clear()
                    with contextlib.suppress(Unavailable):
                        found = await operations.get(self._db, operation_id)
                        if replace(found, lease=None) != replace(shown, lease=None):
                            shown, shown_at = found, time.monotonic()
                            yield shown
                    if time.monotonic() - shown_at > KEEP_ALIVE_SECONDS:
                        shown_at = time.monotonic()
                        yield None

        return changes()


class OperationPage(Struct, frozen=True, kw_only=True):
    """`next_before`: pass it as `before` to get the next page; None at the end."""

    operations: list[Operation]
    next_before: int | None


class ListOperations:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def __call__(
        self,
        scope: MemoryScope,
        *,
        statuses: Sequence[OperationStatus],
        kinds: Sequence[OperationKind] | None,
        before: int | None,
        limit: int,
    ) -> OperationPage:
        """Newest first. `statuses` empty means all."""
        rows = await operations.list_page(
            self._db,
            scope.memory_id,
            statuses=statuses or list(OperationStatus),
            kinds=kinds,
            before=before or NO_LIMIT,
            limit=limit + 1,
        )
        page = rows[:limit]
        return OperationPage(
            operations=[operation for _, operation in page],
            next_before=page[-1][0] if len(rows) > limit else None,
        )


class AwaitOperation:
    """Waits for a worker, in this process or another one, to finish an operation."""

    def __init__(self, db: Database, signals: Signals) -> None:
        self._db = db
        self._signals = signals

    async def __call__(self, operation_id: str, *, timeout_seconds: float) -> Operation:
        """Return the operation once it has ended, or as it is after the timeout, which does not cancel it. Raises
        OperationFailed.
        """
        deadline = time.monotonic() + timeout_seconds
        pause = _FIRST_POLL_SECONDS
        with self._signals.listening(operation_id) as ended:
            while True:
                remaining = deadline - time.monotonic()
                if remaining > 0:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(min(pause, remaining)):
                            await ended.wait()
                operation = await operations.get(self._db, operation_id)
                if operation.status is OperationStatus.FAILED:
                    reason = operation.error.reason if operation.error else ""
                    raise OperationFailed(kind=operation.kind, reason=reason)
                if operation.finished or time.monotonic() >= deadline:
                    return operation
                ended.clear()
                pause = min(pause * 2, _LAST_POLL_SECONDS)
