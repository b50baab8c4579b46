"""Taking memories over: as facts with a source of their own, and as changes of those that are there."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import Struct

from app.domain.errors import Conflict, NotFound
from app.domain.idempotency import Idempotency
from app.domain.ids import digest, fact_id, new_uuid
from app.domain.knowledge import (
    CATEGORY_OF_KIND,
    Evidence,
    Extraction,
    Fact,
    RawData,
    RawDataType,
    TypedFact,
)
from app.domain.operations import Operation, OperationKind
from app.domain.scope import MemoryScope
from app.domain.secrets import redact
from app.domain.typed_facts import (
    MANUAL,
    MAX_TITLE_CHARACTERS,
    Add,
    Change,
    Edit,
    Expire,
    FactEdit,
    NewTypedFact,
    Restore,
    TypedFactRow,
    title_of,
)
from app.extraction.facts import window_facts
from app.extraction.kinds import kind_of
from app.graph import typed_facts
from app.graph.database import Database
from app.services.extraction.fact_rows import identity_of
from app.services.operations.accept import AcceptOperation
from app.services.operations.follow import AwaitOperation

SOURCE_CLIENT = "memanto"
EXTRACTOR = "remembered@1"


class SubmittedFacts(Struct, frozen=True, kw_only=True):
    """`facts`: in the order of the memories that were handed over, with the ids that they have in the graph."""

    facts: list[Fact]
    ids: list[int]


class SubmitChanges:
    """Stores changes as an operation and waits for it, at most `timeout_seconds`. After that the queue is longer than
    the wait, and the change can be read later.
    """

    def __init__(
        self, db: Database, accept: AcceptOperation, await_operation: AwaitOperation, *, timeout_seconds: float
    ) -> None:
        self._db = db
        self._accept = accept
        self._await = await_operation
        self._timeout_seconds = timeout_seconds

    async def memories(
        self,
        scope: MemoryScope,
        memories: Sequence[NewTypedFact],
        idempotency: Idempotency | None = None,
        *,
        awaited: bool = True,
    ) -> SubmittedFacts:
        now = datetime.now(UTC)
        # Rules read the texts, which is plain Python: off the loop.
        stated = await asyncio.to_thread(lambda: [stated_memory(memory, now) for memory in memories])
        facts = [fact for _, fact in stated]
        return await self.facts(scope, facts, [raw for raw, _ in stated], idempotency=idempotency, awaited=awaited)

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
        """Facts whose evidence is in these raw data. `extractor`: who read them there; `more`: changes of other memories,
        made together with them.
        """
        changes = [Add(extraction=Extraction(extractor=extractor, facts=list(facts))), *more]
        await self.changes(scope, changes, raw_data, idempotency, awaited=awaited)
        hashes = [identity_of(fact) for fact in facts]
        evidence = [(fact.evidence[0], hash_) for fact, hash_ in zip(facts, hashes, strict=True)]
        told = await typed_facts.told_by(self._db, scope.memory_id, evidence) if awaited else [0] * len(hashes)
        # Where it still waits, it will have the id of its words.
        ids = [id_ or fact_id(scope.memory_id, hash_) for id_, hash_ in zip(told, hashes, strict=True)]
        return SubmittedFacts(facts=list(facts), ids=ids)

    async def changes(
        self,
        scope: MemoryScope,
        changes: Sequence[Change],
        raw_data: Sequence[RawData] = (),
        idempotency: Idempotency | None = None,
        *,
        awaited: bool = True,
    ) -> None:
        """Returns when they are made, or, where that is not `awaited`, accepted. Raises OperationFailed."""
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
        """The operation once it has ended, or as it stands when the time is over. Raises OperationFailed."""
        return await self._await(operation_id, timeout_seconds=self._timeout_seconds)

    async def edit(
        self, scope: MemoryScope, memory_id: str, edit: FactEdit, idempotency: Idempotency | None = None
    ) -> None:
        """Raises NotFound."""
        row = await self.find(scope, memory_id)
        clean = FactEdit(
            content=redact(edit.content.strip()) if edit.content else None,
            kind=edit.kind,
            title=_clean_title(edit.title) if edit.title else None,
            tags=None if edit.tags is None else [redact(tag) for tag in edit.tags],
            confidence=edit.confidence,
            source=edit.source and redact(edit.source),
        )
        await self.changes(scope, [Edit(id=row.id, edit=clean)], idempotency=idempotency)

    async def expire(self, scope: MemoryScope, memory_id: str, *, by: str) -> TypedFactRow:
        """The memory as it is then. Raises NotFound."""
        row = await self.find(scope, memory_id)
        await self.changes(scope, [Expire(id=row.id, by=redact(by))])
        return await self.find(scope, memory_id)

    async def restore(self, scope: MemoryScope, memory_id: str) -> None:
        """Raises NotFound."""
        row = await self.find(scope, memory_id)
        await self.changes(scope, [Restore(id=row.id)])

    async def find(self, scope: MemoryScope, memory_id: str) -> TypedFactRow:
        """Raises NotFound."""
        known = memory_id.isascii() and memory_id.isdigit() and len(memory_id) <= 16
        rows = await typed_facts.read(self._db, scope.memory_id, [int(memory_id)]) if known else []
        if not rows:
            raise NotFound(f"Memory {memory_id[:64]!r} not found")
        return rows[0]


def stated_memory(memory: NewTypedFact, now: datetime) -> tuple[RawData, Fact]:
    """A memory as raw data and as the fact that stands in them, without secrets; who and what it names, as the rules read it.

    Raises Conflict where nothing is left of it.
    """
    content = redact(memory.content.strip())
    if not content:
        raise Conflict("content must not be blank")
    kind = memory.kind or kind_of(content)
    title = _clean_title(memory.title or "") or title_of(content)
    raw_id = new_uuid()
    raw = RawData(
        id=raw_id,
        content_id=digest("memory", raw_id),
        type=RawDataType.DOCUMENT,
        text=content,
        occurred_at=now,
        source_client=SOURCE_CLIENT,
        submitted=True,
    )
    read = window_facts([raw], None)
    only = read[0] if len(read) == 1 else None
    mentions = {mention.name: mention for fact in reversed(read) for mention in fact.mentions}
    fact = Fact(
        text=content,
        category=CATEGORY_OF_KIND[kind],
        evidence=[Evidence(raw_data_id=raw_id, quote=None, start=0, end=len(content))],
        mentions=list(mentions.values()),
        observed_at=now,
        subject=only and only.subject,
        predicate=only and only.predicate,
        object=only and only.object,
        time=only and only.time,
        confidence=memory.confidence,
        invalid_at=memory.expired_at and min(memory.expired_at, now),
        typed=TypedFact(
            kind=kind,
            title=title,
            tags=list(dict.fromkeys(redact(tag) for tag in memory.tags)),
            source=redact(memory.source),
            provenance=memory.provenance,
            expired_by=redact(memory.expired_by or MANUAL) if memory.expired_at else None,
        ),
    )
    return raw, fact


def _clean_title(title: str) -> str:
    return redact(" ".join(title.split()))[:MAX_TITLE_CHARACTERS]
