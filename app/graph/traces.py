"""Stored retrievals."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from app.domain.errors import NotFound
from app.domain.retrieval import FinalCounts, RetrievalResult, Trace, TraceCandidate, TraceStage
from app.graph.database import Database
from app.graph.json_properties import to_json

KEPT_DAYS = 30


class StoredTrace(Struct, frozen=True, kw_only=True):
    query: str
    trace: Trace
    final: FinalCounts
    created_at: datetime
    expires_at: datetime


class _Content(Struct, frozen=True, kw_only=True):
    """Content of a trace's JSON property."""

    trace: Trace
    final: FinalCounts


async def save(db: Database, memory_id: str, trace: Trace, result: RetrievalResult) -> None:
    """Store a trace for `KEPT_DAYS`. Any request to forget deletes the memory's traces."""
    final = result.counts
    await db.write(
        "traces/save",
        memoryId=memory_id,
        id=trace.trace_id,
        query=result.query,
        strategy=final.strategy,
        status=final.status,
        traceJson=to_json(_Content(trace=trace, final=final)),
        days=KEPT_DAYS,
        stages=[_stage(number, stage) for number, stage in enumerate(trace.stages, start=1)],
    )


async def get(db: Database, memory_id: str, trace_id: str) -> StoredTrace:
    """Raises NotFound, also for an expired trace."""
    rows = await db.read("traces/find", memoryId=memory_id, id=trace_id)
    if not rows:
        raise NotFound(f"There is no trace {trace_id}")
    (row,) = rows
    content = msgspec.json.decode(row["traceJson"], type=_Content)
    return StoredTrace(
        query=row["query"],
        trace=content.trace,
        final=content.final,
        created_at=row["createdAt"],
        expires_at=row["expiresAt"],
    )


def _stage(number: int, stage: TraceStage) -> dict[str, Any]:
    return {
        "number": number,
        # As Neo4j Browser shows it.
        "name": f"hop {hop}" if (hop := stage.attributes.get("hop")) else f"{stage.tier} by {stage.method}",
        "method": stage.method,
        "hop": stage.attributes.get("hop"),
        "durationMillis": stage.duration_millis,
        "reached": _reached(stage.candidates),
    }


def _reached(candidates: Sequence[TraceCandidate]) -> list[dict[str, Any]]:
    return [
        {
            "factId": int(c.id) if c.source_type == "fact" else None,
            "rawDataId": c.id if c.source_type == "raw_data" else None,
            "entityId": c.id if c.source_type == "entity" else None,
            "rank": c.rank,
            "score": c.final_score,
            "via": c.relationship,
        }
        for c in candidates
        if c.source_type in {"fact", "raw_data", "entity"}
    ]
