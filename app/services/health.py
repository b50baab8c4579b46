"""Whether the service can do its work."""

from collections.abc import Callable

from app.domain.errors import MnemonError
from app.graph.database import Database

_SECONDS = 2.0


class CheckReadiness:
    def __init__(self, db: Database) -> None:
        self._db = db
        # Set once the schema is in place and a worker (if this process has one) runs.
        self.started = False
        # Says whether this process's worker runs; a process without one has nothing to say.
        self.worker_runs: Callable[[], bool] = lambda: True

    async def __call__(self) -> dict[str, str]:
        """Component → "up" or what is wrong with it. Quick: a dead database costs two seconds at most."""
        try:
            await self._db.read("system/ping", timeout_seconds=_SECONDS)
            database = "up"
        except MnemonError as error:
            database = error.message
        return {
            "database": database,
            "service": "up" if self.started else "starting",
            "worker": "up" if self.worker_runs() else "The worker has ended; restart the service",
        }
