"""Optional stages: their failures are logged and counted; repeated bugs are reported by /ready."""

import logging
import time
from collections import Counter, deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

from app.domain.errors import ModelFailed, ModelRefused, StatementFailed, Unavailable
from app.observability.logs import log_event, place_of

_log = logging.getLogger(__name__)

# Failures of a dependency: unreachable, slow or refusing. Everything else is a bug in Mnemon.
EXPECTED = (Unavailable, ModelFailed, ModelRefused, TimeoutError)
_WINDOW_SECONDS = 300.0
_MIN_FAULTS = 5
_FAULTY_SHARE = 0.5
_KEPT_RUNS = 1000


class StageFailures:
    """Failure counts of this process. `clock`: returns monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._now = clock
        self._totals: Counter[tuple[str, str]] = Counter()
        self._runs: dict[str, deque[tuple[float, bool]]] = {}

    @property
    def totals(self) -> dict[tuple[str, str], int]:
        """(stage, error class) → failures since the process began."""
        return dict(self._totals)

    def ended(self, stage: str, error: BaseException | None) -> None:
        """Record that a stage ended, with its error or None."""
        fault = error is not None and not isinstance(error, EXPECTED)
        self._runs.setdefault(stage, deque(maxlen=_KEPT_RUNS)).append((self._now(), fault))
        if error is None:
            return
        name = type(error).__name__
        self._totals[stage, name] += 1
        log_event(
            _log,
            logging.ERROR if fault else logging.WARNING,
            "a stage failed",
            stage=stage,
            error=name,
            code=error.code if isinstance(error, StatementFailed | Unavailable) else None,
            place=place_of(error) if fault else None,
        )

    def faulty(self) -> list[str]:
        """Stages that failed by a bug at least five times and in over half of their runs of the last five minutes."""
        since = self._now() - _WINDOW_SECONDS
        found: list[str] = []
        for stage, runs in self._runs.items():
            recent = [fault for at, fault in runs if at >= since]
            if sum(recent) >= _MIN_FAULTS and sum(recent) > _FAULTY_SHARE * len(recent):
                found.append(stage)
        return sorted(found)


# One per process, like Prometheus' default registry.
STAGE_FAILURES = StageFailures()


class Attempt:
    """A context manager for an optional stage.

    An expected failure is logged, counted and kept in `error`; execution continues after the block. Any other exception
    is logged with its place, counted and re-raised.
    """

    def __init__(self, stage: str, failures: StageFailures = STAGE_FAILURES) -> None:
        self._stage = stage
        self._failures = failures
        self.error: Exception | None = None

    @property
    def failed(self) -> bool:
        return self.error is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if error is not None and not isinstance(error, Exception):
            return False  # cancelled: neither done nor failed
        self._failures.ended(self._stage, error)
        if error is None or not isinstance(error, EXPECTED):
            return False
        self.error = error
        return True
