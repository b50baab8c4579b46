"""Memories as agents hand them over: typed, titled, tagged statements. In the graph each of them is a fact."""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from app.domain.knowledge import Attribution, Extraction, Fact, FactKind

MAX_CONTENT_CHARACTERS = 10_000
MAX_TITLE_CHARACTERS = 100
MAX_TAGS = 20
MAX_TAG_CHARACTERS = 64
MAX_LABEL_CHARACTERS = 64
DEFAULT_CONFIDENCE = 0.8
# The source of what was read out of a conversation, and the tag that says how.
CONVERSATION, CONVERSATION_TAG = "conversation", "conversation-extract"
# Who ends a memory that nobody names.
MANUAL, CONFLICT_RESOLUTION, SUPERSEDED = "manual", "conflict-resolution", "superseded"


class StatusFilter(StrEnum):
    """Valid facts, expired facts, or both."""

    ALL = "all"
    ACTIVE = "active"
    EXPIRED = "expired"


class NewTypedFact(Struct, frozen=True, kw_only=True):
    """A memory as it is handed over. `kind` None: by its wording; `title` None: its beginning; `expired_at`: since when it no
    longer holds, where it doesn't.
    """

    content: str
    kind: FactKind | None = None
    title: str | None = None
    tags: list[str] = []
    confidence: float = DEFAULT_CONFIDENCE
    source: str = "agent"
    provenance: Attribution = Attribution.EXPLICIT_STATEMENT
    expired_at: datetime | None = None
    expired_by: str | None = None


class FactEdit(Struct, frozen=True, kw_only=True):
    """None: as it was."""

    content: str | None = None
    kind: FactKind | None = None
    title: str | None = None
    tags: list[str] | None = None
    confidence: float | None = None
    source: str | None = None


class Add(Struct, frozen=True, kw_only=True, tag_field="do", tag="add"):
    """Facts that somebody has stated, each with its `remembered`; their evidence names raw data of the same operation."""

    extraction: Extraction


class Edit(Struct, frozen=True, kw_only=True, tag_field="do", tag="edit"):
    """`edit` takes the place of what the memory said until now, which stays as a version of it."""

    id: int
    edit: FactEdit


class Expire(Struct, frozen=True, kw_only=True, tag_field="do", tag="expire"):
    """It no longer holds from now on; `by`: who or which rule says so."""

    id: int
    by: str


class Restore(Struct, frozen=True, kw_only=True, tag_field="do", tag="restore"):
    """It holds again, as if it had never ended."""

    id: int


class Resolve(Struct, frozen=True, kw_only=True, tag_field="do", tag="resolve"):
    """Record how the contradiction of two facts was resolved."""

    newer: int
    older: int
    resolution: str


class Support(Struct, frozen=True, kw_only=True, tag_field="do", tag="support"):
    """Something that is remembered already was said again: more evidence for it."""

    id: int
    fact: Fact


Change = Add | Edit | Expire | Restore | Resolve | Support


class TypedFactRow(Struct, frozen=True, kw_only=True, rename="camel"):
    """A memory as it is read. `change_type`: created, updated or deleted, where changes were asked for; `source_ref`: the
    raw data that it was read from first.
    """

    id: int
    content: str
    kind: str
    created_at: datetime
    title: str | None = None
    tags: list[str] = []
    confidence: float | None = None
    source: str | None = None
    provenance: str | None = None
    updated_at: datetime | None = None
    expired_at: datetime | None = None
    expired_by: str | None = None
    source_ref: str | None = None
    change_type: str | None = None

    @property
    def shown_title(self) -> str:
        return self.title or title_of(self.content)


class TypedFactPage(Struct, frozen=True, kw_only=True):
    """`total`: of everything that fits, also beyond the limit."""

    rows: list[TypedFactRow]
    total: int


def span_of_day(day: date) -> tuple[datetime, datetime]:
    """Its half-open interval, in UTC."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return start, start + timedelta(days=1)


def title_of(content: str) -> str:
    """The beginning of a memory in one line: its first 50 characters, with an ellipsis where there are more."""
    line = " ".join(content.split())
    return line if len(line) <= 50 else f"{line[:47]}..."


def card(kind: str, title: str, content: str, tags: list[str]) -> str:
    """A memory as one text: its kind and title, what it says, and its tags, as Memanto writes it."""
    footer = f"\n\nTags: {', '.join(tags)}" if tags else ""
    return f"[{kind.upper()}] {title}\n\n{content}{footer}"


class FactConflict(Struct, frozen=True, kw_only=True, rename="camel"):
    """Two contradicting facts; the newer one closed the older one. `resolution`: the decision, once there is one."""

    newer: TypedFactRow
    older: TypedFactRow
    resolution: str | None = None

    @property
    def id(self) -> str:
        return f"{self.newer.id}-{self.older.id}"
