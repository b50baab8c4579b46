"""DEEP's graph walk: one query per hop, within node and time budgets; each hop is a trace stage."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from app.domain.retrieval import Question, TraceCandidate, TraceStage
from app.graph import search
from app.graph.database import Database
from app.graph.search import HopLimits
from app.observability.stages import Attempt
from app.retrieval.linking import LinkedEntity
from app.retrieval.recorder import MAX_CANDIDATES, TraceRecorder
from app.retrieval.stage_names import HOP
from app.retrieval.subgraph import Expansion, HopFact, Subgraph, relation_counts
from app.services.retrieval.stages import finished_stage

# Limits of a hop, independent of node degrees: at most 48 × 48 cosines. Larger limits did not find more
# (docs/retrieval.md).
LIMITS = HopLimits(entities=48, scan=48, fan_out=24, facts=160)
_GO_ON_FROM = 40
_NODE_BUDGET = 1200
_TIME_BUDGET_SECONDS = 5.0


class WalkGraph:
    """Never raises for a failing hop: records it as degraded and keeps the facts reached before."""

    def __init__(self, db: Database, *, limits: HopLimits = LIMITS) -> None:
        self._db = db
        self._limits = limits

    async def __call__(
        self,
        memory_id: str,
        question: Question,
        vector: list[float],
        near: Sequence[str],
        seeds: Mapping[str, Sequence[str]],
        linked: Sequence[LinkedEntity],
        recorder: TraceRecorder,
    ) -> Subgraph:
        """`vector`: of the question without its names; `near`: ids of facts near the question; `seeds`: fact →
        its entities; `linked`: entities it names.
        """
        deadline = time.monotonic() + _TIME_BUDGET_SECONDS
        graph = Subgraph(seeds, (entity.id for entity in linked))
        frontier = graph.first_frontier()
        for hop in range(1, question.hops + 1):
            if not frontier or graph.size >= _NODE_BUDGET:
                break
            if time.monotonic() >= deadline:
                recorder.add(_out_of_time(hop, len(frontier)))
                break
            reached = await self._hop(memory_id, question, vector, near, graph, hop, frontier, recorder, deadline)
            frontier = graph.frontier(reached, limit=_GO_ON_FROM)
        return graph

    async def _hop(
        self,
        memory_id: str,
        question: Question,
        vector: list[float],
        near: Sequence[str],
        graph: Subgraph,
        hop: int,
        frontier: Sequence[str],
        recorder: TraceRecorder,
        deadline: float,
    ) -> list[HopFact]:
        started = datetime.now(UTC)
        expansion = Expansion()
        with Attempt(str(HOP)) as attempt:
            async with asyncio.timeout(max(deadline - time.monotonic(), 0.01)):
                expansion = await search.expand(
                    self._db,
                    memory_id,
                    entity_ids=frontier,
                    visited_ids=list(graph.entities),
                    vector=vector,
                    near_ids=near,
                    knowledge_filter=question.filter,
                    limits=self._limits,
                    count_sources=hop == 1,
                    with_text=question.trace,
                )
        reached = graph.add_hop(hop, expansion)
        recorder.add(
            finished_stage(
                started,
                HOP,
                failed=attempt.failed,
                counts=(len(frontier), len(expansion.facts), len(reached)),
                attributes={
                    "hop": hop,
                    "seed_kinds": {"facts": len(graph.seeds), "entities": len(graph.named)} if hop == 1 else {},
                    "frontier_size": len(frontier),
                    "entities_expanded": len(expansion.entities),
                    "relation_counts": relation_counts(reached),
                    # Facts that the seeds or an earlier hop had already reached.
                    "pruned_count": len(expansion.facts) - len(reached),
                    "budget_left": max(_NODE_BUDGET - graph.size, 0),
                    "timed_out": attempt.failed,
                },
                candidates=[_candidate(rank, r) for rank, r in enumerate(reached[:MAX_CANDIDATES], start=1)],
            )
        )
        return reached


def _out_of_time(hop: int, frontier: int) -> TraceStage:
    """Return the stage of a hop that was skipped because the time budget is used up."""
    return finished_stage(
        datetime.now(UTC),
        HOP,
        failed=True,
        counts=(frontier, 0, 0),
        attributes={"hop": hop, "frontier_size": frontier, "timed_out": True},
    )


def _candidate(rank: int, reached: HopFact) -> TraceCandidate:
    step, fact = reached.step, reached.fact
    return TraceCandidate(
        source_type="fact",
        id=fact.id,
        rank=rank,
        final_score=step.weight,
        vector_score=fact.similarity,
        text=fact.text,
        parent_id=step.from_fact_id,
        relationship=f"{step.relationship} {step.entity}",
        weight=step.weight,
    )
