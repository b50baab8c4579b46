"""The audit log: operations, and nodes for what is no operation or was one."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from app.domain.access import caller
from app.domain.audit import AuditAction, AuditCursor, AuditEntry, AuditFilter, AuditStatus
from app.domain.limits import MAX_YEAR, MIN_YEAR
from app.domain.scope import MemoryScope
from app.graph.database import Database, Row, Step
from app.graph.json_properties import to_json
from app.observability.context import log_context

_ID_BYTES = 12
# Of operations, too.
_STATUS = {
    "accepted": AuditStatus.ACCEPTED,
    "running": AuditStatus.ACCEPTED,
    "succeeded": AuditStatus.SUCCEEDED,
    "failed": AuditStatus.FAILED,
}
_ALWAYS = (datetime(MIN_YEAR, 1, 1, tzinfo=UTC), datetime(MAX_YEAR, 12, 31, tzinfo=UTC))


def record(
    action: AuditAction,
    *,
    entry_id: str | None = None,
    status: AuditStatus = AuditStatus.SUCCEEDED,
    scope: MemoryScope | None = None,
    subject: str | None = None,
    caller_name: str | None = None,
) -> Step:
    """`caller_name`: instead of the request's caller."""
    return Step(
        name="audit/record",
        parameters={
            "id": entry_id or new_id(),
            "action": str(action),
            "status": str(status),
            "caller": caller_name or caller.get().name or None,
            "memoryId": scope and scope.memory_id,
            "subject": subject,
            "requestId": log_context().request_id,
        },
    )


def new_id() -> str:
    return f"audit_{secrets.token_hex(_ID_BYTES)}"


async def complete(db: Database, entry_id: str, status: AuditStatus, counts: Mapping[str, int]) -> None:
    await db.write("audit/complete", id=entry_id, status=str(status), countsJson=to_json(counts) if counts else None)


async def list_page(
    db: Database, audit_filter: AuditFilter, *, after: AuditCursor | None, limit: int
) -> list[AuditEntry]:
    """Newest first."""
    last = audit_filter.end - timedelta(microseconds=1) if audit_filter.end else _ALWAYS[1]
    parameters: Row = {
        "caller": audit_filter.caller,
        "actions": None if audit_filter.actions is None else [str(action) for action in audit_filter.actions],
        "start": audit_filter.start or _ALWAYS[0],
        "last": after.time if after else last,
        "beforeId": after.id if after else None,
        "limit": limit,
    }
    if audit_filter.scope is None:
        rows = await db.read("audit/list", **parameters)
    else:
        rows = await db.read("audit/of_memory", memoryId=audit_filter.scope.memory_id, **parameters)
    return [_entry(row["entry"]) for row in rows]


async def expire(db: Database, *, days: int) -> None:
    await db.write("audit/expire", days=days)


def _entry(row: dict[str, Any]) -> AuditEntry:
    memory_id, counts = row.get("memoryId"), row.get("countsJson")
    return AuditEntry(
        id=row["id"],
        at=row["at"],
        action=AuditAction(row["action"]),
        status=_STATUS[row["status"]],
        caller=row.get("caller"),
        scope=MemoryScope.of(memory_id) if memory_id else None,
        subject=row.get("subject"),
        operation_id=row.get("operationId"),
        request_id=row.get("requestId"),
        counts=msgspec.json.decode(counts, type=dict[str, int]) if counts else {},
    )
