"""Bundles with questions, and two ways to send them to a memory."""

import time
from pathlib import Path
from typing import Any

import httpx
import msgspec
from msgspec import Struct

from tests.api import NDJSON

_MESSAGES_A_REQUEST = 200
_POLL_SECONDS = 0.5


class Query(Struct, frozen=True, kw_only=True):
    id: str
    query: str
    evidence: list[str]
    category: str = "all"
    answer: str | int | list[str | list[str]] | None = None

    @property
    def expected(self) -> str:
        """The expected answer as one text, of a part with several wordings the first one; empty if none is given."""
        if self.answer is None:
            return ""
        parts = self.answer if isinstance(self.answer, list) else [str(self.answer)]
        return " ".join(part if isinstance(part, str) else part[0] for part in parts)


class Dataset(Struct, frozen=True, kw_only=True):
    """A folder with bundle.ndjson and queries.ndjson."""

    name: str
    bundle: Path
    queries: list[Query]

    @classmethod
    def read(cls, folder: Path) -> "Dataset":
        lines = (folder / "queries.ndjson").read_bytes().splitlines()
        queries = [msgspec.json.decode(line, type=Query) for line in lines if line.strip()]
        return cls(name=folder.name, bundle=folder / "bundle.ndjson", queries=queries)

    def raw_data(self) -> list[dict[str, Any]]:
        lines = map(msgspec.json.decode, self.bundle.read_bytes().splitlines())
        return [line for line in lines if line["kind"] == "rawData"]


class Client:
    """One memory of the service under evaluation."""

    def __init__(self, url: str, name: str) -> None:
        self.ids = {"userId": "evaluation", "agentId": name}
        self._http = httpx.Client(base_url=f"{url}/open/v1/memory", timeout=600)

    def retrieve(self, query: str, *, strategy: str, limit: int) -> dict[str, Any]:
        body = {**self.ids, "query": query, "strategy": strategy, "limit": limit}
        return self._http.post("/retrieve", json=body).raise_for_status().json()["data"]

    def import_bundle(self, dataset: Dataset) -> None:
        with dataset.bundle.open("rb") as body:
            response = self._http.post("/import", params=self.ids, content=body, headers=NDJSON).raise_for_status()
        self._await(response.json()["data"]["operationId"])

    def send_messages(self, dataset: Dataset) -> None:
        """Send only the raw data, through the extraction routes, so that the configured extractor builds the graph."""
        rows = dataset.raw_data()
        messages = [row for row in rows if row.get("type") == "CONVERSATION"]
        documents = [row for row in rows if row.get("type") != "CONVERSATION"]
        operations: list[str] = []
        for start in range(0, len(messages), _MESSAGES_A_REQUEST):
            part = [_message(row) for row in messages[start : start + _MESSAGES_A_REQUEST]]
            operations.append(self._extract({"type": "conversation", "messages": part}))
        for start in range(0, len(documents), _MESSAGES_A_REQUEST):
            part = documents[start : start + _MESSAGES_A_REQUEST]
            sections = [{"title": row.get("title"), "content": row["text"]} for row in part]
            operations.append(self._extract({"type": "document", "sections": sections}))
        for operation in operations:
            self._await(operation)

    def export(self) -> list[dict[str, Any]]:
        """Export the memory with its vectors."""
        response = self._http.get("/export", params={**self.ids, "embeddings": "true"}).raise_for_status()
        return [msgspec.json.decode(line) for line in response.content.split(b"\n") if line]

    def cost(self) -> dict[str, float]:
        """Return the language model's cost for this memory, and the number of messages."""
        page = self._http.get("/operations", params={**self.ids, "limit": 100}).raise_for_status().json()["data"]
        operations = page["operations"]
        messages = sum(operation["progress"]["total"] for operation in operations)
        calls = sum(operation.get("usage", {}).get("calls", 0) for operation in operations)
        return {"messages": messages, "calls": calls, "callsPerMessage": calls / max(messages, 1)}

    def close(self) -> None:
        self._http.close()

    def _extract(self, content: dict[str, Any]) -> str:
        response = self._http.post("/async/extract", json={**self.ids, "rawContent": content}).raise_for_status()
        return response.json()["data"]["operationId"]

    def _await(self, operation_id: str) -> None:
        while True:
            operation = self._http.get(f"/operations/{operation_id}").raise_for_status().json()["data"]
            if operation["status"] == "failed":
                raise RuntimeError(f"{operation_id} failed: {operation['error']['reason']}")
            if operation["status"] == "succeeded":
                return
            time.sleep(_POLL_SECONDS)


def _message(row: dict[str, Any]) -> dict[str, Any]:
    message = {"role": row.get("role", "USER"), "content": [{"type": "text", "text": row["text"]}]}
    optional = {"userName": row.get("userName"), "timestamp": row.get("occurredAt")}
    return message | {name: value for name, value in optional.items() if value}


def identity(row: dict[str, Any]) -> tuple[str, ...]:
    """Return a key of raw data that does not depend on ids."""
    return row.get("userName") or row.get("title") or "", row["text"], str(row.get("occurredAt") or "")[:16]
