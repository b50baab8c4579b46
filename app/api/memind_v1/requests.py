"""Request bodies. Unknown fields are ignored, as in the contract; `content` and `filters` check limits."""

from datetime import datetime
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta, Struct

from app.domain.filters import Operator, TimeField
from app.domain.knowledge import Role
from app.domain.limits import MAX_ID_CHARACTERS, MAX_TEXT_CHARACTERS
from app.domain.retrieval import Strategy

MAX_PAGE = 100
# Of a filter: conditions in each of its lists, values in one list.
MAX_CONDITIONS = 20
MAX_FILTER_VALUES = 200

Id = Annotated[str, Meta(min_length=1, max_length=MAX_ID_CHARACTERS)]
# Instants must have an offset: without one they would be ambiguous.
Instant = Annotated[datetime, Meta(tz=True)]
Name = Annotated[str, Meta(max_length=256)]
# Names that a filter lists, and a page's nextCursor.
Names = Annotated[list[Name], Meta(max_length=MAX_FILTER_VALUES)]
Cursor = Annotated[str, Meta(max_length=1000)]


class Base64Source(Struct, kw_only=True, tag_field="type", tag="base64", rename="camel"):
    media_type: str = msgspec.field(name="media_type")
    data: str
    content_id: str | None = None


class URLSource(Struct, kw_only=True, tag_field="type", tag="url", rename="camel"):
    """Kept as it is; never fetched."""

    url: Annotated[str, Meta(min_length=1, max_length=4096)]
    content_id: str | None = None


MediaSource: TypeAlias = Base64Source | URLSource


class TextBlock(Struct, kw_only=True, tag_field="type", tag="text", rename="camel"):
    text: str


class ImageBlock(Struct, kw_only=True, tag_field="type", tag="image", rename="camel"):
    source: MediaSource


class AudioBlock(Struct, kw_only=True, tag_field="type", tag="audio", rename="camel"):
    source: MediaSource


class VideoBlock(Struct, kw_only=True, tag_field="type", tag="video", rename="camel"):
    source: MediaSource


Block: TypeAlias = TextBlock | ImageBlock | AudioBlock | VideoBlock


class Message(Struct, kw_only=True, rename="camel"):
    role: Role
    content: Annotated[list[Block], Meta(min_length=1, max_length=100)]
    timestamp: Instant | None = None
    user_name: Name | None = None
    source_client: Name | None = None


class ConversationContent(Struct, kw_only=True, tag_field="type", tag="conversation", rename="camel"):
    messages: Annotated[list[Message], Meta(min_length=1)]


class DocumentSection(Struct, kw_only=True, rename="camel"):
    content: str
    title: str | None = None
    index: int | None = None
    metadata: dict[str, Any] | None = None


class DocumentContent(Struct, kw_only=True, tag_field="type", tag="document", rename="camel"):
    """`parsedText`, or `sections`, or both; sections are what is stored when there are some."""

    title: str | None = None
    mime_type: str | None = None
    parsed_text: str | None = None
    sections: list[DocumentSection] | None = None
    source_uri: str | None = None
    metadata: dict[str, Any] | None = None


class ImageContent(Struct, kw_only=True, tag_field="type", tag="image", rename="camel"):
    mime_type: str | None = None
    description: str | None = None
    caption: str | None = None
    source_uri: str | None = None
    metadata: dict[str, Any] | None = None


class AudioSegment(Struct, kw_only=True, rename="camel"):
    """Times as ISO 8601 durations (`PT1.5S`) or in seconds, from the beginning."""

    text: str
    start_time: str | float | None = None
    end_time: str | float | None = None
    speaker: str | None = None


class AudioContent(Struct, kw_only=True, tag_field="type", tag="audio", rename="camel"):
    mime_type: str | None = None
    transcript: str | None = None
    segments: list[AudioSegment] | None = None
    source_uri: str | None = None
    metadata: dict[str, Any] | None = None


class ToolCall(Struct, kw_only=True, rename="camel"):
    tool_name: Annotated[str, Meta(min_length=1, max_length=256)]
    input: Any = None
    output: Any = None
    status: str | None = None
    duration_ms: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    content_hash: str | None = None
    called_at: Instant | None = None


class ToolCallContent(Struct, kw_only=True, tag_field="type", tag="tool_call", rename="camel"):
    calls: Annotated[list[ToolCall], Meta(min_length=1)]


class TimelineGit(Struct, kw_only=True, rename="camel"):
    branch: str | None = None
    commit: str | None = None
    dirty: bool | None = None


class TimelineProject(Struct, kw_only=True, rename="camel"):
    name: str | None = None
    root_path: str | None = None
    git: TimelineGit | None = None
    metadata: dict[str, Any] | None = None


class TimelineEvent(Struct, kw_only=True, rename="camel"):
    kind: Annotated[str, Meta(min_length=1, max_length=64)]
    event_id: str | None = None
    seq: int | None = None
    occurred_at: Instant | None = None
    text: str | None = None
    tool_name: str | None = None
    input: Any = None
    output: Any = None
    status: str | None = None
    duration_ms: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    content_hash: str | None = None
    path: str | None = None
    operation: str | None = None
    command: str | None = None
    exit_code: int | None = None
    metadata: dict[str, Any] | None = None


class AgentTimelineContent(Struct, kw_only=True, tag_field="type", tag="agent_timeline", rename="camel"):
    events: Annotated[list[TimelineEvent], Meta(min_length=1)]
    source_client: str | None = None
    source_version: str | None = None
    session_id: str | None = None
    agent_turn_id: str | None = None
    timeline_id: str | None = None
    project: TimelineProject | None = None
    metadata: dict[str, Any] | None = None


Content: TypeAlias = (
    ConversationContent | DocumentContent | ImageContent | AudioContent | ToolCallContent | AgentTimelineContent
)


class ExtractMemoryRequest(Struct, kw_only=True, rename="camel"):
    user_id: Id
    agent_id: Id
    raw_content: Content
    source_client: Name | None = None


class AddMessageRequest(Struct, kw_only=True, rename="camel"):
    user_id: Id
    agent_id: Id
    message: Message
    source_client: Name | None = None


class CommitMemoryRequest(Struct, kw_only=True, rename="camel"):
    user_id: Id
    agent_id: Id
    source_client: Name | None = None


class TimeRangeRequest(Struct, kw_only=True, rename="camel"):
    """Both ends inclusive."""

    field: TimeField = TimeField.OCCURRED_AT
    start: Instant | None = msgspec.field(name="from", default=None)
    end: Instant | None = msgspec.field(name="to", default=None)


class MetadataConditionRequest(Struct, kw_only=True, rename="camel"):
    path: Annotated[str, Meta(min_length=1, max_length=256)]
    op: Operator = Operator.EQ
    value: Any = None


Conditions = Annotated[list[MetadataConditionRequest], Meta(max_length=MAX_CONDITIONS)]


class MetadataFilterRequest(Struct, kw_only=True, rename="camel"):
    all: Conditions | None = None
    any: Conditions | None = None
    none: Conditions | None = msgspec.field(name="not", default=None)


class RetrieveInclude(Struct, kw_only=True, rename="camel"):
    raw_data_metadata: bool = True
    raw_data_segment: bool = False


class RetrieveMemoryRequest(Struct, kw_only=True, rename="camel"):
    """Mnemon's extensions: `limit` of items and of raw data; `hops` of DEEP; `asOf`, what was known and held then;
    `persistTrace`, which keeps the trace for `GET traces/{id}` and Neo4j Browser; `reasoning`, with which DEEP lets the
    language model judge the results and search again. Without them the contract's behaviour.
    """

    user_id: Id
    agent_id: Id
    query: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_CHARACTERS)]
    strategy: Strategy = Strategy.AUTO
    trace: bool | None = None
    scope: str | None = None
    categories: Names | None = None
    time_range: TimeRangeRequest | None = None
    metadata_filter: MetadataFilterRequest | None = None
    include: RetrieveInclude | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_PAGE)] | None = None
    hops: Annotated[int, Meta(ge=1, le=6)] | None = None
    as_of: Instant | None = None
    persist_trace: bool | None = None
    reasoning: bool | None = None


class QueryItemsRequest(Struct, kw_only=True, rename="camel"):
    """Mnemon's extensions: `asOf`, what was known and held then; `withClosed`: also what no longer holds."""

    user_id: Id
    agent_id: Id
    scope: str | None = None
    categories: Names | None = None
    source_clients: Names | None = None
    raw_data_types: Names | None = None
    time_range: TimeRangeRequest | None = None
    metadata_filter: MetadataFilterRequest | None = None
    as_of: Instant | None = None
    with_closed: bool | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_PAGE)] | None = None
    cursor: Cursor | None = None


class RawDataInclude(Struct, kw_only=True, rename="camel"):
    segment: bool = False
    metadata: bool = True


class QueryRawDataRequest(Struct, kw_only=True, rename="camel"):
    user_id: Id
    agent_id: Id
    types: Names | None = None
    source_clients: Names | None = None
    time_range: TimeRangeRequest | None = None
    metadata_filter: MetadataFilterRequest | None = None
    include: RawDataInclude | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_PAGE)] | None = None
    cursor: Cursor | None = None
