"""Submitting changes of typed facts: stored as an operation, which the worker applies."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import Struct

from app.domain.errors import NotFound
from app.domain.idempotency import Idempotency
from app.domain.ids import fact_id
from app.domain.knowledge import Extraction, Fact, RawData
from app.domain.operations import Operation, OperationKind
from app.domain.scope import MemoryScope
from app.domain.secrets import redact
from app.domain.typed_facts import Add, Change, Edit, Expire, FactEdit, NewTypedFact, Restore, TypedFactRow
from app.graph import typed_facts
from app.graph.database import Database
from app.services.extraction.fact_rows import identity_of
from app.services.memanto.stated_facts import EXTRACTOR, clean_title, stated_fact
from app.services.operations.accept import AcceptOperation
from app.services.operations.follow import AwaitOperation


class SubmittedFacts(Struct, frozen=True, kw_only=True):
    """`ids[i]` is the id of `facts[i]` in the graph."""

    facts: list[Fact]
    ids: list[int]


class SubmitChanges:
    """Stores changes as an operation and waits up to `timeout_seconds`; the worker applies them later, too."""

    def __init__(
        self, db: Database, accept: AcceptOperation, await_operation: AwaitOperation, *, timeout_seconds: float
    ) -> None:
        self._db = db
        self._accept = accept
        self._await = await_operation
        self._timeout_seconds = timeout_seconds

    async def __call__(
        self,
        scope: MemoryScope,
        changes: Sequence[Change],
        raw_data: Sequence[RawData] = (),
        idempotency: Idempotency | None = None,
        *,
        awaited: bool = True,
    ) -> None:
        """Return when the changes are applied; if they are not `awaited`, when they are stored. Raises OperationFailed."""
        operation_id = await self._accept(
            scope,
            OperationKind.REMEMBER,
            raw_data,
            origin="api",
            awaited=True,
            idempotency=idempotency,
            changes=changes,
        )
        if awaited:
            await self.ended(operation_id)

    async def ended(self, operation_id: str) -> Operation:
        """Return the operation when it has ended, or as it is after the timeout. Raises OperationFailed."""
        return await self._await(operation_id, timeout_seconds=self._timeout_seconds)

    async def stated(
        self,
        scope: MemoryScope,
        facts: Sequence[NewTypedFact],
        idempotency: Idempotency | None = None,
        *,
        awaited: bool = True,
    ) -> SubmittedFacts:
        """Add facts as a client states them."""
        now = datetime.now(UTC)
        # CPU-bound: run in a thread, off the event loop.
        read = await asyncio.to_thread(lambda: [stated_fact(fact, now) for fact in facts])
        return await self.facts(
            scope, [fact for _, fact in read], [raw for raw, _ in read], idempotency=idempotency, awaited=awaited
        )

    async def facts(
        self,
        scope: MemoryScope,
        facts: Sequence[Fact],
        raw_data: Sequence[RawData],
        *,
        extractor: str = EXTRACTOR,
        more: Sequence[Change] = (),
        idempotency: Idempotency | None = None,
        awaited: bool = True,
    ) -> SubmittedFacts:
        """Add facts whose evidence is in these raw data.

        `extractor`: name of their extractor; `more`: changes of other facts, applied in the same operation.
        """
        changes = [Add(extraction=Extraction(extractor=extractor, facts=list(facts))), *more]
        await self(scope, changes, raw_data, idempotency, awaited=awaited)
        hashes = [identity_of(fact) for fact in facts]
        evidence = [(fact.evidence[0], hash_) for fact, hash_ in zip(facts, hashes, strict=True)]
        stored = await typed_facts.told_by(self._db, scope.memory_id, evidence) if awaited else [0] * len(hashes)
        # Not stored yet (the queue is longer than the timeout): its id will be the one derived from its text.
        ids = [id_ or fact_id(scope.memory_id, hash_) for id_, hash_ in zip(stored, hashes, strict=True)]
        return SubmittedFacts(facts=list(facts), ids=ids)


class ChangeFact:
    """Edits, expires and restores one typed fact of a memory. Every method raises NotFound."""

    def __init__(self, db: Database, submit_changes: SubmitChanges) -> None:
        self._db = db
        self._submit_changes = submit_changes

    async def find(self, scope: MemoryScope, fact_id: str) -> TypedFactRow:
        known = fact_id.isascii() and fact_id.isdigit() and len(fact_id) <= 16
        rows = await typed_facts.read(self._db, scope.memory_id, [int(fact_id)]) if known else []
        if not rows:
            raise NotFound(f"Memory {fact_id[:64]!r} not found")
        return rows[0]

    async def edit(
        self, scope: MemoryScope, fact_id: str, edit: FactEdit, idempotency: Idempotency | None = None
    ) -> None:
        row = await self.find(scope, fact_id)
        clean = FactEdit(
            content=redact(edit.content.strip()) if edit.content else None,
            kind=edit.kind,
            title=clean_title(edit.title) if edit.title else None,
            tags=None if edit.tags is None else [redact(tag) for tag in edit.tags],
            confidence=edit.confidence,
            source=edit.source and redact(edit.source),
        )
        await self._submit_changes(scope, [Edit(id=row.id, edit=clean)], idempotency=idempotency)

    async def expire(self, scope: MemoryScope, fact_id: str, *, by: str) -> TypedFactRow:
        """Expire a fact and return it."""
        row = await self.find(scope, fact_id)
        await self._submit_changes(scope, [Expire(id=row.id, by=redact(by))])
        return await self.find(scope, fact_id)

    async def restore(self, scope: MemoryScope, fact_id: str) -> None:
        row = await self.find(scope, fact_id)
        await self._submit_changes(scope, [Restore(id=row.id)])
