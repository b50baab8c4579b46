"""Whether the service can do its work."""

from app.domain.errors import MnemonError
from app.graph.database import Database

_SECONDS = 2.0


class CheckReadiness:
    def __init__(self, db: Database) -> None:
        self._db = db
        # Set once the schema is in place and a worker (if this process has one) runs.
        self.started = False

    async def __call__(self) -> dict[str, str]:
        """Component → "up" or what is wrong with it. Quick: a dead database costs two seconds at most."""
        try:
            await self._db.read("system/ping", timeout_seconds=_SECONDS)
            database = "up"
        except MnemonError as error:
            database = error.message
        return {"database": database, "service": "up" if self.started else "starting"}
