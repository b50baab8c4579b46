"""Without an API key, no page of another site can use the service; with any body, its media type must be stated."""

import re

import httpx
import pytest

from app.api.api_key import HEALTH_PATHS
from app.api.local_access import LocalAccess, is_loopback
from tests.api import Memory, told

METHODS = ("get", "put", "post", "patch", "delete")
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://127.0.0.1@evil.example"},
    {"Host": "evil.example"},
    {"Host": "evil.example:8366"},
    {"Host": "localhost.evil.example"},
    {"Host": "192.168.1.5"},
    {"Host": "[::2]:80"},
    {"Sec-Fetch-Site": "cross-site"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_every_route_but_health_refuses_other_sites(http: httpx.Client, headers: dict[str, str]) -> None:
    document = http.get("/schema/openapi.json").json()
    routes = [(path, method) for path, item in document["paths"].items() for method in METHODS if method in item]
    assert len(routes) > 50
    for path, method in [*routes, ("/schema/openapi.json", "get"), ("/schema", "get")]:
        response = http.request(method, re.sub(r"\{[^}]+\}", "x", path), headers=headers)
        if path in HEALTH_PATHS:
            assert response.status_code in {200, 503}, path
            continue
        assert response.status_code == 403, (method, path)
        body = response.json()
        if path.startswith("/api/v2"):
            assert body["detail"]["error"] == "AuthorizationError", path
        else:
            assert body["error"]["code"] == "forbidden", path


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost:3000"},
        {"Origin": "https://127.0.0.1"},
        {"Host": "LOCALHOST:1"},
        {"Host": "[::1]:8366"},
        {"Host": "app.localhost"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_pages_and_names_of_this_machine_are_served(http: httpx.Client, headers: dict[str, str]) -> None:
    body = {"userId": "local", "agentId": "access", "query": "Anything?", "strategy": "SIMPLE"}
    assert http.post("/open/v1/memory/retrieve", json=body, headers=headers).status_code == 200


def test_host_names_can_be_allowed() -> None:
    assert is_loopback("127.8.9.1")
    assert not is_loopback("")
    access = LocalAccess({"memory.lan"})
    for name in ("memory.lan", "MEMORY.lan:8366", "memory.lan."):
        access.check({"host": name})
        access.check({"host": name, "origin": f"http://{name}"})


class TestMediaTypes:
    """A browser sends these to any site without asking it first (the CORS protocol's simple requests)."""

    @pytest.mark.parametrize("media_type", [None, "text/plain", "application/x-www-form-urlencoded"])
    def test_a_body_needs_its_type(self, memory: Memory, media_type: str | None) -> None:
        headers = {"Content-Type": media_type} if media_type else {}
        for path in ("sync/extract", "async/add-message", "retrieve", "forget", "commit", "items/query"):
            body = f'{{"userId":"{memory.scope.user_id}","agentId":"test","everything":true}}'
            response = memory.http.post(f"/open/v1/memory/{path}", content=body, headers=headers)
            assert response.status_code == 415, path
            assert "application/json" in response.json()["error"]["message"]

    @pytest.mark.parametrize("media_type", [None, "text/plain", "application/json"])
    def test_a_bundle_needs_its_type(self, memory: Memory, media_type: str | None) -> None:
        memory.extract(told(("Ana", "I live in Faro.")))
        headers = {"Content-Type": media_type} if media_type else {}
        response = memory.http.post(
            "/open/v1/memory/import", params=memory.ids, content=memory_bundle(), headers=headers
        )
        assert response.status_code == 415
        assert "application/x-ndjson" in response.json()["error"]["message"]
        assert len(memory.raw_data()) == 1


def memory_bundle() -> bytes:
    return b'{"kind": "rawData", "id": "r1", "type": "DOCUMENT", "text": "Faro is old."}\n'
