"""Reject requests while too much work is waiting."""

import time

from app.domain.errors import Overloaded
from app.domain.scope import user_prefix
from app.graph.database import Database

_KEPT_SECONDS = 1.0
# Limit of all memories as a multiple of one memory's limit, so that one memory alone can't fill the backlog.
_MEMORIES = 4
_MAX_USERS_KEPT = 10_000


class CheckBacklog:
    """`max_waiting`: limit of raw data waiting for extraction in one memory; four times as many in all memories.
    `max_of_user`: limit of one user's unfinished operations. Counts are cached for a second.
    """

    def __init__(self, db: Database, *, max_waiting: int, max_of_user: int) -> None:
        self._db = db
        self.max_waiting = max_waiting
        self._max_of_user = max_of_user
        self._waiting = 0
        self._until = 0.0
        self._of_user: dict[str, tuple[int, float]] = {}

    async def all_memories(self) -> None:
        """Raises Overloaded if all memories together exceed their limit."""
        if time.monotonic() >= self._until:
            self._until = time.monotonic() + _KEPT_SECONDS
            self._waiting = (await self._db.read("system/backlog"))[0]["messages"]
        if self._waiting >= _MEMORIES * self.max_waiting:
            raise Overloaded

    async def of_user(self, user_id: str) -> None:
        """Raises Overloaded if the user has too many unfinished operations."""
        number, until = self._of_user.get(user_id, (0, 0.0))
        if time.monotonic() >= until:
            if len(self._of_user) >= _MAX_USERS_KEPT:
                self._of_user.clear()
            rows = await self._db.read(
                "system/unfinished_of_user", prefix=user_prefix(user_id), limit=self._max_of_user
            )
            number = rows[0]["number"]
            self._of_user[user_id] = (number, time.monotonic() + _KEPT_SECONDS)
        if number >= self._max_of_user:
            raise Overloaded("Too many operations of this user have not ended; send this again later")
