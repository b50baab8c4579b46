"""Failures are logged and counted, and reported by readiness if they are internal errors."""

import asyncio
import json
import logging
from collections.abc import Iterator

import pytest

from app.domain.errors import ModelRefused, StatementFailed, TimedOut, Unavailable
from app.observability.context import log_context, logging_for, memory_hash
from app.observability.logs import formatter, log_event, place_of
from app.observability.stages import Attempt, StageFailures

SECRET = "Xylophone-Canary-78"


class Lines(logging.Handler):
    def __init__(self, format_name: str) -> None:
        super().__init__()
        self.setFormatter(formatter(format_name))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def logged() -> Iterator[Lines]:
    handler = Lines("json")
    logger = logging.getLogger("app.observability.stages")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


def fail(failures: StageFailures, error: Exception) -> Attempt:
    with Attempt("channel/fact/graph", failures) as attempt:
        raise error
    return attempt


@pytest.mark.parametrize(
    "error", [Unavailable(code="Neo.TransientError.X"), TimedOut(), ModelRefused(), TimeoutError()]
)
def test_an_expected_failure_is_logged_counted_and_suppressed(logged: Lines, error: Exception):
    failures = StageFailures()
    with logging_for(request_id="r1", memory_id=f"{SECRET}:a"):
        assert fail(failures, error).error is error
    (line,) = map(json.loads, logged.lines)
    assert (line["level"], line["stage"], line["error"]) == ("WARNING", "channel/fact/graph", type(error).__name__)
    assert (line["request"], line["memory"]) == ("r1", memory_hash(f"{SECRET}:a"))
    assert SECRET not in logged.lines[0]
    assert failures.totals == {("channel/fact/graph", type(error).__name__): 1}
    assert failures.faulty() == []


@pytest.mark.parametrize("error", [StatementFailed("Neo.ClientError.Statement.SyntaxError"), KeyError(SECRET)])
def test_an_internal_error_is_logged_with_its_place_and_suppressed(logged: Lines, error: Exception):
    failures = StageFailures()
    for _ in range(5):
        with pytest.raises(type(error)):
            fail(failures, error)
    line = json.loads(logged.lines[0])
    assert line["level"] == "ERROR"
    assert "test_observability.py" in line["place"]
    assert SECRET not in logged.lines[0]
    assert failures.faulty() == ["channel/fact/graph"]


def test_a_stage_recovers_after_a_success_or_some_time():
    now = 0.0
    failures = StageFailures(clock=lambda: now)
    for _ in range(5):
        failures.ended("hop", KeyError())
    assert failures.faulty() == ["hop"]
    for _ in range(5):
        failures.ended("hop", None)
    assert failures.faulty() == []
    for _ in range(6):
        failures.ended("hop", KeyError())
    assert failures.faulty() == ["hop"]
    now = 301.0
    assert failures.faulty() == []


def test_four_errors_are_not_reported():
    failures = StageFailures()
    for _ in range(4):
        failures.ended("hop", KeyError())
    assert failures.faulty() == []


@pytest.mark.anyio
async def test_a_cancelled_stage_counts_as_neither_ended_nor_failed():
    failures = StageFailures()
    with pytest.raises(asyncio.CancelledError), Attempt("hop", failures):
        raise asyncio.CancelledError
    assert failures.totals == {}


def test_the_context_ends_with_its_block():
    with logging_for(request_id="r1"), logging_for(operation_id="op_1"):
        assert log_context().fields == {"request": "r1", "operation": "op_1"}
    assert log_context().fields == {}


def test_text_logs_put_fields_after_the_message():
    handler = Lines("text")
    logger = logging.getLogger("test.text")
    logger.addHandler(handler)
    logger.propagate = False
    log_event(logger, logging.WARNING, "a stage failed", stage="hop", code=None)
    assert handler.lines[0].endswith("WARNING test.text: a stage failed [stage=hop]")


def test_an_errors_place_contains_no_message_text():
    with pytest.raises(ValueError, match=SECRET) as caught:
        raise ValueError(SECRET)
    assert place_of(caught.value).startswith("ValueError at test_observability.py:")
    assert SECRET not in place_of(caught.value)
