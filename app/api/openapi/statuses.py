"""Error statuses of each route."""

from typing import Any

from litestar.openapi.spec import Operation

from app.api.memanto_v2.errors import PREFIX

_ANSWERS_ALWAYS = ("/live", "/health", "/open/v1/health")
_CONFLICTS = (
    "createAgent",
    "resolveConflict",
    "expireMemory",
    "restoreMemory",
    "setPolicy",
    "usePreset",
    "applyPolicy",
)
# Routes that ask the language model for the answer itself.
_MODEL_ANSWERS = ("answer", "extractMemories", "dailySummary", "generateConflicts")
_BODIES_WITHOUT_SCHEMA = ("importMemory",)

_TEXTS = {
    400: "The request is wrong: the body says what was expected.",
    401: "An API key or a session token is missing or wrong.",
    403: "This caller may not do this: the body says why.",
    404: "There is nothing with this id or name.",
    409: "The request contradicts what is stored, or its Idempotency-Key was used for another request.",
    413: "The request is larger than the server accepts.",
    415: "The body has another media type than the route takes.",
    422: "Fields of the request are wrong: the body lists them.",
    429: "Too many requests, or too much work is waiting; try again later.",
    500: "The server failed, or the operation did; the body says which.",
    502: "The language model gave no usable answer.",
    503: "The database or another dependency does not answer; try again later.",
    504: "The language model did not answer in time.",
}


def error_statuses(path: str, operation: Operation) -> dict[int, str]:
    """Status to description, in order."""
    if path in _ANSWERS_ALWAYS:
        return {}
    if path == "/ready":
        return {503: "Something that the service needs is down: the body names it."}
    memanto = path.startswith(PREFIX)
    name = operation.operation_id or ""
    parameters: list[Any] = list(operation.parameters or [])
    has_body = operation.request_body is not None or name in _BODIES_WITHOUT_SCHEMA
    statuses = {401, 403, 429, 500, 503}
    if has_body or parameters:
        statuses.add(400)
    if memanto:
        statuses |= {404}
        statuses |= {422} if has_body or parameters else set()
    if has_body:
        statuses |= {413, 415}
    if "{" in path or "/entities/" in path or path.endswith("/forget"):
        statuses.add(404)
    if any(parameter.name == "Idempotency-Key" for parameter in parameters) or name in _CONFLICTS:
        statuses.add(409)
    if name in _MODEL_ANSWERS:
        statuses |= {502, 504}
    return {status: _TEXTS[status] for status in sorted(statuses)}
