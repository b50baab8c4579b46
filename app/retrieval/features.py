"""Hits of searches, and features of nodes for ranking."""

from typing import TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Vector: TypeAlias = NDArray[np.float32]


class Hit(Struct, frozen=True, kw_only=True):
    """A node found by a channel. `score`: the channel's, cosine ∈ [-1, 1] or BM25 > 0; `text`: only if requested;
    `entity_ids`: of the entities that the fact mentions, only for seeds.
    """

    id: str
    score: float
    text: str | None = None
    entity_ids: list[str] = []


class InsightHit(Struct, frozen=True, kw_only=True):
    id: int
    text: str
    tier: str
    name: str
    score: float


class EntityFeatures(Struct, frozen=True, kw_only=True):
    """`vector`: of the name; `facts`: number of facts that mention it."""

    vector: Vector
    facts: int


class FactFeatures(Struct, frozen=True, kw_only=True):
    """Features of a fact for ranking. `vector` None: the model refused its text."""

    id: str
    raw_data_ids: list[str]
    vector: Vector | None


class RawDataFeatures(Struct, frozen=True, kw_only=True):
    """Features of raw data for ranking. `asks`: a short question; `by_assistant`: said by an assistant without a name; `at`:
    seconds since 1970 of a message, else None.
    """

    id: str
    passes: bool
    previous: str | None
    next: str | None
    asks: bool
    by_assistant: bool
    at: float | None
    vector: Vector | None
