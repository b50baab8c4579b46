"""Queries for retrieval: seeds by vector, text and time; hops; details of hits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from app.domain.concurrency import siblings
from app.domain.filters import CursorNumber, CursorTime, KnowledgeFilter
from app.domain.knowledge import Category, FactType
from app.graph.database import Database, Row
from app.graph.filters import filter_parameter
from app.graph.json_properties import from_json
from app.graph.lucene import lucene_query
from app.retrieval.features import EntityFeatures, FactFeatures, Hit, InsightHit, RawDataFeatures
from app.retrieval.linking import NameCandidate
from app.retrieval.subgraph import ExpandedEntity, Expansion, SimilarName, WalkedFact


class HopLimits(Struct, frozen=True, kw_only=True):
    """Limits of a hop: entities expanded; facts scanned and facts kept (`fan_out`) per entity; facts in all."""

    entities: int
    scan: int
    fan_out: int
    facts: int


class FactDetails(Struct, frozen=True, kw_only=True, rename="camel"):
    id: int
    text: str
    category: Category
    type: FactType
    observed_at: datetime
    created_at: datetime
    occurred_at: datetime | None = None
    valid_at: datetime | None = None
    invalid_at: datetime | None = None
    subject: str | None = None
    predicate: str | None = None
    object: str | None = None
    metadata_json: str | None = None
    conflicts_with: list[int] = []
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
    invalid_at: datetime | None = None
    metadata_json: str | None = None

    @property
    def metadata(self) -> dict[str, Any]:
        return from_json(self.metadata_json)


class FactCursor(Struct, frozen=True, kw_only=True):
    """Position of a page's last fact."""

    observed_at: CursorTime
    created_at: CursorTime
    id: CursorNumber


async def nearest_facts(
    db: Database,
    memory_id: str,
    vector: list[float],
    *,
    knowledge_filter: KnowledgeFilter,
    limit: int,
    with_text: bool,
    seeds: int = 0,
) -> list[Hit]:
    """Return facts by cosine, the first `seeds` with their entities: from the vector index if there is no filter, else
    exactly over all that pass it.
    """
    parameters: dict[str, Any] = {
        "memoryId": memory_id,
        "vector": vector,
        "limit": limit,
        "withText": with_text,
        "seeds": seeds,
    }
    if knowledge_filter.is_open:
        rows = await db.read("facts/nearest", **parameters)
    else:
        rows = await db.read("facts/nearest_filtered", filter=filter_parameter(knowledge_filter), **parameters)
    return [_hit(row) for row in rows]


async def nearest(
    db: Database,
    memory_id: str,
    vector: list[float],
    *,
    knowledge_filter: KnowledgeFilter,
    limit: int,
    with_text: bool = False,
) -> tuple[list[Hit], list[Hit]]:
    """Return facts and raw data by cosine."""
    options: dict[str, Any] = {"knowledge_filter": knowledge_filter, "limit": limit, "with_text": with_text}
    async with siblings() as group:
        facts = group.create_task(nearest_facts(db, memory_id, vector, **options))
        raw_data = group.create_task(nearest_raw_data(db, memory_id, vector, **options))
    return facts.result(), raw_data.result()


async def matching(
    db: Database, memory_id: str, query: str, *, knowledge_filter: KnowledgeFilter, limit: int
) -> tuple[list[Hit], list[Hit]]:
    """Return facts and raw data by BM25, without their texts."""
    options: dict[str, Any] = {"knowledge_filter": knowledge_filter, "limit": limit, "with_text": False}
    async with siblings() as group:
        facts = group.create_task(match_facts(db, memory_id, query, **options))
        raw_data = group.create_task(match_raw_data(db, memory_id, query, **options))
    return facts.result(), raw_data.result()


async def nearest_raw_data(
    db: Database, memory_id: str, vector: list[float], *, knowledge_filter: KnowledgeFilter, limit: int, with_text: bool
) -> list[Hit]:
    """Like `nearest_facts`. Empty if the filter restricts categories, which raw data do not have."""
    if knowledge_filter.leaves_raw_data_out:
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
    """Return facts by BM25 over any word of the text, best first."""
    return await _match(db, "facts/match", memory_id, text, knowledge_filter, limit, with_text)


async def match_raw_data(
    db: Database, memory_id: str, text: str, *, knowledge_filter: KnowledgeFilter, limit: int, with_text: bool
) -> list[Hit]:
    """Return raw data by BM25; empty if the filter restricts categories (see `nearest_raw_data`)."""
    if knowledge_filter.leaves_raw_data_out:
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
    """Return facts in [start, end), nearest to the middle first; score falls from 1 (middle) to 0 (end)."""
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


async def named_entities(db: Database, memory_id: str, keys: Sequence[str]) -> list[NameCandidate]:
    """Return the entities whose name has one of these keys."""
    rows = await db.read("entities/named", memoryId=memory_id, keys=list(keys))
    return msgspec.convert(rows, list[NameCandidate], strict=False)


async def match_entities(db: Database, memory_id: str, text: str, *, limit: int) -> list[NameCandidate]:
    """Return entities whose name shares a word with the text, by BM25."""
    query = lucene_query(memory_id, text)
    if query is None:
        return []
    rows = await db.read("entities/match", memoryId=memory_id, query=query, limit=limit)
    return msgspec.convert(rows, list[NameCandidate], strict=False)


async def entity_features(
    db: Database, memory_id: str, ids: Sequence[str], *, dimension: int
) -> dict[str, EntityFeatures]:
    """Return the features of those whose name has a vector."""
    rows = await db.read("entities/features", memoryId=memory_id, ids=list(ids), dimension=dimension)
    return {row["id"]: EntityFeatures(vector=row["vector"], facts=row["facts"]) for row in rows}


async def nearest_raw_data_many(
    db: Database, memory_id: str, vectors: Sequence[list[float]], *, limit: int
) -> list[list[str]]:
    """Return, for each vector, the ids of the nearest raw data, `limit` at most."""
    return await db.read("raw_data/nearest_many", memoryId=memory_id, vectors=list(vectors), limit=limit)  # pyright: ignore[reportReturnType] - a list of lists


async def fact_features(db: Database, memory_id: str, ids: Sequence[str], *, dimension: int) -> dict[str, FactFeatures]:
    rows = await db.read("facts/features", memoryId=memory_id, ids=[int(id_) for id_ in ids], dimension=dimension)
    return {
        str(row["id"]): FactFeatures(
            id=str(row["id"]),
            raw_data_ids=row["rawDataIds"],
            vector=row["vector"],
        )
        for row in rows
    }


async def raw_data_features(
    db: Database, memory_id: str, ids: Sequence[str], *, knowledge_filter: KnowledgeFilter, dimension: int
) -> dict[str, RawDataFeatures]:
    rows = await db.read(
        "raw_data/features",
        memoryId=memory_id,
        ids=list(ids),
        filter=filter_parameter(knowledge_filter),
        dimension=dimension,
    )
    return {row["id"]: RawDataFeatures(by_assistant=row.pop("byAssistant"), **row) for row in rows}


async def nearest_insights(db: Database, memory_id: str, vector: list[float], *, limit: int) -> list[InsightHit]:
    rows = await db.read("insights/nearest", memoryId=memory_id, vector=vector, limit=limit)
    return msgspec.convert(rows, list[InsightHit])


async def expand(
    db: Database,
    memory_id: str,
    *,
    entity_ids: Sequence[str],
    visited_ids: Sequence[str],
    vector: list[float],
    near_ids: Sequence[str],
    knowledge_filter: KnowledgeFilter,
    limits: HopLimits,
    count_sources: bool,
    with_text: bool,
) -> Expansion:
    """Expand one hop: from these entities, and those with the same or a similar name, to facts that mention them."""
    rows = await db.read(
        "facts/expand",
        memoryId=memory_id,
        entityIds=list(entity_ids),
        visitedIds=list(visited_ids),
        vector=vector,
        nearIds=[int(id_) for id_ in near_ids],
        filter=filter_parameter(knowledge_filter),
        maxEntities=limits.entities,
        scan=limits.scan,
        fanOut=limits.fan_out,
        maxFacts=limits.facts,
        countSources=count_sources,
        withText=with_text,
    )
    (row,) = rows or [{"entities": [], "facts": []}]
    return Expansion(
        entities=[
            ExpandedEntity(
                id=entity["id"],
                name=entity["name"],
                degree=entity["degree"],
                sources=entity["sources"],
                fact_ids=[str(id_) for id_ in entity["factIds"]],
                similar=[SimilarName(**similar) for similar in entity["similar"]],
            )
            for entity in row["entities"]
        ],
        facts=[
            WalkedFact(
                id=str(fact["id"]),
                similarity=fact["similarity"] or 0.0,
                entities={id_: degree or 1 for id_, degree in fact["entities"]},
                raw_data_ids=fact["rawDataIds"],
                text=fact["text"] or "",
            )
            for fact in row["facts"]
        ],
    )


async def fact_details(
    db: Database, memory_id: str, ids: Sequence[int], *, as_of: datetime | None = None
) -> dict[int, FactDetails]:
    """Return facts by id; with `as_of`, without later evidence."""
    rows = await db.read("facts/details", memoryId=memory_id, ids=list(ids), asOf=as_of)
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
    return Hit(id=str(row["id"]), text=row.get("text"), score=row["score"], entity_ids=row.get("entityIds") or [])
