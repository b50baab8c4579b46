"""Baselines on the same texts and vectors: BM25, plain vector search, and both by rank fusion."""

from collections.abc import Sequence
from typing import Any

import bm25s  # pyright: ignore[reportMissingTypeStubs]
import numpy as np
from numpy.typing import NDArray

from app.retrieval.fusion import reciprocal_rank_fusion
from tests.evaluation.words import words_of

_DEPTH = 100

Vectors = NDArray[np.float32]


class Baselines:
    """`texts` and `vectors` of the raw data `ids`, in the same order."""

    def __init__(self, ids: Sequence[str], texts: Sequence[str], vectors: Vectors) -> None:
        self._ids = list(ids)
        self._vectors = vectors
        self._bm25: Any = bm25s.BM25(k1=1.2, b=0.75)  # Lucene's defaults
        self._bm25.index(words_of(texts), show_progress=False)

    def rank(self, query: str, vector: NDArray[np.float32], *, limit: int) -> dict[str, list[str]]:
        """Return baseline name → ids, best first."""
        by_word = self._order(np.asarray(self._bm25.get_scores(words_of([query])[0])))
        by_vector = self._order(self._vectors @ vector)
        fused = reciprocal_rank_fusion({"word": by_word, "vector": by_vector}, {"word": 1.0, "vector": 1.0})
        return {"BM25": by_word[:limit], "vector": by_vector[:limit], "RRF(BM25, vector)": list(fused)[:limit]}

    def _order(self, scores: NDArray[np.floating[Any]]) -> list[str]:
        return [self._ids[i] for i in np.argsort(-scores, kind="stable")[:_DEPTH]]
