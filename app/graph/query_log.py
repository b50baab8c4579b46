"""Logged questions."""

from datetime import datetime

from app.domain.ids import new_uuid
from app.domain.retrieval import RetrievalResult, RetrievalStatus
from app.graph.database import Database

KEPT_DAYS = 30
_MAX_CHARACTERS = 2000


async def save(
    db: Database, memory_id: str, result: RetrievalResult, *, asked_at: datetime, text: str | None, millis: int
) -> None:
    """Log a question for `KEPT_DAYS`. Any request to forget deletes the memory's log, and what was asked before it ends is
    not logged. Of a longer text, the beginning is logged.
    """
    counts = result.counts
    await db.write(
        "query_log/save",
        memoryId=memory_id,
        id=new_uuid(),
        askedAt=asked_at,
        strategy=counts.strategy,
        status=counts.status,
        degraded=result.status is RetrievalStatus.DEGRADED,
        durationMillis=millis,
        items=counts.items,
        rawData=counts.raw_data,
        bestCosine=result.best_cosine,
        text=text and text[:_MAX_CHARACTERS],
        days=KEPT_DAYS,
    )
