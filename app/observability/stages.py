"""Stages that may fail without failing the whole: logged, counted, and watched for faults of Mnemon's own."""

import logging
import time
from collections import Counter, deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

from app.domain.errors import ModelFailed, ModelRefused, StatementFailed, Unavailable
from app.observability.logs import log_event, place_of

_log = logging.getLogger(__name__)

# A dependency that is away, slow or unwilling. Everything else is a fault of Mnemon's own.
EXPECTED = (Unavailable, ModelFailed, ModelRefused, TimeoutError)
_WINDOW_SECONDS = 300.0
_MIN_FAULTS = 5
_FAULTY_SHARE = 0.5
_KEPT_RUNS = 1000


class StageFailures:
    """Counts of this process. `clock`: returns seconds that only grow."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._now = clock
        self._totals: Counter[tuple[str, str]] = Counter()
        self._runs: dict[str, deque[tuple[float, bool]]] = {}

    @property
    def totals(self) -> dict[tuple[str, str], int]:
        """(stage, error class) → failures since the process began."""
        return dict(self._totals)

    def ended(self, stage: str, error: BaseException | None) -> None:
        """Notes that a stage ended, with what it failed of."""
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
        """Stages of which more than half ended by a fault of Mnemon's own in the last five minutes, at least five times."""
        since = self._now() - _WINDOW_SECONDS
        found: list[str] = []
        for stage, runs in self._runs.items():
            recent = [fault for at, fault in runs if at >= since]
            if sum(recent) >= _MIN_FAULTS and sum(recent) > _FAULTY_SHARE * len(recent):
                found.append(stage)
        return sorted(found)


# As Prometheus' own registry, one for the process: every part counts in it.
STAGE_FAILURES = StageFailures()


class Attempt:
    """A context manager for a stage that the rest can do without.

    An expected failure is logged, counted and kept in `error`; the code goes on after the block. A fault of Mnemon's own
    is logged with its place, counted and raised further.
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
