"""The OpenAPI document describes everything that a client needs."""

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

METHODS = ("get", "put", "post", "patch", "delete")
ALWAYS = {"/live", "/health", "/open/v1/health"}


@pytest.fixture(scope="module")
def document(service: Any) -> dict[str, Any]:
    return httpx.get(f"{service.url}/schema/openapi.json").json()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def test_every_property_is_described(document: dict[str, Any]):
    missing = [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, value in schema.get("properties", {}).items()
        if not value.get("description") and "$ref" not in value and name not in {"RawContent", "ContentBlock", "Source"}
    ]
    assert missing == []


def test_every_description_has_its_property(document: dict[str, Any]):
    texts = json.loads(files("app.api.openapi").joinpath("fields.json").read_text())
    schemas = document["components"]["schemas"]
    known = {field for schema in schemas.values() for field in schema.get("properties", {})}
    known |= {f"{name}.{field}" for name, schema in schemas.items() for field in schema.get("properties", {})}
    assert set(texts) <= known


def test_every_error_has_its_contracts_envelope(document: dict[str, Any]):
    for path, method, operation in operations(document):
        envelope = "MemantoError" if path.startswith("/api/v2") else "ErrorResult"
        for status, response in operation["responses"].items():
            if status[0] in "45" and path != "/ready":
                schema = response["content"]["application/json"]["schema"]
                assert schema == {"$ref": f"#/components/schemas/{envelope}"}, (path, method, status)


def test_every_route_documents_its_errors(document: dict[str, Any]):
    for path, method, operation in operations(document):
        statuses = set(operation["responses"])
        if path in ALWAYS:
            continue
        assert "503" in statuses, path
        if path == "/ready":
            continue
        assert {"401", "500"} <= statuses, path
        if "requestBody" in operation:
            assert {"400", "413", "415"} <= statuses, path
        if "{" in path:
            assert "404" in statuses, path
        if method == "post":
            assert "429" in statuses, path


def test_security_is_declared(document: dict[str, Any]):
    assert document["components"]["securitySchemes"].keys() == {"bearerAuth", "apiKeyAuth", "sessionToken"}
    security = {operation["operationId"]: operation["security"] for _, _, operation in operations(document)}
    assert security["health"] == []
    assert {"bearerAuth": []} in security["retrieveMemory"]
    assert security["remember"] == [{"sessionToken": []}]
    assert {"sessionToken": []} in security["deactivateAgent"]
    assert {"sessionToken": []} not in security["activateAgent"]


def test_event_streams_and_ndjson_are_texts(document: dict[str, Any]):
    events = document["paths"]["/open/v1/memory/operations/{operation_id}/events"]["get"]["responses"]["200"]
    assert events["content"]["text/event-stream"]["schema"]["type"] == "string"
    lines = document["paths"]["/open/v1/memory/export"]["get"]["responses"]["200"]
    assert lines["content"]["application/x-ndjson"]["schema"]["type"] == "string"


def test_every_json_body_has_an_example_that_fits_it(document: dict[str, Any]):
    for path, method, operation in operations(document):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            continue
        assert content.get("examples"), (path, method)
        schema = {**content["schema"], "components": document["components"]}
        for example in content["examples"].values():
            Draft202012Validator(schema).validate(example["value"])


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/v2/agents", "GET, OPTIONS, POST"),
        ("/api/v2/agents/some-agent", "DELETE, GET, OPTIONS"),
        ("/api/v2/agents/some-agent/memories/1", "DELETE, OPTIONS, PATCH"),
        ("/open/v1/memory/retrieve", "OPTIONS, POST"),
    ],
)
def test_options_names_every_method(http: httpx.Client, path: str, methods: str):
    assert http.options(path).headers["Allow"] == methods
