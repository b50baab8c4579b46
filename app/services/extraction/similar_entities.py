"""Finding entities with nearly the same name."""

import asyncio
from collections.abc import Sequence

import numpy as np

from app.graph import knowledge
from app.graph.database import Database
from app.graph.knowledge import EntityRow, SimilarEntities
from app.models.ports import Vectors

# HippoRAG 2 links synonymous phrases from a cosine of 0.8 of its model's. With the default model, as many pairs of names
# have 0.75 (docs/decisions/0010).
_SIMILAR_COSINE = 0.75
_SIMILAR_LIMIT = 6
_ROWS = 512  # of the matrix of cosines at a time


async def similar_pairs(db: Database, memory_id: str, new: Sequence[EntityRow]) -> list[SimilarEntities]:
    """Pairs of new entities with stored ones and among themselves, by the cosine of their names."""
    embedded = [entity for entity in new if entity.embedding is not None]
    if not embedded:
        return []
    vectors = np.asarray([entity.embedding for entity in embedded], dtype=np.float32)
    stored = await knowledge.similar_entities(db, memory_id, embedded, threshold=_SIMILAR_COSINE, limit=_SIMILAR_LIMIT)
    return [*stored, *await asyncio.to_thread(similar_within, embedded, vectors)]


def similar_within(entities: Sequence[EntityRow], vectors: Vectors) -> list[SimilarEntities]:
    """Pairs of new entities, which are not in the vector index yet: for each, the nearest six before it with a cosine of at
    least 0.75.
    """
    pairs: list[SimilarEntities] = []
    for start in range(0, len(entities), _ROWS):
        cosines = vectors[start : start + _ROWS] @ vectors.T
        for row, values in enumerate(cosines):
            later = start + row
            near = np.flatnonzero(values[:later] >= _SIMILAR_COSINE)
            nearest: list[int] = near[np.argsort(-values[near], kind="stable")][:_SIMILAR_LIMIT].tolist()
            for earlier in nearest:
                score = float(values[earlier])
                pairs.append(SimilarEntities(key=entities[earlier].key, similar_key=entities[later].key, score=score))
    return pairs
