"""Text for a prompt: an extension of /open/v1/memory."""

from datetime import UTC, datetime
from typing import Annotated

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from app.api.checks import check_strings, check_time, scope_of
from app.api.memind_v1.requests import Id, Instant
from app.domain.errors import InvalidInput
from app.domain.limits import MAX_TEXT_CHARACTERS
from app.domain.retrieval import STRATEGY_NAMES, RetrievalStatus, Strategy
from app.domain.secrets import redact
from app.services.retrieval.build_context import (
    DEFAULT_TOKENS,
    BuildContext,
    ContextFormat,
    ContextSource,
)

_MAX_TOKENS = 32_000


class BuildContextRequest(Struct, kw_only=True, rename="camel"):
    user_id: Id
    agent_id: Id
    query: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_CHARACTERS)]
    max_tokens: Annotated[int, Meta(ge=1, le=_MAX_TOKENS)] = DEFAULT_TOKENS
    strategy: Strategy = Strategy.AUTO
    as_of: Instant | None = None
    min_score: Annotated[float, Meta(ge=-1, le=1)] | None = None
    format: ContextFormat = ContextFormat.MARKDOWN


class ContextSourceView(Struct, kw_only=True, rename="camel", omit_defaults=True):
    number: int
    text: str
    raw_data_id: str
    item_ids: list[str]
    occurred_at: datetime
    speaker: str | None = None
    path_text: str = ""
    contradicts: list[str] = []
    contradicted: bool = False


class BuildContextResponse(Struct, kw_only=True, rename="camel", omit_defaults=True):
    text: str
    tokens: int
    sources: list[ContextSourceView]
    strategy: str
    status: RetrievalStatus
    best_score: float | None = None


class SuccessResultBuildContextResponse(Struct, kw_only=True):
    data: BuildContextResponse


class ContextController(Controller):
    path = "/open/v1/memory"
    tags = ("memory",)

    @post("/context", status_code=200, operation_id="buildContext", summary="Context For A Prompt")
    async def context(
        self, data: JSONBody[BuildContextRequest], build_context: NamedDependency[BuildContext]
    ) -> SuccessResultBuildContextResponse:
        """Tell what the memory knows about a question, as text to put into a prompt: the most useful first, nothing twice,
        with who said it and when. Empty if nothing is near enough.
        """
        return SuccessResultBuildContextResponse(data=await context_for(build_context, data))


async def context_for(build_context: BuildContext, data: BuildContextRequest) -> BuildContextResponse:
    """Check the request and answer it."""
    check_strings(data)
    if not data.query.strip():
        raise InvalidInput({"query": "must not be blank"})
    found = await build_context(
        scope_of(data.user_id, data.agent_id),
        redact(data.query),
        strategy=data.strategy,
        max_tokens=data.max_tokens,
        min_cosine=data.min_score,
        as_of=data.as_of and check_time("asOf", data.as_of).astimezone(UTC),
        form=data.format,
    )
    return BuildContextResponse(
        text=found.text,
        tokens=found.tokens,
        sources=[_source(source) for source in found.sources],
        strategy=STRATEGY_NAMES[found.strategy],
        status=found.status,
        best_score=found.best_cosine,
    )


def _source(source: ContextSource) -> ContextSourceView:
    line = source.line
    return ContextSourceView(
        number=source.number,
        text=line.text,
        raw_data_id=line.raw_data_id,
        item_ids=line.item_ids,
        occurred_at=line.at.astimezone(UTC),
        speaker=line.speaker,
        path_text=line.path_text,
        contradicts=line.contradicts,
        contradicted=line.contradicted,
    )
