"""DEEP with reasoning: the model judges if the results are sufficient; if not, it suggests further searches."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

from msgspec import Struct

from app.domain.concurrency import siblings
from app.domain.errors import ModelRefused
from app.domain.retrieval import Question
from app.domain.usage import Meter
from app.graph import search
from app.graph.database import Database
from app.models.ports import Embedder, LanguageModel
from app.observability.stages import Attempt
from app.prompts import expand_query, sufficiency
from app.prompts.expand_query import EXPAND_QUERY, MAX_QUERIES, QueryAnswer
from app.prompts.prompt import Prompt
from app.prompts.sufficiency import SUFFICIENCY, SufficiencyAnswer
from app.retrieval import stage_names
from app.retrieval.fusion import reciprocal_rank_fusion
from app.retrieval.recorder import TraceRecorder
from app.retrieval.stage_names import FACTS_BY_ALL
from app.services.retrieval.assemble_results import AssembledResults, Ranking
from app.services.retrieval.stages import finished_stage

Answer = TypeVar("Answer")

_READ_ITEMS, _READ_RAW_DATA = 20, 5
_MAX_GAPS = 3
_MAX_QUERY_CHARACTERS = 400
_WIDTH = 50
# The question's own ranking has double weight, as in Memind.
_ORIGINAL, _EXPANDED = 2.0, 1.0


class ReasoningOutcome(Struct, frozen=True, kw_only=True):
    """`evidences`: texts of results that answer the question; `ranked` None: nothing else was found."""

    evidences: list[str] = []
    ranked: Ranking | None = None


class Reason:
    """On failure, records a degraded stage and keeps the results found so far."""

    def __init__(self, db: Database, embedder: Embedder, model: LanguageModel | None, meter: Meter) -> None:
        self._db = db
        self._embedder = embedder
        self._model = model
        self._meter = meter

    async def __call__(
        self,
        memory_id: str,
        question: Question,
        query: str,
        ranked: Ranking,
        assembled: AssembledResults,
        recorder: TraceRecorder,
        *,
        limit: int,
    ) -> ReasoningOutcome:
        if self._model is None:
            recorder.add(finished_stage(datetime.now(UTC), stage_names.SUFFICIENCY, skipped=True))
            return ReasoningOutcome()
        results = [item.text for item in assembled.items[:_READ_ITEMS]]
        results += [raw.caption for raw in assembled.raw_data[:_READ_RAW_DATA]]
        judged = await self._judge(self._model, query, results, recorder)
        if judged is None:
            return ReasoningOutcome()
        evidences = [results[i] for i in dict.fromkeys(judged.evidences) if 0 <= i < len(results)]
        if judged.sufficient and evidences:
            return ReasoningOutcome(evidences=evidences)
        queries = await self._expand(self._model, query, judged.gaps[:_MAX_GAPS], evidences, recorder)
        return ReasoningOutcome(ranked=await self._search(memory_id, question, queries, ranked, recorder, limit=limit))

    async def _judge(
        self, model: LanguageModel, query: str, results: Sequence[str], recorder: TraceRecorder
    ) -> SufficiencyAnswer | None:
        started = datetime.now(UTC)
        answer: SufficiencyAnswer | None = None
        cost: dict[str, object] = {}
        with Attempt(str(stage_names.SUFFICIENCY)):
            answer, cost = await self._ask(model, SUFFICIENCY, sufficiency.render(query, results))
        attributes = (
            {
                "sufficient": answer.sufficient,
                "gap_count": len(answer.gaps[:_MAX_GAPS]),
                "evidence_count": len(answer.evidences),
                "key_information_count": 0,
                **cost,
            }
            if answer
            else {}
        )
        counts = (len(results), len(results), len(answer.evidences) if answer else 0)
        recorder.add(
            finished_stage(
                started, stage_names.SUFFICIENCY, failed=answer is None, counts=counts, attributes=attributes
            )
        )
        return answer

    async def _expand(
        self,
        model: LanguageModel,
        query: str,
        gaps: Sequence[str],
        found: Sequence[str],
        recorder: TraceRecorder,
    ) -> list[QueryAnswer]:
        started = datetime.now(UTC)
        queries: list[QueryAnswer] = []
        cost: dict[str, object] = {}
        with Attempt(str(stage_names.EXPANSION)) as attempt:
            answer, cost = await self._ask(model, EXPAND_QUERY, expand_query.render(query, gaps, found))
            queries = [q for q in answer.queries if q.text.strip() and q.type in {"lex", "vec", "hyde"}][:MAX_QUERIES]
        attributes = {
            "gap_count": len(gaps),
            "key_information_count": 0,
            "conversation_history_count": 0,
            "max_expansions": MAX_QUERIES,
            "queries": [f"{q.type}: {q.text[:_MAX_QUERY_CHARACTERS]}" for q in queries],
            **cost,
        }
        counts = (len(gaps), MAX_QUERIES, len(queries))
        recorder.add(
            finished_stage(started, stage_names.EXPANSION, failed=attempt.failed, counts=counts, attributes=attributes)
        )
        return queries

    async def _ask(
        self, model: LanguageModel, prompt: Prompt[Answer], content: str
    ) -> tuple[Answer, dict[str, object]]:
        """Return the answer, and its cost as stage attributes."""
        try:
            reply = await model.ask(prompt, content)
        except ModelRefused as refusal:
            self._meter.add(refusal.usage)
            raise
        self._meter.add(reply.usage)
        return reply.answer, {
            "model": model.model,
            "prompt": prompt.label,
            "tokens_in": reply.usage.tokens_in,
            "tokens_out": reply.usage.tokens_out,
        }

    async def _search(
        self,
        memory_id: str,
        question: Question,
        queries: Sequence[QueryAnswer],
        ranked: Ranking,
        recorder: TraceRecorder,
        *,
        limit: int,
    ) -> Ranking | None:
        """Fuse the first ranking with each query's by rank, since their scores have different scales."""
        if not queries:
            return None
        started = datetime.now(UTC)
        found: list[tuple[list[str], list[str]]] = []
        with Attempt(str(FACTS_BY_ALL)) as attempt:
            async with siblings() as group:
                searches = [group.create_task(self._one(memory_id, question, q)) for q in queries]
            found = [each.result() for each in searches]
        if attempt.failed:
            recorder.add(finished_stage(started, FACTS_BY_ALL, failed=True))
            return None
        weights = {"question": _ORIGINAL, **{f"query {i}": _EXPANDED for i in range(len(queries))}}
        items = reciprocal_rank_fusion(
            {"question": [id_ for id_, _ in ranked.items], **{f"query {i}": f[0] for i, f in enumerate(found)}}, weights
        )
        raw = reciprocal_rank_fusion(
            {"question": list(ranked.raw_data or {}), **{f"query {i}": f[1] for i, f in enumerate(found)}}, weights
        )
        counts = (len(queries), sum(len(f[0]) + len(f[1]) for f in found), len(items) + len(raw))
        recorder.add(finished_stage(started, FACTS_BY_ALL, counts=counts, attributes={"round": "expanded"}))
        return Ranking(
            items=list(items.items())[:limit], similarities=ranked.similarities, raw_data=raw, paths=ranked.paths
        )

    async def _one(self, memory_id: str, question: Question, query: QueryAnswer) -> tuple[list[str], list[str]]:
        text = query.text[:_MAX_QUERY_CHARACTERS]
        chosen = question.filter
        if query.type == "lex":
            facts, raw = await search.matching(self._db, memory_id, text, knowledge_filter=chosen, limit=_WIDTH)
        else:
            vector = (await self._embedder.embed_query(text)).tolist()
            facts, raw = await search.nearest(self._db, memory_id, vector, knowledge_filter=chosen, limit=_WIDTH)
        return [hit.id for hit in facts], [hit.id for hit in raw]
