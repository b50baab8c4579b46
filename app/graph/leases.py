"""Leases: which worker works on which memory."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from app.domain.ids import new_uuid
from app.graph.database import Database, Step

_POLL_SECONDS = 0.2


async def claim(db: Database, *, owner: str, lease_millis: int) -> str | None:
    """Lease the memory that has waited longest to `owner` and return its id; None if none is due."""
    rows = await db.write("leases/claim", owner=owner, leaseMillis=lease_millis)
    return rows[0]["memoryId"] if rows else None


def fence(memory_id: str, *, owner: str, lease_millis: int) -> Step:
    """First step of every worker transaction: renew the lease, or roll back if it is lost."""
    parameters = {"memoryId": memory_id, "owner": owner, "leaseMillis": lease_millis}
    return Step(name="leases/fence", parameters=parameters, must_match=True)


def extended(fence_: Step) -> Step:
    """Like `fence_`, with a lease long enough for a transaction over the whole memory."""
    return Step(name="leases/extend", parameters=fence_.parameters, must_match=True)


@contextlib.asynccontextmanager
async def held(db: Database, memory_id: str, *, lease_millis: int) -> AsyncGenerator[None]:
    """Hold the memory's lease during the block, so that workers skip the memory instead of waiting for a lock."""
    owner = f"held-{new_uuid()}"
    while not await db.write("leases/hold", memoryId=memory_id, owner=owner, leaseMillis=lease_millis):
        await asyncio.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        await db.write("leases/let_go", memoryId=memory_id, owner=owner)


def lock(memory_id: str) -> Step:
    """First step of a transaction without a lease: lock the memory."""
    return Step(name="leases/lock", parameters={"memoryId": memory_id})


async def release(db: Database, memory_id: str, *, owner: str, idle_millis: int) -> None:
    await db.write("leases/release", memoryId=memory_id, owner=owner, idleMillis=idle_millis)
