"""What both clients do around a request: encode it, judge the answer, say how long to wait before the next try."""

import contextlib
import inspect
import random
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import IO, Any, TypeVar

import httpx
import msgspec
from msgspec import Struct

from mnemon_client.answers import Operation
from mnemon_client.calls import Call
from mnemon_client.errors import (
    ConflictError,
    InvalidRequestError,
    MnemonError,
    NotAllowedError,
    NotFoundError,
    OperationFailedError,
    UnavailableError,
)

T = TypeVar("T")

DEFAULT_URL = "http://127.0.0.1:8366"
DEFAULT_TIMEOUT_SECONDS = 200.0  # above the time for which the service waits for an extraction
DEFAULT_TRIES = 5
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0
_AGAIN = (408, 429, 502, 503, 504)
_ERRORS: dict[int, type[MnemonError]] = {
    400: InvalidRequestError,
    401: NotAllowedError,
    403: NotAllowedError,
    404: NotFoundError,
    409: ConflictError,
    413: InvalidRequestError,
    415: InvalidRequestError,
    422: InvalidRequestError,
}


class _Details(Struct, rename="camel"):
    field_errors: dict[str, str] = {}


class _Error(Struct):
    message: str
    code: str = ""
    details: _Details | None = None


class _ErrorEnvelope(Struct):
    error: _Error


def with_self(method: Callable[..., Any], build: Callable[..., Any]) -> None:
    """Give a method the parameters of the function that builds its call, after `self`, for help() and editors."""
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(build).parameters.values()
    method.__signature__ = inspect.Signature([own, *parameters])  # pyright: ignore[reportFunctionMemberAccess]


def headers_of(key: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def request_of(call: Call[Any], shared: dict[str, str]) -> dict[str, Any]:
    """Return httpx's arguments for a call, except its content if that is in a file. `shared`: headers of every call."""
    headers = shared | ({"Idempotency-Key": call.key} if call.key else {})
    request: dict[str, Any] = {"method": call.method, "url": call.path, "params": call.query, "headers": headers}
    if call.body is not None:
        request["content"] = msgspec.json.encode(call.body)
        headers["Content-Type"] = "application/json"
    elif call.content is not None:
        headers["Content-Type"] = "application/x-ndjson"
        if isinstance(call.content, bytes):
            request["content"] = call.content
    return request


class Patience:
    """How long an operation is waited for."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._end = None if seconds is None else time.monotonic() + seconds

    def is_over(self, operation: Operation) -> bool:
        """Return True once the operation has succeeded. Raises OperationFailedError, or UnavailableError if time is up."""
        if operation.status == "failed":
            error = operation.error
            reason, code = (error.reason, error.error_class) if error else ("it failed", "")
            raise OperationFailedError(
                f"{operation.operation_id}: {reason}", code=code, request_id=operation.request_id
            )
        if not operation.is_finished and self._end is not None and time.monotonic() > self._end:
            raise UnavailableError(f"{operation.operation_id} is still {operation.status} after {self._seconds} s")
        return operation.is_finished


@contextlib.contextmanager
def download_of(file: Path) -> Generator[IO[bytes]]:
    """A file beside `file` that takes its place if all goes well, and is removed otherwise."""
    partial = file.with_name(f"{file.name}.partial")
    try:
        with partial.open("wb") as to:
            yield to
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def pause_before_next_try(tries: int, failure: httpx.Response | httpx.TransportError) -> float | None:
    """Return the seconds to wait after so many tries, or None if another try can't help.

    What the service asks for with Retry-After, else twice as long each time, with up to a quarter of chance. Every call can
    be repeated: reads change nothing, and writes carry an idempotency key.
    """
    if isinstance(failure, httpx.Response):
        if failure.status_code not in _AGAIN:
            return None
        asked = failure.headers.get("Retry-After", "")
        if asked.isdigit():
            return min(float(asked), _LONGEST_PAUSE_SECONDS)
    pause = min(_FIRST_PAUSE_SECONDS * 2 ** (tries - 1), _LONGEST_PAUSE_SECONDS)
    return pause * random.uniform(1, 1.25)  # noqa: S311 - spreads clients, protects nothing


def answer_of(call: Call[T], response: httpx.Response) -> T:
    """Decode the answer. Raises MnemonError for a refusal."""
    if not response.is_success:
        raise error_of(response)
    try:
        body = msgspec.json.decode(response.content, type=dict[str, msgspec.Raw]) if call.enveloped else {}
        return msgspec.json.decode(body["data"] if call.enveloped else response.content, type=call.answer)
    except (msgspec.DecodeError, KeyError) as error:
        raise MnemonError(f"The answer is not Mnemon's: {error}", status=response.status_code) from error


def error_of(response: httpx.Response) -> MnemonError:
    status = response.status_code
    type_ = _ERRORS.get(status, UnavailableError if status in _AGAIN or status >= 500 else MnemonError)
    request_id = response.headers.get("X-Request-Id")
    try:
        error = msgspec.json.decode(response.content, type=_ErrorEnvelope).error
    except msgspec.DecodeError:
        return type_(f"The service answers {status}: is it Mnemon's address?", status=status, request_id=request_id)
    fields = error.details.field_errors if error.details else {}
    wrong = "; ".join(f"{field} {text}" for field, text in fields.items())
    message = f"{error.message}: {wrong}" if wrong else error.message
    return type_(message, status=status, code=error.code, fields=fields, request_id=request_id)


def unreachable(url: httpx.URL, error: Exception) -> UnavailableError:
    return UnavailableError(f"No service answers at {url}: {error or type(error).__name__}")
