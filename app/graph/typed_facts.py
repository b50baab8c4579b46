"""Read and change facts for Memanto's routes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import msgspec
from msgspec import Struct

from app.domain.filters import KnowledgeFilter
from app.domain.ids import digest
from app.domain.knowledge import Evidence, FactKind
from app.domain.typed_facts import Expire, FactConflict, Resolve, Support, TypedFactPage, TypedFactRow
from app.graph.database import Database, Row, Step
from app.graph.filters import KIND_OF, filter_parameter


class EditedFact(Struct, frozen=True, kw_only=True):
    """Changed properties of a fact. `content_hash` and `mentions` None: unchanged; `embedding` None: the embedder refused
    the text.
    """

    id: int
    properties: dict[str, object]
    embedding: list[float] | None
    content_hash: str | None = None
    mentions: list[tuple[str, str, float]] | None = None


async def read(db: Database, memory_id: str, ids: Sequence[int]) -> list[TypedFactRow]:
    """Return the facts with these ids, in their order, without unknown ids."""
    rows = await db.read("typed_facts/read", memoryId=memory_id, ids=list(ids), kindOf=KIND_OF)
    return msgspec.convert(rows, list[TypedFactRow])


async def newest(db: Database, memory_id: str, knowledge_filter: KnowledgeFilter, *, limit: int) -> TypedFactPage:
    rows = await db.read(
        "typed_facts/list", memoryId=memory_id, filter=filter_parameter(knowledge_filter), kindOf=KIND_OF, limit=limit
    )
    return _page(rows)


async def as_of(
    db: Database,
    memory_id: str,
    at: datetime,
    *,
    kinds: Sequence[FactKind] | None,
    tags: Sequence[str] | None,
    limit: int,
) -> TypedFactPage:
    """Return the facts that were active at that time, with their text at that time."""
    rows = await db.read(
        "typed_facts/as_of",
        memoryId=memory_id,
        at=at,
        kinds=None if kinds is None else [str(kind) for kind in kinds],
        tags=None if tags is None else list(tags),
        kindOf=KIND_OF,
        limit=limit,
    )
    return _page(rows)


async def changed_since(
    db: Database, memory_id: str, since: datetime, knowledge_filter: KnowledgeFilter, *, deleted: bool, limit: int
) -> TypedFactPage:
    """Return facts changed after `since`; with `deleted`, also deletions."""
    rows = await db.read(
        "typed_facts/changed",
        memoryId=memory_id,
        since=since,
        filter=filter_parameter(knowledge_filter),
        kindOf=KIND_OF,
        deleted=deleted,
        limit=limit,
    )
    found = [row["row"] | {"changeType": row["changeType"]} for row in rows[0]["found"]]
    return TypedFactPage(rows=msgspec.convert(found, list[TypedFactRow]), total=rows[0]["total"])


async def kinds(db: Database, memory_id: str) -> dict[str, int]:
    """Return the number of facts of each type."""
    rows = await db.read("typed_facts/kinds", memoryId=memory_id, kindOf=KIND_OF)
    return {row["kind"]: row["number"] for row in rows}


async def conflicts(db: Database, memory_id: str, start: datetime, end: datetime) -> list[FactConflict]:
    rows = await db.read("typed_facts/conflicts", memoryId=memory_id, kindOf=KIND_OF, start=start, end=end)
    return msgspec.convert(rows, list[FactConflict])


async def own_sources(db: Database, memory_id: str, ids: Sequence[int]) -> list[str]:
    """Return raw data that were stored with these typed facts and that no other fact cites."""
    return cast("list[str]", await db.read("typed_facts/own_sources", memoryId=memory_id, ids=list(ids)))


async def entity_keys(db: Database, memory_id: str, ids: Sequence[int]) -> list[str]:
    return cast("list[str]", await db.read("typed_facts/keys", memoryId=memory_id, ids=list(ids)))


async def told_by(db: Database, memory_id: str, evidence: Sequence[tuple[Evidence, str]]) -> list[int]:
    """Return the fact id for each (evidence, likely content hash); 0 if not stored yet. The hash breaks ties when a span
    supports several facts.
    """
    rows = [{"rawDataId": e.raw_data_id, "start": e.start, "end": e.end, "contentHash": hash_} for e, hash_ in evidence]
    return cast("list[int]", await db.read("typed_facts/told_by", memoryId=memory_id, rows=rows))


def keep_entity_keys(memory_id: str, operation_id: str, ids: Sequence[int]) -> Step:
    """Step whose row returns `keys`: entities these facts mentioned before the change; recorded on first run."""
    return _step("keep_keys", memory_id, operationId=operation_id, ids=list(ids))


def edit(memory_id: str, operation_id: str, edits: Sequence[EditedFact]) -> Step:
    rows = [
        {
            "id": edited.id,
            "contentHash": edited.content_hash,
            "otherHash": digest("edited", operation_id, str(edited.id))[:32],
            "properties": edited.properties,
            "mentions": None
            if edited.mentions is None
            else [{"key": key, "role": role, "confidence": sure} for key, role, sure in edited.mentions],
            "embedding": edited.embedding,
        }
        for edited in edits
    ]
    return _step("edit", memory_id, operationId=operation_id, rows=rows)


def expire(memory_id: str, changes: Sequence[Expire]) -> Step:
    return _step("expire", memory_id, rows=[{"id": change.id, "by": change.by} for change in changes])


def restore(memory_id: str, ids: Sequence[int]) -> Step:
    return _step("restore", memory_id, ids=list(ids))


def resolve(memory_id: str, changes: Sequence[Resolve]) -> Step:
    rows = [{"newer": c.newer, "older": c.older, "resolution": c.resolution} for c in changes]
    return _step("resolve", memory_id, rows=rows)


def support(memory_id: str, changes: Sequence[Support]) -> Step:
    rows = [
        {"id": change.id, "rawDataId": e.raw_data_id, "quote": e.quote, "start": e.start, "end": e.end}
        for change in changes
        for e in change.fact.evidence
    ]
    return _step("support", memory_id, rows=rows)


def _step(name: str, memory_id: str, **parameters: Any) -> Step:
    return Step(name=f"typed_facts/{name}", parameters={"memoryId": memory_id, **parameters})


def _page(rows: Sequence[Row]) -> TypedFactPage:
    return TypedFactPage(rows=msgspec.convert(rows[0]["found"], list[TypedFactRow]), total=rows[0]["total"])
