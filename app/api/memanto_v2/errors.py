"""Errors as the contract writes them: `detail` is an object with a name, a plain sentence, or a list of fields."""

import re
from collections.abc import Callable
from typing import Any

from litestar import Request, Response
from litestar.enums import MediaType
from litestar.exceptions import HTTPException, ValidationException

from app.api.envelope import (
    TOO_MANY_REQUESTS,
    field_and_text,
    http_headers,
    log_unexpected,
    must_be_one_of,
    retry_after,
)
from app.domain import errors

PREFIX = "/api/v2"
# The first matching class wins; without a name the detail is a plain sentence.
_STATUS_AND_NAME: tuple[tuple[type[errors.MnemonError], int, str | None], ...] = (
    (errors.BadRequest, 400, None),
    (errors.Unauthorized, 401, None),
    (errors.Forbidden, 403, "AuthorizationError"),
    (errors.SessionExpired, 401, "SessionExpired"),
    (errors.WrongAgent, 403, "AuthorizationError"),
    (errors.SessionInvalid, 401, "InvalidSessionToken"),
    (errors.SessionNotFound, 404, "SessionNotFound"),
    (errors.AgentNotFound, 404, "AgentNotFound"),
    (errors.NotFound, 404, None),
    (errors.AgentExists, 409, "AgentAlreadyExists"),
    (errors.Conflict, 409, "Conflict"),
    (errors.TooLarge, 413, "payload_too_large"),
    (errors.Overloaded, 429, "TooManyRequests"),
    (errors.Unavailable, 503, "ServiceUnavailable"),
    (errors.ModelTimedOut, 504, "AnswerGenerationTimedOut"),
    (errors.ModelFailed, 502, "AnswerGenerationFailed"),
    (errors.AnswerUnavailable, 503, "AnswerUnavailable"),
    (errors.OperationFailed, 500, "MemoryOperationError"),
)
_TYPES = (
    (re.compile(r"must not be null|body is required"), "missing"),
    (re.compile(r"^Invalid enum value|^must be one of"), "enum"),
    (re.compile(r"^Expected `(?:str|array|object|int|float|bool)` (?:of|matching|with|[<>])"), "value_error"),
    (re.compile(r"^Expected `(?P<kind>\w+)"), "type_error"),
)


class Refused(errors.MnemonError):
    """An error for which the contract defines a special status and body."""

    def __init__(self, status: int, error: str, message: str, **figures: int) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": error, "message": message, **figures}


def _response(status: int, detail: object, headers: dict[str, str] | None = None) -> Response[Any]:
    return Response({"detail": detail}, status_code=status, media_type=MediaType.JSON, headers=headers or {})


def _named(status: int, name: str, message: str, headers: dict[str, str] | None = None) -> Response[Any]:
    return _response(status, {"error": name, "message": message, "details": {}}, headers)


def on_mnemon_error(request: Request[Any, Any, Any], error: errors.MnemonError) -> Response[Any]:
    if isinstance(error, Refused):
        return _response(error.status, error.body)
    if isinstance(error, errors.UnsupportedValue) and not error.field:
        return _response(422, [_field(["body"], "JSON decode error", "json_invalid")])
    if isinstance(error, errors.InvalidInput):
        rows = [_field(["body", *_path(field)], text, "value_error") for field, text in error.field_errors.items()]
        return _response(422, rows)
    for kind, status, name in _STATUS_AND_NAME:
        if isinstance(error, kind):
            if name is None:
                return _response(status, error.message, retry_after(error))
            return _named(status, name, error.message, retry_after(error))
    return on_anything(request, error)


def on_validation(_: Request[Any, Any, Any], error: ValidationException) -> Response[Any]:
    extra: Any = error.extra if isinstance(error.extra, list) else []
    rows: list[dict[str, Any]] = []
    for item in extra:
        source = str(item.get("source", "body"))
        field, text = field_and_text(item.get("key", ""), str(item.get("message", "is invalid")))
        if item.get("allowed"):
            text = must_be_one_of(item["allowed"])
        kind = next((name for pattern, name in _TYPES if pattern.search(text)), "value_error")
        rows.append(_field([source if source in {"query", "path", "header"} else "body", *_path(field)], text, kind))
    return _response(422, rows or [_field(["body"], error.detail, "value_error")])


def on_http(_: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    if error.status_code >= 500:
        return _named(500, "InternalServerError", "An unexpected error occurred")
    if error.status_code == 413:
        return _named(413, "payload_too_large", errors.TooLarge().message)
    if error.status_code == 429:
        return _named(429, "TooManyRequests", TOO_MANY_REQUESTS, http_headers(error))
    plain = {404: "Not Found", 405: "Method Not Allowed"}
    return _response(error.status_code, plain.get(error.status_code, error.detail), dict(error.headers or {}))


def on_anything(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    log_unexpected(request, error)
    return _named(500, "InternalServerError", "An unexpected error occurred")


def _field(location: list[str | int], message: str, kind: str) -> dict[str, Any]:
    return {"loc": location, "msg": message, "type": kind}


def _path(field: str) -> list[str | int]:
    """`memories[0].content` as its parts."""
    parts = [part for part in re.split(r"[.\[\]]+", field) if part and part not in {"data", "body", "..."}]
    return [int(part) if part.isdigit() else part for part in parts]


HANDLERS: dict[int | type[Exception], Callable[[Request[Any, Any, Any], Any], Response[Any]]] = {
    errors.MnemonError: on_mnemon_error,
    ValidationException: on_validation,
    HTTPException: on_http,
    Exception: on_anything,
}
