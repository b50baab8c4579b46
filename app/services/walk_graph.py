"""DEEP's hops: one round trip each, within budgets, every hop a stage of the trace."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from app.domain.errors import MnemonError
from app.domain.retrieval import Question, TraceCandidate, TraceStage
from app.graph import search
from app.graph.database import Database
from app.retrieval.linking import LinkedEntity, link_entities
from app.retrieval.recorder import TraceRecorder, best_candidates
from app.retrieval.walk import Edge, Reached, Walk, relation_counts, seed_scores
from app.services.stages import elapsed_millis

# Memind's DEEP assist starts from eight seeds and takes sixteen facts over one hop; three hops want a little more of
# each. The caps bound a hop at 40 × 64 facts looked at, whatever the degree of its entities: some 10 ms here.
_SEED_FACTS = 10
_SEED_ENTITIES = 8
_NEAR_ENTITY_COSINE = 0.6
_FRONTIER = 12
_MAX_ENTITIES = 40
_SCAN = 64
_FAN_OUT = 8
_NODE_BUDGET = 600
_TIME_BUDGET_SECONDS = 2.0


class WalkGraph:
    """Never raises for a failing hop: it is recorded as degraded, and what was reached before it stays."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def __call__(
        self,
        memory_id: str,
        question: Question,
        query: str,
        vector: list[float],
        direct: Mapping[str, float],
        similarities: Mapping[str, float],
        recorder: TraceRecorder,
    ) -> Walk:
        deadline = time.monotonic() + _TIME_BUDGET_SECONDS
        entities = await self._entities(memory_id, query, vector, recorder)
        seeds = seed_scores(direct, similarities, limit=_SEED_FACTS)
        walk = Walk(seeds, {e.id: e.score for e in entities})
        frontier, entity_ids = list(seeds), [e.id for e in entities]
        for hop in range(1, question.hops + 1):
            if not (frontier or entity_ids):
                break
            reached = await self._hop(memory_id, question, vector, walk, hop, frontier, entity_ids, recorder, deadline)
            frontier, entity_ids = walk.frontier(reached, limit=_FRONTIER), []
            if walk.size >= _NODE_BUDGET or time.monotonic() >= deadline:
                break
        return walk

    async def _entities(
        self, memory_id: str, query: str, vector: list[float], recorder: TraceRecorder
    ) -> list[LinkedEntity]:
        """Entities that the question names, or nearly means."""
        started = datetime.now(UTC)
        status = "success"
        linked: list[LinkedEntity] = []
        candidates = 0
        try:
            named, near = await asyncio.gather(
                search.match_entities(self._db, memory_id, query, limit=50),
                search.nearest_entities(self._db, memory_id, vector, limit=_SEED_ENTITIES),
            )
            candidates = len(named) + len(near)
            linked = link_entities(query, [(e.id, e.name, e.aliases) for e in named], limit=_SEED_ENTITIES)
            known = {e.id for e in linked}
            linked += [
                LinkedEntity(id=e.id, name=e.name, score=e.score)
                for e in near
                if e.score >= _NEAR_ENTITY_COSINE and e.id not in known
            ]
        except MnemonError:
            status = "degraded"
        linked = linked[:_SEED_ENTITIES]
        recorder.add(
            TraceStage(
                stage="channel",
                tier="entity",
                method="hybrid",
                status=status,
                degraded=status == "degraded",
                started_at=started,
                duration_millis=elapsed_millis(started),
                candidate_count=candidates,
                result_count=len(linked),
                candidates=best_candidates(
                    [
                        TraceCandidate(source_type="entity", id=e.id, rank=rank, final_score=e.score, text=e.name)
                        for rank, e in enumerate(linked, start=1)
                    ],
                ),
            ),
        )
        return linked

    async def _hop(
        self,
        memory_id: str,
        question: Question,
        vector: list[float],
        walk: Walk,
        hop: int,
        frontier: Sequence[str],
        entity_ids: Sequence[str],
        recorder: TraceRecorder,
        deadline: float,
    ) -> list[Reached]:
        started = datetime.now(UTC)
        status = "success"
        edges: list[Edge] = []
        try:
            async with asyncio.timeout(max(deadline - time.monotonic(), 0.01)):
                rows = await search.expand(
                    self._db,
                    memory_id,
                    fact_ids=[int(id_) for id_ in frontier],
                    entity_ids=entity_ids,
                    visited_fact_ids=[int(id_) for id_ in walk.reached_facts],
                    visited_entity_ids=walk.visited_entities,
                    vector=vector,
                    knowledge_filter=question.filter,
                    max_entities=_MAX_ENTITIES,
                    scan=_SCAN,
                    # Seeds may be reached again, but take nobody's place.
                    fan_out=_FAN_OUT + walk.unreached_seeds,
                    with_text=question.trace,
                )
            edges = [_edge(row) for row in rows]
        except (MnemonError, TimeoutError):
            status = "degraded"
        reached = walk.add_hop(hop, edges)
        distinct = len({edge.fact_id for edge in edges})
        recorder.add(
            TraceStage(
                stage="channel",
                tier="item",
                method="graph",
                status=status,
                degraded=status == "degraded",
                started_at=started,
                duration_millis=elapsed_millis(started),
                input_count=len(frontier) + len(entity_ids),
                candidate_count=distinct,
                result_count=len(reached),
                attributes={
                    "hop": hop,
                    "frontierSize": len(frontier) + len(entity_ids),
                    "relationCounts": relation_counts(edges),
                    "prunedCount": distinct - len(reached),
                    "budgetLeft": max(_NODE_BUDGET - walk.size, 0),
                    "timedOut": status == "degraded",
                },
                candidates=best_candidates([_candidate(rank, r) for rank, r in enumerate(reached, start=1)]),
            ),
        )
        return reached


def _edge(row: search.EdgeWalked) -> Edge:
    return Edge(
        fact_id=str(row.id),
        text=row.text or "",
        similarity=row.similarity,
        entity_id=row.entity_id,
        entity_name=row.entity_name,
        degree=row.degree,
        source_ids=tuple(str(id_) for id_ in row.source_ids),
        bridge=row.bridge,
    )


def _candidate(rank: int, reached: Reached) -> TraceCandidate:
    step = reached.step
    return TraceCandidate(
        source_type="item",
        id=reached.fact_id,
        rank=rank,
        final_score=reached.score,
        vector_score=reached.similarity,
        text=reached.text,
        parent_id=step.from_fact_id,
        relationship=f"{step.relationship} {step.entity}",
        weight=step.weight,
    )
