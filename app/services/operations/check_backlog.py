"""Reject requests while too much work is waiting."""

import time

from app.domain.errors import Overloaded
from app.graph.database import Database

_KEPT_SECONDS = 1.0
# Limit of all memories as a multiple of one memory's limit, so that one memory alone can't fill the backlog.
_MEMORIES = 4


class CheckBacklog:
    """`max_waiting`: limit of raw data waiting for extraction in one memory; four times as many in all memories."""

    def __init__(self, db: Database, *, max_waiting: int) -> None:
        self._db = db
        self.max_waiting = max_waiting
        self._waiting = 0
        self._until = 0.0

    async def __call__(self) -> None:
        """Raises Overloaded if all memories together exceed their limit. The count is cached for a second."""
        if time.monotonic() >= self._until:
            self._until = time.monotonic() + _KEPT_SECONDS
            self._waiting = (await self._db.read("system/backlog"))[0]["messages"]
        if self._waiting >= _MEMORIES * self.max_waiting:
            raise Overloaded
