"""Finding entities with nearly the same name."""

from collections.abc import Sequence

import numpy as np

from app.graph import knowledge
from app.graph.database import Database
from app.graph.knowledge import EntityRow, SimilarEntities
from app.models.ports import Vectors

# HippoRAG 2 links synonymous phrases from a cosine of 0.8.
_SIMILAR_COSINE = 0.8
_SIMILAR_LIMIT = 6


async def similar_pairs(db: Database, memory_id: str, new: Sequence[EntityRow]) -> list[SimilarEntities]:
    """Pairs of new entities with stored ones and among themselves, by the cosine of their names."""
    embedded = [entity for entity in new if entity.embedding is not None]
    if not embedded:
        return []
    vectors = np.asarray([entity.embedding for entity in embedded], dtype=np.float32)
    stored = await knowledge.similar_entities(db, memory_id, embedded, threshold=_SIMILAR_COSINE, limit=_SIMILAR_LIMIT)
    return [*stored, *similar_within(embedded, vectors)]


def similar_within(entities: Sequence[EntityRow], vectors: Vectors) -> list[SimilarEntities]:
    """Pairs of new entities, which are not in the vector index yet, with a cosine of at least 0.8."""
    cosines = np.triu(vectors @ vectors.T, k=1)
    lefts, rights = np.nonzero(cosines >= _SIMILAR_COSINE)
    return [
        SimilarEntities(key=entities[i].key, similar_key=entities[j].key, score=float(cosines[i, j]))
        for i, j in zip(lefts.tolist(), rights.tolist(), strict=True)
    ]
