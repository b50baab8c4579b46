"""Writing a trace while a retrieval runs, within the contract's limits."""

from datetime import datetime

from app.domain.ids import new_uuid
from app.domain.retrieval import Trace, TraceMerge, TraceStage

MAX_STAGES = 32
MAX_CANDIDATES = 8


class TraceRecorder:
    """Collects stages. `merge` is one slot: the last one counts."""

    def __init__(self, started_at: datetime) -> None:
        self._started_at = started_at
        self._stages: list[TraceStage] = []
        self.merge: TraceMerge | None = None

    @property
    def degraded(self) -> bool:
        return any(stage.degraded for stage in self._stages)

    def add(self, stage: TraceStage) -> None:
        self._stages.append(stage)

    def finish(self, completed_at: datetime) -> Trace:
        """Stages in the order they started; those past the limit are dropped, and then `truncated` says so."""
        stages = sorted(self._stages, key=lambda stage: stage.started_at)
        return Trace(
            trace_id=new_uuid(),
            started_at=self._started_at,
            completed_at=completed_at,
            truncated=len(stages) > MAX_STAGES,
            stages=stages[:MAX_STAGES],
            merge=self.merge,
        )
