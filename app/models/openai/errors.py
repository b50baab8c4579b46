"""Mapping an endpoint's errors to Mnemon's: retry later, or never."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import cast

from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

from app.domain.errors import MnemonError, ModelRefused, TimedOut, Unavailable

# Statuses for an invalid request. A wrong key, model name or URL can be fixed, so those errors are retried.
REFUSALS = (400, 413, 422)
_TOO_LONG = ("context_length", "context length", "maximum context", "too long", "too many tokens", "too large")


def meaning(error: APIError, what: str) -> MnemonError:
    """Return Unavailable for errors worth a retry, else ModelRefused. `what`: such as "language model"."""
    if isinstance(error, APITimeoutError):
        return TimedOut(f"The {what} took too long; try again shortly")
    if isinstance(error, APIConnectionError) or not isinstance(error, APIStatusError):
        return Unavailable(f"The {what} does not answer at the moment; try again shortly")
    if error.status_code in REFUSALS:
        return ModelRefused(f"The {what} answered {error.status_code}: {_reason(error)}")
    wait = retry_after(error)
    return Unavailable(f"The {what} answered {error.status_code}; try again shortly", retry_after_seconds=wait)


def is_too_long(error: APIStatusError) -> bool:
    text = f"{error.code} {error.message}".casefold()
    return error.status_code == 413 or any(sign in text for sign in _TOO_LONG)


def is_filtered(error: APIStatusError) -> bool:
    return "content_filter" in f"{error.code} {error.message}".casefold()


def retry_after(error: APIStatusError) -> float | None:
    """Seconds in the Retry-After header (RFC 9110: a number or a date), at most an hour; None if absent or invalid."""
    text = error.response.headers.get("retry-after", "").strip()
    try:
        seconds = float(text) if text.replace(".", "", 1).isdigit() else _until(text)
    except (ValueError, TypeError):
        return None
    return min(max(seconds, 0.0), 3600.0)


def _until(date: str) -> float:
    return (parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds()


def _reason(error: APIStatusError) -> str:
    body = cast("dict[str, object]", error.body) if isinstance(error.body, dict) else {}
    return str(body.get("message") or error.message)[:200]
