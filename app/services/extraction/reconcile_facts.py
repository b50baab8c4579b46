"""Reconciling a window's facts with stored ones: duplicates, closings, new facts."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from app.domain.ids import digest, fact_id
from app.domain.knowledge import Fact
from app.domain.names import entity_key
from app.extraction.reconciliation import ComparedFact, FactRelation, may_close, relate
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
    saved: list[FactRow] = []
    superseded: list[SupersededRow] = []
    open_: list[OpenFact] = []
    conflicts: list[tuple[int, RelatedFact]] = []
    for i, row in enumerate(rows):
        newer = statement_of(row, speakers)
        older_ones = [*known.get(i, []), *earlier_in_window(i, row, saved, speakers)]
        relations = [(older, relation_to(row, older, newer)) for older in older_ones]
        same = next((older for older, relation in relations if relation is FactRelation.DUPLICATE), None)
        # A typed fact keeps its own text, even if it duplicates a stored fact.
        if same is not None and row.fact.typed is None:
            saved.append(under_identity(row, same))
            continue
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
    subject = row.fact.subject
    if subject and row.fact.ending is not None:
        return f"{entity_key(subject)}|"
    return row.fact.slot


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
        told_by=frozenset(map(entity_key, _tellers(fact, speakers))),
    )


def _tellers(fact: Fact, speakers: Mapping[str, str | None]) -> list[str]:
    return [name for e in fact.evidence if (name := speakers.get(e.raw_data_id))]


def earlier_in_window(
    index: int, row: FactRow, saved: Sequence[FactRow], speakers: Mapping[str, str | None]
) -> list[RelatedFact]:
    found: list[RelatedFact] = []
    claims = row.fact.slot or row.fact.ending
    subject = entity_key(row.fact.subject) if row.fact.subject else None
    for earlier in saved:
        fact = earlier.fact
        same = subject is not None and fact.subject is not None and entity_key(fact.subject) == subject
        if not (same or (claims and fact.slot)) or earlier.content_hash == row.content_hash:
            continue
        if row.embedding is None or earlier.embedding is None:
            continue
        found.append(
            RelatedFact(
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
                speakers=_tellers(fact, speakers),
                told_in={e.raw_data_id for e in fact.evidence},
                similarity=float(np.dot(row.embedding, earlier.embedding)),
            )
        )
    return found
