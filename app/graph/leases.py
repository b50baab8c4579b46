"""Leases: which worker works on which memory."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from app.domain.ids import new_uuid
from app.graph.database import Database, Step

_POLL_SECONDS = 0.2


async def claim(db: Database, *, owner: str, lease_millis: int) -> str | None:
    """The id of the memory that has waited longest, now leased to `owner`; None when nothing waits."""
    rows = await db.write("leases/claim", owner=owner, leaseMillis=lease_millis)
    return rows[0]["memoryId"] if rows else None


def fence(memory_id: str, *, owner: str, lease_millis: int) -> Step:
    """The first step of everything a worker writes: renews the lease, or stops the transaction."""
    parameters = {"memoryId": memory_id, "owner": owner, "leaseMillis": lease_millis}
    return Step(name="leases/fence", parameters=parameters, must_match=True)


def extended(fence_: Step) -> Step:
    """As this fence, for a lease that outlasts a transaction over the whole memory."""
    return Step(name="leases/extend", parameters=fence_.parameters, must_match=True)


@contextlib.asynccontextmanager
async def held(db: Database, memory_id: str, *, lease_millis: int) -> AsyncGenerator[None]:
    """Keeps workers away while the block runs, without making them wait for a lock."""
    owner = f"held-{new_uuid()}"
    while not await db.write("leases/hold", memoryId=memory_id, owner=owner, leaseMillis=lease_millis):
        await asyncio.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        await db.write("leases/let_go", memoryId=memory_id, owner=owner)


def lock(memory_id: str) -> Step:
    """The first step of a transaction of a process that has no lease."""
    return Step(name="leases/lock", parameters={"memoryId": memory_id})


async def release(db: Database, memory_id: str, *, owner: str, idle_millis: int) -> None:
    await db.write("leases/release", memoryId=memory_id, owner=owner, idleMillis=idle_millis)
