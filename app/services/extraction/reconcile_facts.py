"""Reconciling a window's facts with stored ones: duplicates, closings, new facts."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from app.domain.ids import digest, fact_id
from app.domain.knowledge import Fact
from app.domain.names import entity_key
from app.extraction.reconciliation import ComparedFact, FactRelation, ends_something, may_close, relate
from app.graph import knowledge
from app.graph.database import Database
from app.graph.knowledge import FactRow, RelatedFact, SupersededRow, slot_key
from app.prompts.verdicts import FactQuestion

_CANDIDATES = 8
_MAX_QUESTIONS = 8


class OpenFact(Struct, frozen=True, kw_only=True):
    """Two facts whose relation no rule decides; the model is asked."""

    row: int
    older: RelatedFact
    question: FactQuestion


class Reconciliation(Struct, frozen=True, kw_only=True):
    """`rows`: the facts to save, in window order; a duplicate carries the older fact's id and content hash."""

    rows: list[FactRow]
    superseded: list[SupersededRow]
    open: list[OpenFact]


async def reconcile_facts(
    db: Database, memory_id: str, rows: Sequence[FactRow], speakers: Mapping[str, str | None]
) -> Reconciliation:
    """Compare new facts with stored ones and with each other. `speakers`: raw data id → speaker's name."""
    rows = await _again_in_force(db, memory_id, rows)
    asked = [
        {
            "index": i,
            "slot": _slot_prefix(row),
            "vector": row.embedding,
            "contentHash": row.content_hash,
        }
        for i, row in enumerate(rows)
        if row.embedding is not None and row.fact.subject
    ]
    related = await knowledge.related_facts(db, memory_id, asked, limit=_CANDIDATES) if asked else []
    known: dict[int, list[RelatedFact]] = {}
    for fact in related:
        known.setdefault(fact.index, []).append(fact)
    saved: list[FactRow] = []
    superseded: list[SupersededRow] = []
    open_: list[OpenFact] = []
    for i, row in enumerate(rows):
        newer = _statement(row, speakers)
        older_ones = [*known.get(i, []), *_earlier_in_window(i, row, saved, speakers)]
        relations = [(older, _relation(row, older, newer)) for older in older_ones]
        same = next((older for older, relation in relations if relation is FactRelation.DUPLICATE), None)
        # A typed fact keeps its own text, even if it duplicates a stored fact.
        if same is not None and row.fact.typed is None:
            saved.append(under_identity(row, same))
            continue
        saved.append(row)
        superseded += [closing(row, older) for older, relation in relations if relation is FactRelation.CONTRADICTION]
        open_ += [
            OpenFact(row=i, older=older, question=FactQuestion(older=older.text, newer=row.fact.text))
            for older, relation in relations
            if relation is FactRelation.UNDECIDED
        ]
    open_.sort(key=lambda o: -o.older.similarity)
    return Reconciliation(rows=saved, superseded=superseded, open=open_[:_MAX_QUESTIONS])


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


def closing(row: FactRow, older: RelatedFact) -> SupersededRow:
    """Decide which fact closes the other: the one valid from the later time, whichever was stated first. A new fact
    with a time span ("this year") counts as the earlier one only if its whole span is earlier.
    """
    at = begins(row)
    if older.valid_at < max(at, _latest(row)) or older.valid_at == at:
        return SupersededRow(newer=row.content_hash, older=older.content_hash, at=max(at, older.valid_at))
    return SupersededRow(newer=older.content_hash, older=row.content_hash, at=older.valid_at)


def _latest(row: FactRow) -> datetime:
    """Latest time at which the fact may have become valid."""
    return row.fact.time.end if row.fact.time and row.fact.valid_at is None else begins(row)


def begins(row: FactRow) -> datetime:
    fact = row.fact
    return fact.valid_at or (fact.time.start if fact.time else fact.observed_at)


def _relation(row: FactRow, older: RelatedFact, newer: ComparedFact) -> FactRelation:
    """Relate a new fact to an older one. `newer`: the row as a ComparedFact."""
    statement = ComparedFact(
        text=older.text,
        subject=older.subject,
        predicate=older.predicate,
        object=older.object,
        at=older.valid_at,
        told_by=frozenset(map(entity_key, older.speakers)),
    )
    relation = relate(statement, newer, cosine=older.similarity)
    if relation not in (FactRelation.CONTRADICTION, FactRelation.UNDECIDED):
        return relation
    closes_older = closing(row, older).older == older.content_hash
    allowed = may_close(statement, newer) if closes_older else may_close(newer, statement)
    # Facts of one message don't close each other ("in Lisbon", "in Portugal"), unless the text says something ended.
    together = older.told_in & {e.raw_data_id for e in row.fact.evidence} and not ends_something(newer.text)
    return relation if allowed and not together else FactRelation.NEW


def _slot_prefix(row: FactRow) -> str | None:
    """Return the slot-key prefix of facts that this one may invalidate: its own slot, or all slots of the subject if the text
    says that something ended.
    """
    subject = row.fact.subject
    if subject and ends_something(row.fact.text):
        return f"{entity_key(subject)}|"
    return slot_key(row.fact)


def _statement(row: FactRow, speakers: Mapping[str, str | None]) -> ComparedFact:
    fact = row.fact
    return ComparedFact(
        text=fact.text,
        subject=fact.subject,
        predicate=fact.predicate,
        object=fact.object,
        at=begins(row),
        told_by=frozenset(map(entity_key, _tellers(fact, speakers))),
    )


def _tellers(fact: Fact, speakers: Mapping[str, str | None]) -> list[str]:
    return [name for e in fact.evidence if (name := speakers.get(e.raw_data_id))]


def _earlier_in_window(
    index: int, row: FactRow, saved: Sequence[FactRow], speakers: Mapping[str, str | None]
) -> list[RelatedFact]:
    subject = entity_key(row.fact.subject) if row.fact.subject else None
    found: list[RelatedFact] = []
    for earlier in saved:
        fact = earlier.fact
        if subject is None or not fact.subject or entity_key(fact.subject) != subject:
            continue
        if row.embedding is None or earlier.embedding is None or earlier.content_hash == row.content_hash:
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
                valid_at=begins(earlier),
                speakers=_tellers(fact, speakers),
                told_in={e.raw_data_id for e in fact.evidence},
                similarity=float(np.dot(row.embedding, earlier.embedding)),
            )
        )
    return found
