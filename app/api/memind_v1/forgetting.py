"""Forgetting: an extension of /open/v1/memory."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody
from msgspec import Meta, Struct

from app.api.checks import check_strings, scope_of
from app.api.idempotency import IdempotencyKey, idempotency_of
from app.api.memind_v1.handlers import Writing
from app.api.memind_v1.requests import Id, Instant
from app.api.memind_v1.responses import OperationAccepted, SuccessResultOperationAccepted
from app.domain.errors import InvalidInput
from app.domain.forgetting import ForgetRequest
from app.domain.ids import parse_fact_id
from app.domain.operations import Receipt
from app.domain.scope import MemoryScope
from app.services.forgetting.forget import AcceptForget

_MAX_IDS = 10_000


class ForgetTimeRange(Struct, kw_only=True, rename={"start": "from", "end": "to"}):
    """[from, to), by when raw data happened; either may be left out."""

    start: Instant | None = None
    end: Instant | None = None


class ForgetMemoryRequest(Struct, kw_only=True, rename="camel"):
    """Give one or several of `rawDataIds`, `itemIds`, `entity`, `timeRange`, `everything`. `withSources`: also the raw
    data that the items were read from. `dryRun`: only count.
    """

    user_id: Id
    agent_id: Id
    raw_data_ids: Annotated[list[str], Meta(max_length=_MAX_IDS)] = []
    item_ids: Annotated[list[str], Meta(max_length=_MAX_IDS)] = []
    with_sources: bool = False
    entity: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    time_range: ForgetTimeRange | None = None
    everything: bool = False
    dry_run: bool = False


class ForgetMemoryResponse(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """Deleted nodes by label and relationships by type; with `dryRun`, those that would be deleted."""

    nodes: dict[str, int]
    relationships: dict[str, int]
    dry_run: bool = False
    operation_id: str | None = None
    finished_at: datetime | None = None


class SuccessResultForgetMemoryResponse(Struct, kw_only=True):
    data: ForgetMemoryResponse


class ForgetController(Controller):
    path = "/open/v1/memory"
    tags = ("memory",)

    @post(
        "/forget",
        status_code=200,
        operation_id="forgetMemory",
        summary="Forget",
        responses={202: ResponseSpec(SuccessResultOperationAccepted, description="Takes longer; the work goes on")},
    )
    async def forget(
        self,
        data: JSONBody[ForgetMemoryRequest],
        accept_forget: NamedDependency[AcceptForget],
        writing: NamedDependency[Writing],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[SuccessResultForgetMemoryResponse]:
        """Delete raw data with every fact that has no other source, and everything derived from them: entities that
        nothing else mentions, insights, captions, aliases, traces, cached model answers. Facts with other sources stay.
        """
        scope, request = forget_request(data)
        if data.dry_run:
            return _answer(await accept_forget.rehearse(scope, request), dry_run=True)
        idempotency = idempotency_of(idempotency_key, "forget", data)
        outcome = await writing.awaited(await accept_forget(scope, request, idempotency))
        if not outcome.finished:
            pending = OperationAccepted(operation_id=outcome.id, status=outcome.status, mode="async")
            later: Response[Any] = Response(SuccessResultOperationAccepted(data=pending), status_code=202)
            return later
        receipt = outcome.result.receipt if outcome.result else None
        return _answer(receipt or Receipt(), operation_id=outcome.id, finished_at=outcome.finished_at)


def forget_request(data: ForgetMemoryRequest) -> tuple[MemoryScope, ForgetRequest]:
    """Check the request. Raises InvalidInput and Forbidden."""
    check_strings(data)
    scope = scope_of(data.user_id, data.agent_id)
    item_ids = {id_: parse_fact_id(id_) for id_ in data.item_ids}
    if wrong := [id_ for id_, parsed in item_ids.items() if parsed is None]:
        raise InvalidInput({"itemIds": f"must be ids of items, integers as strings, not {wrong[0]!r}"})
    time = data.time_range or ForgetTimeRange()
    request = ForgetRequest(
        raw_data_ids=data.raw_data_ids,
        item_ids=[parsed for parsed in item_ids.values() if parsed is not None],
        with_sources=data.with_sources,
        entity=data.entity,
        start=time.start,
        end=time.end,
        everything=data.everything,
    )
    return scope, request


def _answer(
    receipt: Receipt, *, dry_run: bool = False, operation_id: str | None = None, finished_at: datetime | None = None
) -> Response[SuccessResultForgetMemoryResponse]:
    view = ForgetMemoryResponse(
        nodes=receipt.nodes,
        relationships=receipt.relationships,
        dry_run=dry_run,
        operation_id=operation_id,
        finished_at=finished_at,
    )
    return Response(SuccessResultForgetMemoryResponse(data=view))
