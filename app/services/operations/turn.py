"""A worker's turn with a memory: everything it writes commits only while it holds the memory's lease."""

from app.domain.errors import LeaseLost
from app.graph import leases
from app.graph.database import TRANSACTION_SECONDS, Database, NothingMatched, Row, Step


class MemoryLease:
    """The lease of one memory, held by one worker."""

    def __init__(self, db: Database, memory_id: str, *, owner: str, lease_millis: int) -> None:
        self.memory_id = memory_id
        self._db = db
        self._owner = owner
        self._lease_millis = lease_millis
        self._fence = leases.fence(memory_id, owner=owner, lease_millis=lease_millis)

    def turn(self, operation_id: str) -> "Turn":
        """The same lease, for work on that operation."""
        return Turn(
            self._db, self.memory_id, operation_id=operation_id, owner=self._owner, lease_millis=self._lease_millis
        )

    async def write(self, *steps: Step, timeout_seconds: float = TRANSACTION_SECONDS) -> list[list[Row]]:
        """Commits all steps in one transaction and renews the lease; returns the rows of each step. Raises LeaseLost."""
        _, *rows = await self._write(self._fence, *steps, timeout_seconds=timeout_seconds)
        return rows

    async def extend(self) -> None:
        """Makes the lease outlast a transaction over the whole memory. Raises LeaseLost."""
        await self._write(leases.extended(self._fence), timeout_seconds=TRANSACTION_SECONDS)

    async def _write(self, *steps: Step, timeout_seconds: float) -> list[list[Row]]:
        try:
            return await self._db.write_all(steps, timeout_seconds=timeout_seconds)
        except NothingMatched as error:
            raise LeaseLost from error


class Turn(MemoryLease):
    """The unit of work: one operation of one memory."""

    def __init__(self, db: Database, memory_id: str, *, operation_id: str, owner: str, lease_millis: int) -> None:
        super().__init__(db, memory_id, owner=owner, lease_millis=lease_millis)
        self.operation_id = operation_id
