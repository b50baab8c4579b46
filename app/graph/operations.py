"""Operations: store them with their raw data, process them, read them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, timedelta

import msgspec
from msgspec import Struct

from app.domain.access import caller
from app.domain.audit import counts_of
from app.domain.boundary import token_estimate
from app.domain.errors import Conflict, NotFound, Overloaded
from app.domain.idempotency import KEPT_HOURS, REUSED, Idempotency
from app.domain.knowledge import RawData, RawDataType
from app.domain.names import short_name
from app.domain.operations import (
    DROP_REASONS,
    TERMINAL,
    FailedRawData,
    FailureClass,
    Lease,
    Operation,
    OperationError,
    OperationKind,
    OperationResult,
    OperationStatus,
    Progress,
    QueuedOperation,
)
from app.domain.scope import MemoryScope
from app.domain.typed_facts import Change
from app.domain.usage import Usage
from app.graph.database import Database, Row, Step
from app.graph.json_properties import metadata_terms, source_term, to_json
from app.graph.raw_data import RawDataState
from app.observability.context import log_context

_REPEATED_READS = 5
_REPEATED_READ_SECONDS = 0.02


class ExtractionOutcome(Struct, frozen=True, kw_only=True, rename="camel"):
    """Facts and entities that were extracted from an operation's raw data."""

    fact_ids: list[int]
    entity_keys: list[str]
    failed: list[FailedRawData] = []


class StoreOutcome(Struct, frozen=True, kw_only=True):
    """Result of storing a request. `operation_id` None: too much is waiting. `request_hash`: of an earlier request with the
    same idempotency key, else None.
    """

    operation_id: str | None
    request_hash: str | None

    def id_for(self, request_hash: str | None) -> str:
        """Return the operation's id. `request_hash` None: the request has no key. Raises Conflict if its key was used for a
        different request, and Overloaded if nothing was stored.
        """
        if self.operation_id is None:
            raise Overloaded
        if request_hash is not None and self.request_hash not in (None, request_hash):
            raise Conflict(REUSED)
        return self.operation_id


class Outcome(Struct, frozen=True, kw_only=True):
    """End of an operation: a result, or an error."""

    operation_id: str
    result: OperationResult | None = None
    error: OperationError | None = None


async def store(
    db: Database,
    *,
    scope: MemoryScope,
    operation_id: str,
    kind: OperationKind,
    state: RawDataState,
    raw_data: Sequence[RawData],
    origin: str,
    idempotency: Idempotency | None,
    max_waiting: int,
    payload_json: str | None = None,
) -> StoreOutcome:
    """Commit the raw data and their operation in one transaction.

    Raw data that the memory already holds (same content id) are linked to the operation and not stored again. Stores
    nothing if more than `max_waiting` raw data would wait, or if the key was used in the last `KEPT_HOURS`.
    """
    memory_id = scope.memory_id
    parameters: Row = {
        "memoryId": memory_id,
        "operationId": operation_id,
        "kind": str(kind),
        "origin": origin,
        "state": str(state),
        **idempotency_parameters(idempotency),
        "maxWaiting": max_waiting,
        "payloadJson": payload_json,
        "chained": all(raw.type is RawDataType.CONVERSATION for raw in raw_data) and bool(raw_data),
        "rawData": [
            {"index": index, "contentId": raw.content_id, "properties": raw_data_properties(raw)}
            for index, raw in enumerate(raw_data)
        ],
    }
    rows = await db.write("operations/store", **parameters)
    if not rows:
        await db.write("leases/create", memoryId=memory_id, userId=scope.user_id, agentId=scope.agent_id)
        rows = await db.write("operations/store", **parameters)
    return stored(rows[0])


def idempotency_parameters(idempotency: Idempotency | None) -> Row:
    """Parameters of fragments/known_operation and fragments/new_operation."""
    return {
        "idempotencyKey": idempotency and idempotency.key,
        "requestHash": idempotency and idempotency.request_hash,
        "keptHours": KEPT_HOURS,
        "requestId": log_context().request_id,
        "caller": caller.get().name or None,
    }


def stored(row: Row) -> StoreOutcome:
    return StoreOutcome(operation_id=row["operationId"], request_hash=row["requestHash"])


async def find_by_key(db: Database, memory_id: str, key: str) -> StoreOutcome | None:
    """Return the operation stored under this idempotency key in the last `KEPT_HOURS`, or None."""
    rows = await db.read("operations/find_by_key", memoryId=memory_id, idempotencyKey=key, keptHours=KEPT_HOURS)
    return stored(rows[0]) if rows else None


def raw_data_properties(raw: RawData) -> Row:
    """Return the properties of a RawData node that come from the request."""
    return {
        "id": raw.id,
        "type": str(raw.type),
        "role": raw.role and str(raw.role),
        "userName": raw.user_name,
        "title": raw.title,
        "text": raw.text,
        "name": raw.title or short_name(raw.text),
        "caption": raw.caption,
        "windowCaption": raw.window_caption,
        "tokens": token_estimate(raw.text),
        "sourceClient": raw.source_client,
        "metadataJson": to_json(raw.metadata) if raw.metadata else None,
        "metadataTerms": [*metadata_terms(raw.metadata), source_term(raw.source_client)],
        "mediaJson": to_json(raw.media) if raw.media else None,
        "pendingImages": raw.images or None,
        "submitted": raw.submitted or None,
        # Stored in UTC, since Neo4j treats 10:00Z and 12:00+02:00 as different; the offset gives the local day.
        "occurredAt": raw.occurred_at.astimezone(UTC),
        "utcOffsetSeconds": int((raw.occurred_at.utcoffset() or timedelta(0)).total_seconds()),
        "endedAt": raw.ended_at and raw.ended_at.astimezone(UTC),
    }


async def get(db: Database, operation_id: str) -> Operation:
    """Raises NotFound."""

    async def read() -> list[Row]:
        return await db.read("operations/find_any", operationId=operation_id)

    rows = await _read_whole(read)
    if not rows:
        raise NotFound(f"There is no operation {operation_id}")
    return _operation(rows[0])


async def list_page(
    db: Database,
    memory_id: str,
    *,
    statuses: Sequence[OperationStatus],
    kinds: Sequence[OperationKind] | None,
    before: int,
    limit: int,
) -> list[tuple[int, Operation]]:
    """Return (number, operation), newest first, only numbers below `before`."""

    async def read() -> list[Row]:
        return await db.read(
            "operations/list",
            memoryId=memory_id,
            statuses=[str(s) for s in statuses],
            kinds=None if kinds is None else [str(k) for k in kinds],
            before=before,
            limit=limit,
        )

    rows = await _read_whole(read)
    return [(row["number"], _operation(row)) for row in rows]


async def _read_whole(read: Callable[[], Awaitable[list[Row]]]) -> list[Row]:
    """Read again while an ended operation has no result yet: Neo4j reads properties one by one, so a reader may see only
    some of a commit's changes.
    """
    rows = await read()
    for _ in range(_REPEATED_READS):
        if all(_is_whole(row) for row in rows):
            break
        await asyncio.sleep(_REPEATED_READ_SECONDS)
        rows = await read()
    return rows


def _is_whole(row: Row) -> bool:
    if OperationStatus(row["status"]) not in TERMINAL:
        return True
    return row["finishedAt"] is not None and (row["resultJson"] or row["errorReason"]) is not None


async def queue(db: Database, memory_id: str, *, limit: int) -> list[QueuedOperation]:
    rows = await db.read("operations/queue", memoryId=memory_id, limit=limit)
    return msgspec.convert(rows, list[QueuedOperation])


async def payload(db: Database, memory_id: str, operation_id: str) -> list[Change]:
    """Return the operation's changes to typed facts; [] if it has none."""
    rows = await db.read("operations/payload", memoryId=memory_id, operationId=operation_id)
    text = rows[0]["payloadJson"] if rows else None
    return msgspec.json.decode(text, type=list[Change]) if text else []


async def counts_by_status(db: Database) -> dict[str, int]:
    rows = await db.read("operations/summary")
    return {row["status"]: row["number"] for row in rows}


async def made(db: Database, memory_id: str, raw_data_ids: Sequence[str]) -> ExtractionOutcome:
    rows = await db.read("operations/made", memoryId=memory_id, ids=list(raw_data_ids))
    return msgspec.convert(rows[0], ExtractionOutcome)


def start(memory_id: str, operation_id: str, *, sealed: Sequence[str]) -> Step:
    parameters = {"memoryId": memory_id, "operationId": operation_id, "sealed": list(sealed)}
    return Step(name="operations/start", parameters=parameters)


def progress(memory_id: str, operation_id: str, *, done: int, dropped: Mapping[str, int] | None = None) -> Step:
    """`dropped`: reason → number of dropped facts."""
    reasons = {reason: (dropped or {}).get(reason, 0) for reason in DROP_REASONS}
    parameters = {"memoryId": memory_id, "operationId": operation_id, "done": done, **reasons}
    return Step(name="operations/progress", parameters=parameters)


def finish(memory_id: str, outcomes: Sequence[Outcome]) -> Step:
    rows = [
        {
            "id": outcome.operation_id,
            "status": str(OperationStatus.FAILED if outcome.error else OperationStatus.SUCCEEDED),
            "resultJson": outcome.result and to_json(outcome.result),
            "countsJson": outcome.result and to_json(counts_of(outcome.result)),
            "errorReason": outcome.error and outcome.error.reason,
            "errorClass": outcome.error and str(outcome.error.failure_class),
        }
        for outcome in outcomes
    ]
    return Step(name="operations/finish", parameters={"memoryId": memory_id, "rows": rows})


async def cancel(db: Database, memory_id: str, operation_id: str) -> bool:
    """Request cancellation by the worker. Return False if the operation has ended, is unknown or can't be cancelled."""
    return bool(await db.write("operations/cancel", memoryId=memory_id, operationId=operation_id))


async def cancels(db: Database, memory_id: str, operation_id: str) -> bool:
    """Return True if a client asked to cancel the operation."""
    rows = await db.read("operations/cancels", memoryId=memory_id, operationId=operation_id)
    return bool(rows and rows[0]["cancelRequested"])


async def retry(db: Database, memory_id: str, operation_id: str | None, *, limit: int) -> list[str]:
    """Queue the failed raw data of one operation (None: of all in the memory) again. Return the operations' ids."""
    rows = await db.write("operations/retry", memoryId=memory_id, operationId=operation_id, limit=limit)
    return [row["operationId"] for row in rows]


def postpone(
    memory_id: str, operation_id: str, error: OperationError, *, attempts: int, failures: int, millis: int
) -> Step:
    return Step(
        name="operations/postpone",
        parameters={
            "memoryId": memory_id,
            "operationId": operation_id,
            "reason": error.reason,
            "failureClass": str(error.failure_class),
            "attempts": attempts,
            "failures": failures,
            "millis": millis,
        },
    )


def create_flush(memory_id: str, operation_id: str) -> Step:
    return Step(name="operations/create_flush", parameters={"memoryId": memory_id, "operationId": operation_id})


def _operation(row: Row) -> Operation:
    error = (
        OperationError(reason=row["errorReason"], failure_class=FailureClass(row["errorClass"]))
        if row["errorReason"]
        else None
    )
    return Operation(
        id=row["id"],
        memory_id=row["memoryId"],
        kind=OperationKind(row["kind"]),
        status=OperationStatus(row["status"]),
        attempts=row["attempts"],
        created_at=row["createdAt"],
        started_at=row["startedAt"],
        finished_at=row["finishedAt"],
        run_after=row["runAfter"],
        progress=Progress(done=row["progressDone"], total=row["progressTotal"], unit=row["progressUnit"]),
        result=msgspec.json.decode(row["resultJson"], type=OperationResult) if row["resultJson"] else None,
        error=error,
        usage=Usage(calls=row["modelCalls"], tokens_in=row["tokensIn"], tokens_out=row["tokensOut"]),
        model=row["model"],
        prompts=row["prompts"] or [],
        lease=Lease(owner=row["leaseOwner"], until=row["leaseUntil"]) if row["leaseOwner"] else None,
        cancel_requested=row["cancelRequested"],
        request_id=row["requestId"],
        caller=row["caller"],
        dropped={reason: number for reason in DROP_REASONS if (number := row[f"dropped{reason.title()}"])},
    )
