"""An import's chunks, from the upload to the graph."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from app.domain.bundle import LineKind
from app.domain.bundle_edges import EdgeKind, NextEdge
from app.domain.idempotency import Idempotency
from app.domain.ids import new_operation_id
from app.domain.operations import OperationResult
from app.domain.scope import MemoryScope, memory_token
from app.graph.database import Database, Row, Step
from app.graph.json_properties import to_json
from app.graph.operations import StoreOutcome, idempotency_parameters, stored

# Kind of a chunk whose lines are ids of raw data: those that no fact of the memory cites are extracted.
EXTRACT = "extract"
# Chunks are stored in this order: nodes before the edges between them, and all of them before the extraction.
_RANKS = {str(kind): rank for rank, kind in enumerate([*LineKind, *EdgeKind, EXTRACT])}
_LARGEST_FACT_ID = 2**53


class Chunk(Struct, frozen=True, kw_only=True):
    """Lines of one kind. `lines`: JSON objects, one a line."""

    number: int
    kind: str
    lines: str


class ImportStart(Struct, frozen=True, kw_only=True, rename="camel"):
    """`first_sequence`: the memory's next sequence number when the import was accepted."""

    first_sequence: int
    created_at: datetime
    result_json: str

    @property
    def result(self) -> OperationResult:
        return msgspec.json.decode(self.result_json, type=OperationResult)


class KnownRawData(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    text: str
    occurred_at: datetime


class Target(Struct, frozen=True, kw_only=True, rename="camel"):
    """The stored fact or insight behind an id of a bundle."""

    external_id: str
    fact_id: int | None = None
    insight_id: int | None = None
    text: str | None = None


async def store_chunk(
    db: Database, memory_id: str, operation_id: str, *, number: int, kind: str, lines: Sequence[bytes]
) -> None:
    await db.write(
        "imports/store_chunk",
        memoryId=memory_id,
        operationId=operation_id,
        kind=kind,
        rank=_RANKS[kind],
        number=number,
        count=len(lines),
        lines=b"".join(lines).decode(),
    )


async def accept(
    db: Database,
    *,
    scope: MemoryScope,
    operation_id: str,
    total: int,
    sequences: int,
    result: OperationResult,
    idempotency: Idempotency | None,
) -> StoreOutcome:
    """Commit the operation of an import whose chunks are stored. Return the earlier operation if one has the same
    idempotency key.
    """
    parameters: Row = {
        "memoryId": scope.memory_id,
        "operationId": operation_id,
        "origin": "api",
        "total": total,
        "sequences": sequences,
        "resultJson": to_json(result),
        **idempotency_parameters(idempotency),
    }
    rows = await db.write("imports/accept", **parameters)
    if not rows:
        await db.write("leases/create", memoryId=scope.memory_id, userId=scope.user_id, agentId=scope.agent_id)
        rows = await db.write("imports/accept", **parameters)
    return stored(rows[0])


async def discard(db: Database, memory_id: str, operation_id: str) -> None:
    await db.write("imports/discard", memoryId=memory_id, operationId=operation_id)


async def discard_abandoned(db: Database, memory_id: str) -> None:
    await db.write("imports/discard_abandoned", memoryId=memory_id)


async def undo(db: Database, memory_id: str, operation_id: str) -> None:
    """Delete what a failed import stored, and its remaining chunks."""
    await discard(db, memory_id, operation_id)
    await db.write("imports/undo", memoryId=memory_id, operationId=operation_id)


def begin(memory_id: str, operation_id: str) -> Step:
    return Step(name="imports/begin", parameters={"memoryId": memory_id, "operationId": operation_id}, must_match=True)


def start_of(rows: Sequence[Row]) -> ImportStart:
    return msgspec.convert(rows[0], ImportStart)


async def next_chunks(db: Database, memory_id: str, operation_id: str, *, limit: int) -> list[Chunk]:
    rows = await db.read("imports/next_chunks", memoryId=memory_id, operationId=operation_id, limit=limit)
    return msgspec.convert(rows, list[Chunk])


def drop_chunk(memory_id: str, operation_id: str, number: int, *, done: int) -> Step:
    """Step that deletes the chunk, or rolls back if it is already deleted: then its lines are stored."""
    parameters = {"memoryId": memory_id, "operationId": operation_id, "number": number, "done": done}
    return Step(name="imports/drop_chunk", parameters=parameters, must_match=True)


async def known_raw_data(db: Database, memory_id: str, ids: Sequence[str]) -> dict[str, KnownRawData]:
    """Return the stored raw data with these ids, by id."""
    rows = await db.read("imports/known_raw_data", memoryId=memory_id, ids=list(ids))
    return {row["id"]: msgspec.convert(row, KnownRawData) for row in rows}


async def targets(db: Database, memory_id: str, ids: Sequence[str]) -> dict[str, Target]:
    """Return the stored facts and insights for these ids of a bundle, without unknown ids."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return {}
    numbers = [int(id_) for id_ in wanted if id_.isascii() and id_.isdigit() and int(id_) <= _LARGEST_FACT_ID]
    rows = await db.read("imports/known_facts", memoryId=memory_id, ids=wanted, numbers=numbers)
    found = {row["externalId"]: msgspec.convert(row, Target) for row in rows}
    if missing := [id_ for id_ in wanted if id_ not in found]:
        merged = await db.read("imports/merged_facts", memoryId=memory_id, ids=missing)
        found |= {row["externalId"]: msgspec.convert(row, Target) for row in merged}
    return found


def save_raw_data(
    memory_id: str, operation_id: str, rows: Sequence[dict[str, Any]], *, last_message_id: str | None
) -> Step:
    parameters = {
        "memoryId": memory_id,
        "memoryToken": memory_token(memory_id),
        "operationId": operation_id,
        "rows": list(rows),
        "lastMessageId": last_message_id,
    }
    return Step(name="imports/save_raw_data", parameters=parameters)


def save_links(memory_id: str, rows: Sequence[dict[str, Any]]) -> Step:
    return Step(name="imports/save_links", parameters={"memoryId": memory_id, "rows": list(rows)})


def save_next(memory_id: str, edges: Sequence[NextEdge]) -> Step:
    rows = [msgspec.to_builtins(edge) for edge in edges]
    return Step(name="imports/save_next", parameters={"memoryId": memory_id, "rows": rows})


def save_points(memory_id: str, rows: Sequence[dict[str, Any]]) -> Step:
    return Step(name="imports/save_points", parameters={"memoryId": memory_id, "rows": list(rows)})


def save_insights(memory_id: str, operation_id: str, rows: Sequence[dict[str, Any]]) -> Step:
    parameters = {"memoryId": memory_id, "operationId": operation_id, "rows": list(rows)}
    return Step(name="imports/save_insights", parameters=parameters)


def queue_extraction(memory_id: str, import_id: str, ids: Sequence[str]) -> Step:
    """Queue the extraction of those raw data that were never read and that no fact cites."""
    parameters = {"memoryId": memory_id, "importId": import_id, "operationId": new_operation_id(), "ids": list(ids)}
    return Step(name="imports/queue_extraction", parameters=parameters)


async def extractions(db: Database, memory_id: str, import_id: str) -> list[str]:
    """Return the ids of the operations that extract what an import brought."""
    rows = await db.read("imports/extractions", memoryId=memory_id, importId=import_id)
    return rows[0]["ids"]
