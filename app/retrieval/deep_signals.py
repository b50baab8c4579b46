"""Scores of DEEP's searches for each candidate, as ranking adds them up."""

from collections.abc import Mapping, Sequence

import numpy as np

from app.retrieval.features import FactFeatures, Hit, RawDataFeatures, Vector
from app.retrieval.hits import DirectHits, ResidualQuery, SecondRoundHits
from app.retrieval.pagerank import NodeMasses
from app.retrieval.ranking import FactSignals, RawDataSignals

_NAMES_SHARE = 0.25  # weight of BM25 of the whole question; the rest goes to the question without names


def fact_signals(
    facts: Mapping[str, FactFeatures], direct: DirectHits, asked: ResidualQuery, direct_ids: set[str]
) -> list[FactSignals]:
    words = _words(direct.by_word, asked.facts_by_word, asked)
    cosines = _cosines([_array(direct.vector), _array(asked.vector)], [fact.vector for fact in facts.values()])
    return [
        FactSignals(
            id=id_,
            raw_data_ids=fact.raw_data_ids,
            vector=question,
            asked=rest,
            words=words.get(id_, 0.0),
            direct=id_ in direct_ids,
        )
        for (id_, fact), (question, rest) in zip(facts.items(), cosines, strict=True)
    ]


def _words(whole: Sequence[Hit], rest: Sequence[Hit], asked: ResidualQuery) -> dict[str, float]:
    """BM25 of the question, weighted towards the question without names. Lucene counts document frequency over all
    memories, so a name that is common in this memory but rare elsewhere would get too much weight.
    """
    if not asked.rest:
        return {hit.id: hit.score for hit in whole}
    scores = {hit.id: _NAMES_SHARE * hit.score for hit in whole}
    for hit in rest:
        scores[hit.id] = scores.get(hit.id, 0.0) + (1 - _NAMES_SHARE) * hit.score
    return scores


def raw_data_signals(
    features: Sequence[RawDataFeatures],
    direct: DirectHits,
    asked: ResidualQuery,
    mass: NodeMasses,
    again: SecondRoundHits,
) -> list[RawDataSignals]:
    words = _words(direct.raw_by_word, asked.raw_by_word, asked)
    queries = [_array(direct.vector), _array(asked.vector), *again.vectors]
    cosines = _cosines(queries, [raw.vector for raw in features])
    return [
        RawDataSignals(
            id=raw.id,
            vector=question,
            asked=rest,
            words=words.get(raw.id, 0.0),
            mass=mass.raw_data.get(raw.id, 0.0),
            second_round=second_round,
            previous=raw.previous,
            next=raw.next,
            asks=raw.asks,
            by_assistant=raw.by_assistant,
            at=raw.at,
        )
        for raw, (question, rest, *second_round) in zip(features, cosines, strict=True)
    ]


def _array(vector: Sequence[float] | None) -> Vector:
    return np.array(vector, dtype=np.float32)


def _cosines(queries: Sequence[Vector], vectors: Sequence[Vector | None]) -> list[list[float]]:
    """Return the cosines to all queries for each vector, all of length 1; 0 for a text without a vector."""
    none = np.zeros_like(queries[0])
    matrix = np.stack([none if vector is None else vector for vector in vectors] or [none])
    return (matrix @ np.stack(queries).T).astype(float).tolist()[: len(vectors)]
