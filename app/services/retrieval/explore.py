"""Looking at memories: which there are, what explains a fact, an entity, the map of entities."""

from app.domain.access import Caller
from app.domain.scope import MemoryScope
from app.graph import exploring
from app.graph.database import Database
from app.graph.exploring import EntityWithFacts, ExplainedFact, MemoryCursor, MemoryMap, MemorySummary
from app.services.retrieval.queries import Page, page_of


class Explore:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def memories(
        self, reader: Caller, *, search: str, after: MemoryCursor | None, limit: int
    ) -> Page[MemorySummary, MemoryCursor]:
        """Memories that the reader's key reaches, in the order of their ids."""
        found = await exploring.memories(
            self._db, users=reader.users, agents=reader.agents, search=search, after=after, limit=limit + 1
        )
        return page_of(found, limit, _cursor)

    async def summary(self, scope: MemoryScope) -> MemorySummary:
        """Raises NotFound for a memory that nothing was ever stored in."""
        return await exploring.summary(self._db, scope.memory_id)

    async def fact(self, scope: MemoryScope, fact_id: int) -> ExplainedFact:
        """Raises NotFound."""
        return await exploring.fact(self._db, scope.memory_id, fact_id)

    async def entity(self, scope: MemoryScope, entity_id: str) -> EntityWithFacts:
        """Raises NotFound."""
        return await exploring.entity(self._db, scope.memory_id, entity_id)

    async def map(self, scope: MemoryScope, *, limit: int) -> MemoryMap:
        """The `limit` most often mentioned entities, and which of them facts mention together."""
        return await exploring.memory_map(self._db, scope.memory_id, limit=limit)


def _cursor(memory: MemorySummary) -> MemoryCursor:
    return MemoryCursor(id=MemoryScope(user_id=memory.user_id, agent_id=memory.agent_id).memory_id)
