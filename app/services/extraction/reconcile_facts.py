"""Reconciling a window's facts with stored ones: duplicates, closings, new facts."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from app.domain.ids import digest, fact_id
from app.domain.knowledge import Fact
from app.domain.names import entity_key
from app.domain.slots import kind_of
from app.extraction.reconciliation import (
    LEAST_COSINE,
    ComparedFact,
    FactRelation,
    may_close,
    relate,
    verb_of,
    words_in_order,
)
from app.graph import knowledge
from app.graph.database import Database
from app.graph.knowledge import FactRow, RelatedFact, SupersededRow
from app.prompts.verdicts import FactQuestion

_CANDIDATES = 8
_MAX_QUESTIONS = 8
# A change told later counts even if it happened this long before the other statement: "I moved on Saturday".
_RECENT = timedelta(days=31)


class OpenFact(Struct, frozen=True, kw_only=True):
    """Two facts about whose relation the model is asked. `proved`: the rules alone would close one of them."""

    row: int
    older: RelatedFact
    question: FactQuestion
    proved: bool = False


class Reconciliation(Struct, frozen=True, kw_only=True):
    """`rows`: the facts to save, in window order; a duplicate carries the older fact's id and content hash. `conflicts`:
    positions of rows with the stored facts that they contradict without closing them.
    """

    rows: list[FactRow]
    superseded: list[SupersededRow]
    open: list[OpenFact]
    conflicts: list[tuple[int, RelatedFact]] = []


async def reconcile_facts(
    db: Database, memory_id: str, rows: Sequence[FactRow], speakers: Mapping[str, str | None], *, confirm: bool = False
) -> Reconciliation:
    """Compare new facts with stored ones and with each other. `speakers`: raw data id → speaker's name. `confirm`: ask the
    model about every fact that the rules would close.
    """
    rows = await _again_in_force(db, memory_id, rows)
    asked = [
        {
            "index": i,
            "slot": _slot_prefix(row),
            "vector": row.embedding,
            "contentHash": row.content_hash,
        }
        for i, row in enumerate(rows)
        if row.embedding is not None and (row.fact.subject or row.fact.slot)
    ]
    related = await knowledge.related_facts(db, memory_id, asked, limit=_CANDIDATES) if asked else []
    known: dict[int, list[RelatedFact]] = {}
    for fact in related:
        known.setdefault(fact.index, []).append(fact)
    # Comparing is pure Python: run it in a thread, so that it does not block the event loop.
    return await asyncio.to_thread(_compared, rows, known, speakers, confirm=confirm)


def _compared(
    rows: Sequence[FactRow],
    known: Mapping[int, Sequence[RelatedFact]],
    speakers: Mapping[str, str | None],
    *,
    confirm: bool,
) -> Reconciliation:
    earlier = EarlierFacts(rows, speakers)
    saved: list[FactRow] = []
    superseded: list[SupersededRow] = []
    open_: list[OpenFact] = []
    conflicts: list[tuple[int, RelatedFact]] = []
    for i, row in enumerate(rows):
        newer = statement_of(row, speakers)
        relations = [(older, relation_to(row, older, newer)) for older in (*known.get(i, []), *earlier.than(i))]
        same = next((older for older, relation in relations if relation is FactRelation.DUPLICATE), None)
        # A typed fact keeps its own text, even if it duplicates a stored fact.
        if same is not None and row.fact.typed is None:
            saved.append(under_identity(row, same))
            continue
        earlier.keep(i)
        saved.append(row)
        conflicts += [(i, older) for older, relation in relations if relation is FactRelation.CONFLICT]
        proved = [older for older, relation in relations if relation is FactRelation.CONTRADICTION]
        if not confirm:
            superseded += [closed for older in proved if (closed := closing(row, older)) is not None]
        asked_about = {FactRelation.UNDECIDED, FactRelation.CONTRADICTION} if confirm else {FactRelation.UNDECIDED}
        open_ += [
            OpenFact(
                row=i,
                older=older,
                question=FactQuestion(older=older.text, newer=row.fact.text),
                proved=relation is FactRelation.CONTRADICTION,
            )
            for older, relation in relations
            if relation in asked_about
        ]
    open_.sort(key=lambda o: (not o.proved, -o.older.similarity))
    return Reconciliation(rows=saved, superseded=superseded, open=open_[:_MAX_QUESTIONS], conflicts=conflicts)


async def _again_in_force(db: Database, memory_id: str, rows: Sequence[FactRow]) -> list[FactRow]:
    """If an invalidated fact is stated again, store it as a new fact with its own validity interval, so that `asOf` sees the
    gap. A third statement adds evidence to that new fact while it is valid.
    """
    found = list(rows)
    open_ = list(range(len(found)))
    while open_:
        closed = await knowledge.closed_facts(db, memory_id, [found[i].content_hash for i in open_])
        open_ = [
            i for i in open_ if (ended := closed.get(found[i].content_hash)) is not None and _latest(found[i]) >= ended
        ]
        for i in open_:
            fact_hash = digest("again", found[i].content_hash)[:32]
            found[i] = replace(found[i], id=fact_id(memory_id, fact_hash), content_hash=fact_hash)
    return found


def under_identity(row: FactRow, older: RelatedFact) -> FactRow:
    """Attach the row's evidence to a stored fact, which keeps its text and vector."""
    return replace(row, id=older.id, content_hash=older.content_hash, embedding=None, restated=True)


def closing(row: FactRow, older: RelatedFact) -> SupersededRow | None:
    """Decide which fact closes the other: the one told later. None if that one speaks of a time long before the other, as "I
    moved to Porto in 2015" does after "I live in Lisbon".
    """
    at = begins(row)
    if row.fact.observed_at >= older.observed_at:
        if older.valid_at - _RECENT <= _latest(row):
            return SupersededRow(newer=row.content_hash, older=older.content_hash, at=max(at, older.valid_at))
        return None
    if older.valid_at < at:
        return None
    return SupersededRow(newer=older.content_hash, older=row.content_hash, at=older.valid_at)


def _is_past(fact: ComparedFact, at: datetime) -> bool:
    """Return True for the date of something that has happened by then: the next one has its own."""
    value = fact.value or ""
    return kind_of(fact.slot or "") == "date" and value < f"{at:%Y-%m-%d}"[: len(value)]


def _latest(row: FactRow) -> datetime:
    """Latest time at which the fact may have become valid."""
    return row.fact.time.end if row.fact.time and row.fact.valid_at is None else begins(row)


def begins(row: FactRow) -> datetime:
    fact = row.fact
    return fact.valid_at or (fact.time.start if fact.time else fact.observed_at)


def relation_to(row: FactRow, older: RelatedFact, newer: ComparedFact) -> FactRelation:
    """Relate a new fact to an older one. `newer`: the row as a ComparedFact."""
    statement = ComparedFact(
        text=older.text,
        subject=older.subject,
        predicate=older.predicate,
        object=older.object,
        slot=older.slot,
        value=older.slot_value or older.object,
        ending=older.ending,
        told_by=frozenset(map(entity_key, older.speakers)),
    )
    told_later = row.fact.observed_at >= older.observed_at
    first, last = (statement, newer) if told_later else (newer, statement)
    relation = relate(first, last, cosine=older.similarity)
    if relation not in (FactRelation.CONTRADICTION, FactRelation.UNDECIDED):
        return relation
    if _is_past(first, max(row.fact.observed_at, older.observed_at)):
        return FactRelation.NEW
    # Facts of one message don't close each other ("in Lisbon", "in Portugal"), unless one says that something is over.
    together = older.told_in & {e.raw_data_id for e in row.fact.evidence} and last.ending is None
    if together:
        return FactRelation.NEW
    if may_close(first, last):
        return relation
    return FactRelation.CONFLICT if relation is FactRelation.CONTRADICTION else FactRelation.NEW


def _slot_prefix(row: FactRow) -> str | None:
    """Return the beginning of the slot keys of facts that this one may close: its own, or all of the subject if it says that
    something is over.
    """
    ending, subject = row.fact.ending, row.fact.subject
    if ending is not None and ending.slots:
        return f"{ending.slots[0].partition('|')[0]}|"
    return f"{entity_key(subject)}|" if ending is not None and subject else row.fact.slot


def statement_of(row: FactRow, speakers: Mapping[str, str | None]) -> ComparedFact:
    fact = row.fact
    return ComparedFact(
        text=fact.text,
        subject=fact.subject,
        predicate=fact.predicate,
        object=fact.object,
        slot=fact.slot,
        value=fact.value or fact.object,
        ending=fact.ending,
        changes=fact.changes,
        told_by=frozenset(map(entity_key, _tellers(fact, speakers))),
    )


def _tellers(fact: Fact, speakers: Mapping[str, str | None]) -> list[str]:
    return [name for e in fact.evidence if (name := speakers.get(e.raw_data_id))]


class EarlierFacts:
    """The facts of a window that were kept so far, found by what may relate two facts: words, slot, subject, vector."""

    def __init__(self, rows: Sequence[FactRow], speakers: Mapping[str, str | None]) -> None:
        self._rows = rows
        self._speakers = speakers
        self._embedded = [i for i, row in enumerate(rows) if row.embedding is not None]
        self._vectors = np.asarray([rows[i].embedding for i in self._embedded], dtype=np.float32)
        self._place = {i: place for place, i in enumerate(self._embedded)}
        self._kept: set[int] = set()
        self._by_key: dict[tuple[str, object], list[int]] = {}

    def keep(self, index: int) -> None:
        """Add a fact that is not a duplicate."""
        self._kept.add(index)
        for key in self._keys(index):
            self._by_key.setdefault(key, []).append(index)

    def than(self, index: int) -> list[RelatedFact]:
        """Return the kept facts that may be about the same matter as the fact at `index`, in order."""
        row = self._rows[index]
        if row.embedding is None:
            return []
        found = {other for key in self._keys(index) for other in self._by_key.get(key, ())[-_CANDIDATES:]}
        similar = self._vectors @ self._vectors[self._place[index]]
        near = [self._embedded[p] for p in np.flatnonzero(similar >= LEAST_COSINE).tolist()]
        subject = _subject_of(row)
        found |= {o for o in near if o in self._kept and subject is not None and _subject_of(self._rows[o]) == subject}
        return [
            self._related(index, other, float(similar[self._place[other]]))
            for other in sorted(found)
            if self._rows[other].embedding is not None and self._rows[other].content_hash != row.content_hash
        ]

    def _keys(self, index: int) -> list[tuple[str, object]]:
        fact = self._rows[index].fact
        keys: list[tuple[str, object]] = [("words", words_in_order(fact.text))]
        if fact.slot is not None:
            keys.append(("slot", fact.slot))
        if fact.ending is not None:
            keys += [("slot", slot) for slot in fact.ending.slots]
        subject = _subject_of(self._rows[index])
        if subject is not None and fact.ending is not None:
            keys += [("verb", (subject, verb)) for verb in fact.ending.verbs]
        if subject is not None and fact.predicate:
            keys.append(("verb", (subject, verb_of(fact.predicate))))
        return keys

    def _related(self, index: int, other: int, similarity: float) -> RelatedFact:
        earlier = self._rows[other]
        fact = earlier.fact
        return RelatedFact(
            index=index,
            id=earlier.id,
            content_hash=earlier.content_hash,
            text=fact.text,
            subject=fact.subject,
            predicate=fact.predicate,
            object=fact.object,
            slot=fact.slot,
            slot_value=fact.value,
            ending=fact.ending,
            valid_at=begins(earlier),
            observed_at=fact.observed_at,
            speakers=_tellers(fact, self._speakers),
            told_in={e.raw_data_id for e in fact.evidence},
            similarity=similarity,
        )


def _subject_of(row: FactRow) -> str | None:
    return entity_key(row.fact.subject) if row.fact.subject else None
