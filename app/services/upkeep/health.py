"""Readiness of the service."""

from collections.abc import Callable

from app.domain.errors import MnemonError
from app.graph.database import Database
from app.observability.stages import STAGE_FAILURES, StageFailures

_SECONDS = 2.0
# Not ready if at least 5, and more than half, of the operations of the last 5 minutes failed.
_MINUTES = 5
_MIN_FAILED = 5
_FAILED_SHARE = 0.5


class CheckReadiness:
    def __init__(self, db: Database, stage_failures: StageFailures = STAGE_FAILURES) -> None:
        self._db = db
        self._stage_failures = stage_failures
        # Set once the schema is in place and a worker (if this process has one) runs.
        self.started = False
        # Returns True if this process's worker runs or if it has none.
        self.worker_runs: Callable[[], bool] = lambda: True

    async def __call__(self) -> dict[str, str]:
        """Component → "up" or its problem. Waits at most two seconds for the database."""
        database = operations = "up"
        try:
            (recent,) = await self._db.read("system/recent_operations", timeout_seconds=_SECONDS, minutes=_MINUTES)
            if recent["failed"] >= _MIN_FAILED and recent["failed"] > _FAILED_SHARE * recent["ended"]:
                operations = (
                    f"{recent['failed']} of the {recent['ended']} operations that ended in the last {_MINUTES} minutes "
                    "failed; GET operations?status=failed says why"
                )
        except MnemonError as error:
            database = error.message
        return {
            "database": database,
            "operations": operations,
            "stages": self._stages(),
            "service": "up" if self.started else "starting",
            "worker": "up" if self.worker_runs() else "The worker has ended; restart the service",
        }

    def _stages(self) -> str:
        faulty = self._stage_failures.faulty()
        if not faulty:
            return "up"
        return f"{', '.join(faulty)}: most recent runs failed with an internal error; see the log"
