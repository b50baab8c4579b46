"""Taking something in: stored first, answered after."""

from collections.abc import Sequence

from app.domain.ids import new_operation_id
from app.domain.knowledge import RawData
from app.domain.operations import OperationKind
from app.domain.scope import MemoryScope
from app.graph import operations
from app.graph.database import Database
from app.graph.raw_data import RawDataState
from app.services.signals import Signals


class AcceptOperation:
    """Stores raw data with the operation that will work on them, and wakes a worker."""

    def __init__(self, db: Database, signals: Signals) -> None:
        self._db = db
        self._signals = signals

    async def __call__(
        self,
        scope: MemoryScope,
        kind: OperationKind,
        raw_data: Sequence[RawData],
        *,
        origin: str,
    ) -> str:
        """The id of the operation. When this returns, a kill of any process loses nothing of it."""
        operation_id = new_operation_id()
        await operations.store(
            self._db,
            scope=scope,
            operation_id=operation_id,
            kind=kind,
            state=RawDataState.BUFFERED if kind is OperationKind.ADD_MESSAGE else RawDataState.STORED,
            raw_data=raw_data,
            origin=origin,
        )
        self._signals.work_arrived()
        return operation_id
