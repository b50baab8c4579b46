"""Response bodies. Null fields are omitted, empty lists are not; ids of facts are strings where the contract has strings."""

from datetime import UTC, datetime
from typing import Any, cast

from msgspec import Struct

from app.domain.knowledge import SCOPE_OF_CATEGORY
from app.domain.operations import Operation
from app.graph.raw_data import RawDataRow
from app.graph.search import FactPageRow
from app.retrieval.captions import caption_of


def utc(time: datetime | None) -> datetime | None:
    return None if time is None else time.astimezone(UTC)


class HealthView(Struct, kw_only=True, rename="camel"):
    status: str
    service: str


class SuccessResultHealthView(Struct, kw_only=True):
    data: HealthView


class OperationAccepted(Struct, kw_only=True, rename="camel"):
    """An accepted operation that continues in the background."""

    operation_id: str
    status: str
    mode: str


class SuccessResultOperationAccepted(Struct, kw_only=True):
    data: OperationAccepted


class ExtractMemoryResponse(Struct, kw_only=True, rename="camel", omit_defaults=True):
    status: str
    raw_data_ids: list[str]
    item_ids: list[int]
    insight_ids: list[int]
    insight_pending: bool
    duration_millis: int
    error_message: str | None = None


class SuccessResultExtractMemoryResponse(Struct, kw_only=True):
    data: ExtractMemoryResponse


class ExtractMemoryPending(OperationAccepted, kw_only=True, rename="camel"):
    """An extraction that goes on after the answer, with every field that its result will have: nothing is extracted yet.
    `durationMillis`: how long the request waited.
    """

    raw_data_ids: list[str] = []
    item_ids: list[int] = []
    insight_ids: list[int] = []
    insight_pending: bool = True
    duration_millis: int = 0


class SuccessResultExtractMemoryPending(Struct, kw_only=True):
    data: ExtractMemoryPending


class AddMessagePending(OperationAccepted, kw_only=True, rename="camel"):
    """A message that is kept and not processed yet."""

    triggered: bool = False


class SuccessResultAddMessagePending(Struct, kw_only=True):
    data: AddMessagePending


class AddMessageResponse(Struct, kw_only=True, rename="camel", omit_defaults=True):
    triggered: bool
    result: ExtractMemoryResponse | None = None


class SuccessResultAddMessageResponse(Struct, kw_only=True):
    data: AddMessageResponse


class ItemView(Struct, kw_only=True, rename="camel", omit_defaults=True):
    id: str
    text: str
    scope: str
    category: str
    type: str
    raw_data_id: str
    raw_data_type: str
    source_client: str
    observed_at: datetime
    created_at: datetime
    metadata: dict[str, Any]
    occurred_at: datetime | None = None
    invalid_at: datetime | None = None


class QueryItemsResponse(Struct, kw_only=True, rename="camel", omit_defaults=True):
    items: list[ItemView]
    next_cursor: str | None = None


class SuccessResultQueryItemsResponse(Struct, kw_only=True):
    data: QueryItemsResponse


class RawDataView(Struct, kw_only=True, rename="camel", omit_defaults=True):
    id: str
    type: str
    source_client: str
    caption: str
    start_time: datetime
    end_time: datetime
    created_at: datetime
    metadata: dict[str, Any] | None = None
    segment: dict[str, Any] | None = None


class QueryRawDataResponse(Struct, kw_only=True, rename="camel", omit_defaults=True):
    raw_data: list[RawDataView]
    next_cursor: str | None = None


class SuccessResultQueryRawDataResponse(Struct, kw_only=True):
    data: QueryRawDataResponse


class ProgressView(Struct, kw_only=True, rename="camel"):
    done: int
    total: int
    unit: str


class OperationErrorView(Struct, kw_only=True, rename="camel"):
    reason: str
    error_class: str


class LineErrorView(Struct, kw_only=True):
    line: int
    reason: str


class ImportReportView(Struct, kw_only=True, rename="camel"):
    """`counts`: imported lines by kind. `errors`: the first hundred skipped lines; `errorCount`: their total. `extractions`:
    operations that read what came without facts.
    """

    counts: dict[str, int]
    error_count: int
    errors: list[LineErrorView]
    extractions: list[str]


class UsageView(Struct, kw_only=True, rename="camel"):
    """Calls that were answered, and the tokens that the endpoint counted for them."""

    calls: int
    tokens_in: int
    tokens_out: int


class LeaseView(Struct, kw_only=True, rename="camel"):
    """The worker that holds the memory's lease, and when the lease ends unless it is renewed."""

    owner: str
    until: datetime


class OperationView(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """`status`: accepted, running, succeeded or failed. `error` of a running operation: why its last try failed; its
    `errorClass`: transport (tried again without end), model, data, internal, or cancelled.

    Where a language model was asked: `model`, `prompts` (name@version), `usage`, and `dropped`: reason → facts of its
    answers that were not kept (unquoted, unsure, injected, malformed).
    """

    operation_id: str
    kind: str
    status: str
    attempts: int
    progress: ProgressView
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    run_after: datetime | None = None
    result: AddMessageResponse | None = None
    imported: ImportReportView | None = None
    error: OperationErrorView | None = None
    model: str | None = None
    prompts: list[str] | None = None
    usage: UsageView | None = None
    dropped: dict[str, int] | None = None
    lease: LeaseView | None = None
    cancel_requested: bool = False
    request_id: str | None = None
    caller: str | None = None


class SuccessResultOperationView(Struct, kw_only=True):
    data: OperationView


class ListOperationsResponse(Struct, kw_only=True, rename="camel", omit_defaults=True):
    operations: list[OperationView]
    next_cursor: str | None = None


class SuccessResultListOperationsResponse(Struct, kw_only=True):
    data: ListOperationsResponse


_SHOWN_FAILURES = 10


def without_nulls(value: Any) -> Any:
    """A JSON value without the keys whose value is null, at any depth: Java's client fails on a null in metadata."""
    if type(value) is dict:
        items = cast("dict[str, Any]", value).items()
        return {key: without_nulls(item) for key, item in items if item is not None}
    if type(value) is list:
        return [without_nulls(item) for item in cast("list[Any]", value)]
    return value


def accepted(operation_id: str) -> SuccessResultOperationAccepted:
    return SuccessResultOperationAccepted(
        data=OperationAccepted(operation_id=operation_id, status="accepted", mode="async")
    )


def extract_response(operation: Operation) -> ExtractMemoryResponse:
    """Return the result of an operation that succeeded."""
    result = operation.result
    finished = operation.finished_at or operation.created_at
    buffered = result is None or not result.triggered
    failed = result.failed if result else []
    return ExtractMemoryResponse(
        status="PARTIAL_SUCCESS" if failed else "SUCCESS",
        raw_data_ids=result.raw_data_ids if result else [],
        item_ids=result.fact_ids if result else [],
        insight_ids=result.insight_ids if result else [],
        insight_pending=bool(result and result.insight_pending),
        duration_millis=0 if buffered else round((finished - operation.created_at).total_seconds() * 1000),
        error_message="; ".join(f"{f.raw_data_id}: {f.reason}" for f in failed[:_SHOWN_FAILURES]) or None,
    )


def extract_pending(operation: Operation) -> ExtractMemoryPending:
    waited = datetime.now(UTC) - operation.created_at
    return ExtractMemoryPending(
        operation_id=operation.id,
        status=operation.status,
        mode="async",
        duration_millis=max(0, round(waited.total_seconds() * 1000)),
    )


def add_message_pending(operation: Operation) -> AddMessagePending:
    return AddMessagePending(operation_id=operation.id, status=operation.status, mode="async")


def add_message_response(operation: Operation) -> AddMessageResponse:
    triggered = bool(operation.result and operation.result.triggered)
    return AddMessageResponse(triggered=triggered, result=extract_response(operation) if triggered else None)


def operation_view(operation: Operation) -> OperationView:
    progress = operation.progress
    error = operation.error
    result = operation.result
    imported = result.imported if result else None
    usage = operation.usage
    return OperationView(
        operation_id=operation.id,
        kind=operation.kind,
        status=operation.status,
        attempts=operation.attempts,
        progress=ProgressView(done=progress.done, total=progress.total, unit=progress.unit),
        created_at=operation.created_at,
        started_at=operation.started_at,
        finished_at=operation.finished_at,
        run_after=operation.run_after,
        result=add_message_response(operation) if result and not imported else None,
        imported=imported
        and ImportReportView(
            counts=imported.counts,
            error_count=imported.error_count,
            errors=[LineErrorView(line=e.line, reason=e.reason) for e in imported.errors],
            extractions=imported.extractions,
        ),
        error=OperationErrorView(reason=error.reason, error_class=error.failure_class) if error else None,
        model=operation.model,
        prompts=operation.prompts or None,
        usage=UsageView(calls=usage.calls, tokens_in=usage.tokens_in, tokens_out=usage.tokens_out)
        if operation.model
        else None,
        dropped=operation.dropped or None,
        lease=operation.lease and LeaseView(owner=operation.lease.owner, until=operation.lease.until),
        cancel_requested=operation.cancel_requested,
        request_id=operation.request_id,
        caller=operation.caller,
    )


def item_view(row: FactPageRow) -> ItemView:
    return ItemView(
        id=str(row.id),
        text=row.text,
        scope=SCOPE_OF_CATEGORY[row.category],
        category=row.category,
        type=row.type,
        raw_data_id=row.raw_data_id,
        raw_data_type=row.raw_data_type,
        source_client=row.source_client,
        observed_at=row.observed_at.astimezone(UTC),
        created_at=row.created_at.astimezone(UTC),
        metadata=without_nulls(row.metadata),
        occurred_at=utc(row.occurred_at),
        invalid_at=utc(row.invalid_at),
    )


def raw_data_view(row: RawDataRow, *, segment: bool, metadata: bool) -> RawDataView:
    return RawDataView(
        id=row.id,
        type=row.type,
        source_client=row.source_client,
        caption=caption_of(
            caption=row.caption, speaker=row.speaker, title=row.title, text=row.text, window=row.window_caption
        ),
        start_time=row.occurred_at.astimezone(UTC),
        end_time=(row.ended_at or row.occurred_at).astimezone(UTC),
        created_at=row.created_at.astimezone(UTC),
        metadata=without_nulls(row.metadata) if metadata else None,
        segment=_segment(row) if segment else None,
    )


def _segment(row: RawDataRow) -> dict[str, Any]:
    parts = {
        "content": row.text,
        "role": row.role,
        "userName": row.user_name,
        "title": row.title,
        "media": row.media or None,
        "state": row.state,
    }
    return without_nulls(parts)
