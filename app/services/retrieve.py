"""Answering a question from a memory: SIMPLE by vectors, words and time; DEEP also over the graph."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from app.domain.errors import Unavailable
from app.domain.retrieval import (
    Question,
    RetrievalResult,
    RetrievalStatus,
    RetrievedInsight,
    Strategy,
    TraceCandidate,
    TraceMerge,
    TraceStage,
)
from app.domain.scope import MemoryScope
from app.graph import search
from app.graph.database import Database
from app.graph.search import Hit, InsightHit
from app.models.ports import Embedder
from app.retrieval.admission import admitted
from app.retrieval.fusion import reciprocal_rank_fusion
from app.retrieval.merge import interleave
from app.retrieval.recorder import TraceRecorder, best_candidates
from app.retrieval.temporal import question_time
from app.retrieval.walk import Walk
from app.services.assemble_results import AssembleResults
from app.services.stages import elapsed_millis
from app.services.walk_graph import WalkGraph

T = TypeVar("T")

# The contract's weights of its channels (memind.md §4.2).
_ITEM_WEIGHTS = {"vector": 1.5, "keyword": 1.0, "temporal": 1.1}
_RAW_DATA_WEIGHTS = {"items": 1.0, "vector": 1.0, "keyword": 1.0}
_CHANNEL_SECONDS = 5.0
_INSIGHT_LIMIT = 5
_TEMPORAL_LIMIT = 100
# How many items and raw data a strategy answers without a `limit` (memind.md §3.9), and how many it looks at.
_ITEM_LIMIT = {Strategy.SIMPLE: 15, Strategy.DEEP: 10}
_RAW_DATA_LIMIT = {Strategy.SIMPLE: 5, Strategy.DEEP: 5}
_WIDTH = 50


class _Direct(Struct, kw_only=True):
    """What the channels found, before any walk."""

    insights: list[InsightHit]
    vector: list[Hit]
    keyword: list[Hit]
    temporal: list[Hit]
    raw_vector: list[Hit]
    raw_keyword: list[Hit]

    @property
    def is_empty(self) -> bool:
        return not (self.vector or self.keyword or self.temporal or self.raw_vector or self.raw_keyword)


class RetrieveMemory:
    """A failing or slow channel leaves the answer `degraded`; when all fail, Unavailable is raised."""

    def __init__(
        self, db: Database, embedder: Embedder, walk_graph: WalkGraph, assemble_results: AssembleResults
    ) -> None:
        self._db = db
        self._embedder = embedder
        self._walk_graph = walk_graph
        self._assemble_results = assemble_results

    async def __call__(self, scope: MemoryScope, question: Question) -> RetrievalResult:
        recorder = TraceRecorder(datetime.now(UTC))
        query = admitted(question.text)
        if query is None:
            return _result(question, question.text, recorder, RetrievalStatus.EMPTY)
        vector: list[float] = (await self._embedder.embed([query]))[0].tolist()
        direct = await self._channels(scope.memory_id, question, query, vector, recorder)
        if direct.is_empty:
            status = RetrievalStatus.DEGRADED if recorder.degraded else RetrievalStatus.EMPTY
            return _result(question, query, recorder, status)

        fused = self._fuse(direct, recorder)
        limit = question.limit or _ITEM_LIMIT[question.strategy]
        walk: Walk | None = None
        ranked = list(fused.items())[:limit]
        if question.strategy is Strategy.DEEP:
            walk = await self._walk_graph(scope.memory_id, question, query, vector, fused, recorder)
            ranked = interleave(fused, walk.ranking(), limit=limit)
        similarities = {hit.id: hit.score for hit in direct.vector}
        assembled = await self._assemble_results(
            scope.memory_id,
            ranked,
            similarities=similarities,
            raw_rankings={
                "vector": [hit.id for hit in direct.raw_vector],
                "keyword": [hit.id for hit in direct.raw_keyword],
            },
            raw_weights=_RAW_DATA_WEIGHTS,
            walk=walk,
            raw_limit=question.limit or _RAW_DATA_LIMIT[question.strategy],
        )
        result = RetrievalResult(
            status=RetrievalStatus.DEGRADED if recorder.degraded else RetrievalStatus.SUCCESS,
            strategy=question.strategy,
            query=query,
            items=assembled.items,
            raw_data=assembled.raw_data,
            insights=[RetrievedInsight(id=i.id, text=i.text, tier=i.tier) for i in direct.insights],
        )
        return _traced(result, question, recorder)

    def _fuse(self, direct: _Direct, recorder: TraceRecorder) -> dict[str, float]:
        rankings = {
            name: [hit.id for hit in hits]
            for name, hits in (("vector", direct.vector), ("keyword", direct.keyword), ("temporal", direct.temporal))
            if hits
        }
        fused = reciprocal_rank_fusion(rankings, _ITEM_WEIGHTS)
        if len(rankings) > 1:
            recorder.merge = TraceMerge(
                input_count=sum(map(len, rankings.values())), output_count=len(fused), source_count=len(rankings)
            )
        return fused

    async def _channels(
        self, memory_id: str, question: Question, query: str, vector: list[float], recorder: TraceRecorder
    ) -> _Direct:
        """All channels side by side, each its own stage."""
        db, chosen = self._db, question.filter
        run = _ChannelRunner(recorder)
        insights, by_vector, by_word, in_time, raw_vector, raw_word = await asyncio.gather(
            run("insight", "vector", lambda: search.nearest_insights(db, memory_id, vector, limit=_INSIGHT_LIMIT)),
            run(
                "item",
                "vector",
                lambda: search.nearest_facts(db, memory_id, vector, knowledge_filter=chosen, limit=_WIDTH),
            ),
            run(
                "item",
                "keyword",
                lambda: search.match_facts(db, memory_id, query, knowledge_filter=chosen, limit=_WIDTH),
            ),
            self._temporal(memory_id, question, query, recorder),
            run(
                "raw_data",
                "vector",
                lambda: search.nearest_raw_data(db, memory_id, vector, knowledge_filter=chosen, limit=_WIDTH),
            ),
            run(
                "raw_data",
                "keyword",
                lambda: search.match_raw_data(db, memory_id, query, knowledge_filter=chosen, limit=_WIDTH),
            ),
        )
        if run.failures == run.calls:
            raise Unavailable()
        return _Direct(
            insights=insights if chosen.is_open else [],
            vector=by_vector,
            keyword=by_word,
            temporal=in_time,
            raw_vector=raw_vector,
            raw_keyword=raw_word,
        )

    async def _temporal(
        self, memory_id: str, question: Question, query: str, recorder: TraceRecorder
    ) -> list[Hit]:
        """Only asks the database when the question names a time; the stage is recorded either way."""
        time = question_time(query, datetime.now(UTC))
        run = _ChannelRunner(recorder, stage="channel", attributes={"constraintPresent": time is not None})
        if time is None:
            return await run("item", "temporal", _nothing)
        return await run(
            "item",
            "temporal",
            lambda: search.facts_within(
                self._db,
                memory_id,
                start=time.start,
                end=time.end,
                knowledge_filter=question.filter,
                limit=_TEMPORAL_LIMIT,
            ),
        )


async def _nothing() -> list[Hit]:
    return []


class _ChannelRunner:
    """Runs channels under a time limit and records each as a stage; a failing one yields nothing."""

    def __init__(
        self, recorder: TraceRecorder, *, stage: str = "tier", attributes: dict[str, object] | None = None
    ) -> None:
        self._recorder = recorder
        self._stage = stage
        self._attributes = attributes or {}
        self.calls = 0
        self.failures = 0

    async def __call__(self, tier: str, method: str, channel: Callable[[], Awaitable[list[T]]]) -> list[T]:
        self.calls += 1
        started = datetime.now(UTC)
        status, hits = "success", list[T]()
        try:
            async with asyncio.timeout(_CHANNEL_SECONDS):
                hits = await channel()
        except (Unavailable, TimeoutError):
            self.failures += 1
            status = "degraded"
        self._recorder.add(
            TraceStage(
                stage=self._stage,
                tier=tier,
                method=method,
                status=status,
                degraded=status == "degraded",
                started_at=started,
                duration_millis=elapsed_millis(started),
                candidate_count=len(hits),
                result_count=len(hits),
                attributes=self._attributes,
                candidates=_candidates(tier, hits),
            ),
        )
        return hits


def _candidates(tier: str, hits: Sequence[object]) -> list[TraceCandidate]:
    found = [hit for hit in hits if isinstance(hit, Hit | InsightHit)][:8]
    return best_candidates(
        [
            TraceCandidate(
                source_type=tier,
                id=hit.id,
                rank=rank,
                final_score=hit.score,
                vector_score=hit.score if -1 <= hit.score <= 1 else None,
                text=hit.text,
            )
            for rank, hit in enumerate(found, start=1)
        ],
    )


def _result(
    question: Question, query: str, recorder: TraceRecorder, status: RetrievalStatus
) -> RetrievalResult:
    return _traced(RetrievalResult(status=status, strategy=question.strategy, query=query), question, recorder)


def _traced(result: RetrievalResult, question: Question, recorder: TraceRecorder) -> RetrievalResult:
    return replace(result, trace=recorder.finish(datetime.now(UTC))) if question.trace else result
