"""Raw data: windows to extract, vectors, pages."""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from app.domain.boundary import PendingMessage, token_estimate
from app.domain.filters import CursorNumber, CursorTime, KnowledgeFilter
from app.domain.knowledge import RawData, RawDataType, Role
from app.domain.limits import NO_LIMIT
from app.domain.operations import OperationError
from app.domain.scope import memory_token
from app.graph.database import Database, Row, Step
from app.graph.filters import filter_parameter
from app.graph.json_properties import from_json
from app.graph.lucene import character_pairs


class RawDataState(StrEnum):
    """STORED: waits for its operation. BUFFERED: waits for a boundary. EXTRACTED and FAILED are final."""

    STORED = "stored"
    BUFFERED = "buffered"
    EXTRACTED = "extracted"
    FAILED = "failed"


class WindowMessage(Struct, frozen=True, kw_only=True):
    """Raw data to extract, with the preceding message. `withheld`: content hashes of its facts that were deleted while this
    source stayed.
    """

    raw: RawData
    earlier_id: str | None
    earlier_text: str | None
    earlier_speaker: str | None
    withheld: list[str] = []


class PicturedMessage(Struct, frozen=True, kw_only=True):
    """Raw data with pictures; `images`: URLs, including data URLs."""

    id: str
    text: str
    speaker: str | None
    title: str | None
    images: list[str]

    @property
    def search_text(self) -> str:
        return search_text(self.speaker, self.title, self.text)


class RawDataRow(Struct, frozen=True, kw_only=True, rename="camel"):
    """`outdated`: it has facts, and none of them holds any more; read by `details` only."""

    id: str
    type: RawDataType
    text: str
    source_client: str
    occurred_at: datetime
    created_at: datetime
    sequence: int = 0
    state: str = ""
    caption: str | None = None
    window_caption: str | None = None
    title: str | None = None
    role: Role | None = None
    user_name: str | None = None
    ended_at: datetime | None = None
    metadata_json: str | None = None
    media_json: str | None = None
    outdated: bool = False

    @property
    def metadata(self) -> dict[str, Any]:
        return from_json(self.metadata_json)

    @property
    def media(self) -> list[dict[str, Any]]:
        return from_json(self.media_json) or []

    @property
    def speaker(self) -> str | None:
        return self.user_name or (self.role and self.role.title())


class RawDataCursor(Struct, frozen=True, kw_only=True):
    """Position of a page's last row."""

    time: CursorTime
    sequence: CursorNumber


def speaker_of(row: Row) -> str | None:
    """Like `RawData.speaker`, for a row with userName and role."""
    return row["userName"] or (row["role"] and Role(row["role"]).title())


def search_text(speaker: str | None, title: str | None, text: str) -> str:
    """Return the text that is embedded and searched: `speaker: text`, or the title above the text."""
    if speaker:
        return f"{speaker}: {text}"
    return f"{title}\n{text}" if title else text


async def buffered(db: Database, memory_id: str, *, below: int | None = None) -> list[PendingMessage]:
    """Return the buffered messages by sequence; with `below`, only lower sequences."""
    rows = await db.read("raw_data/buffered", memoryId=memory_id, below=NO_LIMIT if below is None else below)
    return [
        PendingMessage(
            id=row["id"],
            role=Role(row["role"]) if row["role"] else None,
            tokens=row["tokens"],
            occurred_at=row["occurredAt"],
            sequence=row["sequence"],
            idle_millis=row["idleMillis"],
        )
        for row in rows
    ]


async def window(db: Database, memory_id: str, ids: Sequence[str]) -> list[WindowMessage]:
    rows = await db.read("raw_data/window", memoryId=memory_id, ids=list(ids))
    return [_window_message(row) for row in rows]


async def unread(db: Database, memory_id: str, ids: Sequence[str]) -> dict[str, int]:
    """Return the ids that are not extracted yet, in their order, with the length of each text in characters."""
    rows = await db.read("raw_data/unread", memoryId=memory_id, ids=list(ids))
    lengths = {str(row["id"]): int(row["characters"]) for row in rows}
    return {id_: lengths[id_] for id_ in ids if id_ in lengths}


def _window_message(row: Row) -> WindowMessage:
    earlier = {"userName": row["earlierUserName"], "role": row["earlierRole"]}
    return WindowMessage(
        raw=RawData(
            id=row["id"],
            content_id=row["contentId"],
            type=RawDataType(row["type"]),
            role=Role(row["role"]) if row["role"] else None,
            user_name=row["userName"],
            title=row["title"],
            text=row["text"],
            occurred_at=row["occurredAt"].astimezone(timezone(timedelta(seconds=row["utcOffsetSeconds"] or 0))),
            source_client=row["sourceClient"],
            metadata=from_json(row["metadataJson"]),
        ),
        earlier_id=row["earlierId"],
        earlier_text=row["earlierText"],
        earlier_speaker=speaker_of(earlier),
        withheld=row["withheld"],
    )


async def unindexed(db: Database, memory_id: str, ids: Sequence[str]) -> dict[str, str]:
    """Return id → search text for raw data that are not indexed yet."""
    rows = await db.read("raw_data/unindexed", memoryId=memory_id, ids=list(ids))
    return {row["id"]: search_text(speaker_of(row), row["title"], row["text"]) for row in rows}


async def pictured(db: Database, memory_id: str, ids: Sequence[str]) -> list[PicturedMessage]:
    """Return the messages whose pictures no model has described yet."""
    rows = await db.read("raw_data/pictured", memoryId=memory_id, ids=list(ids))
    return [
        PicturedMessage(
            id=row["id"], text=row["text"], speaker=speaker_of(row), title=row["title"], images=row["images"]
        )
        for row in rows
    ]


def describe(memory_id: str, described: PicturedMessage, *, describer: str | None, vector: list[float] | None) -> Step:
    """Store the text with the picture descriptions, and remove the pictures."""
    return Step(
        name="raw_data/describe",
        parameters={
            "memoryId": memory_id,
            "id": described.id,
            "text": described.text,
            "searchText": described.search_text,
            "characterPairs": character_pairs(described.search_text),
            "tokens": token_estimate(described.text),
            "describer": describer,
            "embedding": vector,
        },
    )


def index(memory_id: str, texts: dict[str, str], vectors: Sequence[list[float] | None]) -> Step:
    """`vectors` in the order of `texts`."""
    rows = [
        {"id": id_, "searchText": text, "characterPairs": character_pairs(text), "embedding": vector}
        for (id_, text), vector in zip(texts.items(), vectors, strict=True)
    ]
    return Step(
        name="raw_data/index",
        parameters={"memoryId": memory_id, "memoryToken": memory_token(memory_id), "rows": rows},
    )


def mark(
    memory_id: str,
    ids: Sequence[str],
    state: RawDataState,
    *,
    extractor: str | None,
    caption: str | None = None,
    failure: OperationError | None = None,
) -> Step:
    """`caption`: of the whole window; `failure`: why extraction failed."""
    return Step(
        name="raw_data/mark",
        parameters={
            "memoryId": memory_id,
            "ids": list(ids),
            "state": str(state),
            "extractor": extractor,
            "caption": caption,
            "reason": failure and failure.reason,
            "failureClass": failure and str(failure.failure_class),
        },
    )


async def query(
    db: Database,
    memory_id: str,
    *,
    types: Sequence[RawDataType] | None,
    source_clients: Sequence[str] | None,
    knowledge_filter: KnowledgeFilter,
    after: RawDataCursor | None,
    limit: int,
) -> list[RawDataRow]:
    rows = await db.read(
        "raw_data/query",
        memoryId=memory_id,
        types=None if types is None else [str(t) for t in types],
        sourceClients=None if source_clients is None else list(source_clients),
        filter=filter_parameter(knowledge_filter),
        afterTime=after and after.time,
        afterSequence=after.sequence if after else 0,
        limit=limit,
    )
    return msgspec.convert(rows, list[RawDataRow])


async def details(
    db: Database, memory_id: str, ids: Sequence[str], *, as_of: datetime | None = None
) -> dict[str, RawDataRow]:
    rows = await db.read("raw_data/details", memoryId=memory_id, ids=list(ids), asOf=as_of)
    found = msgspec.convert(rows, list[RawDataRow], strict=False)
    return {row.id: row for row in found}
