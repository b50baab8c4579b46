"""Recalling memories, and answering from them."""

import re
from datetime import UTC, date, datetime, time

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from app.api.checks import check_strings
from app.api.memanto_v2 import requests, responses
from app.api.memanto_v2.context import TAGS, AgentContext, MemantoUseCases, aware
from app.api.memanto_v2.errors import Refused
from app.domain.errors import InvalidInput
from app.domain.secrets import redact
from app.domain.typed_facts import TypedFactPage
from app.services.memanto.recall import EVERYTHING, RecallFilter

_RECALL_LIMIT = 10
_ANSWER_LIMIT = 15
_MAX_LIMIT = 100
_MAX_QUERY_CHARACTERS = 1000
_KIOSK_THRESHOLD = 0.15
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class RecallController(Controller):
    path = "/agents/{agent_id:str}"
    tags = TAGS

    @post("/recall", status_code=200, operation_id="recall", summary="Recall")
    async def recall(
        self,
        here: NamedDependency[AgentContext],
        data: JSONBody[requests.RecallRequest],
        memanto: NamedDependency[MemantoUseCases],
    ) -> responses.RecallResponse:
        """Memories by meaning, in the order of the graph's retrieval; `score` is the cosine to the query."""
        check_strings(data)
        _check_query("query", data.query)
        found = await memanto.recall.by_meaning(
            here.scope,
            redact(data.query),
            _chosen(data),
            limit=_limit(data.limit, _RECALL_LIMIT),
            min_similarity=data.min_similarity,
            strategy=data.strategy,
        )
        return responses.RecallResponse(
            agent_id=here.agent_id,
            session_id=here.session_id,
            query=data.query,
            memories=[responses.recalled_item(here.agent_id, memory) for memory in found],
            count=len(found),
        )

    @post("/recall/as-of", status_code=200, operation_id="recallAsOf", summary="Recall As Of")
    async def as_of(
        self,
        here: NamedDependency[AgentContext],
        data: JSONBody[requests.RecallAsOfRequest],
        memanto: NamedDependency[MemantoUseCases],
    ) -> responses.TemporalRecallResponse:
        """Return what was stored at that time, in the words of that time. A date means its end (UTC)."""
        at = _instant("as_of", data.as_of, end=True)
        page = await memanto.recall.as_of(
            here.scope,
            at,
            kinds=data.type or None,
            tags=data.tags or None,
            limit=_limit(data.limit, EVERYTHING),
        )
        return _temporal(here, page, "as_of", as_of_date=at.isoformat())

    @post("/recall/changed-since", status_code=200, operation_id="recallChangedSince", summary="Recall Changed Since")
    async def changed_since(
        self,
        here: NamedDependency[AgentContext],
        data: JSONBody[requests.RecallChangedSinceRequest],
        memanto: NamedDependency[MemantoUseCases],
    ) -> responses.TemporalRecallResponse:
        """Return memories created, updated or deleted since, the last change first. A date means its beginning."""
        since = _instant("since", data.since, end=False)
        page = await memanto.recall.changed_since(
            here.scope, since, _chosen(data), limit=_limit(data.limit, EVERYTHING)
        )
        return _temporal(here, page, "changed_since", since_date=since.isoformat())

    @post("/recall/recent", status_code=200, operation_id="recallRecent", summary="Recall Recent")
    async def recent(
        self,
        here: NamedDependency[AgentContext],
        memanto: NamedDependency[MemantoUseCases],
        data: JSONBody[requests.RecallRecentRequest | None] = None,
    ) -> responses.TemporalRecallResponse:
        """The newest first."""
        page = await _newest(here, memanto, data, _RECALL_LIMIT)
        return _temporal(here, page, "recent")

    @post("/recall/all", status_code=200, operation_id="recallAll", summary="Recall All")
    async def everything(
        self,
        here: NamedDependency[AgentContext],
        memanto: NamedDependency[MemantoUseCases],
        data: JSONBody[requests.RecallRecentRequest | None] = None,
    ) -> responses.TemporalRecallResponse:
        """Like recent, but without a default limit."""
        return _temporal(here, await _newest(here, memanto, data, EVERYTHING), "all")

    @post("/answer", status_code=200, operation_id="answer", summary="Answer")
    async def answer(
        self,
        here: NamedDependency[AgentContext],
        data: JSONBody[requests.AnswerRequest],
        memanto: NamedDependency[MemantoUseCases],
    ) -> responses.AnswerResponse:
        """Answer from the memories only; `sources` are those that it cites. Needs a language model."""
        check_strings(data)
        _check_query("question", data.question)
        threshold = _KIOSK_THRESHOLD if data.threshold is None else data.threshold
        answered = await memanto.answer_question(
            here.scope,
            redact(data.question),
            limit=data.limit or _ANSWER_LIMIT,
            min_similarity=threshold if data.kiosk_mode else None,
            model_name=data.ai_model,
        )
        return responses.AnswerResponse(
            agent_id=here.agent_id,
            session_id=here.session_id,
            question=data.question,
            answer=answered.answer,
            namespace=here.namespace,
            sources=[responses.answer_source(source) for source in answered.sources],
        )


def _chosen(
    data: requests.RecallRequest | requests.RecallRecentRequest | requests.RecallChangedSinceRequest,
) -> RecallFilter:
    after: str | None = getattr(data, "created_after", None)
    before: str | None = getattr(data, "created_before", None)
    return RecallFilter(
        kinds=tuple(data.type) if data.type else None,
        tags=tuple(data.tags) if data.tags else None,
        status=data.status,
        created_after=None if after is None else _instant("created_after", after, end=False),
        created_before=None if before is None else _instant("created_before", before, end=True),
    )


async def _newest(
    here: AgentContext, memanto: MemantoUseCases, data: requests.RecallRecentRequest | None, usual: int
) -> TypedFactPage:
    asked = data or requests.RecallRecentRequest()
    check_strings(asked)
    return await memanto.recall.newest(here.scope, _chosen(asked), limit=_limit(asked.limit, usual))


def _temporal(here: AgentContext, page: TypedFactPage, mode: str, **dates: str) -> responses.TemporalRecallResponse:
    return responses.TemporalRecallResponse(
        agent_id=here.agent_id,
        session_id=here.session_id,
        memories=[responses.memory_item(here.agent_id, row) for row in page.rows],
        count=len(page.rows),
        total_available=page.total,
        temporal_mode=mode,
        **dates,
    )


def _limit(asked: int | None, usual: int) -> int:
    if asked is not None and asked > _MAX_LIMIT and usual != EVERYTHING:
        raise Refused(400, "k_too_large", f"limit must be at most {_MAX_LIMIT}", actual_k=asked, max_k=_MAX_LIMIT)
    return min(asked or usual, EVERYTHING)


def _check_query(field: str, text: str) -> None:
    if not text.strip():
        raise InvalidInput({field: "must not be blank"})
    if len(text) > _MAX_QUERY_CHARACTERS:
        raise Refused(
            413,
            "query_too_long",
            f"{field} must have at most {_MAX_QUERY_CHARACTERS} characters",
            actual_length=len(text),
            max_length=_MAX_QUERY_CHARACTERS,
        )


def _instant(field: str, text: str, *, end: bool) -> datetime:
    """A date means its beginning or its end, a time without an offset UTC. Raises InvalidInput."""
    try:
        if _DATE.fullmatch(text.strip()):
            return datetime.combine(date.fromisoformat(text.strip()), time.max if end else time.min, tzinfo=UTC)
        return aware(field, datetime.fromisoformat(text.strip()))
    except (ValueError, OverflowError) as error:
        raise InvalidInput({field: "must be a date (YYYY-MM-DD) or a time (ISO 8601)"}) from error
