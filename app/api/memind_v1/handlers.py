"""The routes of /open/v1."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import Method, OperationIDCreator
from litestar.types.internal_types import PathParameterDefinition
from msgspec import Struct

from app.api.checks import check_strings, scope_of
from app.api.idempotency import IdempotencyKey, idempotency_of
from app.api.memind_v1 import content, filters
from app.api.memind_v1.requests import (
    AddMessageRequest,
    CommitMemoryRequest,
    ExtractMemoryRequest,
    QueryItemsRequest,
    QueryRawDataRequest,
    RawDataInclude,
    RetrieveMemoryRequest,
)
from app.api.memind_v1.responses import (
    HealthView,
    QueryItemsResponse,
    QueryRawDataResponse,
    SuccessResultAddMessagePending,
    SuccessResultAddMessageResponse,
    SuccessResultExtractMemoryPending,
    SuccessResultExtractMemoryResponse,
    SuccessResultHealthView,
    SuccessResultOperationAccepted,
    SuccessResultQueryItemsResponse,
    SuccessResultQueryRawDataResponse,
    accepted,
    add_message_pending,
    add_message_response,
    extract_pending,
    extract_response,
    item_view,
    raw_data_view,
)
from app.api.memind_v1.retrieval_responses import (
    SuccessResultRetrieveMemoryResponse,
    SuccessResultStoredTraceView,
    retrieve_response,
    stored_trace_view,
)
from app.domain.errors import InvalidInput
from app.domain.knowledge import RawData
from app.domain.operations import Operation, OperationKind
from app.domain.retrieval import Question
from app.domain.scope import MemoryScope
from app.domain.secrets import redact
from app.graph.raw_data import RawDataCursor
from app.graph.search import FactCursor
from app.services.operations.accept import AcceptOperation
from app.services.operations.follow import AwaitOperation
from app.services.retrieval.queries import QueryItems, QueryRawData
from app.services.retrieval.retrieve import RetrieveMemory
from app.services.retrieval.traces import GetTrace

_DEFAULT_PAGE = 20


class Writing:
    """Shared by synchronous and asynchronous routes: accept a request, wait for its operation."""

    def __init__(self, accept: AcceptOperation, await_operation: AwaitOperation, *, sync_timeout: float) -> None:
        self._accept = accept
        self._await = await_operation
        self._sync_timeout = sync_timeout

    async def extract(self, data: ExtractMemoryRequest, key: str | None, *, awaited: bool = False) -> str:
        check_strings(data)
        scope = scope_of(data.user_id, data.agent_id)
        # Redacting secrets from megabytes of text is slow: run it in a thread.
        raw_data = await asyncio.to_thread(
            content.raw_data_of, scope, data.raw_content, source_client=data.source_client, now=datetime.now(UTC)
        )
        return await self._store(scope, OperationKind.EXTRACT, raw_data, data, key, awaited=awaited)

    async def add_message(self, data: AddMessageRequest, key: str | None, *, awaited: bool = False) -> str:
        check_strings(data)
        scope = scope_of(data.user_id, data.agent_id)
        raw = content.raw_data_of_message(data.message, source_client=data.source_client, now=datetime.now(UTC))
        return await self._store(scope, OperationKind.ADD_MESSAGE, [raw], data, key, awaited=awaited)

    async def commit(self, data: CommitMemoryRequest, key: str | None, *, awaited: bool = False) -> str:
        check_strings(data)
        scope = scope_of(data.user_id, data.agent_id)
        return await self._store(scope, OperationKind.COMMIT, [], data, key, awaited=awaited)

    async def awaited(self, operation_id: str) -> Operation:
        """Return the operation once it has ended, or as it is after the timeout. Raises OperationFailed."""
        return await self._await(operation_id, timeout_seconds=self._sync_timeout)

    async def _store(
        self,
        scope: MemoryScope,
        kind: OperationKind,
        raw_data: list[RawData],
        request: Struct,
        key: str | None,
        *,
        awaited: bool,
    ) -> str:
        idempotency = idempotency_of(key, kind, request)
        return await self._accept(scope, kind, raw_data, origin="api", awaited=awaited, idempotency=idempotency)


def _async_operation_id(name: str) -> OperationIDCreator:
    """The contract's id for the asynchronous route, the bare name for the un-prefixed one."""

    def create(_: HTTPRouteHandler, __: Method, path: list[str | PathParameterDefinition]) -> str:
        return f"{name}Async" if "async" in path else name

    return create


_GOES_ON = "Takes longer than MNEMON_SYNC_TIMEOUT_SECONDS; the work goes on, and `operationId` tells how far it is."
_EXTRACT_PENDING = {202: ResponseSpec(SuccessResultExtractMemoryPending, description=_GOES_ON)}
_ADD_MESSAGE_PENDING = {202: ResponseSpec(SuccessResultAddMessagePending, description=_GOES_ON)}


def _extract_answer(operation: Operation) -> Response[Any]:
    if operation.finished:
        return Response(SuccessResultExtractMemoryResponse(data=extract_response(operation)))
    return Response(SuccessResultExtractMemoryPending(data=extract_pending(operation)), status_code=202)


class HealthController(Controller):
    path = "/open/v1/health"
    tags = ("memory",)

    @get(operation_id="health", summary="Health")
    async def health(self) -> SuccessResultHealthView:
        """Answer if the process runs; `/ready` tells whether it can work."""
        return SuccessResultHealthView(data=HealthView(status="UP", service="memind-server"))


class WriteController(Controller):
    """Un-prefixed routes answer as the asynchronous ones: published clients post there."""

    path = "/open/v1/memory"
    tags = ("memory",)

    @post(
        ["/async/extract", "/extract"],
        status_code=202,
        operation_id=_async_operation_id("extractMemory"),
        summary="Extract Memory Async",
    )
    async def extract_async(
        self,
        data: JSONBody[ExtractMemoryRequest],
        writing: NamedDependency[Writing],
        idempotency_key: IdempotencyKey = None,
    ) -> SuccessResultOperationAccepted:
        return accepted(await writing.extract(data, idempotency_key))

    @post(
        ["/async/add-message", "/add-message"],
        status_code=202,
        operation_id=_async_operation_id("addMessage"),
        summary="Add Message Async",
    )
    async def add_message_async(
        self,
        data: JSONBody[AddMessageRequest],
        writing: NamedDependency[Writing],
        idempotency_key: IdempotencyKey = None,
    ) -> SuccessResultOperationAccepted:
        return accepted(await writing.add_message(data, idempotency_key))

    @post(
        ["/async/commit", "/commit"],
        status_code=202,
        operation_id=_async_operation_id("commitMemory"),
        summary="Commit Memory Async",
    )
    async def commit_async(
        self,
        data: JSONBody[CommitMemoryRequest],
        writing: NamedDependency[Writing],
        idempotency_key: IdempotencyKey = None,
    ) -> SuccessResultOperationAccepted:
        return accepted(await writing.commit(data, idempotency_key))

    @post(
        "/sync/extract",
        status_code=200,
        responses=_EXTRACT_PENDING,
        operation_id="extractMemorySync",
        summary="Extract Memory Sync",
    )
    async def extract_sync(
        self,
        data: JSONBody[ExtractMemoryRequest],
        writing: NamedDependency[Writing],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[SuccessResultExtractMemoryResponse]:
        """Waits for the result, at most `MNEMON_SYNC_TIMEOUT_SECONDS`; then answers 202, and the work goes on."""
        return _extract_answer(await writing.awaited(await writing.extract(data, idempotency_key, awaited=True)))

    @post(
        "/sync/add-message",
        status_code=200,
        responses=_ADD_MESSAGE_PENDING,
        operation_id="addMessageSync",
        summary="Add Message Sync",
    )
    async def add_message_sync(
        self,
        data: JSONBody[AddMessageRequest],
        writing: NamedDependency[Writing],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[SuccessResultAddMessageResponse]:
        operation = await writing.awaited(await writing.add_message(data, idempotency_key, awaited=True))
        if operation.finished:
            return Response(SuccessResultAddMessageResponse(data=add_message_response(operation)))
        pending: Response[Any] = Response(
            SuccessResultAddMessagePending(data=add_message_pending(operation)), status_code=202
        )
        return pending

    @post(
        "/sync/commit",
        status_code=200,
        responses=_EXTRACT_PENDING,
        operation_id="commitMemorySync",
        summary="Commit Memory Sync",
    )
    async def commit_sync(
        self,
        data: JSONBody[CommitMemoryRequest],
        writing: NamedDependency[Writing],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[SuccessResultExtractMemoryResponse]:
        return _extract_answer(await writing.awaited(await writing.commit(data, idempotency_key, awaited=True)))


class ReadController(Controller):
    path = "/open/v1/memory"
    tags = ("memory",)

    @post("/retrieve", status_code=200, operation_id="retrieveMemory", summary="Retrieve Memory")
    async def retrieve(
        self, data: JSONBody[RetrieveMemoryRequest], retrieve_memory: NamedDependency[RetrieveMemory]
    ) -> SuccessResultRetrieveMemoryResponse:
        check_strings(data)
        if not data.query.strip():
            raise InvalidInput({"query": "must not be blank"})
        question = Question(
            text=redact(data.query),
            strategy=data.strategy,
            filter=filters.knowledge_filter(
                scope=data.scope,
                categories=data.categories,
                time_range=data.time_range,
                metadata=data.metadata_filter,
                as_of=data.as_of,
            ),
            limit=data.limit,
            hops=data.hops or 3,
            trace=bool(data.trace or data.persist_trace),
            persist_trace=bool(data.persist_trace),
            reasoning=bool(data.reasoning),
        )
        result = await retrieve_memory(scope_of(data.user_id, data.agent_id), question)
        with_metadata = data.include is None or data.include.raw_data_metadata
        return SuccessResultRetrieveMemoryResponse(data=retrieve_response(result, with_metadata=with_metadata))

    @post("/items/query", status_code=200, operation_id="queryItems", summary="Query Items")
    async def query_items(
        self, data: JSONBody[QueryItemsRequest], query_items: NamedDependency[QueryItems]
    ) -> SuccessResultQueryItemsResponse:
        """Facts, the last observed first. Pass `nextCursor` as `cursor` for the next page."""
        check_strings(data)
        page = await query_items(
            scope_of(data.user_id, data.agent_id),
            types=filters.raw_data_types(data.raw_data_types, "rawDataTypes"),
            source_clients=data.source_clients or None,
            knowledge_filter=filters.knowledge_filter(
                scope=data.scope,
                categories=data.categories,
                time_range=data.time_range,
                metadata=data.metadata_filter,
                as_of=data.as_of,
                with_closed=bool(data.with_closed),
            ),
            after=filters.decode_cursor(data.cursor, FactCursor),
            limit=data.limit or _DEFAULT_PAGE,
        )
        view = QueryItemsResponse(
            items=[item_view(row) for row in page.rows], next_cursor=filters.encode_cursor(page.next_cursor)
        )
        return SuccessResultQueryItemsResponse(data=view)

    @post("/raw-data/query", status_code=200, operation_id="queryRawData", summary="Query Raw Data")
    async def query_raw_data(
        self, data: JSONBody[QueryRawDataRequest], query_raw_data: NamedDependency[QueryRawData]
    ) -> SuccessResultQueryRawDataResponse:
        """List raw data, newest first. Pass `nextCursor` as `cursor` for the next page."""
        check_strings(data)
        page = await query_raw_data(
            scope_of(data.user_id, data.agent_id),
            types=filters.raw_data_types(data.types, "types"),
            source_clients=data.source_clients or None,
            knowledge_filter=filters.knowledge_filter(
                scope=None, categories=None, time_range=data.time_range, metadata=data.metadata_filter
            ),
            after=filters.decode_cursor(data.cursor, RawDataCursor),
            limit=data.limit or _DEFAULT_PAGE,
        )
        include = data.include or RawDataInclude()
        view = QueryRawDataResponse(
            raw_data=[raw_data_view(row, segment=include.segment, metadata=include.metadata) for row in page.rows],
            next_cursor=filters.encode_cursor(page.next_cursor),
        )
        return SuccessResultQueryRawDataResponse(data=view)


class TraceController(Controller):
    """An extension: retrievals that were asked to keep their trace."""

    path = "/open/v1/memory/traces"
    tags = ("memory",)

    @get("/{trace_id:str}", operation_id="getTrace", summary="Get Trace")
    async def get_trace(
        self,
        trace_id: FromPath[str],
        get_trace: NamedDependency[GetTrace],
        user_id: Annotated[str, QueryParameter(name="userId")],
        agent_id: Annotated[str, QueryParameter(name="agentId")],
    ) -> SuccessResultStoredTraceView:
        """Return the trace of a retrieval with `persistTrace`; deleted after thirty days."""
        return SuccessResultStoredTraceView(
            data=stored_trace_view(await get_trace(scope_of(user_id, agent_id), trace_id))
        )


CONTROLLERS = [HealthController, WriteController, ReadController, TraceController]
