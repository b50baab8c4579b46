"""Bodies of requests, with the limits of the contract."""

from datetime import datetime
from typing import Annotated, Literal

from litestar.datastructures import UploadFile
from msgspec import Meta, Struct

from app.domain.agents import AgentPattern
from app.domain.knowledge import Attribution, FactKind
from app.domain.limits import MAX_TEXT_CHARACTERS
from app.domain.policy import Label, Share
from app.domain.retrieval import Strategy
from app.domain.typed_facts import (
    MANUAL,
    MAX_CONTENT_CHARACTERS,
    MAX_TAG_CHARACTERS,
    MAX_TAGS,
    MAX_TITLE_CHARACTERS,
    StatusFilter,
)
from app.services.memanto.conflicts import Action

AgentId = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_-]+$", max_length=128)]
Content = Annotated[str, Meta(min_length=1, max_length=MAX_CONTENT_CHARACTERS)]
Title = Annotated[str, Meta(max_length=MAX_TITLE_CHARACTERS)]
Tag = Annotated[str, Meta(min_length=1, max_length=MAX_TAG_CHARACTERS, pattern=r"^[^,\x00-\x1f\x7f\x85\u2028\u2029]+$")]
Kinds = Annotated[list[FactKind], Meta(max_length=100)]
Wanted = Annotated[list[Annotated[str, Meta(max_length=MAX_TAG_CHARACTERS)]], Meta(max_length=100)]
Question = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_CHARACTERS)]
Tags = Annotated[list[Tag], Meta(max_length=MAX_TAGS)]
Limit = Annotated[int, Meta(ge=1)]
# A date, or a time with or without its offset.
Moment = Annotated[str, Meta(max_length=64, extra_json_schema={"format": "date-time"})]
Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class AgentCreate(Struct, kw_only=True):
    agent_id: AgentId
    pattern: AgentPattern = AgentPattern.SUPPORT
    description: Annotated[str, Meta(max_length=2000)] | None = None


class RememberRequest(Struct, kw_only=True):
    """`type` null: chosen by the wording. `expired_at` and `expired_by` are used with status expired only."""

    content: Content
    type: FactKind | None = None
    title: Title | None = None
    confidence: Share = 0.8
    tags: Tags | None = None
    status: Literal["active", "expired"] | None = None
    expired_at: datetime | None = None
    expired_by: Annotated[str, Meta(max_length=64)] | None = None
    source: Label = "agent"
    provenance: Attribution = Attribution.EXPLICIT_STATEMENT


class BatchRememberRequest(Struct, kw_only=True):
    memories: Annotated[list[RememberRequest], Meta(min_length=1, max_length=100)]


class ConversationMessage(Struct, kw_only=True):
    role: Annotated[str, Meta(min_length=1, max_length=50)]
    content: Content


class ExtractMemoriesRequest(Struct, kw_only=True):
    """`dry_run`: nothing is stored."""

    messages: Annotated[list[ConversationMessage], Meta(min_length=1, max_length=200)]
    dry_run: bool = False
    max_memories: Annotated[int, Meta(ge=1, le=100)] = 20
    ai_model: str | None = None


class FileUpload(Struct, kw_only=True):
    file: UploadFile


class MemoryEditRequest(Struct, kw_only=True):
    title: Title | None = None
    content: Annotated[str, Meta(max_length=MAX_CONTENT_CHARACTERS)] | None = None
    type: FactKind | None = None
    confidence: Share | None = None
    tags: Tags | None = None
    source: Label | None = None


class MemoryExpireRequest(Struct, kw_only=True):
    reason: Label = MANUAL


class RecallRequest(Struct, kw_only=True):
    """`strategy`: an extension; DEEP also walks the graph."""

    query: Question
    limit: Limit | None = None
    status: StatusFilter = StatusFilter.ALL
    min_similarity: Share | None = None
    type: Kinds | None = None
    tags: Wanted | None = None
    created_after: Moment | None = None
    created_before: Moment | None = None
    strategy: Strategy = Strategy.SIMPLE


class RecallAsOfRequest(Struct, kw_only=True):
    as_of: Moment
    limit: Limit | None = None
    type: Kinds | None = None
    tags: Wanted | None = None


class RecallChangedSinceRequest(Struct, kw_only=True):
    since: Moment
    limit: Limit | None = None
    type: Kinds | None = None
    tags: Wanted | None = None
    status: StatusFilter = StatusFilter.ALL


class RecallRecentRequest(Struct, kw_only=True):
    limit: Limit | None = None
    type: Kinds | None = None
    tags: Wanted | None = None
    status: StatusFilter = StatusFilter.ALL
    created_after: Moment | None = None
    created_before: Moment | None = None


class AnswerRequest(Struct, kw_only=True):
    """`threshold` counts in `kiosk_mode`: memories that are less similar to the question are left out. `temperature` is
    accepted; answers are asked for in the model's own default.
    """

    question: Question
    limit: Annotated[int, Meta(ge=1, le=100)] | None = None
    threshold: Share | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    ai_model: str | None = None
    kiosk_mode: bool = False


class DailySummaryRequest(Struct, kw_only=True):
    """`date`: today (UTC) where it is absent. `output_path` is ignored: no file is written."""

    date: Day | None = None
    output_path: str | None = None


class ConflictDetectRequest(Struct, kw_only=True):
    date: Day | None = None


class ConflictResolveRequest(Struct, kw_only=True):
    """`conflict_id`: an extension: expected id of the conflict at that index."""

    conflict_index: Annotated[int, Meta(ge=0)]
    action: Action
    date: Day | None = None
    manual_content: Content | None = None
    manual_type: FactKind | None = None
    conflict_id: str | None = None


class PolicyPresetRequest(Struct, kw_only=True):
    name: str


class PolicyApplyRequest(Struct, kw_only=True):
    dry_run: bool = False
