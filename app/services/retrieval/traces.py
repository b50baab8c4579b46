"""Reading a stored trace."""

from app.domain.scope import MemoryScope
from app.graph import traces
from app.graph.database import Database
from app.graph.traces import StoredTrace


class GetTrace:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def __call__(self, scope: MemoryScope, trace_id: str) -> StoredTrace:
        """Raises NotFound."""
        return await traces.get(self._db, scope.memory_id, trace_id)
