"""Labelled stories (tests/unit/labelled/stories, format in its README): told to the local reader, and judged."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from app.domain.knowledge import EntityType, Fact, Granularity, RawData, RawDataType, Role, TimeSpan
from app.domain.names import entity_key
from app.extraction.facts import EarlierMessage, window_facts
from app.extraction.reconciliation import FactRelation
from app.graph.knowledge import FactRow
from app.services.extraction.fact_rows import fact_row
from app.services.extraction.reconcile_facts import EarlierFacts, closing, relation_to, statement_of

FOLDER = Path(__file__).parent / "labelled" / "stories"
_FIRST = datetime(2026, 3, 4, 10, tzinfo=UTC)


class Fault(Struct, frozen=True):
    """One label of a story that does not hold. `kind`: the file; `label`: the key of the label."""

    kind: str
    label: str
    phrase: str
    found: str
    told: str


class Told(Struct):
    """A story's facts, in order, and the positions of those that were closed."""

    facts: list[Fact]
    closed: set[int]

    def with_phrase(self, phrase: str) -> list[int]:
        wanted = " ".join(phrase.split()).casefold()
        return [i for i, fact in enumerate(self.facts) if wanted in " ".join(_plain(fact).split()).casefold()]


def _plain(fact: Fact) -> str:
    return fact.evidence[0].quote or fact.text


@cache
def stories() -> list[tuple[str, Mapping[str, Any]]]:
    return [
        (path.stem, json.loads(line))
        for path in sorted(FOLDER.glob("*/*.jsonl"))
        for line in path.read_text().splitlines()
    ]


def tell(story: Mapping[str, Any]) -> Told:
    """Read a story's messages one by one, as they come in, and close what they close."""
    told = Told(facts=[], closed=set())
    rows: list[FactRow] = []
    speakers: dict[str, str | None] = {}
    before: EarlierMessage | None = None
    at = _FIRST
    for number, message in enumerate(story["told"]):
        raw = _raw(message, number, at)
        at = raw.occurred_at + timedelta(days=1)
        speakers[raw.id] = raw.speaker
        for fact in window_facts([raw], before):
            row = fact_row("memory", fact, [0.0], "test")
            newer = statement_of(row, speakers)
            earlier = EarlierFacts([*rows, row], speakers)
            for kept in range(len(rows)):
                earlier.keep(kept)
            for older in earlier.than(len(rows)):
                position = next(i for i, other in enumerate(rows) if other.content_hash == older.content_hash)
                if position in told.closed or relation_to(row, older, newer) is not FactRelation.CONTRADICTION:
                    continue
                closed = closing(row, older)
                if closed is not None:
                    told.closed.add(position if closed.older == older.content_hash else len(rows))
            rows.append(row)
            told.facts.append(fact)
        before = EarlierMessage(text=raw.text, speaker=raw.speaker)
    return told


def _raw(message: str | Mapping[str, Any], number: int, at: datetime) -> RawData:
    fields: Mapping[str, Any] = {"text": message} if isinstance(message, str) else message
    title = fields.get("document")
    assistant = fields.get("assistant", False)
    return RawData(
        id=f"r{number}",
        content_id=f"c{number}",
        type=RawDataType.DOCUMENT if title else RawDataType.CONVERSATION,
        role=None if title else Role.ASSISTANT if assistant else Role.USER,
        user_name=None if title or assistant else fields.get("by", "Ana"),
        title=title,
        text=fields["text"],
        occurred_at=datetime.fromisoformat(fields["at"]) if "at" in fields else at,
    )


def faults(kind: str, story: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield the labels that do not hold."""
    told = tell(story)

    def fault(label: str, phrase: str, found: object) -> Fault:
        return Fault(kind, label, phrase, str(found), " | ".join(map(str, story["told"])))

    for phrase in story.get("holds", ()):
        found = told.with_phrase(phrase)
        if not found:
            yield fault("holds", phrase, "no fact")
        elif all(i in told.closed for i in found):
            yield fault("false closing", phrase, [f.text for f in told.facts])
    for phrase in story.get("closed", ()):
        found = told.with_phrase(phrase)
        if not any(i in told.closed for i in found):
            yield fault("closed", phrase, [(f.text, f.slot, f.value, f.ending) for f in told.facts])
    for phrase in story.get("flagged", ()):
        if any(told.facts[i].slot or told.facts[i].ending for i in told.with_phrase(phrase)):
            yield fault("flagged", phrase, "makes a claim")
    for phrase, date in story.get("dates", {}).items():
        found = told.with_phrase(phrase)
        times = {_date(told.facts[i].time) for i in found}
        if not found:
            yield fault("no dated fact", phrase, [f.text for f in told.facts])
        elif date not in times:
            label = "invented date" if date is None else "missing date" if times == {None} else "wrong date"
            yield fault(label, phrase, f"{times} instead of {date}")
    for phrase, name in story.get("said_by", {}).items():
        for i in told.with_phrase(phrase) or ([] if name is None else [-1]):
            said = told.facts[i].text if i >= 0 else ""
            if name is None and any(said.startswith(f"{s}: ") for s in _speakers(story)):
                yield fault("said_by", phrase, said)
            elif name is not None and not said.startswith((f"{name}: ", f"{name}, asked")):
                yield fault("said_by", phrase, said or "no fact")
    for phrase, name in story.get("not_about", {}).items():
        for i in told.with_phrase(phrase):
            subject = told.facts[i].subject
            if subject is not None and entity_key(subject) == entity_key(name):
                yield fault("not_about", phrase, told.facts[i].text)
    for phrase, asserted in story.get("asserted", {}).items():
        yield from (fault("asserted", phrase, told.facts[i].text) for i in told.with_phrase(phrase) if not asserted
                    and _claims(told.facts[i], phrase))  # fmt: skip
        if asserted and not told.with_phrase(phrase):
            yield fault("asserted", phrase, "no fact")
    names = {m.name: m for fact in told.facts for m in fact.mentions if m.entity_type is not EntityType.CONCEPT}
    for phrase, expected in story.get("entities", {}).items():
        mentioned = {
            entity_key(m.name): str(m.entity_type) for i in told.with_phrase(phrase) for m in told.facts[i].mentions
        }
        for name, entity_type in expected.items():
            key = entity_key(name)
            if key not in mentioned:
                yield fault("entities", name, sorted(mentioned))
            elif entity_type == "IDENTIFIER" and mentioned[key] != entity_type:
                yield fault("entities", name, mentioned[key])
    for name in story.get("no_entities", ()):
        if name in names:
            yield fault("no_entities", name, sorted(names))


def _claims(fact: Fact, phrase: str) -> bool:
    """Return True if a fact states what the phrase says as so: a relation or slot whose words stand in the phrase."""
    words = set(entity_key(phrase).split())
    value = set(entity_key(fact.value or fact.object or "").split())
    return (fact.slot is not None or fact.predicate is not None) and bool(value) and value <= words


def _speakers(story: Mapping[str, Any]) -> set[str]:
    return {"Ana", *(m["by"] for m in story["told"] if isinstance(m, Mapping) and "by" in m)}


def _date(time: TimeSpan | None) -> str | None:
    if time is None:
        return None
    start = time.start
    match time.granularity:
        case Granularity.WEEK:
            year, week, _ = start.isocalendar()
            return f"{year}-W{week:02}"
        case Granularity.MONTH:
            return f"{start:%Y-%m}"
        case Granularity.YEAR:
            return f"{start:%Y}"
        case Granularity.RANGE:
            return f"{start:%Y-%m-%d}/{time.end:%Y-%m-%d}"
        case _:
            return f"{start:%Y-%m-%d}"
