"""A strict client of /open/v1, written from the contract: it decodes as the published clients in typed languages do.

A wrong type, a missing field, a null list, an id that is no int64 or a time that is not RFC 3339 raises ValidationError.
"""

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

import httpx
import msgspec
from msgspec import Meta, Struct

T = TypeVar("T")

Id = Annotated[int, Meta(ge=1, le=2**53 - 1)]
IdText = Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,15}$")]
Uuid = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
OperationId = Annotated[str, Meta(pattern=r"^op_[0-9a-f-]{36}$")]
Time = Annotated[datetime, Meta(tz=True)]
Count = Annotated[int, Meta(ge=0)]
NonNull = dict[str, str | int | float | bool | list[Any] | dict[str, Any]]


class Data(Struct, Generic[T], kw_only=True, forbid_unknown_fields=True):
    data: T


class ErrorBody(Struct, kw_only=True, forbid_unknown_fields=True):
    code: Annotated[str, Meta(pattern="^[a-z_]+$")]
    message: Annotated[str, Meta(min_length=1)]
    details: dict[str, Any] = {}


class Error(Struct, kw_only=True, forbid_unknown_fields=True):
    error: ErrorBody


class Health(Struct, kw_only=True):
    status: str
    service: str


class Accepted(Struct, kw_only=True, rename="camel"):
    operation_id: OperationId
    status: Annotated[str, Meta(pattern="^(accepted|running)$")]
    mode: Annotated[str, Meta(pattern="^async$")]


class Extracted(Struct, kw_only=True, rename="camel"):
    status: Annotated[str, Meta(min_length=1)]
    raw_data_ids: list[str]
    item_ids: list[Id]
    insight_ids: list[Id]
    insight_pending: bool
    duration_millis: Count
    error_message: str | msgspec.UnsetType = msgspec.UNSET
    operation_id: OperationId | msgspec.UnsetType = msgspec.UNSET


class MessageAdded(Struct, kw_only=True, rename="camel"):
    triggered: bool
    result: Extracted | msgspec.UnsetType = msgspec.UNSET
    operation_id: OperationId | msgspec.UnsetType = msgspec.UNSET


class Provenance(Struct, kw_only=True, rename="camel"):
    raw_data_id: str
    quote: str


class Item(Struct, kw_only=True, rename="camel"):
    id: IdText
    text: str
    vector_score: float
    final_score: float
    category: str
    metadata: NonNull
    provenance: list[Provenance]
    path: list[dict[str, Any]]
    occurred_at: Time | msgspec.UnsetType = msgspec.UNSET


class Insight(Struct, kw_only=True, rename="camel"):
    id: IdText
    text: str
    tier: str


class RawData(Struct, kw_only=True, rename="camel"):
    raw_data_id: str
    caption: str
    max_score: float
    item_ids: list[IdText]
    type: str
    source_client: str
    metadata: NonNull
    start_time: Time
    end_time: Time
    created_at: Time


class Candidate(Struct, kw_only=True, rename="camel"):
    source_type: str
    id: str
    rank: Annotated[int, Meta(ge=1)]
    final_score: float
    text_preview: str


class Stage(Struct, kw_only=True, rename="camel"):
    stage: str
    tier: str
    method: str
    status: str
    degraded: bool
    skipped: bool
    started_at: Time
    duration_millis: Count
    attributes: NonNull
    candidates: list[Candidate]


class Final(Struct, kw_only=True, rename="camel"):
    strategy: str
    status: str
    item_count: Count
    insight_count: Count
    raw_data_count: Count
    evidence_count: Count


class Trace(Struct, kw_only=True, rename="camel"):
    trace_id: Uuid
    started_at: Time
    completed_at: Time
    truncated: bool
    stages: list[Stage]
    final_results: Final


class Retrieved(Struct, kw_only=True, rename="camel"):
    status: str
    items: list[Item]
    insights: list[Insight]
    raw_data: list[RawData]
    evidences: list[str]
    strategy: str
    query: str
    trace: Trace | msgspec.UnsetType = msgspec.UNSET


class ListedItem(Struct, kw_only=True, rename="camel"):
    id: IdText
    text: str
    scope: str
    category: str
    type: str
    raw_data_id: str
    raw_data_type: str
    source_client: str
    observed_at: Time
    created_at: Time
    metadata: NonNull
    occurred_at: Time | msgspec.UnsetType = msgspec.UNSET


class Items(Struct, kw_only=True, rename="camel"):
    items: list[ListedItem]
    next_cursor: str | msgspec.UnsetType = msgspec.UNSET


class ListedRawData(Struct, kw_only=True, rename="camel"):
    id: str
    type: str
    source_client: str
    caption: str
    start_time: Time
    end_time: Time
    created_at: Time
    metadata: NonNull
    segment: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class RawDataPage(Struct, kw_only=True, rename="camel"):
    raw_data: list[ListedRawData]
    next_cursor: str | msgspec.UnsetType = msgspec.UNSET


class Progress(Struct, kw_only=True):
    done: Count
    total: Count
    unit: str


class Operation(Struct, kw_only=True, rename="camel"):
    operation_id: OperationId
    kind: str
    status: str
    attempts: Count
    progress: Progress
    created_at: Time
    result: MessageAdded | msgspec.UnsetType = msgspec.UNSET


class Operations(Struct, kw_only=True, rename="camel"):
    operations: list[Operation]
    next_cursor: str | msgspec.UnsetType = msgspec.UNSET


class Retried(Struct, kw_only=True, rename="camel"):
    operation_ids: list[OperationId]


class Forgotten(Struct, kw_only=True, rename="camel"):
    nodes: dict[str, Count]
    relationships: dict[str, Count]


class Entity(Struct, kw_only=True, rename="camel"):
    id: str
    name: str
    entity_type: str
    same_as: list[str]


class StoredTrace(Struct, kw_only=True, rename="camel"):
    query: str
    created_at: Time
    expires_at: Time
    trace: Trace


class TypedClient:
    """One memory. Every method returns the decoded answer; an unexpected status or body raises."""

    def __init__(self, http: httpx.Client, *, user_id: str, agent_id: str) -> None:
        self._http = http
        self._ids = {"userId": user_id, "agentId": agent_id}

    def health(self) -> Health:
        return self._get("/open/v1/health", Health)

    def extract(self, content: dict[str, Any], *, status: int = 200, **body: Any) -> Extracted:
        return self._post("sync/extract", Extracted, status, rawContent=content, **body)

    def add_message(self, message: dict[str, Any], *, status: int = 200) -> MessageAdded:
        return self._post("sync/add-message", MessageAdded, status, message=message)

    def commit(self, *, status: int = 200) -> Extracted:
        return self._post("sync/commit", Extracted, status)

    def extract_async(self, content: dict[str, Any]) -> Accepted:
        return self._post("async/extract", Accepted, 202, rawContent=content)

    def add_message_async(self, message: dict[str, Any]) -> Accepted:
        return self._post("async/add-message", Accepted, 202, message=message)

    def commit_async(self) -> Accepted:
        return self._post("async/commit", Accepted, 202)

    def retrieve(self, query: str, strategy: str, **body: Any) -> Retrieved:
        return self._post("retrieve", Retrieved, 200, query=query, strategy=strategy, **body)

    def items(self, **body: Any) -> Items:
        return self._post("items/query", Items, 200, **body)

    def raw_data(self, **body: Any) -> RawDataPage:
        return self._post("raw-data/query", RawDataPage, 200, **body)

    def operation(self, operation_id: str) -> Operation:
        return self._get(f"/open/v1/memory/operations/{operation_id}", Operation)

    def operations(self) -> Operations:
        return self._get("/open/v1/memory/operations", Operations, **self._ids)

    def retry(self) -> Retried:
        return self._post("operations/retry", Retried, 202)

    def trace(self, trace_id: str) -> StoredTrace:
        return self._get(f"/open/v1/memory/traces/{trace_id}", StoredTrace, **self._ids)

    def merge(self, entity: str, into: str) -> Entity:
        return self._post("entities/merge", Entity, 200, entity=entity, into=into)

    def split(self, entity: str) -> Entity:
        return self._post("entities/split", Entity, 200, entity=entity)

    def forget(self, **body: Any) -> Forgotten:
        return self._post("forget", Forgotten, 200, **body)

    def refused(self, path: str, status: int, **body: Any) -> ErrorBody:
        response = self._http.post(f"/open/v1/memory/{path}", json={**self._ids, **body})
        assert response.status_code == status, response.text
        return msgspec.json.decode(response.content, type=Error).error

    def _post(self, path: str, kind: type[T], status: int, **body: Any) -> T:
        return _decoded(self._http.post(f"/open/v1/memory/{path}", json={**self._ids, **body}), kind, status)

    def _get(self, path: str, kind: type[T], **parameters: str) -> T:
        return _decoded(self._http.get(path, params=parameters), kind, 200)


def _decoded(response: httpx.Response, kind: type[T], status: int) -> T:
    assert response.status_code == status, response.text
    return msgspec.json.decode(response.content, type=Data[kind]).data
