"""The HTTP API in one-line calls."""

import json
import time
from typing import Any

import httpx

from app.domain.scope import MemoryScope

NDJSON = {"Content-Type": "application/x-ndjson"}
_WAIT_SECONDS = 60
START = "2024-03-04T09:{minute:02d}:00Z"


def message(text: str, *, name: str | None = None, role: str = "USER", at: str | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"role": role, "content": [{"type": "text", "text": text}]}
    if name:
        body["userName"] = name
    if at:
        body["timestamp"] = at
    return body


def conversation(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"type": "conversation", "messages": list(messages)}


def told(*lines: tuple[str, str]) -> dict[str, Any]:
    """Return a conversation of (name, text) messages, one minute apart."""
    return conversation(
        *(message(text, name=name, at=START.format(minute=minute)) for minute, (name, text) in enumerate(lines)),
    )


class Memory:
    """One memory over HTTP. Every call fails the test on an error status."""

    def __init__(self, http: httpx.Client, scope: MemoryScope) -> None:
        self.http = http
        self.scope = scope
        self.ids = {"userId": scope.user_id, "agentId": scope.agent_id}

    def post(self, path: str, **body: Any) -> httpx.Response:
        return self.http.post(f"/open/v1/memory/{path}", json={**self.ids, **body})

    def data(self, path: str, **body: Any) -> dict[str, Any]:
        response = self.post(path, **body)
        assert response.is_success, response.text
        return response.json()["data"]

    def extract(self, content: dict[str, Any], **body: Any) -> dict[str, Any]:
        return self.data("sync/extract", rawContent=content, **body)

    def retrieve(self, query: str, *, strategy: str = "SIMPLE", **body: Any) -> dict[str, Any]:
        return self.data("retrieve", query=query, strategy=strategy, **body)

    def items(self, **body: Any) -> list[dict[str, Any]]:
        return self.data("items/query", **{"limit": 100, **body})["items"]

    def raw_data(self, **body: Any) -> list[dict[str, Any]]:
        return self.data("raw-data/query", **{"limit": 100, **body})["rawData"]

    def bundle(self, kind: str) -> list[dict[str, Any]]:
        """Return the lines of this kind from the memory's export."""
        lines = self.http.get("/open/v1/memory/export", params=self.ids).raise_for_status().text.splitlines()
        return [row for line in lines if (row := json.loads(line))["kind"] == kind]

    def operation(self, operation_id: str) -> dict[str, Any]:
        response = self.http.get(f"/open/v1/memory/operations/{operation_id}")
        assert response.is_success, response.text
        return response.json()["data"]

    def wait_until_idle(self) -> None:
        """Wait until the memory has no unfinished operation, including follow-up operations."""
        for operation in self.http.get("/open/v1/memory/operations", params=self.ids).json()["data"]["operations"]:
            self.wait(operation["operationId"])

    def wait(self, operation_id: str) -> dict[str, Any]:
        """Wait until the operation has ended and return it."""
        started = time.monotonic()
        while (waited := time.monotonic() - started) < _WAIT_SECONDS:
            operation = self.operation(operation_id)
            if operation["status"] in {"succeeded", "failed"}:
                return operation
            # Each question takes time from what is waited for.
            time.sleep(0.05 + waited / 10)
        raise AssertionError(f"{operation_id} did not end in {_WAIT_SECONDS} s")
