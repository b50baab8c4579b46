"""Leases: which worker works on which memory."""

from app.graph.database import Database, Step


async def claim(db: Database, *, owner: str, lease_millis: int) -> str | None:
    """The id of the memory that has waited longest, now leased to `owner`; None when nothing waits."""
    rows = await db.write("memories/claim", owner=owner, leaseMillis=lease_millis)
    return rows[0]["memoryId"] if rows else None


def fence(memory_id: str, *, owner: str, lease_millis: int) -> Step:
    """The first step of everything a worker writes: renews the lease, or stops the transaction."""
    parameters = {"memoryId": memory_id, "owner": owner, "leaseMillis": lease_millis}
    return Step(name="memories/fence", parameters=parameters, must_match=True)


def lock(memory_id: str) -> Step:
    """The first step of a transaction of a process that has no lease."""
    return Step(name="memories/lock", parameters={"memoryId": memory_id})


async def release(db: Database, memory_id: str, *, owner: str, idle_millis: int) -> None:
    await db.write("memories/release", memoryId=memory_id, owner=owner, idleMillis=idle_millis)
