"""Answering a question from a memory: SIMPLE by vectors, words and time; DEEP also over the graph."""

from datetime import UTC, datetime

from msgspec.structs import replace

from app.domain.retrieval import (
    Question,
    RetrievalResult,
    RetrievalStatus,
    RetrievedInsight,
    Strategy,
    TraceMerge,
)
from app.domain.scope import MemoryScope
from app.retrieval.admission import admitted
from app.retrieval.fusion import reciprocal_rank_fusion
from app.retrieval.merge import interleave
from app.retrieval.recorder import TraceRecorder
from app.retrieval.walk import Walk
from app.services.assemble_results import AssembleResults
from app.services.direct_channels import DirectChannels, DirectHits
from app.services.walk_graph import WalkGraph

# The contract's weights of its channels (memind.md §4.2).
_ITEM_WEIGHTS = {"vector": 1.5, "keyword": 1.0, "temporal": 1.1}
# How many items and raw data a strategy answers without a `limit` (memind.md §3.9).
_ITEM_LIMIT = {Strategy.SIMPLE: 15, Strategy.DEEP: 10}
_RAW_DATA_LIMIT = 5


class RetrieveMemory:
    """A failing or slow part leaves the answer `degraded`; raises Unavailable when nothing answers."""

    def __init__(self, channels: DirectChannels, walk_graph: WalkGraph, assemble_results: AssembleResults) -> None:
        self._channels = channels
        self._walk_graph = walk_graph
        self._assemble_results = assemble_results

    async def __call__(self, scope: MemoryScope, question: Question) -> RetrievalResult:
        recorder = TraceRecorder(datetime.now(UTC))
        query = admitted(question.text)
        if query is None:
            return _empty(question, question.text, recorder)
        direct = await self._channels(scope.memory_id, question, query, recorder)
        if direct.is_empty:
            return _empty(question, query, recorder)
        fused = _fuse(direct, recorder)
        limit = question.limit or _ITEM_LIMIT[question.strategy]
        ranked, walk = list(fused.items())[:limit], None
        if question.strategy is Strategy.DEEP and direct.vector is not None:
            walk = await self._walk_graph(
                scope.memory_id, question, query, direct.vector, fused, direct.similarities, recorder
            )
            ranked = interleave(fused, walk.ranking(), limit=limit)
        return await self._result(scope, question, query, direct, ranked, walk, recorder)

    async def _result(
        self,
        scope: MemoryScope,
        question: Question,
        query: str,
        direct: DirectHits,
        ranked: list[tuple[str, float]],
        walk: Walk | None,
        recorder: TraceRecorder,
    ) -> RetrievalResult:
        assembled = await self._assemble_results(
            scope.memory_id,
            ranked,
            similarities=direct.similarities,
            raw_rankings={
                "vector": [hit.id for hit in direct.raw_by_vector],
                "keyword": [hit.id for hit in direct.raw_by_word],
            },
            walk=walk,
            raw_limit=question.limit or _RAW_DATA_LIMIT,
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


def _fuse(direct: DirectHits, recorder: TraceRecorder) -> dict[str, float]:
    channels = (("vector", direct.by_vector), ("keyword", direct.by_word), ("temporal", direct.in_time))
    rankings = {name: [hit.id for hit in hits] for name, hits in channels if hits}
    fused = reciprocal_rank_fusion(rankings, _ITEM_WEIGHTS)
    if len(rankings) > 1:
        recorder.merge = TraceMerge(
            input_count=sum(map(len, rankings.values())), output_count=len(fused), source_count=len(rankings)
        )
    return fused


def _empty(question: Question, query: str, recorder: TraceRecorder) -> RetrievalResult:
    status = RetrievalStatus.DEGRADED if recorder.degraded else RetrievalStatus.EMPTY
    return _traced(RetrievalResult(status=status, strategy=question.strategy, query=query), question, recorder)


def _traced(result: RetrievalResult, question: Question, recorder: TraceRecorder) -> RetrievalResult:
    return replace(result, trace=recorder.finish(datetime.now(UTC))) if question.trace else result
