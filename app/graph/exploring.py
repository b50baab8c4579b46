"""Reads for people who look at memories: which there are, what explains a fact, an entity, the map of entities."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from app.domain.errors import NotFound
from app.domain.knowledge import Category, FactType
from app.graph.database import Database

# Edges of a map, of the pairs that most facts mention.
_MAX_EDGES = 3000
_FACTS_OF_ENTITY = 50


class MemorySummary(Struct, frozen=True, kw_only=True, rename="camel"):
    """`first_at`, `last_at`: when its first and its last raw data happened; None if it holds none."""

    user_id: str
    agent_id: str
    raw_data: int
    facts: int
    entities: int
    first_at: datetime | None = None
    last_at: datetime | None = None


class MemoryCursor(Struct, frozen=True, kw_only=True):
    """Position of a page's last memory."""

    id: str


class FactSource(Struct, frozen=True, kw_only=True, rename="camel"):
    """Raw data that a fact was read from. `start`, `end`: place of the quote in the text, in characters."""

    raw_data_id: str
    type: str
    text: str
    occurred_at: datetime
    role: str | None = None
    speaker: str | None = None
    title: str | None = None
    quote: str | None = None
    start: int | None = None
    end: int | None = None


class MentionedEntity(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    name: str
    entity_type: str
    role: str


class LinkedFact(Struct, frozen=True, kw_only=True, rename="camel"):
    id: int
    text: str
    observed_at: datetime
    invalid_at: datetime | None = None


class EarlierVersion(Struct, frozen=True, kw_only=True):
    text: str
    until: datetime


class LinkedInsight(Struct, frozen=True, kw_only=True):
    id: int
    text: str
    tier: str


class ExplainedFact(Struct, frozen=True, kw_only=True, rename="camel"):
    """A fact with what it was read from and how it stands to others. It holds while `invalid_at` is None."""

    id: int
    text: str
    category: Category
    type: FactType
    observed_at: datetime
    created_at: datetime
    subject: str | None = None
    predicate: str | None = None
    object: str | None = None
    confidence: float | None = None
    occurred_at: datetime | None = None
    valid_at: datetime | None = None
    invalid_at: datetime | None = None
    sources: list[FactSource] = []
    entities: list[MentionedEntity] = []
    supersedes: list[LinkedFact] = []
    superseded_by: list[LinkedFact] = []
    conflicts_with: list[LinkedFact] = []
    causes: list[LinkedFact] = []
    versions: list[EarlierVersion] = []
    insights: list[LinkedInsight] = []


class EntityWithFacts(Struct, frozen=True, kw_only=True, rename="camel"):
    """`facts`: the last observed; `fact_count`: how many mention it."""

    id: str
    name: str
    entity_type: str
    aliases: list[str]
    same_as: list[str]
    fact_count: int
    facts: list[LinkedFact]


class MapEntity(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    name: str
    entity_type: str
    mentions: int


class MapEdge(Struct, frozen=True, kw_only=True, rename="camel"):
    """`facts`: how many mention both; `predicates`: what facts that hold say of the two."""

    source: str
    target: str
    facts: int
    predicates: list[str]


class MemoryMap(Struct, frozen=True, kw_only=True):
    entities: list[MapEntity]
    edges: list[MapEdge]


async def memories(
    db: Database, *, users: Sequence[str], agents: Sequence[str], search: str, after: MemoryCursor | None, limit: int
) -> list[MemorySummary]:
    """Memories in the order of their ids. `users`, `agents`: patterns of a key; `search`: part of an id."""
    rows = await db.read(
        "system/memories",
        users=list(users),
        agents=list(agents),
        search=search.lower(),
        after=after.id if after else "",
        limit=limit,
    )
    return msgspec.convert(rows, list[MemorySummary])


async def summary(db: Database, memory_id: str) -> MemorySummary:
    """Raises NotFound for a memory that nothing was ever stored in."""
    rows = await db.read("exploring/summary", memoryId=memory_id)
    if not rows:
        raise NotFound("This memory holds nothing yet")
    return msgspec.convert(rows[0]["summary"], MemorySummary)


async def fact(db: Database, memory_id: str, fact_id: int) -> ExplainedFact:
    """Raises NotFound."""
    rows = await db.read("exploring/fact", memoryId=memory_id, id=fact_id)
    if not rows:
        raise NotFound(f"There is no item {fact_id}")
    return msgspec.convert(rows[0], ExplainedFact)


async def entity(db: Database, memory_id: str, entity_id: str) -> EntityWithFacts:
    """Raises NotFound."""
    rows = await db.read("exploring/entity", memoryId=memory_id, id=entity_id, limit=_FACTS_OF_ENTITY)
    if not rows:
        raise NotFound(f"There is no entity {entity_id[:64]}")
    return msgspec.convert(rows[0], EntityWithFacts)


async def memory_map(db: Database, memory_id: str, *, limit: int) -> MemoryMap:
    """The `limit` most often mentioned entities, and which of them facts mention together."""
    (row,) = await db.read("exploring/map", memoryId=memory_id, limit=limit, edges=_MAX_EDGES)
    return msgspec.convert(row, MemoryMap)
