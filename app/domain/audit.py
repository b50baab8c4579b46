"""The audit log: who changed, forgot or exported what and when, without content."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from app.domain.filters import CursorTime
from app.domain.operations import OperationResult
from app.domain.scope import MemoryScope

# Name of the caller for changes of keys, which are made on the command line.
COMMAND_LINE = "mnemon keys"


class AuditAction(StrEnum):
    """Kinds of operations first: an operation is its own entry."""

    EXTRACT = "extract"
    ADD_MESSAGE = "add-message"
    COMMIT = "commit"
    IMPORT = "import"
    FORGET = "forget"
    REMEMBER = "remember"
    EXPORT = "export"
    MERGE_ENTITIES = "merge-entities"
    SPLIT_ENTITY = "split-entity"
    CANCEL_OPERATION = "cancel-operation"
    RETRY_OPERATIONS = "retry-operations"
    CREATE_AGENT = "create-agent"
    DELETE_AGENT = "delete-agent"
    ACTIVATE_AGENT = "activate-agent"
    DEACTIVATE_AGENT = "deactivate-agent"
    SET_POLICY = "set-policy"
    CREATE_KEY = "create-key"
    REVOKE_KEY = "revoke-key"


class AuditStatus(StrEnum):
    """ACCEPTED: not ended, or broken off."""

    ACCEPTED = "accepted"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class AuditEntry(Struct, frozen=True, kw_only=True):
    """`caller`: name of the key, "session" for a session token, None without keys. `scope`: None for a key's change.
    `subject`: id or name of what it was done to. `counts`: of raw data, items, deleted nodes and so on.
    """

    id: str
    at: datetime
    action: AuditAction
    status: AuditStatus
    caller: str | None = None
    scope: MemoryScope | None = None
    subject: str | None = None
    operation_id: str | None = None
    request_id: str | None = None
    counts: dict[str, int] = {}


class AuditCursor(Struct, frozen=True, kw_only=True):
    """Position of a page's last entry."""

    time: CursorTime
    id: str


class AuditFilter(Struct, frozen=True, kw_only=True):
    """Entries match all that is given. `start` ≤ time < `end`, in UTC."""

    scope: MemoryScope | None = None
    caller: str | None = None
    actions: list[AuditAction] | None = None
    start: datetime | None = None
    end: datetime | None = None


def counts_of(result: OperationResult) -> dict[str, int]:
    """Count what an operation stored, read, imported, deleted and could not extract; zeros are left out."""
    counts = {
        "rawData": len(result.raw_data_ids),
        "items": len(result.fact_ids),
        "insights": len(result.insight_ids),
        "failed": len(result.failed),
    }
    if result.imported is not None:
        counts |= {f"imported.{kind}": number for kind, number in result.imported.counts.items()}
        counts["rejected"] = result.imported.error_count
    if result.receipt is not None:
        counts["deletedNodes"] = sum(result.receipt.nodes.values())
        counts["deletedRelationships"] = sum(result.receipt.relationships.values())
    return {name: number for name, number in counts.items() if number}
