"""Read and store insights."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from app.domain.knowledge import InsightPart
from app.graph.database import Database, Step


class Point(Struct, frozen=True, kw_only=True, rename="camel"):
    """Source of an insight's sentence number `point`: a fact, or an insight of a lower tier."""

    point: int
    fact_id: int | None = None
    insight_id: int | None = None


class InsightRow(Struct, frozen=True, kw_only=True, rename="camel"):
    """An insight ready to be stored. `composer`: local@1, or the model and its prompt; `seen_facts`: facts behind it."""

    id: int
    tier: str
    name: str
    text: str
    theme: str
    composer: str
    seen_facts: int
    points: list[Point]
    entity_key: str | None = None
    embedding: list[float] | None = None

    def with_embedding(self, vector: list[float] | None) -> "InsightRow":
        return replace(self, embedding=vector)


class StoredInsight(Struct, frozen=True, kw_only=True, rename="camel"):
    id: int
    text: str
    seen_facts: int
    composer: str | None = None
    theme: str | None = None
    stale: bool = False


class _InsightPartRow(InsightPart, frozen=True, kw_only=True, rename="camel"):
    pass


async def stored(db: Database, memory_id: str, ids: Sequence[int]) -> dict[int, StoredInsight]:
    if not ids:
        return {}
    rows = await db.read("insights/stored", memoryId=memory_id, ids=list(ids))
    return {row.id: row for row in msgspec.convert(rows, list[StoredInsight])}


async def under(
    db: Database, memory_id: str, tier: str, *, themes: Sequence[str] | None, limit: int
) -> list[InsightPart]:
    """Return the insights of a tier, at most `limit` per theme, those with the most facts first."""
    parameters = None if themes is None else list(themes)
    rows = await db.read("insights/under", memoryId=memory_id, tier=tier, themes=parameters, limit=limit)
    return [*msgspec.convert(rows, list[_InsightPartRow])]


def drop(memory_id: str, ids: Sequence[int]) -> Step:
    return Step(name="insights/drop", parameters={"memoryId": memory_id, "ids": list(ids)})


def save(memory_id: str, rows: Sequence[InsightRow]) -> Step:
    """`rows`: all of one tier, whose sources must already be stored."""
    return Step(name="insights/save", parameters={"memoryId": memory_id, "rows": msgspec.to_builtins(list(rows))})
