"""DEEP: walk the graph from the hits of SIMPLE's channels and rank all candidates."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
from msgspec import Struct

from app.domain.concurrency import siblings
from app.domain.retrieval import PathStep, Question, TraceCandidate, TraceStage
from app.graph import search
from app.graph.database import Database
from app.models.ports import Embedder
from app.observability.stages import Attempt
from app.retrieval.deep_ranking import DeepHits, RankedCandidates, candidate_facts, rank
from app.retrieval.features import FactFeatures, Vector
from app.retrieval.hits import DirectHits, ResidualQuery, SecondRoundHits
from app.retrieval.linking import LinkedEntity
from app.retrieval.pagerank import NodeMasses, WalkWeights, spread
from app.retrieval.ranking import (
    RankingWeights,
    SecondRoundEntity,
    seed_masses,
)
from app.retrieval.recorder import MAX_CANDIDATES, TraceRecorder
from app.retrieval.stage_names import RANKING, SECOND_ROUND
from app.retrieval.subgraph import Subgraph
from app.services.retrieval.stages import finished_stage
from app.services.retrieval.walk_graph import WalkGraph

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
    """If a stage fails, it is recorded as degraded and the others continue."""

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
        direct: DirectHits,
        linked: Sequence[LinkedEntity],
        residual: ResidualQuery | None,
        recorder: TraceRecorder,
        *,
        limit: int,
    ) -> DeepRanking:
        """Requires `direct.vector`. `residual`: None if the question has no name to remove. `limit`: number of items."""
        assert direct.vector is not None
        asked = residual or ResidualQuery(vector=direct.vector)
        graph = await self._walk_graph(
            memory_id,
            question,
            asked.vector,
            [hit.id for hit in (asked.facts or direct.by_vector)],
            {hit.id: hit.entity_ids for hit in direct.seeds},
            linked,
            recorder,
        )
        masses = _masses(direct, linked, graph)
        mass = spread(graph, masses, self._weights.walk)
        async with siblings() as group:
            searching = group.create_task(self._second_round(memory_id, question, asked, mass, graph, recorder))
            ids = candidate_facts(direct, asked, mass)
            reading = group.create_task(
                search.fact_features(self._db, memory_id, ids, dimension=self._embedder.dimension)
            )
        hits = DeepHits(direct=direct, asked=asked, mass=mass, again=searching.result())
        return await self._rank(memory_id, question, hits, reading.result(), graph, recorder, limit=limit)

    async def _second_round(
        self,
        memory_id: str,
        question: Question,
        asked: ResidualQuery,
        mass: NodeMasses,
        graph: Subgraph,
        recorder: TraceRecorder,
    ) -> SecondRoundHits:
        """Search raw data by the sum of the question's vector and the vector of each top-ranked entity."""
        named = set(graph.named)
        best = sorted((item for item in mass.entities.items() if item[0] not in named), key=lambda i: (-i[1], i[0]))
        chosen = dict(best[:_SECOND_ROUND_ENTITIES])
        if not chosen or question.filter.leaves_raw_data_out:
            return SecondRoundHits()
        started = datetime.now(UTC)
        again = SecondRoundHits()
        with Attempt(str(SECOND_ROUND)) as attempt:
            features = await search.entity_features(
                self._db, memory_id, list(chosen), dimension=self._embedder.dimension
            )
            entities = [
                SecondRoundEntity(entity_id=id_, mass=m, facts=features[id_].facts)
                for id_, m in chosen.items()
                if id_ in features
            ]
            together = [
                _unit(np.array(asked.vector, dtype=np.float32) + features[e.entity_id].vector) for e in entities
            ]
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
                SECOND_ROUND,
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
        hits: DeepHits,
        facts: Mapping[str, FactFeatures],
        graph: Subgraph,
        recorder: TraceRecorder,
        *,
        limit: int,
    ) -> DeepRanking:
        started = datetime.now(UTC)
        raw_data = await search.raw_data_features(
            self._db,
            memory_id,
            hits.raw_data_ids(facts),
            knowledge_filter=question.filter,
            dimension=self._embedder.dimension,
        )
        weights = self._weights.ranking
        ranked = rank(hits, facts, raw_data, weights, limit=limit, as_of=question.filter.as_of)
        recorder.merge = ranked.merge
        recorder.add(_rank_stage(started, ranked, hits, weights))
        return DeepRanking(
            items=ranked.items,
            raw_data=ranked.raw_data.scores,
            paths=graph.best_paths(question.hops),
            similarities=ranked.similarities,
        )


def _masses(direct: DirectHits, linked: Sequence[LinkedEntity], graph: Subgraph) -> dict[str, float]:
    best = max((hit.score for hit in direct.by_vector), default=0.0)
    facts = [(hit.score / best, hit.entity_ids) for hit in direct.seeds if hit.score > 0]
    sources = {entity.id: entity.sources for entity in graph.entities.values()}
    return seed_masses({entity.id: entity.score for entity in linked}, facts, sources)


def _rank_stage(started: datetime, ranked: RankedCandidates, hits: DeepHits, weights: RankingWeights) -> TraceStage:
    raw_data, candidates = ranked.raw_data, ranked.candidates
    best = list(raw_data.scores.items())[:MAX_CANDIDATES]
    return finished_stage(
        started,
        RANKING,
        counts=(len(candidates), len(candidates), len(raw_data.scores)),
        attributes={
            "combination": "direct + graph × √pagerank + secondRound, in standard deviations of the candidates",
            "graph_weight": weights.graph,
            "protected_direct": raw_data.protected,
            "reached_by_graph": sum(1 for c in candidates if c.mass > 0),
            "graph_mass": round(sum(hits.mass.raw_data.values()), 6),
            "second_round_entities": len(hits.again.entities),
            "direct_scores": {id_: round(raw_data.direct[id_], 3) for id_, _ in best},
        },
        candidates=[
            TraceCandidate(source_type="raw_data", id=id_, rank=rank_, final_score=score, text="")
            for rank_, (id_, score) in enumerate(best, start=1)
        ],
    )


def _unit(vector: Vector) -> Vector:
    length = float(np.linalg.norm(vector))
    return vector / length if length > 0 else vector
