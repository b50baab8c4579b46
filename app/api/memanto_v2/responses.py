"""Bodies of answers."""

from datetime import UTC, datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from app.domain.agents import Agent, AgentPattern, Session, SessionStatus, namespace_of
from app.domain.knowledge import Fact
from app.domain.typed_facts import FactConflict, TypedFactRow, card
from app.services.memanto.conflicts import Action
from app.services.memanto.recall import RecalledFact


class AgentInfo(Struct, kw_only=True):
    agent_id: str
    namespace: str
    pattern: AgentPattern
    created_at: datetime
    description: str | None = None
    last_session: datetime | None = None
    memory_count: int = 0
    session_count: int = 0
    status: str = "ready"


class AgentList(Struct, kw_only=True):
    agents: list[AgentInfo]
    count: int
    warnings: list[str] = []


class MessageView(Struct, kw_only=True):
    message: str


class SessionView(Struct, kw_only=True):
    session_id: str
    session_token: str
    agent_id: str
    namespace: str
    started_at: datetime
    expires_at: datetime
    pattern: AgentPattern | None = None
    status: SessionStatus = SessionStatus.ACTIVE
    metadata: dict[str, Any] | None = None


class SessionInfo(Struct, kw_only=True):
    session_id: str
    agent_id: str
    namespace: str
    started_at: datetime
    expires_at: datetime
    status: SessionStatus
    time_remaining_seconds: int
    pattern: AgentPattern | None = None


class SessionSummary(Struct, kw_only=True):
    session_id: str
    agent_id: str
    started_at: datetime
    ended_at: datetime
    duration_hours: float
    memories_created: int
    summary_memory_id: str | None = None


class RememberResponse(Struct, kw_only=True):
    memory_id: str
    agent_id: str
    session_id: str
    namespace: str
    status: str
    provenance: str
    confidence: float
    type: str | None = None


class BatchRememberResultItem(Struct, kw_only=True):
    id: str
    status: str = "queued"
    action: str | None = "store"
    reason: str | None = None
    error: str | None = None
    type: str | None = None


class BatchRememberResponse(Struct, kw_only=True):
    agent_id: str
    session_id: str
    namespace: str
    total_submitted: int
    successful: int
    failed: int
    results: list[BatchRememberResultItem]


class SourceTurn(Struct, kw_only=True):
    """The message that a candidate was read from. `message` counts from 0."""

    message: int
    quote: str


class MemoryCandidate(Struct, kw_only=True):
    type: str
    title: str
    content: str
    confidence: float
    source: str
    provenance: str
    tags: list[str]
    sources: list[SourceTurn] = []


class KnownCandidate(Struct, kw_only=True):
    """A statement that a stored memory holds already; storing adds evidence to that memory."""

    memory_id: str
    content: str


class ExtractMemoriesResponse(Struct, kw_only=True):
    """`duplicates`: what is remembered already; `dropped`: reason → statements that were not kept. The counts and results
    come with what is stored.
    """

    agent_id: str
    session_id: str
    dry_run: bool
    candidates: list[MemoryCandidate]
    count: int
    duplicates: list[KnownCandidate]
    dropped: dict[str, int]
    total_submitted: int | UnsetType = UNSET
    successful: int | UnsetType = UNSET
    failed: int | UnsetType = UNSET
    results: list[BatchRememberResultItem] | UnsetType = UNSET


class UploadFileResponse(Struct, kw_only=True):
    agent_id: str
    session_id: str
    namespace: str
    file_name: str
    status: str
    file_size: int | None = None
    message: str = ""


class EditedMemory(Struct, kw_only=True):
    agent_id: str
    session_id: str
    namespace: str
    memory_id: str
    status: str
    action: str
    updated_fields: list[str]


class DeletedMemory(Struct, kw_only=True):
    agent_id: str
    memory_id: str
    namespace: str
    status: str


class ExpiredMemory(Struct, kw_only=True):
    agent_id: str
    session_id: str
    memory_id: str
    status: str
    expired_at: datetime | UnsetType | None = UNSET
    expired_by: str | UnsetType | None = UNSET


class MemoryItem(Struct, kw_only=True):
    """`path`: an extension: how the graph led to it."""

    id: str | None = None
    title: str = ""
    content: str = ""
    text: str = ""
    type: str | None = None
    confidence: float | None = None
    status: str | None = "active"
    tags: list[str] = []
    created_at: datetime | None = None
    updated_at: datetime | None = None
    expired_at: datetime | None = None
    expired_by: str | None = None
    actor_id: str | None = None
    source: str | None = None
    source_ref: str | None = None
    agent_id: str | None = None
    score: float | None = None
    provenance: str = "explicit_statement"
    change_type: str | None = None
    path: str | UnsetType = UNSET


class RecallResponse(Struct, kw_only=True):
    agent_id: str
    session_id: str
    query: str
    memories: list[MemoryItem]
    count: int


class TemporalRecallResponse(Struct, kw_only=True):
    agent_id: str
    session_id: str
    memories: list[MemoryItem]
    count: int
    total_available: int
    temporal_mode: str
    as_of_date: str | None = None
    since_date: str | None = None


class AnswerSource(Struct, kw_only=True):
    id: str
    score: float
    title: str
    content: str
    type: str
    source_ref: str | None = None


class AnswerResponse(Struct, kw_only=True):
    agent_id: str
    session_id: str
    question: str
    answer: str
    namespace: str
    sources: list[AnswerSource] = []


class SummaryView(Struct, kw_only=True):
    """`text`: Markdown. No file is written, so that `summary_path` is null."""

    status: str
    sessions_count: int
    agent_id: str
    date: str
    text: str
    summary_path: str | None = None


class ExportView(Struct, kw_only=True):
    total_memories: int
    per_type_counts: dict[str, int]
    output_path: str | None = None


class DailySummaryResponse(Struct, kw_only=True):
    agent_id: str
    session_id: str
    date: str
    summary: SummaryView
    export: ExportView


class ConflictReport(Struct, kw_only=True):
    status: str
    conflict_count: int
    json_path: str | None = None


class ConflictReportResponse(Struct, kw_only=True):
    agent_id: str
    session_id: str
    date: str
    conflicts: ConflictReport


class ConflictRow(Struct, kw_only=True):
    """`conflict_index`: pass it to resolve; `id`: does not change when other conflicts are found."""

    id: str
    conflict_index: int
    type: str
    title: str
    old_memory_id: str
    old_content: str
    new_memory_id: str
    new_content: str
    description: str
    recommendation: str
    resolved: bool
    resolution: str | None
    old_created_at: datetime
    old_source: str | None
    new_created_at: datetime
    new_source: str | None


class ConflictsResponse(Struct, kw_only=True):
    agent_id: str
    session_id: str
    date: str
    conflicts: list[ConflictRow]
    count: int


class ConflictResolved(Struct, kw_only=True, omit_defaults=True):
    """Memories that are not kept are expired, not deleted, and can be restored."""

    agent_id: str
    session_id: str
    date: str
    action: str
    status: str
    expired: list[str] = []
    restored: list[str] = []
    note: str | None = None
    new_memory_id: str | None = None


class PolicyView(Struct, kw_only=True):
    agent_id: str
    policy: Any
    is_empty: bool | UnsetType = UNSET
    path: str | UnsetType | None = UNSET
    preset: str | UnsetType = UNSET


class PresetSummary(Struct, kw_only=True):
    name: str
    description: str
    retention: dict[str, str]
    rule_count: int
    purge_expired_after: str


class PresetList(Struct, kw_only=True):
    presets: list[PresetSummary]


class PresetView(Struct, kw_only=True):
    name: str
    description: str
    policy: Any


class SweptMemory(Struct, kw_only=True):
    id: str
    title: str
    type: str
    rule: str


class PolicyApplied(Struct, kw_only=True):
    agent_id: str
    dry_run: bool
    policy_is_empty: bool
    scanned: int
    already_expired: int
    matched: int
    expired: int
    per_rule: dict[str, int]
    memories: list[SweptMemory]
    errors: list[str]
    evaluated_at: datetime


class PolicyPurged(Struct, kw_only=True):
    agent_id: str
    dry_run: bool
    enabled: bool
    matched: int
    purged: int
    memories: list[SweptMemory]
    errors: list[str]
    evaluated_at: datetime
    purge_expired_after: str | None = None


def agent_info(agent: Agent) -> AgentInfo:
    return AgentInfo(
        agent_id=agent.id,
        namespace=namespace_of(agent.id),
        pattern=agent.pattern,
        description=agent.description,
        created_at=agent.created_at,
        last_session=agent.last_session,
        memory_count=agent.memory_count,
        session_count=agent.session_count,
    )


def session_info(agent_id: str, session: Session, remaining_seconds: float) -> SessionInfo:
    return SessionInfo(
        session_id=session.id,
        agent_id=agent_id,
        namespace=namespace_of(agent_id),
        started_at=session.started_at,
        expires_at=session.expires_at,
        status=session.status,
        time_remaining_seconds=max(int(remaining_seconds), 0),
        pattern=session.pattern,
    )


def memory_item(agent_id: str, row: TypedFactRow) -> MemoryItem:
    deleted = row.change_type == "deleted"
    return MemoryItem(
        id=str(row.id),
        title="" if deleted else row.shown_title,
        content=row.content,
        text="" if deleted else card(row.kind, row.shown_title, row.content, row.tags),
        type=None if deleted else row.kind,
        confidence=row.confidence,
        status="deleted" if deleted else "active" if row.expired_at is None else "expired",
        tags=row.tags,
        created_at=row.created_at.astimezone(UTC),
        updated_at=(row.updated_at or row.created_at).astimezone(UTC),
        expired_at=row.expired_at and row.expired_at.astimezone(UTC),
        expired_by=row.expired_by,
        actor_id=agent_id,
        source=row.source,
        source_ref=row.source_ref,
        agent_id=agent_id,
        provenance=row.provenance or "explicit_statement",
        change_type=row.change_type,
    )


def recalled_item(agent_id: str, recalled: RecalledFact) -> MemoryItem:
    item = memory_item(agent_id, recalled.memory)
    item.score = recalled.score
    item.path = recalled.path or UNSET
    return item


def answer_source(recalled: RecalledFact) -> AnswerSource:
    row = recalled.memory
    return AnswerSource(
        id=str(row.id),
        score=recalled.score,
        title=row.shown_title,
        content=row.content,
        type=row.kind,
        source_ref=row.source_ref,
    )


def candidate(fact: Fact, numbers: dict[str, int]) -> MemoryCandidate:
    """`numbers`: raw data id → the message's place in the request."""
    memory = fact.typed
    assert memory is not None, "candidates are memories"
    return MemoryCandidate(
        type=memory.kind,
        title=memory.title,
        content=fact.text,
        confidence=round(fact.confidence, 4),
        source=memory.source,
        provenance=memory.provenance,
        tags=memory.tags,
        sources=[
            SourceTurn(message=numbers[e.raw_data_id], quote=e.quote or "")
            for e in fact.evidence
            if e.raw_data_id in numbers
        ],
    )


def conflict_row(index: int, conflict: FactConflict) -> ConflictRow:
    old, new = conflict.older, conflict.newer
    return ConflictRow(
        id=conflict.id,
        conflict_index=index,
        type="contradiction",
        title=new.shown_title,
        old_memory_id=str(old.id),
        old_content=old.content,
        new_memory_id=str(new.id),
        new_content=new.content,
        description=f"'{new.shown_title}' can't hold together with '{old.shown_title}'; the later one counts for now.",
        recommendation=Action.KEEP_NEW,
        resolved=conflict.resolution is not None,
        resolution=conflict.resolution,
        old_created_at=old.created_at,
        old_source=old.source,
        new_created_at=new.created_at,
        new_source=new.source,
    )
