"""The audit log of what is no operation: exports, changes of entities, agents and policies."""

from collections.abc import AsyncIterator

from app.domain.audit import AuditAction, AuditCursor, AuditEntry, AuditFilter, AuditStatus
from app.domain.scope import MemoryScope
from app.graph import audit
from app.graph.database import Database
from app.services.retrieval.queries import Page, page_of


class Audit:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def record(self, action: AuditAction, scope: MemoryScope, *, subject: str | None = None) -> None:
        """Record what the request's caller has just done."""
        await self._db.write_all([audit.record(action, scope=scope, subject=subject)])

    async def exported(self, scope: MemoryScope, pages: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Record an export before its first page leaves, and the number of its lines after the last."""
        entry_id = audit.new_id()
        started = audit.record(AuditAction.EXPORT, entry_id=entry_id, status=AuditStatus.ACCEPTED, scope=scope)
        await self._db.write_all([started])

        async def recorded() -> AsyncIterator[bytes]:
            lines = 0
            async for page in pages:
                lines += page.count(b"\n")
                yield page
            await audit.complete(self._db, entry_id, AuditStatus.SUCCEEDED, {"lines": lines})

        return recorded()

    async def page(
        self, audit_filter: AuditFilter, *, after: AuditCursor | None, limit: int
    ) -> Page[AuditEntry, AuditCursor]:
        """Newest first."""
        found = await audit.list_page(self._db, audit_filter, after=after, limit=limit + 1)
        return page_of(found, limit, lambda entry: AuditCursor(time=entry.at, id=entry.id))
