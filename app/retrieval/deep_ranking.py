"""Ranking DEEP's candidates: pure, from what the searches and the walk found."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from app.domain.retrieval import TraceMerge
from app.retrieval.deep_signals import fact_signals, raw_data_signals
from app.retrieval.features import FactFeatures, Hit, RawDataFeatures
from app.retrieval.hits import DirectHits, ResidualQuery, SecondRoundHits
from app.retrieval.pagerank import NodeMasses
from app.retrieval.ranking import (
    RankedRawData,
    RankingWeights,
    RawDataSignals,
    best_sources,
    rank_items,
    rank_raw_data,
    without_repetition,
)

# Facts and raw data taken from PageRank; more did not improve recall on the development sets (docs/retrieval.md).
_FROM_GRAPH = 60


class DeepHits(Struct, frozen=True, kw_only=True):
    """All hits: of the question, of the question without entity names, of the walk, of the second round."""

    direct: DirectHits
    asked: ResidualQuery
    mass: NodeMasses
    again: SecondRoundHits

    @property
    def raw_data_by_graph(self) -> list[str]:
        return _heaviest(self.mass.raw_data)

    def raw_data_ids(self, facts: Mapping[str, FactFeatures]) -> list[str]:
        """Candidate raw data: direct hits, sources of `facts`, and hits of the walk and the second round."""
        direct, asked = self.direct, self.asked
        found = distinct(direct.raw_by_vector, direct.raw_by_word, asked.raw_data, asked.raw_by_word)
        return [*dict.fromkeys([*found, *evidence_of(facts), *self.raw_data_by_graph, *self.again.raw_data_ids])]


class RankedCandidates(Struct, frozen=True, kw_only=True):
    """`items`: fact → score ∈ [0, 1], best first; `similarities`: fact → cosine to the question."""

    items: dict[str, float]
    raw_data: RankedRawData
    candidates: list[RawDataSignals]
    similarities: dict[str, float]
    merge: TraceMerge


def rank(
    hits: DeepHits,
    facts: Mapping[str, FactFeatures],
    raw_data: Mapping[str, RawDataFeatures],
    weights: RankingWeights,
    *,
    limit: int,
    as_of: datetime | None = None,
) -> RankedCandidates:
    """Rank facts and raw data; return at most `limit` items. Without `as_of`, raw data that fail the filter are still
    candidates if they are evidence of a fact or came from PageRank.
    """
    signals = fact_signals(facts, hits.direct, hits.asked, set(direct_facts(hits.direct, hits.asked)))
    evidence = evidence_of(facts)
    allowed = {*evidence, *hits.raw_data_by_graph}
    candidates = raw_data_signals(
        [f for f in raw_data.values() if f.passes or (f.id in allowed and as_of is None)],
        hits.direct,
        hits.asked,
        hits.mass,
        hits.again,
    )
    ranked = rank_raw_data(candidates, signals, hits.again.entities, weights, time=hits.direct.time)
    items = rank_items(signals, ranked.standard, weights)
    vectors = {id_: f.vector for id_, f in facts.items() if f.vector is not None}
    sources = best_sources(signals, ranked.standard)
    return RankedCandidates(
        items=dict(without_repetition(items, vectors, sources, weights, limit=limit)),
        raw_data=ranked,
        candidates=candidates,
        similarities={signal.id: signal.vector for signal in signals},
        merge=_merge(hits, evidence, len(raw_data)),
    )


def direct_facts(direct: DirectHits, asked: ResidualQuery) -> list[str]:
    """Ids of the facts that a search found, without the walk."""
    return distinct(direct.by_vector, direct.by_word, direct.in_time, asked.facts, asked.facts_by_word)


def candidate_facts(direct: DirectHits, asked: ResidualQuery, mass: NodeMasses) -> list[str]:
    """Ids of the facts to rank, without repetition: direct hits, and those with the most PageRank mass."""
    return [*dict.fromkeys([*direct_facts(direct, asked), *_heaviest(mass.facts)])]


def evidence_of(facts: Mapping[str, FactFeatures]) -> list[str]:
    """Ids of raw data that the facts were extracted from."""
    return [raw for fact in facts.values() for raw in fact.raw_data_ids]


def distinct(*rankings: Sequence[Hit]) -> list[str]:
    return list(dict.fromkeys(hit.id for ranking in rankings for hit in ranking))


def _heaviest(masses: Mapping[str, float]) -> list[str]:
    return sorted(masses, key=lambda id_: (-masses[id_], id_))[:_FROM_GRAPH]


def _merge(hits: DeepHits, evidence: Sequence[str], found: int) -> TraceMerge:
    direct, asked = hits.direct, hits.asked
    lists: tuple[Sequence[object], ...] = (
        direct.raw_by_vector,
        direct.raw_by_word,
        asked.raw_data,
        asked.raw_by_word,
        evidence,
        hits.raw_data_by_graph,
        hits.again.raw_data_ids,
    )
    return TraceMerge(input_count=sum(map(len, lists)), output_count=found, source_count=sum(map(bool, lists)))
