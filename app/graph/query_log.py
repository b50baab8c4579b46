"""Logged questions."""

from app.domain.retrieval import RetrievalResult, RetrievalStatus
from app.graph.database import Database

KEPT_DAYS = 30


async def save(db: Database, memory_id: str, result: RetrievalResult, *, text: str | None, millis: int) -> None:
    """Log a question for `KEPT_DAYS`. Any request to forget deletes the memory's log."""
    counts = result.counts
    await db.write(
        "query_log/save",
        memoryId=memory_id,
        strategy=counts.strategy,
        status=counts.status,
        degraded=result.status is RetrievalStatus.DEGRADED,
        durationMillis=millis,
        items=counts.items,
        rawData=counts.raw_data,
        bestCosine=result.best_cosine,
        text=text,
        days=KEPT_DAYS,
    )
