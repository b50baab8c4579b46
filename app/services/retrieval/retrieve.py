"""Answering a question from a memory: SIMPLE by vectors, words and time; DEEP also over the graph."""

import contextlib
import time
from datetime import UTC, datetime

from msgspec.structs import replace

from app.domain.concurrency import siblings
from app.domain.errors import StatementFailed
from app.domain.retrieval import (
    QueryLog,
    Question,
    RetrievalResult,
    RetrievalStatus,
    RetrievedInsight,
    Strategy,
    TraceMerge,
)
from app.domain.scope import MemoryScope
from app.graph import query_log, traces
from app.graph.database import Database
from app.observability.stages import Attempt
from app.retrieval.admission import admitted
from app.retrieval.fusion import reciprocal_rank_fusion
from app.retrieval.hits import DirectHits, ResidualQuery
from app.retrieval.linking import LinkedEntity
from app.retrieval.recorder import TraceRecorder
from app.retrieval.stage_names import RANKING
from app.services.retrieval.assemble_results import AssembledResults, AssembleResults, Ranking
from app.services.retrieval.direct_channels import DirectChannels
from app.services.retrieval.link_entities import LinkEntities
from app.services.retrieval.reason import Reason
from app.services.retrieval.retrieve_deep import RetrieveDeep
from app.services.retrieval.search_residual import SearchResidual
from app.services.retrieval.stages import finished_stage

# The contract's weights of its channels.
_ITEM_WEIGHTS = {"vector": 1.5, "keyword": 1.0, "temporal": 1.1}
# Default numbers of items and raw data.
_ITEM_LIMIT = {Strategy.SIMPLE: 15, Strategy.DEEP: 10}
_RAW_DATA_LIMIT = 5


class RetrieveMemory:
    """Answers a question. A failed or slow stage makes it `degraded`; raises Unavailable if all channels fail."""

    def __init__(
        self,
        channels: DirectChannels,
        link_entities: LinkEntities,
        search_residual: SearchResidual,
        retrieve_deep: RetrieveDeep,
        assemble_results: AssembleResults,
        reason: Reason,
        db: Database,
        *,
        logs_questions: QueryLog = QueryLog.OFF,
    ) -> None:
        self._logs_questions = logs_questions
        self._reason = reason
        self._channels = channels
        self._link_entities = link_entities
        self._search_residual = search_residual
        self._retrieve_deep = retrieve_deep
        self._assemble_results = assemble_results
        self._db = db

    async def __call__(self, scope: MemoryScope, question: Question) -> RetrievalResult:
        asked_at, started = datetime.now(UTC), time.perf_counter()
        result = await self._answer(scope, question)
        if self._logs_questions is not QueryLog.OFF:
            await self._log(scope, result, asked_at, millis=round((time.perf_counter() - started) * 1000))
        return result

    async def _log(self, scope: MemoryScope, result: RetrievalResult, asked_at: datetime, *, millis: int) -> None:
        """Log the question. An answer does not fail for want of its log; `Attempt` logs and counts why."""
        text = result.query if self._logs_questions is QueryLog.TEXT else None
        with contextlib.suppress(StatementFailed), Attempt("query_log/save"):
            await query_log.save(self._db, scope.memory_id, result, asked_at=asked_at, text=text, millis=millis)

    async def _answer(self, scope: MemoryScope, question: Question) -> RetrievalResult:
        recorder = TraceRecorder(datetime.now(UTC))
        query = admitted(question.text)
        if query is None:
            chosen = Strategy.SIMPLE if question.strategy is Strategy.AUTO else question.strategy
            return _empty(replace(question, strategy=chosen), question.text, recorder)
        async with siblings() as group:
            searching = group.create_task(self._channels(scope.memory_id, question, query, recorder))
            linking = group.create_task(self._link(scope.memory_id, question, query, recorder))
        direct, (linked, residual) = searching.result(), linking.result()
        if question.strategy is Strategy.AUTO:
            walks = bool(linked or direct.by_vector)
            question = replace(question, strategy=Strategy.DEEP if walks else Strategy.SIMPLE)
        if direct.is_empty and not linked:
            return _empty(question, query, recorder)
        ranked = await self._ranked(scope.memory_id, question, direct, linked, residual, recorder)
        assembled = await self._assemble(scope.memory_id, question, ranked)
        evidences: list[str] = []
        if question.reasoning and question.strategy is Strategy.DEEP:
            limit = question.limit or _ITEM_LIMIT[question.strategy]
            reasoned = await self._reason(scope.memory_id, question, query, ranked, assembled, recorder, limit=limit)
            evidences = reasoned.evidences
            if reasoned.ranked is not None:
                assembled = await self._assemble(scope.memory_id, question, reasoned.ranked)
        result = RetrievalResult(
            status=_status(assembled, recorder),
            strategy=question.strategy,
            query=query,
            items=assembled.items,
            raw_data=assembled.raw_data,
            evidences=evidences,
            insights=[RetrievedInsight(id=str(i.id), text=i.text, tier=i.tier) for i in direct.insights],
            best_cosine=direct.best_cosine,
            names_entity=bool(linked),
        )
        result = _traced(result, question, recorder)
        if question.persist_trace and result.trace:
            with Attempt("trace/save") as attempt:
                await traces.save(self._db, scope.memory_id, result.trace, result)
            if attempt.failed:
                return replace(result, status=RetrievalStatus.DEGRADED)
        return result

    async def _assemble(self, memory_id: str, question: Question, ranked: Ranking) -> AssembledResults:
        raw_limit = question.limit or _RAW_DATA_LIMIT
        return await self._assemble_results(memory_id, ranked, raw_limit=raw_limit, as_of=question.filter.as_of)

    async def _link(
        self, memory_id: str, question: Question, query: str, recorder: TraceRecorder
    ) -> tuple[list[LinkedEntity], ResidualQuery | None]:
        """Link the question's names and search without them; SIMPLE needs neither."""
        if question.strategy is Strategy.SIMPLE:
            return [], None
        linked = await self._link_entities(memory_id, query, recorder)
        return linked, await self._search_residual(memory_id, question, query, linked, recorder)

    async def _ranked(
        self,
        memory_id: str,
        question: Question,
        direct: DirectHits,
        linked: list[LinkedEntity],
        residual: ResidualQuery | None,
        recorder: TraceRecorder,
    ) -> Ranking:
        limit = question.limit or _ITEM_LIMIT[question.strategy]
        if question.strategy is Strategy.DEEP and direct.vector is not None:
            started = datetime.now(UTC)
            with Attempt(str(RANKING)):
                deep = await self._retrieve_deep(memory_id, question, direct, linked, residual, recorder, limit=limit)
                return Ranking(
                    items=list(deep.items.items()),
                    similarities=deep.similarities,
                    raw_data=deep.raw_data,
                    paths=deep.paths,
                )
            recorder.add(finished_stage(started, RANKING, failed=True))
        fused = _fuse(direct, recorder)
        return Ranking(
            items=list(fused.items())[:limit],
            similarities=direct.similarities,
            raw_rankings={
                "vector": [hit.id for hit in direct.raw_by_vector],
                "keyword": [hit.id for hit in direct.raw_by_word],
            },
        )


def _status(assembled: AssembledResults, recorder: TraceRecorder) -> RetrievalStatus:
    if recorder.degraded:
        return RetrievalStatus.DEGRADED
    return RetrievalStatus.SUCCESS if assembled.items or assembled.raw_data else RetrievalStatus.EMPTY


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
