"""API keys. Only the SHA-256 of a key is stored."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.domain.access import ApiKey, Right
from app.domain.audit import COMMAND_LINE, AuditAction
from app.domain.errors import NotFound
from app.graph import audit
from app.graph.database import Database, NothingMatched, Step


async def create(
    db: Database,
    *,
    key_id: str,
    key_hash: str,
    name: str,
    right: Right,
    users: Sequence[str],
    agents: Sequence[str],
    expires_at: datetime | None,
) -> ApiKey:
    parameters = {
        "id": key_id,
        "hash": key_hash,
        "name": name,
        "right": str(right),
        "users": list(users),
        "agents": list(agents),
        "expiresAt": expires_at,
    }
    entry = audit.record(AuditAction.CREATE_KEY, subject=key_id, caller_name=COMMAND_LINE)
    rows = await db.write_all([Step(name="keys/create", parameters=parameters), entry])
    return _key(rows[0][0]["key"])


async def find(db: Database, key_hash: str) -> ApiKey | None:
    rows = await db.read("keys/find", hash=key_hash)
    return _key(rows[0]["key"]) if rows else None


async def every(db: Database) -> list[ApiKey]:
    """Newest first, revoked and expired ones too."""
    return [_key(row["key"]) for row in await db.read("keys/every")]


async def revoke(db: Database, key_id: str) -> None:
    """Raises NotFound."""
    revoke_key = Step(name="keys/revoke", parameters={"id": key_id}, must_match=True)
    entry = audit.record(AuditAction.REVOKE_KEY, subject=key_id, caller_name=COMMAND_LINE)
    try:
        await db.write_all([revoke_key, entry])
    except NothingMatched as error:
        raise NotFound(f"There is no key {key_id}") from error


async def record_use(db: Database, key_id: str) -> None:
    await db.write("keys/used", id=key_id)


def _key(row: dict[str, Any]) -> ApiKey:
    return ApiKey(
        id=row["id"],
        name=row["name"],
        right=Right(row["right"]),
        users=row["users"],
        agents=row["agents"],
        created_at=row["createdAt"],
        expires_at=row.get("expiresAt"),
        last_used_at=row.get("lastUsedAt"),
        revoked_at=row.get("revokedAt"),
    )
