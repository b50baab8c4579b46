"""Bad input returns a clear 4xx in the envelope; nothing of it is stored or logged."""

import base64
import json
from typing import Any

import httpx
import pytest

from tests.api import Memory, conversation, message, told
from tests.contract.test_memind import envelope
from tests.service_process import ServiceProcess

SECRET = "Xylophone-Canary-77"


def text(value: Any, **more: Any) -> dict[str, Any]:
    return {"rawContent": conversation({**message("x"), "content": [{"type": "text", "text": value}], **more})}


def cursor(**fields: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode()


BAD: list[tuple[str, dict[str, Any], int, str, str | None]] = [
    ("sync/extract", {**text(SECRET), "userId": ""}, 400, "validation_failed", "userId"),
    ("sync/extract", {**text(SECRET), "userId": "  "}, 400, "validation_failed", "userId"),
    ("sync/extract", {**text(SECRET), "agentId": None}, 400, "validation_failed", "agentId"),
    ("sync/extract", {**text(SECRET), "userId": "a\x00b"}, 400, "validation_failed", "userId"),
    ("sync/extract", {**text(SECRET), "userId": "u" * 257}, 400, "validation_failed", "userId"),
    ("sync/extract", {"rawContent": {"type": "telepathy", "x": SECRET}}, 400, "malformed_json", None),
    ("sync/extract", {"rawContent": None}, 400, "validation_failed", "rawContent"),
    ("sync/extract", {"rawContent": conversation()}, 400, "validation_failed", "rawContent.messages"),
    ("sync/extract", text(SECRET, role="NARRATOR"), 400, "malformed_json", "rawContent.messages[0].role"),
    ("sync/extract", text(f"{SECRET}\x00"), 400, "validation_failed", "rawContent.messages[0].content[0].text"),
    ("sync/extract", text("   "), 400, "validation_failed", "rawContent.messages[0].content"),
    ("sync/extract", text(SECRET, timestamp="2024-03-04T09:00:00"), 400, "validation_failed", None),
    ("sync/extract", text(SECRET, timestamp="yesterday"), 400, "validation_failed", None),
    ("sync/extract", text(SECRET, timestamp="0001-01-01T00:00:00Z"), 400, "validation_failed", None),
    ("sync/extract", text(SECRET, timestamp="9999-12-31T23:59:59Z"), 400, "validation_failed", None),
    ("sync/extract", text(7), 400, "validation_failed", None),
    ("sync/extract", text("x" * 100_001), 413, "payload_too_large", None),
    ("sync/extract", {"rawContent": conversation(*[message(f"Message {i}.") for i in range(1001)])}, 413,
     "payload_too_large", None),
    ("sync/extract", {"rawContent": {"type": "document", "parsedText": "  "}}, 400, "validation_failed", "rawContent"),
    ("async/add-message", {"message": None}, 400, "validation_failed", "message"),
    ("async/add-message", {"message": {"role": "USER", "content": []}}, 400, "validation_failed", "message.content"),
    ("async/add-message", {"message": {"role": "USER", "content": [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "***"}}]}}, 400,
     "validation_failed", "message.content[0].source.data"),
    ("retrieve", {"query": " ", "strategy": "SIMPLE"}, 400, "validation_failed", "query"),
    ("retrieve", {"query": SECRET, "strategy": "FOO"}, 400, "malformed_json", "strategy"),
    ("retrieve", {"strategy": "SIMPLE"}, 400, "validation_failed", "query"),
    ("retrieve", {"query": SECRET, "strategy": "SIMPLE", "scope": "WORLD"}, 400, "bad_request", None),
    ("retrieve", {"query": SECRET, "strategy": "SIMPLE", "limit": 101}, 400, "validation_failed", "limit"),
    ("retrieve", {"query": SECRET, "strategy": "SIMPLE", "hops": 0}, 400, "validation_failed", "hops"),
    ("retrieve", {"query": SECRET, "strategy": "DEEP", "timeRange": {"from": "2024-03-02T00:00:00Z",
     "to": "2024-03-01T00:00:00Z"}}, 400, "validation_failed", "timeRange.from"),
    ("items/query", {"timeRange": {"from": "0001-01-01T00:00:00+14:00"}}, 400, "validation_failed", "timeRange.from"),
    ("items/query", {"timeRange": {"to": "9999-12-31T23:59:59-14:00"}}, 400, "validation_failed", "timeRange.to"),
    ("items/query", {"cursor": cursor(observed_at="2024-01-01T00:00:00Z", created_at="2024-01-01T00:00:00Z", id=2**63)},
     400, "validation_failed", "cursor"),
    ("raw-data/query", {"cursor": cursor(time="0001-01-01T00:00:00Z", sequence=1)}, 400, "validation_failed", "cursor"),
    ("items/query", {"limit": 0}, 400, "validation_failed", "limit"),
    ("items/query", {"cursor": "nonsense"}, 400, "validation_failed", "cursor"),
    ("items/query", {"metadataFilter": {"all": [{"path": "a", "op": "like", "value": 1}]}}, 400, "malformed_json", None),
    ("items/query", {"metadataFilter": {"all": [{"path": "a", "op": "in", "value": 1}]}}, 400, "validation_failed",
     "metadataFilter.all[0].value"),
    ("items/query", {"metadataFilter": {"any": [{"path": "a", "value": 1}] * 21}}, 400, "validation_failed",
     "metadataFilter.any"),
    ("items/query", {"metadataFilter": {"not": [{"path": "a", "op": "in", "value": list(range(201))}]}}, 400,
     "validation_failed", "metadataFilter.not[0].value"),
    ("items/query", {"sourceClients": ["a"] * 201}, 400, "validation_failed", "sourceClients"),
    ("retrieve", {"query": SECRET, "strategy": "SIMPLE", "categories": ["tool"] * 201}, 400, "validation_failed",
     "categories"),
    ("raw-data/query", {"types": ["poem"]}, 400, "validation_failed", "types"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "status", "code", "field"), BAD)
def test_bad_input_is_named_and_stores_nothing(
    memory: Memory, path: str, body: dict[str, Any], status: int, code: str, field: str | None
):
    response = memory.post(path, **body)
    error = envelope(response)["error"]
    assert (response.status_code, error["code"]) == (status, code), response.text
    if field:
        assert field in error["details"]["fieldErrors"]
    assert memory.raw_data() == []


def nested(depth: int) -> bytes:
    return (
        b'{"userId":"u","agentId":"a","rawContent":{"type":"document","parsedText":"x","metadata":'
        + (b'{"a":' * depth + b"1" + b"}" * depth)
        + b"}}"
    )


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"userId":', 400, "malformed_json"),
        (b"", 400, "validation_failed"),
        (b"[]", 400, "validation_failed"),
        (b'{"userId":"\\ud800","agentId":"a"}', 400, "malformed_json"),
        (b'{"userId":"\xff"}', 400, "malformed_json"),
        (b"[" * 200_000, 400, "malformed_json"),
        (nested(40), 400, "validation_failed"),
        (nested(50_000), 400, "malformed_json"),
        (b'{"userId":"u","agentId":"a","x":"' + b"y" * (16 << 20) + b'"}', 413, "payload_too_large"),
    ],
)
def test_malformed_requests_are_refused(http: httpx.Client, body: bytes, status: int, code: str):
    response = http.post("/open/v1/memory/sync/extract", content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, envelope(response)["error"]["code"]) == (status, code)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/open/v1/memory/operations/op_none", 404, "not_found"),
        ("GET", "/open/v1/memory/retrieve", 405, "method_not_allowed"),
        ("DELETE", "/open/v1/health", 405, "method_not_allowed"),
        ("GET", "/open/v1/memory/operations", 400, "bad_request"),
        ("GET", "/open/v1/memory/operations?userId=a&agentId=b&limit=abc", 400, "validation_failed"),
        ("GET", "/open/v1/memory/operations?userId=a&agentId=b&cursor=9223372036854775808", 400, "validation_failed"),
        ("GET", "/open/v1/memory/operations?userId=a&agentId=b&limit=0", 400, "validation_failed"),
        ("GET", "/open/v1/memory/operations?userId=a&agentId=b&status=lost", 400, "malformed_json"),
        ("GET", "/open/v1/memory/operations?userId=%20&agentId=b", 400, "validation_failed"),
    ],
)
def test_wrong_routes_and_parameters_have_the_envelope_too(
    http: httpx.Client, method: str, path: str, status: int, code: str
):
    response = http.request(method, path)
    assert (response.status_code, envelope(response)["error"]["code"]) == (status, code), response.text


@pytest.mark.parametrize("character", ["\x1b", "\x7f", "\x85", "\u202e", "\u2066", "\u200f", "\u2028"])
def test_hidden_characters_in_ids_are_refused(http: httpx.Client, character: str):
    for field in ("userId", "agentId"):
        body = {"userId": "ana", "agentId": "helper", "query": "x", "strategy": "SIMPLE", field: f"a{character}b"}
        response = http.post("/open/v1/memory/retrieve", json=body)
        assert response.status_code == 400
        assert field in envelope(response)["error"]["details"]["fieldErrors"]


def test_hidden_characters_in_names_are_shown(memory: Memory):
    memory.extract(told(("Ana\u202enafruS\x1b[2J", "I live in Faro.")))
    (raw_data,) = memory.raw_data()
    assert raw_data["caption"].startswith("Ana<U+202E>nafruS<U+001B>[2J")


def test_other_media_types_are_refused(http: httpx.Client):
    response = http.post("/open/v1/memory/retrieve", data={"userId": "a"})
    assert (response.status_code, envelope(response)["error"]["code"]) == (415, "unsupported_media_type")


def test_every_route_of_the_schema_answers_in_the_envelope(http: httpx.Client):
    schema = http.get("/schema/openapi.json").json()
    for path, operations in schema["paths"].items():
        for method in operations:
            if path in {"/live", "/ready", "/health", "/metrics", "/whoami"} or path.startswith("/api/v2"):
                continue  # pages, and the other contract's envelope
            envelope(http.request(method, path.replace("{operation_id}", "op_x"), json={}))


def test_the_log_contains_no_request_content(memory: Memory, service: ServiceProcess):
    for path, body, *_ in BAD:
        memory.post(path, **body)
    memory.extract(told(("Anna", f"The word is {SECRET}.")))
    assert SECRET not in service.log.read_text()
