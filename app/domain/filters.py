"""Filters of retrievals and lists."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from app.domain.knowledge import SCOPE_OF_CATEGORY, Category, FactKind, FactScope
from app.domain.typed_facts import StatusFilter

# What a cursor may hold: anything else was not given by this service, and Neo4j would refuse it.
CursorNumber = Annotated[int, Meta(ge=0, le=2**53)]
CursorTime = Annotated[datetime, Meta(tz=True)]


class TimeField(StrEnum):
    OCCURRED_AT = "occurredAt"
    OBSERVED_AT = "observedAt"
    CREATED_AT = "createdAt"


class TimeRange(Struct, frozen=True, kw_only=True):
    """Both ends inclusive; an absent end is open. An event that lasts is inside when any part of it is."""

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
    """On one top-level key. `values`: one for eq and contains, any number for in, none for exists and missing."""

    path: str
    operator: Operator
    values: tuple[str, ...] = ()


class MetadataFilter(Struct, frozen=True, kw_only=True):
    """All of `all`, at least one of `any` (when there are some), none of `none`."""

    all: tuple[MetadataCondition, ...] = ()
    any: tuple[MetadataCondition, ...] = ()
    none: tuple[MetadataCondition, ...] = ()


class Near(Struct, frozen=True, kw_only=True):
    """Facts whose vector has at least this cosine to another one."""

    vector: tuple[float, ...]
    similarity: float


class KnowledgeFilter(Struct, frozen=True, kw_only=True):
    """`categories` None means all; empty means that nothing can match; so do `kinds` and `tags` (at least one of them).
    `as_of`: what was known and held then, None: now, and then `status` counts. `facts_only`: raw data are not asked for.
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
        """Raw data have no category or kind of their own."""
        return self.facts_only or self.categories is not None


def categories_of(scope: FactScope | None, names: tuple[str, ...]) -> tuple[Category, ...] | None:
    """The categories that a scope and a list of names leave; unknown names count only when no known one is given."""
    known = tuple(Category(name.casefold()) for name in names if name.casefold() in set(Category))
    if scope is None:
        return known or None
    of_scope = tuple(category for category, side in SCOPE_OF_CATEGORY.items() if side is scope)
    return tuple(category for category in of_scope if category in known) if known else of_scope
