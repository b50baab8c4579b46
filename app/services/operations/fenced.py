"""Writing under a lease."""

from app.domain.errors import LeaseLost
from app.graph.database import TRANSACTION_SECONDS, Database, NothingMatched, Row, Step


async def write_fenced(
    db: Database, fence: Step, *steps: Step, timeout_seconds: float = TRANSACTION_SECONDS
) -> list[list[Row]]:
    """One transaction that commits only while the lease holds; the rows of the fence and of each step. Raises LeaseLost."""
    try:
        return await db.write_all([fence, *steps], timeout_seconds=timeout_seconds)
    except NothingMatched as error:
        raise LeaseLost from error
