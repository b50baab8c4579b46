"""Reading for retrieval: seeds by vector, text and time; hops; details of what was found."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from app.domain.filters import CursorNumber, CursorTime, KnowledgeFilter
from app.domain.knowledge import Category, FactType
from app.graph.database import Database, Row
from app.graph.filters import filter_parameter
from app.graph.json_properties import from_json
from app.graph.lucene import lucene_query


class Hit(Struct, frozen=True, kw_only=True):
    """A node that a channel found. `score`: cosine in [-1, 1], or BM25 > 0, as the channel says; `text` only if asked."""

    id: str
    score: float
    text: str | None = None


class EntityHit(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    score: float
    aliases: list[str] = []


class InsightHit(Struct, frozen=True, kw_only=True):
    id: str
    text: str
    tier: str
    name: str
    score: float


class EdgeWalked(Struct, frozen=True, kw_only=True, rename="camel"):
    """One fact reached over one entity. `source_ids`: the facts it came from; empty for a seed entity."""

    id: int
    similarity: float
    entity_id: str
    entity_name: str
    degree: int
    source_ids: list[int]
    bridge: str | None = None
    text: str | None = None


class FactDetails(Struct, frozen=True, kw_only=True, rename="camel"):
    id: int
    text: str
    category: Category
    type: FactType
    observed_at: datetime
    created_at: datetime
    occurred_at: datetime | None = None
    subject: str | None = None
    predicate: str | None = None
    object: str | None = None
    metadata_json: str | None = None
    evidence: list[dict[str, Any]] = []

    @property
    def metadata(self) -> dict[str, Any]:
        return from_json(self.metadata_json)


class FactPageRow(Struct, frozen=True, kw_only=True, rename="camel"):
    id: int
    text: str
    category: Category
    type: FactType
    observed_at: datetime
    created_at: datetime
    raw_data_id: str
    raw_data_type: str
    source_client: str
    occurred_at: datetime | None = None
    metadata_json: str | None = None

    @property
    def metadata(self) -> dict[str, Any]:
        return from_json(self.metadata_json)


class FactCursor(Struct, frozen=True, kw_only=True):
    """Where a page of facts ended."""

    observed_at: CursorTime
    created_at: CursorTime
    id: CursorNumber


async def nearest_facts(
    db: Database, memory_id: str, vector: list[float], *, knowledge_filter: KnowledgeFilter, limit: int, with_text: bool
) -> list[Hit]:
    """By cosine. In the vector index when nothing filters, else exactly, over all that pass the filter."""
    if knowledge_filter.is_open:
        rows = await db.read("facts/nearest", memoryId=memory_id, vector=vector, limit=limit, withText=with_text)
    else:
        rows = await db.read(
            "facts/nearest_filtered",
            memoryId=memory_id,
            vector=vector,
            filter=filter_parameter(knowledge_filter),
            limit=limit,
            withText=with_text,
        )
    return [_hit(row) for row in rows]


async def nearest_raw_data(
    db: Database, memory_id: str, vector: list[float], *, knowledge_filter: KnowledgeFilter, limit: int, with_text: bool
) -> list[Hit]:
    """As `nearest_facts`. With a restriction of categories there is no answer: raw data have none of their own."""
    if knowledge_filter.categories is not None:
        return []
    if knowledge_filter.is_open:
        rows = await db.read("raw_data/nearest", memoryId=memory_id, vector=vector, limit=limit, withText=with_text)
    else:
        rows = await db.read(
            "raw_data/nearest_filtered",
            memoryId=memory_id,
            vector=vector,
            filter=filter_parameter(knowledge_filter),
            limit=limit,
            withText=with_text,
        )
    return [_hit(row) for row in rows]


async def match_facts(
    db: Database, memory_id: str, text: str, *, knowledge_filter: KnowledgeFilter, limit: int, with_text: bool
) -> list[Hit]:
    """By BM25 over any word of the text, best first."""
    return await _match(db, "facts/match", memory_id, text, knowledge_filter, limit, with_text)


async def match_raw_data(
    db: Database, memory_id: str, text: str, *, knowledge_filter: KnowledgeFilter, limit: int, with_text: bool
) -> list[Hit]:
    """By BM25; nothing with a restriction of categories (see `nearest_raw_data`)."""
    if knowledge_filter.categories is not None:
        return []
    return await _match(db, "raw_data/match", memory_id, text, knowledge_filter, limit, with_text)


async def _match(
    db: Database,
    name: str,
    memory_id: str,
    text: str,
    knowledge_filter: KnowledgeFilter,
    limit: int,
    with_text: bool,
) -> list[Hit]:
    query = lucene_query(memory_id, text)
    if query is None:
        return []
    rows = await db.read(
        name,
        memoryId=memory_id,
        query=query,
        filter=filter_parameter(knowledge_filter),
        limit=limit,
        withText=with_text,
    )
    return [_hit(row) for row in rows]


async def facts_within(
    db: Database,
    memory_id: str,
    *,
    start: datetime,
    end: datetime,
    knowledge_filter: KnowledgeFilter,
    limit: int,
    with_text: bool,
) -> list[Hit]:
    """Facts of the time span [start, end), the nearest to its middle first; score falls from 1 to 0 with the distance."""
    middle = start + (end - start) / 2
    rows = await db.read(
        "facts/within",
        memoryId=memory_id,
        start=start,
        end=end,
        middle=middle,
        filter=filter_parameter(knowledge_filter),
        limit=limit,
        withText=with_text,
    )
    half = max((end - start).total_seconds() / 2, 1.0)
    return [Hit(id=str(row["id"]), text=row.get("text"), score=max(0.0, 1.0 - row["seconds"] / half)) for row in rows]


async def nearest_entities(db: Database, memory_id: str, vector: list[float], *, limit: int) -> list[EntityHit]:
    rows = await db.read("entities/nearest", memoryId=memory_id, vector=vector, limit=limit)
    return msgspec.convert(rows, list[EntityHit])


async def match_entities(db: Database, memory_id: str, text: str, *, limit: int) -> list[EntityHit]:
    """Entities whose name shares a word with the text, by BM25."""
    query = lucene_query(memory_id, text)
    if query is None:
        return []
    rows = await db.read("entities/match", memoryId=memory_id, query=query, limit=limit)
    return msgspec.convert(rows, list[EntityHit])


async def nearest_insights(db: Database, memory_id: str, vector: list[float], *, limit: int) -> list[InsightHit]:
    rows = await db.read("insights/nearest", memoryId=memory_id, vector=vector, limit=limit)
    return msgspec.convert(rows, list[InsightHit])


async def expand(
    db: Database,
    memory_id: str,
    *,
    fact_ids: Sequence[int],
    entity_ids: Sequence[str],
    visited_fact_ids: Sequence[int],
    visited_entity_ids: Sequence[str],
    vector: list[float],
    knowledge_filter: KnowledgeFilter,
    max_entities: int,
    scan: int,
    fan_out: int,
    with_text: bool,
) -> list[EdgeWalked]:
    """One hop from the frontier over shared entities, the most similar facts first."""
    rows = await db.read(
        "facts/expand",
        memoryId=memory_id,
        factIds=list(fact_ids),
        entityIds=list(entity_ids),
        visitedFactIds=list(visited_fact_ids),
        visitedEntityIds=list(visited_entity_ids),
        vector=vector,
        filter=filter_parameter(knowledge_filter),
        maxEntities=max_entities,
        scan=scan,
        fanOut=fan_out,
        withText=with_text,
    )
    return msgspec.convert(rows, list[EdgeWalked])


async def fact_details(db: Database, memory_id: str, ids: Sequence[int]) -> dict[int, FactDetails]:
    rows = await db.read("facts/details", memoryId=memory_id, ids=list(ids))
    found = msgspec.convert(rows, list[FactDetails], strict=False)
    return {row.id: row for row in found}


async def fact_page(
    db: Database,
    memory_id: str,
    *,
    types: Sequence[str] | None,
    source_clients: Sequence[str] | None,
    knowledge_filter: KnowledgeFilter,
    after: FactCursor | None,
    limit: int,
) -> list[FactPageRow]:
    rows = await db.read(
        "facts/query",
        memoryId=memory_id,
        types=None if types is None else list(types),
        sourceClients=None if source_clients is None else list(source_clients),
        filter=filter_parameter(knowledge_filter),
        afterObserved=after and after.observed_at,
        afterCreated=after and after.created_at,
        afterId=after.id if after else 0,
        limit=limit,
    )
    return msgspec.convert(rows, list[FactPageRow])


def _hit(row: Row) -> Hit:
    return Hit(id=str(row["id"]), text=row.get("text"), score=row["score"])
