"""Read a memory as the lines of a bundle, page by page."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from app.domain.bundle import (
    BundleLine,
    EntityLine,
    EvidenceLine,
    FactLine,
    FactLink,
    InsightLine,
    LineMention,
    RawDataLine,
)
from app.domain.knowledge import Attribution, FactKind, TypedFact
from app.graph.database import Database, Row
from app.graph.json_properties import from_json

_PAGE = 500

T = TypeVar("T", bound=Struct)


class _Options(Struct, frozen=True, kw_only=True):
    db: Database
    memory_id: str
    with_embeddings: bool


async def pages(db: Database, memory_id: str, *, with_embeddings: bool) -> AsyncIterator[list[BundleLine]]:
    """Yield raw data by sequence, entities by key, facts by content hash, insights by tier; sources before what cites them.

    Not a snapshot: concurrent writes may or may not be included.
    """
    options = _Options(db=db, memory_id=memory_id, with_embeddings=with_embeddings)
    async for page in _raw_data(options):
        yield page
    async for page in _entities(options):
        yield page
    async for page in _facts(options):
        yield page
    async for page in _insights(options):
        yield page


async def _page(options: _Options, name: str, **after: Any) -> list[Row]:
    return await options.db.read(
        name, memoryId=options.memory_id, withEmbeddings=options.with_embeddings, limit=_PAGE, **after
    )


async def _raw_data(options: _Options) -> AsyncIterator[list[BundleLine]]:
    after: Row = {"sequence": -1, "id": ""}
    while rows := await _page(options, "exports/raw_data", afterSequence=after["sequence"], afterId=after["id"]):
        yield [_raw_data_line(row) for row in rows]
        after = rows[-1]


async def _entities(options: _Options) -> AsyncIterator[list[BundleLine]]:
    after = ""
    while rows := await _page(options, "exports/entities", after=after):
        yield [_line(EntityLine, row) for row in rows]
        after = rows[-1]["key"]


async def _facts(options: _Options) -> AsyncIterator[list[BundleLine]]:
    after = ""
    while rows := await _page(options, "exports/facts", after=after):
        yield [_fact_line(row) for row in rows]
        after = rows[-1]["contentHash"]


async def _insights(options: _Options) -> AsyncIterator[list[BundleLine]]:
    after: Row = {"id": "", "rank": -1}
    while rows := await _page(options, "exports/insights", after=after["id"], afterRank=after["rank"]):
        yield [_insight_line(row) for row in rows]
        after = rows[-1]


def _line(kind: type[T], row: Row) -> T:
    """Build a line from the columns named like its fields, without nulls. Not validated, so that stored data can be exported
    even if an import would refuse it.
    """
    fields = {field.name: row.get(field.encode_name) for field in msgspec.structs.fields(kind)}
    return kind(**{name: value for name, value in fields.items() if value is not None})


def _raw_data_line(row: Row) -> RawDataLine:
    zone = timezone(timedelta(seconds=row["utcOffsetSeconds"] or 0))
    occurred_at: datetime = row["occurredAt"]
    columns: Row = row | {
        "occurredAt": occurred_at.astimezone(zone),
        "metadata": from_json(row["metadataJson"]),
        "media": from_json(row["mediaJson"]) or [],
    }
    line = _line(RawDataLine, columns)
    # Null: no previous message. Absent: an import would take the message of the previous line.
    line.previous = row["previous"]
    return line


def _fact_line(row: Row) -> FactLine:
    line = _line(
        FactLine,
        row
        | {
            "id": row["externalId"] or str(row["id"]),
            "metadata": from_json(row["metadataJson"]),
            "entities": [],
            "memory": _remembered(row) if row["kind"] else None,
            "rawData": [_line(EvidenceLine, evidence) for evidence in row["evidence"]],
            "links": [
                FactLink(type=link["type"], to=link["toExternalId"] or str(link["to"]), strength=link["strength"])
                for link in row["links"]
            ],
        },
    )
    line.entities = [_mention(line, mention) for mention in row["mentions"]]
    return line


def _remembered(row: Row) -> TypedFact:
    return TypedFact(
        kind=FactKind(row["kind"]),
        title=row["title"],
        tags=row["tags"],
        source=row["source"],
        provenance=Attribution(row["provenance"]),
        expired_by=row["expiredBy"],
    )


def _mention(line: FactLine, row: Row) -> str | LineMention:
    """Return only the name if an import would infer the same role from the fact."""
    mention = _line(LineMention, row)
    if mention.role == line.role_of(mention.name):
        mention.role = None
    return mention.name if mention == LineMention(name=mention.name) else mention


def _insight_line(row: Row) -> InsightLine:
    derived_from = [
        source["externalId"] or str(source["factId"] or source["insightId"]) for source in row["derivedFrom"]
    ]
    return _line(InsightLine, row | {"derivedFrom": derived_from})
