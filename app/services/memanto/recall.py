"""Recall facts: by meaning, newest first, as of a time, or changed since a time."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from msgspec import Struct

from app.domain.filters import KnowledgeFilter, Near, TimeField, TimeRange
from app.domain.knowledge import FactKind
from app.domain.retrieval import Question, Strategy
from app.domain.scope import MemoryScope
from app.domain.typed_facts import StatusFilter, TypedFactPage, TypedFactRow
from app.graph import search, typed_facts
from app.graph.database import Database
from app.models.ports import Embedder
from app.services.retrieval.retrieve import RetrieveMemory

# The limit for requests without one; larger than any memory.
EVERYTHING = 1_000_000


class RecallFilter(Struct, frozen=True, kw_only=True):
    """Restricts recalled facts. None: all. `created_after` and `created_before` are inclusive."""

    kinds: tuple[FactKind, ...] | None = None
    tags: tuple[str, ...] | None = None
    status: StatusFilter = StatusFilter.ALL
    created_after: datetime | None = None
    created_before: datetime | None = None

    def filter(self, near: Near | None = None) -> KnowledgeFilter:
        times = self.created_after or self.created_before
        return KnowledgeFilter(
            kinds=self.kinds,
            tags=self.tags,
            status=self.status,
            near=near,
            facts_only=True,
            time_range=TimeRange(field=TimeField.CREATED_AT, start=self.created_after, end=self.created_before)
            if times
            else None,
        )


class RecalledFact(Struct, frozen=True, kw_only=True):
    """`score`: cosine to the query, 0 to 1; `path`: hops that led to it, as text; empty for a direct hit."""

    memory: TypedFactRow
    score: float
    path: str = ""


class Recall:
    def __init__(self, db: Database, embedder: Embedder, retrieve_memory: RetrieveMemory) -> None:
        self._db = db
        self._embedder = embedder
        self._retrieve_memory = retrieve_memory

    async def by_meaning(
        self,
        scope: MemoryScope,
        query: str,
        chosen: RecallFilter,
        *,
        limit: int,
        min_similarity: float | None = None,
        strategy: Strategy = Strategy.SIMPLE,
    ) -> list[RecalledFact]:
        """Return facts in retrieval order. All filters are applied in the database, before the limit."""
        vector = await self._embedder.embed_query(query)
        near = Near(vector=tuple(vector.tolist()), similarity=min_similarity) if min_similarity else None
        question = Question(text=query, strategy=strategy, filter=chosen.filter(near), limit=limit)
        found = {item.id: item for item in (await self._retrieve_memory(scope, question)).items[:limit]}
        rows = await typed_facts.read(self._db, scope.memory_id, [int(id_) for id_ in found])
        features = await search.fact_features(
            self._db, scope.memory_id, list(found), dimension=self._embedder.dimension
        )
        vectors = {id_: feature.vector for id_, feature in features.items()}
        return [
            RecalledFact(memory=row, score=_cosine(vector, vectors.get(str(row.id))), path=found[str(row.id)].path_text)
            for row in rows
        ]

    async def newest(self, scope: MemoryScope, chosen: RecallFilter, *, limit: int) -> TypedFactPage:
        return await typed_facts.newest(self._db, scope.memory_id, chosen.filter(), limit=limit)

    async def as_of(
        self,
        scope: MemoryScope,
        at: datetime,
        *,
        kinds: Sequence[FactKind] | None,
        tags: Sequence[str] | None,
        limit: int,
    ) -> TypedFactPage:
        """Return the facts of that time, in the words of that time."""
        return await typed_facts.as_of(self._db, scope.memory_id, at, kinds=kinds, tags=tags, limit=limit)

    async def changed_since(
        self, scope: MemoryScope, since: datetime, chosen: RecallFilter, *, limit: int
    ) -> TypedFactPage:
        """Return facts created, updated or deleted since, the last change first."""
        # Deleted facts keep no type, tags or status, so a filter on any of these excludes them.
        deleted = chosen.kinds is None and chosen.tags is None and chosen.status is StatusFilter.ALL
        return await typed_facts.changed_since(
            self._db, scope.memory_id, since, chosen.filter(), deleted=deleted, limit=limit
        )


def _cosine(query: np.ndarray, vector: np.ndarray | None) -> float:
    return 0.0 if vector is None else round(float(min(max(np.dot(query, vector), 0.0), 1.0)), 6)
