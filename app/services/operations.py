"""Reading and awaiting operations."""

import asyncio
import contextlib
import time
from collections.abc import Sequence

from msgspec import Struct

from app.domain.operations import Operation, OperationKind, OperationStatus
from app.domain.scope import MemoryScope
from app.graph import operations
from app.graph.database import Database
from app.services.signals import Signals

_FIRST_POLL_SECONDS = 0.1
_LAST_POLL_SECONDS = 1.0
_NO_NUMBER = 2**62


class GetOperation:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def __call__(self, operation_id: str) -> Operation:
        """Raises NotFound."""
        return await operations.get(self._db, operation_id)


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
            before=before or _NO_NUMBER,
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
        """The operation when it has ended, or as it stands when the time is over; the work goes on either way."""
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
                if operation.finished or time.monotonic() >= deadline:
                    return operation
                ended.clear()
                pause = min(pause * 2, _LAST_POLL_SECONDS)
