"""The audit log, for admin keys: an extension of /open/v1."""

from datetime import UTC, datetime
from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from msgspec import Struct

from app.api.checks import check_time, scope_of
from app.api.memind_v1.filters import decode_cursor, encode_cursor
from app.api.memind_v1.requests import MAX_PAGE, Cursor, Instant
from app.domain.access import caller
from app.domain.audit import AuditAction, AuditCursor, AuditEntry, AuditFilter, AuditStatus
from app.domain.errors import BadRequest, Forbidden
from app.domain.limits import MAX_ID_CHARACTERS
from app.domain.scope import MemoryScope
from app.services.access.audit import Audit

_DEFAULT_PAGE = 20


class AuditEntryView(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """`caller`: name of the key, absent without keys; `subject`: id or name of what it was done to."""

    id: str
    at: datetime
    action: AuditAction
    status: AuditStatus
    caller: str | None = None
    user_id: str | None = None
    agent_id: str | None = None
    subject: str | None = None
    operation_id: str | None = None
    request_id: str | None = None
    counts: dict[str, int] = {}


class ListAuditResponse(Struct, kw_only=True, rename="camel"):
    entries: list[AuditEntryView]
    next_cursor: str | None


class SuccessResultListAuditResponse(Struct, kw_only=True):
    data: ListAuditResponse


class AuditController(Controller):
    path = "/open/v1/audit"
    tags = ("service",)

    @get(operation_id="listAudit", summary="List Audit Log")
    async def list_audit(
        self,
        audit: NamedDependency[Audit],
        user_id: Annotated[str | None, QueryParameter(name="userId", max_length=MAX_ID_CHARACTERS)] = None,
        agent_id: Annotated[str | None, QueryParameter(name="agentId", max_length=MAX_ID_CHARACTERS)] = None,
        caller_name: Annotated[str | None, QueryParameter(name="caller", max_length=MAX_ID_CHARACTERS)] = None,
        action: FromQuery[list[AuditAction] | None] = None,
        start: Annotated[Instant | None, QueryParameter(name="from")] = None,
        end: Annotated[Instant | None, QueryParameter(name="to")] = None,
        cursor: FromQuery[Cursor | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=MAX_PAGE)] = _DEFAULT_PAGE,
    ) -> SuccessResultListAuditResponse:
        """List who wrote, forgot, exported or changed a key, newest first, from `from` to before `to`. A key that is bound to
        users or agents must name a memory. Kept for `MNEMON_AUDIT_DAYS`.
        """
        found = await audit.page(
            AuditFilter(
                scope=_scope(user_id, agent_id),
                caller=caller_name,
                actions=action,
                start=start and check_time("from", start).astimezone(UTC),
                end=end and check_time("to", end).astimezone(UTC),
            ),
            after=decode_cursor(cursor, AuditCursor),
            limit=limit,
        )
        view = ListAuditResponse(
            entries=[_view(entry) for entry in found.rows], next_cursor=encode_cursor(found.next_cursor)
        )
        return SuccessResultListAuditResponse(data=view)


def _scope(user_id: str | None, agent_id: str | None) -> MemoryScope | None:
    if user_id is not None and agent_id is not None:
        return scope_of(user_id, agent_id)
    if user_id is not None or agent_id is not None:
        raise BadRequest("Give both userId and agentId, or neither")
    if caller.get().is_bound:
        raise Forbidden("This key is bound to users or agents: give userId and agentId")
    return None


def _view(entry: AuditEntry) -> AuditEntryView:
    return AuditEntryView(
        id=entry.id,
        at=entry.at,
        action=entry.action,
        status=entry.status,
        caller=entry.caller,
        user_id=entry.scope and entry.scope.user_id,
        agent_id=entry.scope and entry.scope.agent_id,
        subject=entry.subject,
        operation_id=entry.operation_id,
        request_id=entry.request_id,
        counts=entry.counts,
    )
