"""Writing a trace while a retrieval runs, within the contract's limits."""

from datetime import datetime

from app.domain.ids import new_uuid
from app.domain.retrieval import Trace, TraceMerge, TraceStage

# The contract's limits: stages of a trace, candidates of a stage.
MAX_STAGES = 32
MAX_CANDIDATES = 8


class TraceRecorder:
    """Collects stages. `merge` keeps only the last value set."""

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
        """Return the trace with stages by start time; drop those past `MAX_STAGES` and set `truncated`."""
        stages = sorted(self._stages, key=lambda stage: stage.started_at)
        return Trace(
            trace_id=new_uuid(),
            started_at=self._started_at,
            completed_at=completed_at,
            truncated=len(stages) > MAX_STAGES,
            stages=stages[:MAX_STAGES],
            merge=self.merge,
        )
