"""List the contradictions of a day and resolve them."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum

from msgspec import Struct

from app.domain.errors import InvalidInput, NotFound
from app.domain.knowledge import Attribution, FactKind
from app.domain.scope import MemoryScope
from app.domain.typed_facts import (
    CONFLICT_RESOLUTION,
    Change,
    Expire,
    FactConflict,
    NewTypedFact,
    Resolve,
    Restore,
    span_of_day,
)
from app.graph import typed_facts
from app.graph.database import Database
from app.services.memanto.stated_facts import stated_fact
from app.services.memanto.submit_changes import SubmitChanges

_MANUAL_CONFIDENCE = 0.9


class Action(StrEnum):
    KEEP_OLD = "keep_old"
    KEEP_NEW = "keep_new"
    KEEP_BOTH = "keep_both"
    REMOVE_BOTH = "remove_both"
    EXPIRE_OLD = "expire_old"
    EXPIRE_NEW = "expire_new"
    EXPIRE_BOTH = "expire_both"
    MANUAL = "manual"


# Action → (older fact stays active, newer fact stays active). The others are expired, not deleted.
_HOLDS: Mapping[Action, tuple[bool, bool]] = {
    Action.KEEP_OLD: (True, False),
    Action.EXPIRE_NEW: (True, False),
    Action.KEEP_NEW: (False, True),
    Action.EXPIRE_OLD: (False, True),
    Action.KEEP_BOTH: (True, True),
    Action.REMOVE_BOTH: (False, False),
    Action.EXPIRE_BOTH: (False, False),
    Action.MANUAL: (False, False),
}


class Resolved(Struct, frozen=True, kw_only=True):
    """Ids of the expired and restored facts; `new`: id of the fact that replaces both."""

    expired: list[int]
    restored: list[int]
    new: int | None


class Conflicts:
    def __init__(self, db: Database, submit_changes: SubmitChanges) -> None:
        self._db = db
        self._submit_changes = submit_changes

    async def of_day(self, scope: MemoryScope, day: date) -> list[FactConflict]:
        """Return the day's conflicts in detection order, resolved or not. Indexes are stable until one is deleted."""
        return await typed_facts.conflicts(self._db, scope.memory_id, *span_of_day(day))

    async def resolve(
        self,
        scope: MemoryScope,
        day: date,
        index: int,
        action: Action,
        replacement: NewTypedFact | None,
        *,
        conflict_id: str | None = None,
    ) -> Resolved:
        """`conflict_id`: expected id at that index. Raises NotFound for an unknown conflict, InvalidInput for a manual
        resolution without its text.
        """
        if action is Action.MANUAL and replacement is None:
            raise InvalidInput({"manual_content": "is required for a manual resolution"})
        found = await self.of_day(scope, day)
        if index >= len(found) or conflict_id not in (None, found[index].id):
            raise NotFound(f"Conflict {index} of {day} not found")
        newer, older = found[index].newer, found[index].older
        changes: list[Change] = [Resolve(newer=newer.id, older=older.id, resolution=str(action))]
        expired: list[int] = []
        restored: list[int] = []
        for memory, holds in zip((older, newer), _HOLDS[action], strict=True):
            if holds and memory.expired_at is not None:
                changes.append(Restore(id=memory.id))
                restored.append(memory.id)
            elif not holds:
                # Also expire a fact that the contradiction has already closed, to record the user's decision.
                changes.append(Expire(id=memory.id, by=CONFLICT_RESOLUTION))
                expired += [memory.id] if memory.expired_at is None else []
        if action is not Action.MANUAL or replacement is None:
            await self._submit_changes(scope, changes)
            return Resolved(expired=expired, restored=restored, new=None)
        raw, fact = await asyncio.to_thread(stated_fact, replacement, datetime.now(UTC))
        stored = await self._submit_changes.facts(scope, [fact], [raw], more=changes)
        return Resolved(expired=expired, restored=restored, new=stored.ids[0])


def replacement_of(content: str, kind: FactKind) -> NewTypedFact:
    """Return the fact that replaces two contradicting ones."""
    return NewTypedFact(
        content=content,
        kind=kind,
        confidence=_MANUAL_CONFIDENCE,
        provenance=Attribution.CORRECTED,
        source="user",
        tags=[CONFLICT_RESOLUTION],
    )
