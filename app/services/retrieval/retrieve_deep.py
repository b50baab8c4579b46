"""DEEP: from what SIMPLE's channels found over the graph to a ranking of everything seen."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
from msgspec import Struct

from app.domain.retrieval import PathStep, Question, TraceCandidate, TraceMerge, TraceStage
from app.graph import search
from app.graph.database import Database
from app.graph.search import FactFeatures, Hit, Vector
from app.models.ports import Embedder
from app.observability.stages import Attempt
from app.retrieval.linking import LinkedEntity, masked
from app.retrieval.pagerank import NodeMasses, WalkWeights, spread
from app.retrieval.ranking import (
    RankedRawData,
    RankingWeights,
    RawDataSignals,
    SecondRoundEntity,
    best_sources,
    rank_items,
    rank_raw_data,
    seed_masses,
    without_repetition,
)
from app.retrieval.recorder import MAX_CANDIDATES, TraceRecorder
from app.retrieval.subgraph import Subgraph
from app.services.retrieval.deep_signals import ResidualQuery, SecondRoundHits, fact_signals, raw_data_signals
from app.services.retrieval.direct_channels import DirectHits, hit_candidates
from app.services.retrieval.stages import finished_stage
from app.services.retrieval.walk_graph import WalkGraph

_SEED_FACTS = 3
_WIDTH = 30
_FROM_GRAPH = 60
_SECOND_ROUND_ENTITIES = 5
_SECOND_ROUND_WIDTH = 20


class DeepWeights(Struct, frozen=True, kw_only=True):
    ranking: RankingWeights = RankingWeights()
    walk: WalkWeights = WalkWeights()


class DeepRanking(Struct, frozen=True, kw_only=True):
    """Best first, scores ∈ [0, 1]. `similarities`: fact → cosine to the question."""

    items: dict[str, float]
    raw_data: dict[str, float]
    paths: dict[str, list[PathStep]]
    similarities: dict[str, float]


class RetrieveDeep:
    """A part that fails is recorded as degraded, and the rest goes on without it."""

    def __init__(
        self, db: Database, embedder: Embedder, walk_graph: WalkGraph, weights: DeepWeights | None = None
    ) -> None:
        self._db = db
        self._embedder = embedder
        self._walk_graph = walk_graph
        self._weights = weights or DeepWeights()

    async def __call__(
        self,
        memory_id: str,
        question: Question,
        query: str,
        direct: DirectHits,
        linked: Sequence[LinkedEntity],
        recorder: TraceRecorder,
        *,
        limit: int,
    ) -> DeepRanking:
        """`direct.vector` must be there; `limit`: of the items."""
        assert direct.vector is not None
        asked, seeds = await asyncio.gather(
            self._ask(memory_id, question, query, direct, linked, recorder),
            self._features(memory_id, [hit.id for hit in _seeds(direct)]),
        )
        graph = await self._walk_graph(
            memory_id,
            question,
            asked.vector,
            {id_: features.entity_ids for id_, features in seeds.items()},
            linked,
            recorder,
        )
        masses = self._masses(direct, seeds, linked, graph)
        mass = spread(graph, masses, self._weights.walk)
        again = await self._second_round(memory_id, question, asked, mass, graph, recorder)
        return await self._rank(memory_id, question, direct, asked, graph, mass, again, recorder, limit=limit)

    async def _ask(
        self,
        memory_id: str,
        question: Question,
        query: str,
        direct: DirectHits,
        linked: Sequence[LinkedEntity],
        recorder: TraceRecorder,
    ) -> ResidualQuery:
        """Searches again by what is left of the question without its names."""
        assert direct.vector is not None
        text = masked(query, linked)
        if text == query:
            return ResidualQuery(text=query, vector=direct.vector)
        started = datetime.now(UTC)
        asked = ResidualQuery(text=query, vector=direct.vector)
        with Attempt("tier/item/vector/without-names") as attempt:
            vector = (await self._embedder.embed([text]))[0].tolist()
            chosen = question.filter
            (facts, raw_data), (facts_by_word, raw_by_word) = await asyncio.gather(
                search.nearest(
                    self._db, memory_id, vector, knowledge_filter=chosen, limit=_WIDTH, with_text=question.trace
                ),
                search.matching(self._db, memory_id, text, knowledge_filter=chosen, limit=_WIDTH),
            )
            asked = ResidualQuery(
                text=text,
                rest=True,
                vector=vector,
                facts=facts,
                raw_data=raw_data,
                facts_by_word=facts_by_word,
                raw_by_word=raw_by_word,
            )
        recorder.add(
            finished_stage(
                started,
                "tier",
                "item",
                "vector",
                failed=attempt.failed,
                counts=(None, len(asked.facts) + len(asked.raw_data), len(asked.facts) + len(asked.raw_data)),
                attributes={"withoutNames": text},
                candidates=hit_candidates("item", "vector", asked.facts),
            )
        )
        return asked

    async def _features(self, memory_id: str, fact_ids: Sequence[str]) -> dict[str, FactFeatures]:
        """Nothing when the database fails: then there are no seeds among the facts."""
        with Attempt("seeds"):
            return await search.fact_features(self._db, memory_id, fact_ids, dimension=self._embedder.dimension)
        return {}

    def _masses(
        self,
        direct: DirectHits,
        seeds: Mapping[str, FactFeatures],
        linked: Sequence[LinkedEntity],
        graph: Subgraph,
    ) -> dict[str, float]:
        best = max((hit.score for hit in direct.by_vector), default=0.0)
        facts = [
            (hit.score / best, seeds[hit.id].entity_ids)
            for hit in _seeds(direct)
            if hit.id in seeds and best > 0 and hit.score > 0
        ]
        sources = {entity.id: entity.sources for entity in graph.entities.values()}
        return seed_masses({entity.id: entity.score for entity in linked}, facts, sources)

    async def _second_round(
        self,
        memory_id: str,
        question: Question,
        asked: ResidualQuery,
        mass: NodeMasses,
        graph: Subgraph,
        recorder: TraceRecorder,
    ) -> SecondRoundHits:
        """Searches by what is asked together with each of the entities that the walk leads to."""
        named = set(graph.named)
        best = sorted((item for item in mass.entities.items() if item[0] not in named), key=lambda i: (-i[1], i[0]))
        chosen = [SecondRoundEntity(entity_id=id_, mass=m) for id_, m in best[:_SECOND_ROUND_ENTITIES]]
        if not chosen or question.filter.categories is not None:
            return SecondRoundHits()
        started = datetime.now(UTC)
        again = SecondRoundHits()
        with Attempt("channel/raw_data/vector") as attempt:
            vectors = await search.entity_vectors(
                self._db, memory_id, [e.entity_id for e in chosen], dimension=self._embedder.dimension
            )
            entities = [e for e in chosen if e.entity_id in vectors]
            together = [_unit(np.array(asked.vector, dtype=np.float32) + vectors[e.entity_id]) for e in entities]
            lists = await search.nearest_raw_data_many(
                self._db, memory_id, [vector.tolist() for vector in together], limit=_SECOND_ROUND_WIDTH
            )
            again = SecondRoundHits(
                entities=entities, vectors=together, raw_data_ids=list(dict.fromkeys(i for ids in lists for i in ids))
            )
        known = graph.entities
        recorder.add(
            finished_stage(
                started,
                "channel",
                "raw_data",
                "vector",
                failed=attempt.failed,
                counts=(len(chosen), len(again.raw_data_ids), len(again.raw_data_ids)),
                attributes={
                    "round": 2,
                    "entities": [known[e.entity_id].name for e in again.entities if e.entity_id in known],
                },
            )
        )
        return again

    async def _rank(
        self,
        memory_id: str,
        question: Question,
        direct: DirectHits,
        asked: ResidualQuery,
        graph: Subgraph,
        mass: NodeMasses,
        again: SecondRoundHits,
        recorder: TraceRecorder,
        *,
        limit: int,
    ) -> DeepRanking:
        started = datetime.now(UTC)
        weights = self._weights.ranking
        direct_ids = _distinct(direct.by_vector, direct.by_word, direct.in_time, asked.facts, asked.facts_by_word)
        from_graph = sorted(mass.facts, key=lambda id_: (-mass.facts[id_], id_))[:_FROM_GRAPH]
        facts = await search.fact_features(
            self._db, memory_id, [*dict.fromkeys([*direct_ids, *from_graph])], dimension=self._embedder.dimension
        )
        signals = fact_signals(facts, direct, asked, mass, set(direct_ids))
        raw_by_graph = sorted(mass.raw_data, key=lambda id_: (-mass.raw_data[id_], id_))[:_FROM_GRAPH]
        evidence = [raw for fact in facts.values() for raw in fact.raw_data_ids]
        found = _distinct(direct.raw_by_vector, direct.raw_by_word, asked.raw_data, asked.raw_by_word)
        ids = [*dict.fromkeys([*found, *evidence, *raw_by_graph, *again.raw_data_ids])]
        features = await search.raw_data_features(
            self._db, memory_id, ids, knowledge_filter=question.filter, dimension=self._embedder.dimension
        )
        # What a filter keeps out may still be the evidence of a fact that it lets in.
        allowed = {*evidence, *raw_by_graph}
        lists = (
            direct.raw_by_vector,
            direct.raw_by_word,
            asked.raw_data,
            asked.raw_by_word,
            evidence,
            raw_by_graph,
            again.raw_data_ids,
        )
        recorder.merge = TraceMerge(
            input_count=sum(map(len, lists)), output_count=len(features), source_count=sum(map(bool, lists))
        )
        candidates = raw_data_signals(
            [f for f in features.values() if f.passes or (f.id in allowed and question.filter.as_of is None)],
            direct,
            asked,
            mass,
            again,
        )
        ranked = rank_raw_data(candidates, signals, again.entities, weights, time=direct.time)
        items = rank_items(signals, ranked.standard, weights)
        vectors = {id_: f.vector for id_, f in facts.items() if f.vector is not None}
        sources = best_sources(signals, ranked.standard)
        shown = dict(without_repetition(items, vectors, sources, weights, limit=limit))
        recorder.add(_rank_stage(started, candidates, ranked, mass, again, weights))
        return DeepRanking(
            items=shown,
            raw_data=ranked.scores,
            paths=graph.best_paths(question.hops),
            similarities={signal.id: signal.vector for signal in signals},
        )


def _seeds(direct: DirectHits) -> list[Hit]:
    """Return at most 3 seed facts, and at most a third of the hits, so that in a small memory the hops still have
    unvisited facts.
    """
    return direct.by_vector[: min(_SEED_FACTS, max(len(direct.by_vector) // 3, 1))]


def _distinct(*rankings: Sequence[Hit]) -> list[str]:
    return list(dict.fromkeys(hit.id for ranking in rankings for hit in ranking))


def _rank_stage(
    started: datetime,
    candidates: Sequence[RawDataSignals],
    ranked: RankedRawData,
    mass: NodeMasses,
    again: SecondRoundHits,
    weights: RankingWeights,
) -> TraceStage:
    best = list(ranked.scores.items())[:MAX_CANDIDATES]
    return finished_stage(
        started,
        "rerank",
        "raw_data",
        "rerank",
        counts=(len(candidates), len(candidates), len(ranked.scores)),
        attributes={
            "combination": "direct + graph × √pagerank + secondRound, in standard deviations of the candidates",
            "graphWeight": weights.graph,
            "protectedDirect": ranked.protected,
            "reachedByGraph": sum(1 for c in candidates if c.mass > 0),
            "graphMass": round(sum(mass.raw_data.values()), 6),
            "secondRoundEntities": len(again.entities),
            "directScores": {id_: round(ranked.direct[id_], 3) for id_, _ in best},
        },
        candidates=[
            TraceCandidate(source_type="raw_data", id=id_, rank=rank, final_score=score, text="")
            for rank, (id_, score) in enumerate(best, start=1)
        ],
    )


def _unit(vector: Vector) -> Vector:
    length = float(np.linalg.norm(vector))
    return vector / length if length > 0 else vector
