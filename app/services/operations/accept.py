"""Accept requests: store raw data and operation first, respond afterwards."""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from app.domain.idempotency import Idempotency
from app.domain.ids import new_operation_id
from app.domain.knowledge import RawData
from app.domain.operations import OperationKind
from app.domain.scope import MemoryScope
from app.domain.typed_facts import Change
from app.graph import operations
from app.graph.database import Database
from app.graph.raw_data import RawDataState
from app.services.operations.check_backlog import CheckBacklog
from app.services.operations.signals import Signals

# Delay before a worker is woken for async messages, so that they form batches: one by one costs five times as much.
_GATHER_SECONDS = 0.1


class AcceptOperation:
    """Stores raw data with the operation that will work on them, and wakes a worker."""

    def __init__(self, db: Database, signals: Signals, check_backlog: CheckBacklog, *, keeps_images: bool) -> None:
        """`keeps_images`: store images until a vision model has described them."""
        self._db = db
        self._signals = signals
        self._check_backlog = check_backlog
        self._keeps_images = keeps_images

    async def __call__(
        self,
        scope: MemoryScope,
        kind: OperationKind,
        raw_data: Sequence[RawData],
        *,
        origin: str,
        awaited: bool,
        idempotency: Idempotency | None = None,
        changes: Sequence[Change] = (),
    ) -> str:
        """Store the operation durably and return its id.

        `changes`: of typed facts, for a REMEMBER operation. `awaited`: a client waits for the result, so don't delay it
        to form a batch. A repeated `idempotency` key returns the first request's operation. Raises Conflict if the key
        was used for another request, Overloaded if too much work is waiting.
        """
        await self._check_backlog.of_user(scope.user_id)
        if raw_data:
            await self._check_backlog.all_memories()
        stored = await operations.store(
            self._db,
            scope=scope,
            operation_id=new_operation_id(),
            kind=kind,
            state=RawDataState.BUFFERED if kind is OperationKind.ADD_MESSAGE else RawDataState.STORED,
            raw_data=raw_data if self._keeps_images else [replace(raw, images=[]) for raw in raw_data],
            origin=origin,
            idempotency=idempotency,
            max_waiting=self._check_backlog.max_waiting,
            payload_json=msgspec.json.encode(changes).decode() if changes else None,
        )
        operation_id = stored.id_for(idempotency and idempotency.request_hash)
        gathers = kind is OperationKind.ADD_MESSAGE and not awaited
        self._signals.work_arrived(after_seconds=_GATHER_SECONDS if gathers else 0.0)
        return operation_id
