"""Completing the document that Litestar makes from the handlers."""

from collections.abc import Iterator
from importlib.resources import files
from typing import Any, cast

import msgspec
from litestar.openapi.spec import (
    Components,
    Discriminator,
    Example,
    OpenAPI,
    OpenAPIHeader,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    Parameter,
    Reference,
    Schema,
    SecurityScheme,
)
from litestar.openapi.spec.enums import OpenAPIType

from app.api.api_key import HEALTH_PATHS
from app.api.memanto_v2.access import TOKEN_HEADER
from app.api.memanto_v2.errors import PREFIX
from app.api.openapi.statuses import error_statuses

_PACKAGE = "app.api.openapi"
_BASE_TYPES = ("RawContent", "ContentBlock", "Source")
_BEARER, _API_KEY, _SESSION = "bearerAuth", "apiKeyAuth", "sessionToken"
_METHODS = ("get", "put", "post", "patch", "delete")
# Streamed responses, which no JSON schema describes: path suffix -> (media type, description).
_STREAMS = {
    "/events": (
        "text/event-stream",
        "Server-sent events: `progress` or `end`, each with an OperationView as its data.",
    ),
    "/export": ("application/x-ndjson", "A BundleLine a line: RawDataLine, EntityLine, FactLine or InsightLine."),
}


def complete(document: OpenAPI) -> None:
    """Add errors, security, field texts and examples to the document."""
    document.components.schemas |= {name: _tagged(name) for name in _BASE_TYPES} | _error_schemas()
    _describe_fields(document.components)
    _add_security_schemes(document.components)
    examples = _data("examples.json")
    for path, _, operation in operations(document):
        _describe_responses(path, operation)
        _describe_security(path, operation)
        _add_example(operation, examples)


def operations(document: OpenAPI) -> Iterator[tuple[str, str, Operation]]:
    """(path, method, operation) of every route."""
    for path, item in (document.paths or {}).items():
        for method in _METHODS:
            operation = cast("Operation | None", getattr(item, method))
            if operation is not None:
                yield path, method, operation


def _data(name: str) -> dict[str, Any]:
    return msgspec.json.decode(files(_PACKAGE).joinpath(name).read_bytes())


def _tagged(name: str) -> Schema:
    """A base type of the contract, which only declares `type` as its discriminator."""
    return Schema(
        type=OpenAPIType.OBJECT,
        title=name,
        discriminator=Discriminator(property_name="type"),
        properties={"type": Schema(type=OpenAPIType.STRING)},
        required=["type"],
    )


def _text(description: str, **more: Any) -> Schema:
    return Schema(type=OpenAPIType.STRING, description=description, **more)


def _object(title: str, description: str, required: list[str], **properties: Schema | Reference) -> Schema:
    return Schema(
        type=OpenAPIType.OBJECT, title=title, description=description, required=required, properties=properties
    )


def _reference(name: str) -> Reference:
    return Reference(ref=f"#/components/schemas/{name}")


def _error_schemas() -> dict[str, Schema]:
    free = Schema(type=OpenAPIType.OBJECT, additional_properties=True, description="Further data, by name.")
    location = Schema(one_of=[Schema(type=OpenAPIType.STRING), Schema(type=OpenAPIType.INTEGER)])
    return {
        "ErrorBody": _object(
            "ErrorBody",
            "What is wrong.",
            ["code", "message"],
            code=_text("Stable name of the error, such as validation_failed.", examples=["validation_failed"]),
            message=_text("What is wrong, for people."),
            details=Schema(
                type=OpenAPIType.OBJECT,
                additional_properties=True,
                description="With validation_failed: fieldErrors, a map of field to what is wrong with it.",
            ),
        ),
        "ErrorResult": _object("ErrorResult", "Every error of /open/v1.", ["error"], error=_reference("ErrorBody")),
        "MemantoFieldError": _object(
            "MemantoFieldError",
            "What is wrong with a field.",
            ["loc", "msg", "type"],
            loc=Schema(
                type=OpenAPIType.ARRAY,
                items=location,
                description="Where: body, query, path or header; then the field.",
            ),
            msg=_text("What is wrong with it."),
            type=_text("Kind of error: missing, enum, type_error, value_error or json_invalid."),
        ),
        "MemantoNamedError": _object(
            "MemantoNamedError",
            "An error with a name; limits add figures.",
            ["error", "message"],
            error=_text("Stable name of the error, such as SessionExpired."),
            message=_text("What is wrong, for people."),
            details=free,
        ),
        "MemantoError": _object(
            "MemantoError",
            "Every error of /api/v2.",
            ["detail"],
            detail=Schema(
                description="A sentence, an error with a name, or the fields that are wrong (422).",
                one_of=[
                    Schema(type=OpenAPIType.STRING),
                    _reference("MemantoNamedError"),
                    Schema(type=OpenAPIType.ARRAY, items=_reference("MemantoFieldError")),
                ],
            ),
        ),
    }


def _describe_fields(components: Components) -> None:
    """Each property gets the text of `Schema.field`, or else of `field`."""
    texts = _data("fields.json")
    for name, schema in components.schemas.items():
        for field, value in (schema.properties or {}).items():
            text = texts.get(f"{name}.{field}") or texts.get(field)
            if text is None or schema.properties is None:
                continue
            if isinstance(value, Reference):
                # Siblings of $ref are allowed in 3.1, but generators drop them.
                schema.properties[field] = Schema(all_of=[value], description=text)
            elif value.description is None:
                value.description = text


def _add_security_schemes(components: Components) -> None:
    components.security_schemes = {
        _BEARER: SecurityScheme(type="http", scheme="bearer", description="An API key, where the server has one."),
        _API_KEY: SecurityScheme(
            type="apiKey", name="X-Api-Key", security_scheme_in="header", description="The same key in a header."
        ),
        _SESSION: SecurityScheme(
            type="apiKey",
            name=TOKEN_HEADER,
            security_scheme_in="header",
            description="Token of a session: POST /api/v2/agents/{agent_id}/activate returns it.",
        ),
    }


def _describe_security(path: str, operation: Operation) -> None:
    anyone: dict[str, list[str]] = {}
    with_key: list[dict[str, list[str]]] = [{_BEARER: []}, {_API_KEY: []}, anyone]
    if path in HEALTH_PATHS:
        operation.security = []
    elif takes_session(path):
        operation.security = [{_SESSION: []}, *(with_key if path.endswith("/deactivate") else [])]
        operation.parameters = [*(operation.parameters or []), _session_parameter()]
    else:
        operation.security = with_key


def takes_session(path: str) -> bool:
    """True for the routes of /api/v2 that use a memory; the others manage agents."""
    rest = path.removeprefix(f"{PREFIX}/agents/{{agent_id}}/")
    return rest not in {path, "activate"}


def _session_parameter() -> Parameter:
    return Parameter(
        name=TOKEN_HEADER,
        param_in="header",
        required=False,
        schema=Schema(type=OpenAPIType.STRING),
        description="The session's token; browsers may send it as the cookie memanto_session_token.",
    )


def _describe_responses(path: str, operation: Operation) -> None:
    """Replaces Litestar's own 400 by the errors that the route can answer, in its contract's envelope."""
    responses = cast("dict[str, OpenAPIResponse]", operation.responses or {})
    responses.pop("400", None)
    for suffix, (media_type, description) in _STREAMS.items():
        if path.endswith(suffix):
            content = {media_type: OpenAPIMediaType(schema=_text(description))}
            responses["200"] = OpenAPIResponse(description=description, content=content)
    schema = "MemantoError" if path.startswith(PREFIX) else "ErrorResult"
    for status, description in error_statuses(path, operation).items():
        content = {"application/json": OpenAPIMediaType(schema=_reference(schema))}
        if (path, status) == ("/ready", 503):
            content = {"application/json": OpenAPIMediaType(schema=_reference("Readiness"))}
        responses[str(status)] = OpenAPIResponse(
            description=description, content=content, headers=_retry_after() if status in {429, 503} else None
        )
    operation.responses = cast("Any", dict(sorted(responses.items())))


def _retry_after() -> dict[str, OpenAPIHeader | Reference]:
    seconds = Schema(type=OpenAPIType.INTEGER, minimum=1)
    return {"Retry-After": OpenAPIHeader(schema=seconds, description="Seconds to wait before the next try.")}


def _add_example(operation: Operation, examples: dict[str, Any]) -> None:
    body: Any = operation.request_body
    for media_type in body.content.values() if body else ():
        example = examples.get(operation.operation_id or "")
        if example is not None:
            media_type.examples = {"example": Example(value=example)}
