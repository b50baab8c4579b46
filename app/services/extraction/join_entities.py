"""Merge names that mean one entity, and undo merges."""

from app.domain.errors import BadRequest, NotFound
from app.domain.names import entity_key
from app.domain.scope import MemoryScope
from app.graph import knowledge
from app.graph.database import Database
from app.graph.knowledge import FoundEntity, SameEntities


class MergeEntities:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def __call__(self, scope: MemoryScope, *, entity: str, into: str) -> FoundEntity:
        """Link two names as one entity with a SAME_AS edge; nothing is copied. Returns the entity merged into, with all
        its names. Raises NotFound for an unknown name, BadRequest if both names are the same.
        """
        memory_id = scope.memory_id
        left, right = await _both(self._db, memory_id, entity, into)
        if left.key == right.key:
            raise BadRequest(f"{entity} and {into} are the same name")
        if all(same.key != right.key for same in left.same):
            pair = SameEntities(key=left.key, same_key=right.key, reason="request", score=1.0)
            await self._db.write_all([knowledge.save_same(memory_id, [pair])])
        return (await _both(self._db, memory_id, entity, into))[1]


class SplitEntity:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def __call__(self, scope: MemoryScope, *, entity: str) -> FoundEntity:
        """Undo every merge of this name; the rules won't merge it again. Raises NotFound."""
        memory_id = scope.memory_id
        found = await knowledge.find_entities(self._db, memory_id, [entity_key(entity)])
        if not found:
            raise NotFound(f"There is no entity {entity}")
        await self._db.write_all([knowledge.split(memory_id, found[0].key)])
        return (await knowledge.find_entities(self._db, memory_id, [found[0].key]))[0]


async def _both(db: Database, memory_id: str, *names: str) -> list[FoundEntity]:
    """Look up entities, in the order of the names. Raises NotFound."""
    keys = [entity_key(name) for name in names]
    found = {entity.key: entity for entity in await knowledge.find_entities(db, memory_id, keys)}
    for name, key in zip(names, keys, strict=True):
        if key not in found:
            raise NotFound(f"There is no entity {name}")
    return [found[key] for key in keys]
