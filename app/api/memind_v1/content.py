"""Raw content as raw data nodes: one a message, section, segment, call or event."""

import base64
import binascii
import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from app.api.checks import MAX_MESSAGES, check_text, check_time
from app.api.memind_v1.requests import (
    AgentTimelineContent,
    AudioBlock,
    AudioContent,
    Base64Source,
    Content,
    ConversationContent,
    DocumentContent,
    ImageBlock,
    ImageContent,
    MediaSource,
    Message,
    TextBlock,
    TimelineEvent,
    ToolCall,
    ToolCallContent,
    VideoBlock,
)
from app.domain.errors import InvalidInput, TooLarge
from app.domain.hidden_characters import visible
from app.domain.ids import digest, new_uuid, stable_uuid
from app.domain.knowledge import RawData, RawDataType, Role
from app.domain.scope import MemoryScope
from app.domain.secrets import redact, redacted
from app.extraction.timeline import AgentEvent, notes, role_of_event

DEFAULT_SOURCE = "api"
# A section longer than this is cut at a paragraph: about the 1,200 tokens of Memind's document chunks.
_CHUNK_CHARACTERS = 4800


class RawDataDraft(msgspec.Struct, kw_only=True):
    """A raw data node without an id yet. `identity`: key that identifies it in any request; None: its position does."""

    type: RawDataType
    text: str
    occurred_at: datetime
    role: Role | None = None
    user_name: str | None = None
    title: str | None = None
    caption: str | None = None
    metadata: dict[str, Any] = {}
    media: list[dict[str, Any]] = []
    images: list[str] = []
    source_client: str | None = None
    identity: str | None = None


def raw_data_of(scope: MemoryScope, content: Content, *, source_client: str | None, now: datetime) -> list[RawData]:
    """The nodes of one request, in order.

    Ids are derived from the content, so that the same content sent again gives the same nodes. A message with a
    timestamp has the same id in every conversation; one without is identified by the whole content and its position.
    """
    source = _source(source_client)
    whole = digest(msgspec.json.encode(content, order="deterministic").decode())
    parts = list(_parts(content, now))
    # A timeline may hold nothing but the end of a session.
    if not parts and not isinstance(content, AgentTimelineContent):
        raise InvalidInput({"rawContent": "holds no text"})
    if len(parts) > MAX_MESSAGES:
        raise TooLarge(f"rawContent has {len(parts)} parts; at most {MAX_MESSAGES} are accepted in one request")
    raw_data: list[RawData] = []
    for index, part in enumerate(parts):
        content_id = digest("part", part.identity) if part.identity else digest("part", whole, str(index))
        id_ = stable_uuid("raw-data", scope.memory_id, content_id)
        raw_data.append(_raw_data(part, id_=id_, content_id=content_id, source=source))
    return raw_data


def raw_data_of_message(message: Message, *, source_client: str | None, now: datetime) -> RawData:
    """Return a single message with a new id: messages with equal text are not deduplicated."""
    part = _message(message, "message", now)
    id_ = new_uuid()
    # The request's own source wins over the message's, but an absent one doesn't.
    part.source_client = source_client or part.source_client
    return _raw_data(part, id_=id_, content_id=digest("message", id_), source=DEFAULT_SOURCE)


def _raw_data(part: RawDataDraft, *, id_: str, content_id: str, source: str) -> RawData:
    return RawData(
        id=id_,
        content_id=content_id,
        type=part.type,
        text=redact(part.text),
        occurred_at=part.occurred_at,
        role=part.role,
        user_name=part.user_name and visible(redact(part.user_name)),
        title=part.title and visible(redact(part.title)),
        caption=part.caption and redact(part.caption),
        source_client=_source(part.source_client) if part.source_client else source,
        metadata=redacted(part.metadata),
        media=redacted(part.media),
        images=part.images,
    )


def _source(source_client: str | None) -> str:
    return (source_client or "").strip() or DEFAULT_SOURCE


def _parts(content: Content, now: datetime) -> Iterator[RawDataDraft]:
    match content:
        case ConversationContent():
            for index, message in enumerate(content.messages):
                yield _message(message, f"rawContent.messages[{index}]", now)
        case DocumentContent():
            yield from _document(content, now)
        case ImageContent():
            yield from _image(content, now)
        case AudioContent():
            yield from _audio(content, now)
        case ToolCallContent():
            for index, call in enumerate(content.calls):
                yield _tool_call(call, f"rawContent.calls[{index}]", now)
        case AgentTimelineContent():
            yield from _timeline(content, now)


def _message(message: Message, field: str, now: datetime) -> RawDataDraft:
    texts = [block.text for block in message.content if isinstance(block, TextBlock)]
    media = [
        _media(block, f"{field}.content[{index}]")
        for index, block in enumerate(message.content)
        if not isinstance(block, TextBlock)
    ]
    text = check_text(f"{field}.content", "\n".join([*texts, *(_media_text(m) for m in media)]))
    if not text.strip():
        raise InvalidInput({f"{field}.content": "must not be blank"})
    time = check_time(f"{field}.timestamp", message.timestamp) if message.timestamp else None
    # Time, speaker and text identify a message that is sent again as part of a longer conversation.
    identity = msgspec.json.encode([message.role, message.user_name, time, text, media]).decode() if time else None
    return RawDataDraft(
        type=RawDataType.CONVERSATION,
        role=message.role,
        user_name=(message.user_name or "").strip() or None,
        text=text,
        media=media,
        images=[
            url for block in message.content if isinstance(block, ImageBlock) and (url := _image_url(block.source))
        ],
        occurred_at=time or now,
        source_client=message.source_client,
        identity=identity,
    )


def _media(block: ImageBlock | AudioBlock | VideoBlock, field: str) -> dict[str, Any]:
    """Return the metadata that is kept of a medium; its bytes are not."""
    kind = "image" if isinstance(block, ImageBlock) else "audio" if isinstance(block, AudioBlock) else "video"
    return {"type": kind, "source": _media_source(block.source, f"{field}.source")}


def _media_source(source: MediaSource, field: str) -> dict[str, Any]:
    kept: dict[str, Any]
    if isinstance(source, Base64Source):
        try:
            data = base64.b64decode(source.data, validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidInput({f"{field}.data": "must be Base64"}) from error
        kept = {
            "type": "base64",
            "mediaType": source.media_type,
            "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
        }
    else:
        kept = {"type": "url", "url": source.url}
    return kept | ({"contentId": source.content_id} if source.content_id else {})


def _image_url(source: MediaSource) -> str | None:
    """Return the address for a vision model; None for media it can't read."""
    if isinstance(source, Base64Source):
        return f"data:{source.media_type};base64,{source.data}" if source.media_type.startswith("image/") else None
    return source.url if source.url.startswith(("https://", "http://", "data:image/")) else None


def _media_text(media: dict[str, Any]) -> str:
    """Return the text that stands for a medium in its message."""
    source = media["source"]
    return f"[{media['type']}: {source.get('url') or source.get('mediaType')}]"


def _document(content: DocumentContent, now: datetime) -> Iterator[RawDataDraft]:
    metadata = dict(content.metadata or {}) | _present(mimeType=content.mime_type, sourceUri=content.source_uri)
    sections = [section for section in content.sections or [] if section.content.strip()]
    if not sections:
        for text in _chunks(content.parsed_text or ""):
            yield RawDataDraft(
                type=RawDataType.DOCUMENT, title=content.title, text=text, metadata=metadata, occurred_at=now
            )
    for section in sections:
        title = " – ".join(t for t in (content.title, section.title) if t) or None
        for text in _chunks(section.content):
            yield RawDataDraft(
                type=RawDataType.DOCUMENT,
                title=title,
                text=text,
                metadata=metadata | (section.metadata or {}),
                occurred_at=now,
            )


def _chunks(text: str) -> Iterator[str]:
    """Paragraphs put together up to the limit; a longer paragraph is cut at a sentence or, failing that, anywhere."""
    # Redact before splitting: half a key is no longer recognized as one.
    rest = redact(text.strip())
    while len(rest) > _CHUNK_CHARACTERS:
        cut = max(rest.rfind(mark, _CHUNK_CHARACTERS // 2, _CHUNK_CHARACTERS) for mark in ("\n\n", ". ", "。"))
        cut = cut + 1 if cut > 0 else _CHUNK_CHARACTERS
        yield rest[:cut].strip()
        rest = rest[cut:].strip()
    if rest:
        yield rest


def _image(content: ImageContent, now: datetime) -> Iterator[RawDataDraft]:
    text = "\n".join(t.strip() for t in (content.caption, content.description) if t and t.strip())
    if text or content.source_uri:
        yield RawDataDraft(
            type=RawDataType.IMAGE,
            text=check_text("rawContent.description", text or f"[image: {content.source_uri}]"),
            caption=content.caption or content.description,
            metadata=dict(content.metadata or {}) | _present(mimeType=content.mime_type, sourceUri=content.source_uri),
            occurred_at=now,
            images=[url for url in (content.source_uri,) if url and url.startswith(("https://", "http://"))],
        )


def _audio(content: AudioContent, now: datetime) -> Iterator[RawDataDraft]:
    metadata = dict(content.metadata or {}) | _present(mimeType=content.mime_type, sourceUri=content.source_uri)
    spoken = [segment for segment in content.segments or [] if segment.text.strip()]
    for index, segment in enumerate(content.segments or []):
        if segment.text.strip():
            yield RawDataDraft(
                type=RawDataType.AUDIO,
                user_name=segment.speaker,
                text=check_text(f"rawContent.segments[{index}].text", segment.text),
                metadata=metadata | _present(startTime=segment.start_time, endTime=segment.end_time),
                occurred_at=now,
            )
    if not spoken:
        for text in _chunks(content.transcript or ""):
            yield RawDataDraft(type=RawDataType.AUDIO, text=text, metadata=metadata, occurred_at=now)


def _tool_call(call: ToolCall, field: str, now: datetime) -> RawDataDraft:
    lines = [
        f"{call.tool_name} {call.status}" if call.status else call.tool_name,
        *(f"{name}: {_plain(value)}" for name, value in (("input", call.input), ("output", call.output)) if value),
    ]
    return RawDataDraft(
        type=RawDataType.TOOL_CALL,
        title=call.tool_name,
        text=check_text(field, "\n".join(lines)),
        metadata=_present(
            toolName=call.tool_name,
            status=call.status,
            durationMs=call.duration_ms,
            inputTokens=call.input_tokens,
            outputTokens=call.output_tokens,
            contentHash=call.content_hash,
        ),
        occurred_at=check_time(f"{field}.calledAt", call.called_at) if call.called_at else now,
    )


def _timeline(content: AgentTimelineContent, now: datetime) -> Iterator[RawDataDraft]:
    """One part an event that is worth a note."""
    events = [_agent_event(event) for event in content.events]
    for index, (event, note) in enumerate(zip(content.events, notes(events), strict=True)):
        if note is None:
            continue
        field = f"rawContent.events[{index}]"
        time = check_time(f"{field}.occurredAt", event.occurred_at) if event.occurred_at else None
        yield RawDataDraft(
            type=RawDataType.AGENT_TIMELINE,
            role=role_of_event(event.kind),
            title=event.kind,
            text=check_text(field, note.text),
            metadata=_event_metadata(content, event) | _present(noteCategory=note.category),
            occurred_at=time or now,
            source_client=content.source_client,
            identity=_event_identity(content, event),
        )


def _agent_event(event: TimelineEvent) -> AgentEvent:
    return AgentEvent(
        kind=event.kind,
        text=event.text,
        tool=event.tool_name,
        command=event.command,
        path=event.path,
        operation=event.operation,
        status=event.status,
        exit_code=event.exit_code,
        input=event.input,
        output=event.output,
    )


def _event_identity(content: AgentTimelineContent, event: TimelineEvent) -> str | None:
    """An event with an id or a time is the same event in whatever timeline it is sent again: clients send a longer one
    after a failed request.
    """
    if event.event_id is None and event.occurred_at is None:
        return None
    return msgspec.json.encode([content.source_client, content.session_id, event], order="deterministic").decode()


def _event_metadata(content: AgentTimelineContent, event: TimelineEvent) -> dict[str, Any]:
    project = content.project
    # The whole timeline's list of event ids on each of its events would be quadratic.
    shared = {key: value for key, value in (content.metadata or {}).items() if key != "eventIds"}
    return {
        **shared,
        **(event.metadata or {}),
        **_present(
            eventId=event.event_id,
            kind=event.kind,
            seq=event.seq,
            toolName=event.tool_name,
            status=event.status,
            command=event.command,
            path=event.path,
            operation=event.operation,
            exitCode=event.exit_code,
            durationMs=event.duration_ms,
            inputTokens=event.input_tokens,
            outputTokens=event.output_tokens,
            contentHash=event.content_hash,
            sessionId=content.session_id,
            timelineId=content.timeline_id,
            agentTurnId=content.agent_turn_id,
            sourceVersion=content.source_version,
            project=project and project.name,
            rootPath=project and project.root_path,
            branch=project and project.git and project.git.branch,
            commit=project and project.git and project.git.commit,
        ),
    }


def _present(**values: object) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None and value != ""}


def _plain(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
