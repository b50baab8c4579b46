"""Timing a stage of a retrieval."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from app.domain.retrieval import TraceCandidate, TraceStage
from app.retrieval.recorder import MAX_CANDIDATES
from app.retrieval.stage_names import StageName


def elapsed_millis(since: datetime) -> int:
    return round((datetime.now(UTC) - since).total_seconds() * 1000)


def finished_stage(
    started_at: datetime,
    name: StageName,
    *,
    failed: bool = False,
    skipped: bool = False,
    counts: tuple[int | None, int | None, int | None] = (None, None, None),
    attributes: Mapping[str, Any] | None = None,
    candidates: Sequence[TraceCandidate] = (),
) -> TraceStage:
    """Build a stage that ends now. `counts`: inputs, candidates, results. Keeps the best eight candidates."""
    inputs, found, results = counts
    return TraceStage(
        stage=name.stage,
        tier=name.tier,
        method=name.method,
        status="degraded" if failed else "skipped" if skipped else "success",
        degraded=failed,
        skipped=skipped,
        started_at=started_at,
        duration_millis=elapsed_millis(started_at),
        input_count=inputs,
        candidate_count=found,
        result_count=results,
        attributes=dict(attributes or {}),
        candidates=list(candidates[:MAX_CANDIDATES]),
    )
