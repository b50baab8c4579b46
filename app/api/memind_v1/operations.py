"""Operations: an extension of /open/v1/memory."""

from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage
from msgspec import Struct

from app.api.api_key import check_operation
from app.api.checks import check_strings, scope_of
from app.api.idempotency import IdempotencyKey, idempotency_of
from app.api.memind_v1.requests import MAX_PAGE, Id
from app.api.memind_v1.responses import (
    ListOperationsResponse,
    OperationView,
    SuccessResultListOperationsResponse,
    SuccessResultOperationView,
    operation_view,
)
from app.domain.audit import AuditAction
from app.domain.operations import Operation, OperationKind, OperationStatus
from app.domain.scope import MemoryScope
from app.services.access.audit import Audit
from app.services.operations.answer_once import AnswerOnce
from app.services.operations.follow import (
    CancelOperation,
    GetOperation,
    ListOperations,
    RetryOperations,
    WatchOperation,
)

_DEFAULT_PAGE = 20


class RetryOperationsRequest(Struct, kw_only=True, rename="camel"):
    user_id: Id
    agent_id: Id


class RetriedOperations(Struct, kw_only=True, rename="camel"):
    operation_ids: list[str]


class SuccessResultRetriedOperations(Struct, kw_only=True):
    data: RetriedOperations


class OperationController(Controller):
    path = "/open/v1/memory/operations"
    tags = ("memory",)

    @get("/{operation_id:str}", operation_id="getOperation", summary="Get Operation")
    async def get_operation(
        self, operation_id: FromPath[str], get_operation: NamedDependency[GetOperation]
    ) -> SuccessResultOperationView:
        return SuccessResultOperationView(data=operation_view(await _reached(get_operation, operation_id)))

    @get(operation_id="listOperations", summary="List Operations")
    async def list_operations(
        self,
        list_operations: NamedDependency[ListOperations],
        user_id: Annotated[str, QueryParameter(name="userId")],
        agent_id: Annotated[str, QueryParameter(name="agentId")],
        status: FromQuery[list[OperationStatus] | None] = None,
        kind: FromQuery[list[OperationKind] | None] = None,
        cursor: Annotated[int | None, QueryParameter(ge=1, le=2**53)] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=MAX_PAGE)] = _DEFAULT_PAGE,
    ) -> SuccessResultListOperationsResponse:
        """Newest first; `status` and `kind` may be given several times. Kept for thirty days after their end."""
        page = await list_operations(
            scope_of(user_id, agent_id), statuses=status or [], kinds=kind, before=cursor, limit=limit
        )
        view = ListOperationsResponse(
            operations=[operation_view(operation) for operation in page.operations],
            next_cursor=None if page.next_before is None else str(page.next_before),
        )
        return SuccessResultListOperationsResponse(data=view)

    @get(
        "/{operation_id:str}/events",
        operation_id="watchOperation",
        summary="Watch Operation",
        media_type="text/event-stream",
        responses={200: ResponseSpec(OperationView, media_type="text/event-stream", description="An event a change")},
    )
    async def watch_operation(
        self,
        operation_id: FromPath[str],
        get_operation: NamedDependency[GetOperation],
        watch_operation: NamedDependency[WatchOperation],
    ) -> ServerSentEvent:
        """Server-sent events: `progress` with the operation whenever it changes, `end` with it once it has ended."""
        await _reached(get_operation, operation_id)
        changes = await watch_operation(operation_id)

        async def events() -> AsyncIterator[ServerSentEventMessage]:
            async for operation in changes:
                if operation is None:
                    yield ServerSentEventMessage(comment="still there")
                    continue
                data = msgspec.json.encode(operation_view(operation)).decode()
                yield ServerSentEventMessage(event="end" if operation.finished else "progress", data=data)

        return ServerSentEvent(events(), headers={"Cache-Control": "no-cache"})

    @post("/{operation_id:str}/retry", status_code=202, operation_id="retryOperation", summary="Retry Operation")
    async def retry_operation(
        self,
        operation_id: FromPath[str],
        get_operation: NamedDependency[GetOperation],
        retry_operations: NamedDependency[RetryOperations],
        answer_once: NamedDependency[AnswerOnce],
        audit: NamedDependency[Audit],
        idempotency_key: IdempotencyKey = None,
    ) -> SuccessResultOperationView:
        """Retry what this operation could not extract. 409 if nothing failed. A failed import can't be retried: send it
        again.
        """
        memory_id = (await _reached(get_operation, operation_id)).memory_id

        async def answer() -> SuccessResultOperationView:
            async with audit.recording(AuditAction.RETRY_OPERATIONS, MemoryScope.of(memory_id), subject=operation_id):
                await retry_operations.one(memory_id, operation_id)
            return SuccessResultOperationView(data=operation_view(await get_operation(operation_id)))

        idempotency = idempotency_of(idempotency_key, "retry", operation_id)
        return await answer_once(memory_id, idempotency, SuccessResultOperationView, answer)

    @post("/retry", status_code=202, operation_id="retryOperations", summary="Retry Operations")
    async def retry_all(
        self,
        data: JSONBody[RetryOperationsRequest],
        retry_operations: NamedDependency[RetryOperations],
        answer_once: NamedDependency[AnswerOnce],
        audit: NamedDependency[Audit],
        idempotency_key: IdempotencyKey = None,
    ) -> SuccessResultRetriedOperations:
        """Extracts again whatever of this memory could not be extracted, at most a thousand operations at once."""
        check_strings(data)
        scope = scope_of(data.user_id, data.agent_id)

        async def answer() -> SuccessResultRetriedOperations:
            async with audit.recording(AuditAction.RETRY_OPERATIONS, scope):
                ids = await retry_operations.all(scope.memory_id)
            return SuccessResultRetriedOperations(data=RetriedOperations(operation_ids=ids))

        idempotency = idempotency_of(idempotency_key, "retry-all", data)
        return await answer_once(scope.memory_id, idempotency, SuccessResultRetriedOperations, answer)

    @post("/{operation_id:str}/cancel", status_code=202, operation_id="cancelOperation", summary="Cancel Operation")
    async def cancel_operation(
        self,
        operation_id: FromPath[str],
        get_operation: NamedDependency[GetOperation],
        cancel_operation: NamedDependency[CancelOperation],
        answer_once: NamedDependency[AnswerOnce],
        audit: NamedDependency[Audit],
        idempotency_key: IdempotencyKey = None,
    ) -> SuccessResultOperationView:
        """End the operation as failed (`cancelled`) before its next window. Extracted facts stay; other messages
        stay searchable; an import is undone. 409 if it has ended.
        """
        memory_id = (await _reached(get_operation, operation_id)).memory_id

        async def answer() -> SuccessResultOperationView:
            async with audit.recording(AuditAction.CANCEL_OPERATION, MemoryScope.of(memory_id), subject=operation_id):
                await cancel_operation(memory_id, operation_id)
            return SuccessResultOperationView(data=operation_view(await get_operation(operation_id)))

        idempotency = idempotency_of(idempotency_key, "cancel", operation_id)
        return await answer_once(memory_id, idempotency, SuccessResultOperationView, answer)


async def _reached(get_operation: GetOperation, operation_id: str) -> Operation:
    """Return the operation. Raises NotFound, also for one that the caller's key does not reach."""
    operation = await get_operation(operation_id)
    check_operation(operation_id, operation.memory_id)
    return operation
