"""The audit log of what is no operation: exports, changes of entities, agents and policies."""

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator

from app.domain.audit import AuditAction, AuditCursor, AuditEntry, AuditFilter, AuditStatus
from app.domain.scope import MemoryScope
from app.graph import audit
from app.graph.database import Database
from app.services.retrieval.queries import Page, page_of


class Audit:
    def __init__(self, db: Database) -> None:
        self._db = db

    @contextlib.asynccontextmanager
    async def recording(
        self, action: AuditAction, scope: MemoryScope, *, subject: str | None = None
    ) -> AsyncGenerator[None]:
        """Record what the block is about to do for the request's caller, and afterwards if it did. So nothing is done without
        an entry, even if the database fails in between.
        """
        entry_id = await self._begin(action, scope, subject)
        try:
            yield
        except BaseException:
            await audit.complete(self._db, entry_id, AuditStatus.FAILED, {})
            raise
        await audit.complete(self._db, entry_id, AuditStatus.SUCCEEDED, {})

    async def exported(self, scope: MemoryScope, pages: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Record an export before its first page leaves, and the number of its lines after the last."""
        entry_id = await self._begin(AuditAction.EXPORT, scope, None)

        async def recorded() -> AsyncIterator[bytes]:
            lines = 0
            async for page in pages:
                lines += page.count(b"\n")
                yield page
            await audit.complete(self._db, entry_id, AuditStatus.SUCCEEDED, {"lines": lines})

        return recorded()

    async def _begin(self, action: AuditAction, scope: MemoryScope, subject: str | None) -> str:
        entry_id = audit.new_id()
        entry = audit.record(action, entry_id=entry_id, status=AuditStatus.ACCEPTED, scope=scope, subject=subject)
        await self._db.write_all([entry])
        return entry_id

    async def page(
        self, audit_filter: AuditFilter, *, after: AuditCursor | None, limit: int
    ) -> Page[AuditEntry, AuditCursor]:
        """Newest first."""
        found = await audit.list_page(self._db, audit_filter, after=after, limit=limit + 1)
        return page_of(found, limit, lambda entry: AuditCursor(time=entry.at, id=entry.id))
