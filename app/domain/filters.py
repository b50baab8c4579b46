"""Filters of retrievals and lists."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from app.domain.knowledge import SCOPE_OF_CATEGORY, Category, FactKind, FactScope
from app.domain.typed_facts import StatusFilter

# Values valid in a cursor: this service issues no others, and Neo4j would reject them.
CursorNumber = Annotated[int, Meta(ge=0, le=2**53)]
CursorTime = Annotated[datetime, Meta(tz=True)]


class TimeField(StrEnum):
    OCCURRED_AT = "occurredAt"
    OBSERVED_AT = "observedAt"
    CREATED_AT = "createdAt"


class TimeRange(Struct, frozen=True, kw_only=True):
    """Both ends inclusive; an absent end is open. An event with a duration matches if it overlaps the range."""

    field: TimeField = TimeField.OCCURRED_AT
    start: datetime | None = None
    end: datetime | None = None


class Operator(StrEnum):
    EQ = "eq"
    IN = "in"
    EXISTS = "exists"
    MISSING = "missing"
    CONTAINS = "contains"


class MetadataCondition(Struct, frozen=True, kw_only=True):
    """Condition on one top-level key. `values`: one for eq and contains, any number for in, else none."""

    path: str
    operator: Operator
    values: tuple[str, ...] = ()


class MetadataFilter(Struct, frozen=True, kw_only=True):
    """Matches if all of `all`, at least one of `any` (unless empty) and none of `none` match."""

    all: tuple[MetadataCondition, ...] = ()
    any: tuple[MetadataCondition, ...] = ()
    none: tuple[MetadataCondition, ...] = ()


class Near(Struct, frozen=True, kw_only=True):
    """Facts whose vector has a cosine of at least `similarity` to `vector`."""

    vector: tuple[float, ...]
    similarity: float


class KnowledgeFilter(Struct, frozen=True, kw_only=True):
    """`categories`, `kinds`, `tags` (any of them): None matches all, empty matches nothing. `as_of`: facts known and
    valid at that time; None: now, filtered by `status`. `facts_only`: exclude raw data.
    """

    categories: tuple[Category, ...] | None = None
    kinds: tuple[FactKind, ...] | None = None
    tags: tuple[str, ...] | None = None
    status: StatusFilter = StatusFilter.ACTIVE
    near: Near | None = None
    facts_only: bool = False
    time_range: TimeRange | None = None
    metadata: MetadataFilter = MetadataFilter()
    as_of: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self == KnowledgeFilter(facts_only=self.facts_only)

    @property
    def leaves_raw_data_out(self) -> bool:
        """True if raw data are excluded, by `facts_only` or by `categories`, which raw data don't have."""
        return self.facts_only or self.categories is not None


def categories_of(scope: FactScope | None, names: tuple[str, ...]) -> tuple[Category, ...] | None:
    """Return the categories of a scope that are in `names`; unknown names are ignored. None: no restriction."""
    known = tuple(Category(name.casefold()) for name in names if name.casefold() in set(Category))
    if scope is None:
        return known or None
    of_scope = tuple(category for category, side in SCOPE_OF_CATEGORY.items() if side is scope)
    return tuple(category for category in of_scope if category in known) if known else of_scope
