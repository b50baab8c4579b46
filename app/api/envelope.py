"""Errors on the wire: one table from error to status and code, one envelope."""

import logging
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from litestar import Request, Response
from litestar.enums import MediaType
from litestar.exceptions import HTTPException, ValidationException
from msgspec import Struct

from app.domain import errors
from app.observability.logs import log_event, place_of

_log = logging.getLogger(__name__)


class ErrorBody(Struct, kw_only=True, omit_defaults=True):
    code: str
    message: str
    details: dict[str, Any] | None = None


class ErrorResult(Struct, kw_only=True):
    error: ErrorBody


# The first matching class wins.
_STATUS_AND_CODE: tuple[tuple[type[errors.MnemonError], int, str], ...] = (
    (errors.InvalidInput, 400, "validation_failed"),
    (errors.UnsupportedValue, 400, "malformed_json"),
    (errors.BadRequest, 400, "bad_request"),
    (errors.Unauthorized, 401, "unauthorized"),
    (errors.Forbidden, 403, "forbidden"),
    (errors.NotFound, 404, "not_found"),
    (errors.Conflict, 409, "version_conflict"),
    (errors.TooLarge, 413, "payload_too_large"),
    (errors.Overloaded, 429, "too_many_requests"),
    (errors.NotReady, 503, "runtime_unavailable"),
    (errors.Unavailable, 503, "dependency_unavailable"),
    (errors.ModelTimedOut, 504, "model_timed_out"),
    (errors.ModelFailed, 502, "model_failed"),
    (errors.AnswerUnavailable, 503, "answer_unavailable"),
)
_CODE_OF_STATUS = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "payload_too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
}
TOO_MANY_REQUESTS = "Too many requests in this minute; send this again later"
_MESSAGE_OF_STATUS = {
    404: "Not found",
    405: "Method not allowed",
    413: errors.TooLarge().message,
    429: TOO_MANY_REQUESTS,
}
# msgspec's message for an unknown enum member or union tag; the contract's code for it is malformed_json.
_UNKNOWN_VALUE = re.compile(r"^Invalid (?:enum )?value ")
_LOCATION = re.compile(r" - at `\$?\.?(?P<path>[^`]*)`$")
_MISSING_PARAMETER = re.compile(r"Missing required \w+ parameter '\w+'")
# Litestar's message for an absent body is a KeyError's text.
_NO_BODY = "'data'"
_MISSING_FIELD = re.compile(r"^Object missing required field `(?P<field>[^`]+)`")


def error_response(
    status: int,
    code: str,
    message: str,
    *,
    details: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> Response[ErrorResult]:
    return Response(
        ErrorResult(error=ErrorBody(code=code, message=message, details=details)),
        status_code=status,
        media_type=MediaType.JSON,
        headers=headers or {},
    )


def _on_mnemon_error(request: Request[Any, Any, Any], error: errors.MnemonError) -> Response[ErrorResult]:
    if isinstance(error, errors.OperationFailed):
        details = {"operation": error.kind, "reason": error.reason}
        return error_response(500, "internal_error", error.message, details=details)
    for kind, status, code in _STATUS_AND_CODE:
        if isinstance(error, kind):
            details = _details(error)
            return error_response(status, code, error.message, details=details, headers=retry_after(error))
    return _on_anything(request, error)


def retry_after(error: errors.MnemonError) -> dict[str, str]:
    """Return the Retry-After header of Unavailable errors."""
    return {"Retry-After": str(math.ceil(error.retry_after_seconds))} if isinstance(error, errors.Unavailable) else {}


def _details(error: errors.MnemonError) -> dict[str, Any] | None:
    match error:
        case errors.InvalidBundle():
            return {"fieldErrors": error.field_errors, "errorCount": error.error_count}
        case errors.InvalidInput():
            return {"fieldErrors": error.field_errors}
        case errors.UnsupportedValue(field=str(field)) if field:
            return {"fieldErrors": {field: must_be_one_of(error.allowed)}}
        case _:
            return None


def _on_validation(request: Request[Any, Any, Any], error: ValidationException) -> Response[ErrorResult]:
    if missing := _MISSING_PARAMETER.match(error.detail):
        return _on_mnemon_error(request, errors.BadRequest(missing[0]))
    extra: Any = error.extra if isinstance(error.extra, list) else []
    fields: dict[str, str] = {}
    for item in extra:
        message = str(item.get("message", "is invalid"))
        if _UNKNOWN_VALUE.match(message):
            field, _ = field_and_text(item.get("key", ""), message)
            return _on_mnemon_error(request, errors.UnsupportedValue(field, item.get("allowed") or []))
        field, text = field_and_text(item.get("key", ""), message)
        fields[field] = text
    return _on_mnemon_error(request, errors.InvalidInput(fields or {"body": "is required"}))


def must_be_one_of(allowed: Sequence[str]) -> str:
    return f"must be one of {', '.join(allowed)}" if allowed else "is not a known value"


def field_and_text(key: str, message: str) -> tuple[str, str]:
    """Return the field's name on the wire and the error text."""
    if key == "data" and message == _NO_BODY:
        return "body", "a JSON body is required"
    location = _LOCATION.search(message)
    path = location["path"] if location else ("" if key == "data" else key)
    text = _LOCATION.sub("", message)
    path = re.sub(r"^data\.?", "", path)
    if missing := _MISSING_FIELD.match(text):
        return ".".join(part for part in (path, missing["field"]) if part), "must not be null"
    return path or key, text


def _on_http(_: Request[Any, Any, Any], error: HTTPException) -> Response[ErrorResult]:
    status = error.status_code
    if status >= 500:
        return error_response(500, "internal_error", "Internal server error")
    message = _MESSAGE_OF_STATUS.get(status, error.detail)
    return error_response(status, _CODE_OF_STATUS.get(status, "bad_request"), message, headers=http_headers(error))


def http_headers(error: HTTPException) -> dict[str, str]:
    """Return the error's headers, with Retry-After where the limit on requests says when it is over."""
    headers = dict(error.headers or {})
    reset = headers.get("RateLimit-Reset")
    return headers if reset is None else {**headers, "Retry-After": str(max(1, int(reset)))}


def log_unexpected(request: Request[Any, Any, Any], error: Exception) -> None:
    """Log the route and the place in the code, but not the exception's text, which may quote users."""
    log_event(_log, logging.ERROR, "a request failed", path=_template(request), place=place_of(error))


def _on_anything(request: Request[Any, Any, Any], error: Exception) -> Response[ErrorResult]:
    log_unexpected(request, error)
    return error_response(500, "internal_error", "Internal server error")


def _template(request: Request[Any, Any, Any]) -> str:
    """The route's path, with its parameters by name: ids may be names of users."""
    return f"{request.method} {request.scope.get('path_template', '')}"


EXCEPTION_HANDLERS: dict[int | type[Exception], Callable[[Request[Any, Any, Any], Any], Response[ErrorResult]]] = {
    errors.MnemonError: _on_mnemon_error,
    ValidationException: _on_validation,
    HTTPException: _on_http,
    Exception: _on_anything,
}
