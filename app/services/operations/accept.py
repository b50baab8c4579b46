"""Taking something in: stored first, answered after."""

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

# Messages that nobody waits for are worked off in batches of this much time: one by one they cost five times as much.
_GATHER_SECONDS = 0.1


class AcceptOperation:
    """Stores raw data with the operation that will work on them, and wakes a worker."""

    def __init__(self, db: Database, signals: Signals, check_backlog: CheckBacklog, *, keeps_images: bool) -> None:
        """`keeps_images`: until a vision model has described them."""
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
        """The id of the operation. When this returns, a kill of any process loses nothing of it.

        `changes`: of memories, that a REMEMBER operation makes. `awaited`: somebody waits for the result, so that the
        worker should not wait for more of the kind. A request whose `idempotency` was used before gets the operation of
        that time; raises Conflict when it asked for something else, Overloaded when too much waits already.
        """
        if raw_data:
            await self._check_backlog()
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
