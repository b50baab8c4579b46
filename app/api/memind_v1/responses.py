"""What goes out. Null fields are omitted, empty lists are not; ids of facts are strings where the contract has strings."""

from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from app.domain.knowledge import SCOPE_OF_CATEGORY
from app.domain.operations import Operation
from app.domain.retrieval import STRATEGY_NAMES, RetrievalResult, Trace, TraceCandidate
from app.graph.raw_data import RawDataRow
from app.graph.search import FactPageRow
from app.retrieval.captions import caption_of

_PREVIEW_CHARACTERS = 160


def _utc(time: datetime | None) -> datetime | None:
    return None if time is None else time.astimezone(UTC)


class HealthView(Struct, kw_only=True, rename="camel"):
    status: str
    service: str


class SuccessResultHealthView(Struct, kw_only=True):
    data: HealthView


class OperationAccepted(Struct, kw_only=True, rename="camel"):
    operation_id: str
    status: str
    mode: str


class SuccessResultOperationAccepted(Struct, kw_only=True):
    data: OperationAccepted


class ExtractMemoryResponse(Struct, kw_only=True, rename="camel", omit_defaults=True):
    status: str
    raw_data_ids: list[str]
    item_ids: list[int]
    insight_ids: list[str]
    insight_pending: bool
    duration_millis: int
    error_message: str | None = None


class SuccessResultExtractMemoryResponse(Struct, kw_only=True):
    data: ExtractMemoryResponse


class AddMessageResponse(Struct, kw_only=True, rename="camel", omit_defaults=True):
    triggered: bool
    result: ExtractMemoryResponse | None = None


class SuccessResultAddMessageResponse(Struct, kw_only=True):
    data: AddMessageResponse


class ProvenanceView(Struct, kw_only=True, rename="camel"):
    raw_data_id: str
    quote: str


class PathStepView(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """One hop: from an item (absent: from an entity that the question names) over an entity to an item."""

    hop: int
    entity: str
    relationship: str
    to_item_id: str
    weight: float
    from_item_id: str | None = None


class RetrievedItemView(Struct, kw_only=True, rename="camel", omit_defaults=True):
    id: str
    text: str
    vector_score: float
    final_score: float
    category: str
    metadata: dict[str, Any]
    provenance: list[ProvenanceView]
    path: list[PathStepView]
    occurred_at: datetime | None = None


class RetrievedInsightView(Struct, kw_only=True, rename="camel", omit_defaults=True):
    id: str
    text: str
    tier: str | None = None


class RetrievedRawDataView(Struct, kw_only=True, rename="camel", omit_defaults=True):
    raw_data_id: str
    caption: str
    max_score: float
    item_ids: list[str]
    type: str
    source_client: str
    start_time: datetime
    end_time: datetime
    created_at: datetime
    metadata: dict[str, Any] | None = None


class RetrievalCandidateTrace(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """`id`, and in a hop `parentId`, `relationship` and `weight`, are Mnemon's extensions."""

    source_type: str
    id: str
    rank: int
    final_score: float
    text_preview: str
    vector_score: float | None = None
    parent_id: str | None = None
    relationship: str | None = None
    weight: float | None = None


class StageView(Struct, kw_only=True, rename="camel", omit_defaults=True):
    stage: str
    tier: str
    method: str
    status: str
    degraded: bool
    skipped: bool
    started_at: datetime
    duration_millis: int
    attributes: dict[str, Any]
    candidates: list[RetrievalCandidateTrace]
    input_count: int | None = None
    candidate_count: int | None = None
    result_count: int | None = None


class MergeView(Struct, kw_only=True, rename="camel"):
    input_count: int
    output_count: int
    deduplicated_count: int
    source_count: int
    status: str


class FinalView(Struct, kw_only=True, rename="camel"):
    strategy: str
    status: str
    item_count: int
    insight_count: int
    raw_data_count: int
    evidence_count: int


class RetrievalTraceView(Struct, kw_only=True, rename="camel", omit_defaults=True):
    trace_id: str
    started_at: datetime
    completed_at: datetime
    truncated: bool
    stages: list[StageView]
    final_results: FinalView
    merge: MergeView | None = None


class RetrieveMemoryResponse(Struct, kw_only=True, rename="camel", omit_defaults=True):
    status: str
    items: list[RetrievedItemView]
    insights: list[RetrievedInsightView]
    raw_data: list[RetrievedRawDataView]
    evidences: list[str]
    strategy: str
    query: str
    trace: RetrievalTraceView | None = None


class SuccessResultRetrieveMemoryResponse(Struct, kw_only=True):
    data: RetrieveMemoryResponse


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


class OperationView(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """`status`: accepted, running, succeeded or failed. `error` of one that still runs is why it was put back."""

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
    error: OperationErrorView | None = None


class SuccessResultOperationView(Struct, kw_only=True):
    data: OperationView


class ListOperationsResponse(Struct, kw_only=True, rename="camel", omit_defaults=True):
    operations: list[OperationView]
    next_cursor: str | None = None


class SuccessResultListOperationsResponse(Struct, kw_only=True):
    data: ListOperationsResponse


def extract_response(operation: Operation) -> ExtractMemoryResponse:
    """Of an operation that succeeded."""
    result = operation.result
    finished = operation.finished_at or operation.created_at
    buffered = result is None or not result.triggered
    return ExtractMemoryResponse(
        status="SUCCESS",
        raw_data_ids=result.raw_data_ids if result else [],
        item_ids=result.fact_ids if result else [],
        insight_ids=result.insight_ids if result else [],
        insight_pending=False,
        duration_millis=0 if buffered else round((finished - operation.created_at).total_seconds() * 1000),
    )


def add_message_response(operation: Operation) -> AddMessageResponse:
    triggered = bool(operation.result and operation.result.triggered)
    return AddMessageResponse(triggered=triggered, result=extract_response(operation) if triggered else None)


def operation_view(operation: Operation) -> OperationView:
    progress = operation.progress
    error = operation.error
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
        result=add_message_response(operation) if operation.result else None,
        error=OperationErrorView(reason=error.reason, error_class=error.failure_class) if error else None,
    )


def retrieve_response(result: RetrievalResult, *, with_metadata: bool = True) -> RetrieveMemoryResponse:
    return RetrieveMemoryResponse(
        status=result.status,
        items=[
            RetrievedItemView(
                id=item.id,
                text=item.text,
                vector_score=item.vector_score,
                final_score=item.final_score,
                category=item.category,
                metadata=item.metadata,
                provenance=[ProvenanceView(raw_data_id=p.raw_data_id, quote=p.quote) for p in item.provenance],
                path=[
                    PathStepView(
                        hop=step.hop,
                        from_item_id=step.from_fact_id,
                        entity=step.entity,
                        relationship=step.relationship,
                        to_item_id=step.to_fact_id,
                        weight=step.weight,
                    )
                    for step in item.path
                ],
                occurred_at=_utc(item.occurred_at),
            )
            for item in result.items
        ],
        insights=[RetrievedInsightView(id=i.id, text=i.text, tier=i.tier) for i in result.insights],
        raw_data=[
            RetrievedRawDataView(
                raw_data_id=raw.raw_data_id,
                caption=raw.caption,
                max_score=raw.max_score,
                item_ids=raw.item_ids,
                type=raw.type,
                source_client=raw.source_client,
                start_time=raw.start_time.astimezone(UTC),
                end_time=raw.end_time.astimezone(UTC),
                created_at=raw.created_at.astimezone(UTC),
                metadata=raw.metadata if with_metadata else None,
            )
            for raw in result.raw_data
        ],
        evidences=result.evidences,
        strategy=STRATEGY_NAMES[result.strategy],
        query=result.query,
        trace=trace_view(result.trace, result) if result.trace else None,
    )


def trace_view(trace: Trace, result: RetrievalResult) -> RetrievalTraceView:
    merge = trace.merge
    return RetrievalTraceView(
        trace_id=trace.trace_id,
        started_at=trace.started_at,
        completed_at=trace.completed_at,
        truncated=trace.truncated,
        stages=[
            StageView(
                stage=stage.stage,
                tier=stage.tier,
                method=stage.method,
                status=stage.status,
                input_count=stage.input_count,
                candidate_count=stage.candidate_count,
                result_count=stage.result_count,
                degraded=stage.degraded,
                skipped=stage.skipped,
                started_at=stage.started_at,
                duration_millis=stage.duration_millis,
                attributes=stage.attributes,
                candidates=[_candidate(c) for c in stage.candidates],
            )
            for stage in trace.stages
        ],
        merge=merge
        and MergeView(
            input_count=merge.input_count,
            output_count=merge.output_count,
            deduplicated_count=merge.deduplicated_count,
            source_count=merge.source_count,
            status=merge.status,
        ),
        final_results=FinalView(
            strategy=STRATEGY_NAMES[result.strategy],
            status=result.status,
            item_count=len(result.items),
            insight_count=len(result.insights),
            raw_data_count=len(result.raw_data),
            evidence_count=len(result.evidences),
        ),
    )


def _candidate(candidate: TraceCandidate) -> RetrievalCandidateTrace:
    return RetrievalCandidateTrace(
        source_type=candidate.source_type,
        id=candidate.id,
        rank=candidate.rank,
        final_score=candidate.final_score,
        vector_score=candidate.vector_score,
        text_preview=" ".join(candidate.text.split())[:_PREVIEW_CHARACTERS],
        parent_id=candidate.parent_id,
        relationship=candidate.relationship,
        weight=candidate.weight,
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
        metadata=row.metadata,
        occurred_at=_utc(row.occurred_at),
    )


def raw_data_view(row: RawDataRow, *, segment: bool, metadata: bool) -> RawDataView:
    return RawDataView(
        id=row.id,
        type=row.type,
        source_client=row.source_client,
        caption=caption_of(caption=row.caption, speaker=row.speaker, title=row.title, text=row.text),
        start_time=row.occurred_at.astimezone(UTC),
        end_time=(row.ended_at or row.occurred_at).astimezone(UTC),
        created_at=row.created_at.astimezone(UTC),
        metadata=row.metadata if metadata else None,
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
    return {name: value for name, value in parts.items() if value is not None}
