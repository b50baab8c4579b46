"""API keys. Only the SHA-256 of a key is stored."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.domain.access import ApiKey, Right
from app.domain.errors import NotFound
from app.graph.database import Database


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
    rows = await db.write(
        "keys/create",
        id=key_id,
        hash=key_hash,
        name=name,
        right=str(right),
        users=list(users),
        agents=list(agents),
        expiresAt=expires_at,
    )
    return _key(rows[0]["key"])


async def find(db: Database, key_hash: str) -> ApiKey | None:
    rows = await db.read("keys/find", hash=key_hash)
    return _key(rows[0]["key"]) if rows else None


async def every(db: Database) -> list[ApiKey]:
    """Newest first, revoked and expired ones too."""
    return [_key(row["key"]) for row in await db.read("keys/every")]


async def revoke(db: Database, key_id: str) -> None:
    """Raises NotFound."""
    if not await db.write("keys/revoke", id=key_id):
        raise NotFound(f"There is no key {key_id}")


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
