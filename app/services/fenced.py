"""Writing under a lease."""

from app.domain.errors import LeaseLost
from app.graph.database import Database, NothingMatched, Step


async def write_fenced(db: Database, fence: Step, *steps: Step) -> None:
    """One transaction that commits only while the lease holds. Raises LeaseLost."""
    try:
        await db.write_all([fence, *steps])
    except NothingMatched as error:
        raise LeaseLost from error
