"""Refusing work before it piles up."""

import time

from app.domain.errors import Overloaded
from app.graph.database import Database

_KEPT_SECONDS = 1.0
# One memory alone can't fill the whole backlog.
_MEMORIES = 4


class CheckBacklog:
    """`max_waiting`: raw data of one memory that may wait for extraction; four times as many of all together."""

    def __init__(self, db: Database, *, max_waiting: int) -> None:
        self._db = db
        self.max_waiting = max_waiting
        self._waiting = 0
        self._until = 0.0

    async def __call__(self) -> None:
        """Raises Overloaded. Counted at most once a second."""
        if time.monotonic() >= self._until:
            self._until = time.monotonic() + _KEPT_SECONDS
            self._waiting = (await self._db.read("system/backlog"))[0]["messages"]
        if self._waiting >= _MEMORIES * self.max_waiting:
            raise Overloaded
