"""Timing of trace stages."""

from datetime import UTC, datetime


def elapsed_millis(started: datetime) -> int:
    return round((datetime.now(UTC) - started).total_seconds() * 1000)
