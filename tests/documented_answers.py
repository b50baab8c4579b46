"""Checks every HTTP response against the OpenAPI document."""

import re
from typing import Any

import httpx
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

_DOCUMENT = "urn:openapi"
_STREAMED = ("text/event-stream", "application/x-ndjson")


class DocumentedAnswers:
    """An httpx hook that fails the test if a status or body is not documented for its route."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._paths = [
            (re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)), path, item) for path, item in document["paths"].items()
        ]
        # Match literal paths before paths with parameters.
        self._paths.sort(key=lambda row: row[1].count("{"))
        resource: Resource[Any] = Resource.opaque(document)
        empty: Registry[Any] = Registry()  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - its default
        self._registry = empty.with_resource(_DOCUMENT, resource)
        self._validators: dict[tuple[str, str, str], Draft202012Validator] = {}

    def __call__(self, response: httpx.Response) -> None:
        request = response.request
        found = self._operation(request.method.lower(), request.url.path)
        if found is None:
            return
        path, operation = found
        status = str(response.status_code)
        where = f"{request.method} {path} answers {status}"
        assert status in operation["responses"], f"{where}: not documented; {response.read()[:500]!r}"
        media_type = response.headers.get("content-type", "").partition(";")[0]
        content = operation["responses"][status].get("content", {})
        if media_type in _STREAMED or not media_type:
            return
        assert media_type in content, f"{where} with {media_type}: not documented"
        if media_type != "application/json":
            return
        response.read()
        key = (path, request.method, status)
        validator = self._validators.get(key) or self._validators.setdefault(key, self._validator(*key, media_type))
        errors = [f"{e.json_path}: {e.message[:300]}" for e in validator.iter_errors(response.json())]
        assert not errors, f"{where}: {errors}"

    def _operation(self, method: str, path: str) -> tuple[str, dict[str, Any]] | None:
        for pattern, template, item in self._paths:
            if method in item and pattern.fullmatch(path):
                return template, item[method]
        return None

    def _validator(self, path: str, method: str, status: str, media_type: str) -> Draft202012Validator:
        parts = ("paths", path, method.lower(), "responses", status, "content", media_type, "schema")
        pointer = "/".join(part.replace("~", "~0").replace("/", "~1") for part in parts)
        return Draft202012Validator({"$ref": f"{_DOCUMENT}#/{pointer}"}, registry=self._registry)
