"""Warm-up query at start: a new Neo4j plans and compiles every statement on its first use."""

import asyncio
import contextlib

from app.domain.errors import MnemonError, Unavailable
from app.domain.filters import KnowledgeFilter
from app.domain.retrieval import Question, Strategy
from app.domain.scope import MemoryScope
from app.graph.database import Database, Row
from app.services.retrieval.retrieve import RetrieveMemory

_POLL_SECONDS = 1.0


class WarmUp:
    """Runs one DEEP retrieval and discards the result; saves the first question about five seconds.

    In an empty database it waits for the first facts: without any, most statements would not run.
    """

    def __init__(self, db: Database, retrieve_memory: RetrieveMemory) -> None:
        self._db = db
        self._retrieve_memory = retrieve_memory

    async def __call__(self) -> None:
        while not (rows := await self._any_fact()):
            await asyncio.sleep(_POLL_SECONDS)
        scope = MemoryScope(user_id=rows[0]["userId"], agent_id=rows[0]["agentId"])
        question = Question(text=rows[0]["text"], strategy=Strategy.DEEP, filter=KnowledgeFilter(), trace=True)
        with contextlib.suppress(MnemonError):
            await self._retrieve_memory(scope, question)

    async def _any_fact(self) -> list[Row]:
        # While the database is away, there are no facts yet.
        with contextlib.suppress(Unavailable):
            return await self._db.read("system/any_fact")
        return []
