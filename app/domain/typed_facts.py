"""Typed facts: statements with a type, title and tags that agents store. In the graph each of them is a fact."""

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
# `source` and tag of typed facts that were extracted from a conversation.
CONVERSATION, CONVERSATION_TAG = "conversation", "conversation-extract"
# Values of `expired_by` when neither the caller nor a policy gives one.
MANUAL, CONFLICT_RESOLUTION, SUPERSEDED = "manual", "conflict-resolution", "superseded"


class StatusFilter(StrEnum):
    """Valid facts, expired facts, or both."""

    ALL = "all"
    ACTIVE = "active"
    EXPIRED = "expired"


class NewTypedFact(Struct, frozen=True, kw_only=True):
    """A typed fact to store. `kind` None: classified by its wording; `title` None: the beginning of `content`;
    `expired_at`: set if it has expired already.
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
    """New values of a typed fact; None leaves a field unchanged."""

    content: str | None = None
    kind: FactKind | None = None
    title: str | None = None
    tags: list[str] | None = None
    confidence: float | None = None
    source: str | None = None


class Add(Struct, frozen=True, kw_only=True, tag_field="do", tag="add"):
    """Add facts, each with `typed` set; their evidence refers to raw data of the same operation."""

    extraction: Extraction


class Edit(Struct, frozen=True, kw_only=True, tag_field="do", tag="edit"):
    """Replace values of a typed fact by `edit`; the previous version is kept."""

    id: int
    edit: FactEdit


class Expire(Struct, frozen=True, kw_only=True, tag_field="do", tag="expire"):
    """Expire a fact now; `by`: the reason or policy rule."""

    id: int
    by: str


class Restore(Struct, frozen=True, kw_only=True, tag_field="do", tag="restore"):
    """Make an expired fact valid again, as if it had never expired."""

    id: int


class Resolve(Struct, frozen=True, kw_only=True, tag_field="do", tag="resolve"):
    """Record how the contradiction of two facts was resolved."""

    newer: int
    older: int
    resolution: str


class Support(Struct, frozen=True, kw_only=True, tag_field="do", tag="support"):
    """Add evidence to a stored fact that was stated again."""

    id: int
    fact: Fact


Change = Add | Edit | Expire | Restore | Resolve | Support


class TypedFactRow(Struct, frozen=True, kw_only=True, rename="camel"):
    """A typed fact as read from the graph. `change_type`: created, updated or deleted, only in queries for changes;
    `source_ref`: id of the raw data it was first extracted from.
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
    """`total`: number of all matches, not only those in `rows`."""

    rows: list[TypedFactRow]
    total: int


def span_of_day(day: date) -> tuple[datetime, datetime]:
    """Half-open interval of a day, in UTC."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return start, start + timedelta(days=1)


def title_of(content: str) -> str:
    """Return the content as one line, cut to 50 characters including the ellipsis."""
    line = " ".join(content.split())
    return line if len(line) <= 50 else f"{line[:47]}..."


def card(kind: str, title: str, content: str, tags: list[str]) -> str:
    """Return a typed fact as one text in Memanto's format: kind, title, content, tags."""
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
