"""Delete expired records."""

from app.domain.idempotency import KEPT_HOURS
from app.graph import audit
from app.graph.database import Database

# The same as for stored traces.
OPERATIONS_KEPT_DAYS = 30


class CleanUp:
    """Deletes ended operations after 30 days, traces and logged questions when they expire, stored idempotent responses
    after 24 hours, entries of the audit log after `audit_days`.
    """

    def __init__(self, db: Database, *, audit_days: int) -> None:
        self._db = db
        self._audit_days = audit_days

    async def __call__(self) -> None:
        await self._db.write("system/expire_operations", days=OPERATIONS_KEPT_DAYS)
        await self._db.write("system/expire_traces")
        await self._db.write("system/expire_queries")
        await self._db.write("system/expire_answers", hours=KEPT_HOURS)
        await audit.expire(self._db, days=self._audit_days)
