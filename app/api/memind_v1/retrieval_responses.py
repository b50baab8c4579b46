"""Response bodies of retrievals: items with sources and paths, raw data, the trace."""

from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from app.api.memind_v1.responses import utc, without_nulls
from app.domain.retrieval import (
    STRATEGY_NAMES,
    FinalCounts,
    RetrievalResult,
    RetrievedItem,
    RetrievedRawData,
    Trace,
    TraceCandidate,
)
from app.graph.traces import StoredTrace

_PREVIEW_CHARACTERS = 160
# A fact is an item on this contract's wire.
_WIRE_NAMES = {"fact": "item"}


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
    observed_at: datetime
    path_text: str = ""
    occurred_at: datetime | None = None
    valid_at: datetime | None = None
    invalid_at: datetime | None = None
    speaker: str | None = None


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


class StoredTraceView(Struct, kw_only=True, rename="camel"):
    query: str
    created_at: datetime
    expires_at: datetime
    trace: RetrievalTraceView


class SuccessResultStoredTraceView(Struct, kw_only=True):
    data: StoredTraceView


def retrieve_response(result: RetrievalResult, *, with_metadata: bool = True) -> RetrieveMemoryResponse:
    return RetrieveMemoryResponse(
        status=result.status,
        items=[_item(item) for item in result.items],
        insights=[RetrievedInsightView(id=i.id, text=i.text, tier=i.tier) for i in result.insights],
        raw_data=[_raw_data(raw, with_metadata=with_metadata) for raw in result.raw_data],
        evidences=result.evidences,
        strategy=STRATEGY_NAMES[result.strategy],
        query=result.query,
        trace=trace_view(result.trace, result.counts) if result.trace else None,
    )


def _item(item: RetrievedItem) -> RetrievedItemView:
    return RetrievedItemView(
        id=item.id,
        text=item.text,
        vector_score=item.vector_score,
        final_score=item.final_score,
        category=item.category,
        metadata=without_nulls(item.metadata),
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
        path_text=item.path_text,
        observed_at=item.observed_at.astimezone(UTC),
        occurred_at=utc(item.occurred_at),
        valid_at=utc(item.valid_at),
        invalid_at=utc(item.invalid_at),
        speaker=item.speaker,
    )


def _raw_data(raw: RetrievedRawData, *, with_metadata: bool) -> RetrievedRawDataView:
    return RetrievedRawDataView(
        raw_data_id=raw.raw_data_id,
        caption=raw.caption,
        max_score=raw.max_score,
        item_ids=raw.item_ids,
        type=raw.type,
        source_client=raw.source_client,
        start_time=raw.start_time.astimezone(UTC),
        end_time=raw.end_time.astimezone(UTC),
        created_at=raw.created_at.astimezone(UTC),
        metadata=without_nulls(raw.metadata) if with_metadata else None,
    )


def trace_view(trace: Trace, final: FinalCounts) -> RetrievalTraceView:
    merge = trace.merge
    return RetrievalTraceView(
        trace_id=trace.trace_id,
        started_at=trace.started_at,
        completed_at=trace.completed_at,
        truncated=trace.truncated,
        stages=[
            StageView(
                stage=stage.stage,
                tier=_WIRE_NAMES.get(stage.tier, stage.tier),
                method=stage.method,
                status=stage.status,
                input_count=stage.input_count,
                candidate_count=stage.candidate_count,
                result_count=stage.result_count,
                degraded=stage.degraded,
                skipped=stage.skipped,
                started_at=stage.started_at,
                duration_millis=stage.duration_millis,
                attributes=without_nulls({_camel(name): value for name, value in stage.attributes.items()}),
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
            strategy=final.strategy,
            status=final.status,
            item_count=final.items,
            insight_count=final.insights,
            raw_data_count=final.raw_data,
            evidence_count=final.evidences,
        ),
    )


def stored_trace_view(stored: StoredTrace) -> StoredTraceView:
    return StoredTraceView(
        query=stored.query,
        created_at=stored.created_at.astimezone(UTC),
        expires_at=stored.expires_at.astimezone(UTC),
        trace=trace_view(stored.trace, stored.final),
    )


def _candidate(candidate: TraceCandidate) -> RetrievalCandidateTrace:
    return RetrievalCandidateTrace(
        source_type=_WIRE_NAMES.get(candidate.source_type, candidate.source_type),
        id=candidate.id,
        rank=candidate.rank,
        final_score=candidate.final_score,
        vector_score=candidate.vector_score,
        text_preview=" ".join(candidate.text.split())[:_PREVIEW_CHARACTERS],
        parent_id=candidate.parent_id,
        relationship=candidate.relationship,
        weight=candidate.weight,
    )


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)
