"""Idempotency of requests without an operation: replay the stored response of the first request."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from app.domain.errors import Conflict
from app.domain.idempotency import KEPT_HOURS, REUSED, Idempotency
from app.graph.database import Database

Answer = TypeVar("Answer")


class AnswerOnce:
    """For repeatable writes only: after a crash between the write and storing its response, the write runs again."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def __call__(
        self,
        memory_id: str,
        idempotency: Idempotency | None,
        kind: type[Answer],
        answer: Callable[[], Awaitable[Answer]],
    ) -> Answer:
        """`kind`: type of the response. Raises Conflict if the key was used for another request, and whatever `answer`
        raises.
        """
        if idempotency is None:
            return await answer()
        (record,) = await self._db.write(
            "idempotency/begin",
            memoryId=memory_id,
            key=idempotency.key,
            requestHash=idempotency.request_hash,
            keptHours=KEPT_HOURS,
        )
        if record["requestHash"] != idempotency.request_hash:
            raise Conflict(REUSED)
        if record["answerJson"] is not None:
            return msgspec.json.decode(record["answerJson"], type=kind)
        answered = await answer()
        await self._db.write(
            "idempotency/keep",
            memoryId=memory_id,
            key=idempotency.key,
            answerJson=msgspec.json.encode(answered).decode(),
        )
        return answered
