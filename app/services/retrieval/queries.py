"""Pages of what a memory holds."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from msgspec import Struct

from app.domain.filters import KnowledgeFilter
from app.domain.knowledge import RawDataType
from app.domain.scope import MemoryScope
from app.graph import raw_data, search
from app.graph.database import Database
from app.graph.raw_data import RawDataCursor, RawDataRow
from app.graph.search import FactCursor, FactPageRow

Row = TypeVar("Row")
Cursor = TypeVar("Cursor")


class Page(Struct, Generic[Row, Cursor], frozen=True, kw_only=True):
    """`next_cursor`: where the next page starts; None at the end."""

    rows: list[Row]
    next_cursor: Cursor | None


class QueryItems:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def __call__(
        self,
        scope: MemoryScope,
        *,
        types: Sequence[RawDataType] | None,
        source_clients: Sequence[str] | None,
        knowledge_filter: KnowledgeFilter,
        after: FactCursor | None,
        limit: int,
    ) -> Page[FactPageRow, FactCursor]:
        """Facts, the last observed first."""
        rows = await search.fact_page(
            self._db,
            scope.memory_id,
            types=None if types is None else [str(t) for t in types],
            source_clients=source_clients,
            knowledge_filter=knowledge_filter,
            after=after,
            limit=limit + 1,
        )
        return page_of(
            rows, limit, lambda row: FactCursor(observed_at=row.observed_at, created_at=row.created_at, id=row.id)
        )


class QueryRawData:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def __call__(
        self,
        scope: MemoryScope,
        *,
        types: Sequence[RawDataType] | None,
        source_clients: Sequence[str] | None,
        knowledge_filter: KnowledgeFilter,
        after: RawDataCursor | None,
        limit: int,
    ) -> Page[RawDataRow, RawDataCursor]:
        """Raw data, newest first."""
        rows = await raw_data.query(
            self._db,
            scope.memory_id,
            types=types,
            source_clients=source_clients,
            knowledge_filter=knowledge_filter,
            after=after,
            limit=limit + 1,
        )
        return page_of(rows, limit, lambda row: RawDataCursor(time=row.occurred_at, sequence=row.sequence))


def page_of(rows: Sequence[Row], limit: int, cursor_after: Callable[[Row], Cursor]) -> Page[Row, Cursor]:
    """Return the first `limit` rows. `rows`: one more than that if another page follows."""
    page = list(rows[:limit])
    return Page(rows=page, next_cursor=cursor_after(page[-1]) if page and len(rows) > limit else None)
