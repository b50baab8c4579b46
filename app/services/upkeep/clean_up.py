"""Taking away what has had its time."""

from app.domain.idempotency import KEPT_HOURS
from app.graph.database import Database

# As long as a stored trace.
OPERATIONS_KEPT_DAYS = 30


class CleanUp:
    """Ended operations after thirty days, traces at their end, answers of idempotent requests after a day."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def __call__(self) -> None:
        await self._db.write("system/expire_operations", days=OPERATIONS_KEPT_DAYS)
        await self._db.write("system/expire_traces")
        await self._db.write("system/expire_answers", hours=KEPT_HOURS)
