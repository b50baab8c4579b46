"""Checking a model's answer: only facts that the messages support are kept."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from app.domain.knowledge import (
    Category,
    CausalLink,
    CausalRelation,
    EntityMention,
    EntityType,
    Evidence,
    ExtractedEntity,
    Extraction,
    Fact,
    FactKind,
    FactType,
    Granularity,
    RawData,
    TimeSpan,
    TypedFact,
)
from app.domain.names import MAX_NAME_CHARACTERS, entity_key, singular
from app.domain.scripts import LETTERS, UNSPACED
from app.domain.typed_facts import CONVERSATION, MAX_TITLE_CHARACTERS, title_of
from app.domain.words import words
from app.extraction.dates import time_spans
from app.extraction.english import CALENDAR_WORDS, FUNCTION_WORDS, PRONOUNS
from app.extraction.fact_claims import with_claims
from app.extraction.facts import MAX_FACT_CHARACTERS, MAX_MENTIONS, dated
from app.extraction.grammar import parse
from app.extraction.instructions import gives_orders
from app.extraction.kinds import kind_of
from app.extraction.language import is_english
from app.extraction.quotes import locate_quote
from app.extraction.sentences import sentences
from app.prompts.extract_memories import MemoryAnswer
from app.prompts.extract_window import CauseAnswer, CitationAnswer, FactAnswer, KnownEntity, TimeAnswer, WindowAnswer

MIN_CONFIDENCE = 0.70
_MIN_STRENGTH = 0.5
_MAX_CAUSES = 2
_MAX_CAPTION_CHARACTERS = 160
_MAX_ALIASES = 8
# A message of five words may hold three facts and one more for every three words.
_FACTS_OF_ANY_WINDOW, _WORDS_PER_FACT = 3, 3
_STEM_CHARACTERS = 5
_ROLES = frozenset({"user", "assis"})
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w|https?://[^\s<>\"']+|\b(?:\d{1,3}\.){3}\d{1,3}\b")
_ENDING = re.compile(r"(?<=[a-z]{3})(?:e?s|e?d|ing)$")
_WORD = re.compile(LETTERS)
_UNSPACED = re.compile(rf"[{UNSPACED}]")
_TIME_WORDS = CALENDAR_WORDS | words(
    "today yesterday tomorrow tonight morning noon afternoon evening night day week weekend month year hour minute last next "
    "this every last early late"
)


def read_window_answer(
    answer: WindowAnswer, messages: Sequence[RawData], known: Sequence[KnownEntity], *, extractor: str
) -> Extraction:
    """Return the facts that have evidence, with their entities, times and causes. `dropped` counts rejected facts by
    reason: unquoted (quote not found in the messages, or the fact shares no word with what was said there), unsure
    (confidence below 0.70), injected (gives instructions itself, or comes from a message with instructions and is not
    about its author), malformed (empty, too long, or more facts than the messages have words for).
    """
    reader = _AnswerReader(answer, messages, known)
    dropped: Counter[str] = Counter()
    facts: list[Fact] = []
    kept: dict[int, int] = {}
    for index, row in enumerate(answer.facts):
        found = reader.fact(row)
        if isinstance(found, str):
            dropped[found] += 1
        elif len(facts) >= reader.most_facts:
            dropped["malformed"] += 1
        else:
            kept[index] = len(facts)
            facts.append(found)
    caption = " ".join((answer.caption or "").split())[:_MAX_CAPTION_CHARACTERS]
    return Extraction(
        extractor=extractor,
        facts=with_claims(facts),
        entities=reader.entities(),
        causes=_causes(answer.causes, kept),
        caption=None if not caption or any(gives_orders(m.text) for m in messages) else caption,
        dropped=dict(dropped),
    )


def shifted(extraction: Extraction, start: int) -> Extraction:
    """Add `start` to evidence positions, to turn positions in a part of a message into positions in the message."""
    facts = [
        replace(fact, evidence=[replace(e, start=e.start + start, end=e.end + start) for e in fact.evidence])
        for fact in extraction.facts
    ]
    return replace(extraction, facts=facts)


def together(parts: Sequence[Extraction]) -> Extraction:
    """Merge the extractions of several parts of a message; the first caption counts."""
    dropped: Counter[str] = Counter()
    causes: list[CausalLink] = []
    facts: list[Fact] = []
    for part in parts:
        dropped.update(part.dropped)
        causes += [replace(c, cause=c.cause + len(facts), effect=c.effect + len(facts)) for c in part.causes]
        facts += part.facts
    return Extraction(
        extractor=parts[0].extractor,
        facts=facts,
        entities=[entity for part in parts for entity in part.entities],
        causes=causes,
        caption=next((part.caption for part in parts if part.caption), None),
        dropped=dict(dropped),
    )


class _AnswerReader:
    def __init__(self, answer: WindowAnswer, messages: Sequence[RawData], known: Sequence[KnownEntity]) -> None:
        self._messages = messages
        self._orders = [gives_orders(message.text) for message in messages]
        speakers = [m.speaker or m.title or "" for m in messages]
        # A name or alias must occur in a message, be a speaker or title, or be a known entity.
        said = [*(m.text for m in messages), *speakers]
        self._said = "\n".join(said).casefold()
        self._known = {entity_key(name): e for e in known for name in (e.name, *e.aliases)}
        self._types = {entity_key(e.name): _entity_type(e.type) for e in answer.entities}
        for message in messages:
            if message.user_name:
                self._types.setdefault(entity_key(message.user_name), EntityType.PERSON)
        self._rows = answer.entities
        pieces = sum(len(_pieces(message.text)) for message in messages)
        self.most_facts = _FACTS_OF_ANY_WINDOW + pieces // _WORDS_PER_FACT

    def fact(self, row: FactAnswer) -> Fact | str:
        text = " ".join(row.text.split())
        if not text or len(text) > MAX_FACT_CHARACTERS:
            return "malformed"
        if not math.isfinite(row.confidence) or row.confidence < MIN_CONFIDENCE:
            return "unsure"
        evidence = self._evidence(row.evidence)
        if not evidence:
            return "unquoted"
        cited = [self._messages[index] for index in evidence]
        if self._is_injected(row, evidence):
            return "injected"
        if not self._is_said(text, evidence):
            return "unquoted"
        first = cited[0]
        time = _time(row.time, cited)
        return Fact(
            text=dated(text, time) if time and time.expression.casefold() in text.casefold() else text,
            category=_category(row.category),
            type=FactType.FORESIGHT if row.type.upper() == "FORESIGHT" else FactType.FACT,
            evidence=list(evidence.values()),
            mentions=self._mentions(row, text, first),
            observed_at=max(message.occurred_at for message in cited),
            subject=self._name(row.subject),
            predicate=_short(row.predicate),
            object=_short(row.object),
            time=time,
            confidence=min(row.confidence, 1.0),
            metadata=dict(first.metadata),
            typed=_remembered(row, text),
        )

    def entities(self) -> list[ExtractedEntity]:
        """Return entities whose names occur in the messages or are known, with aliases that do."""
        found: dict[str, ExtractedEntity] = {}
        trusted = not any(self._orders)
        for row in self._rows:
            name = self._name(row.name)
            if name is None or (key := entity_key(name)) in found:
                continue
            aliases = [a for alias in row.aliases if trusted and (a := self._name(alias)) and entity_key(a) != key]
            # The name of another entity can't be an alias.
            aliases = [a for a in aliases if entity_key(a) not in self._types and entity_key(a) not in self._known]
            found[key] = ExtractedEntity(
                name=name, entity_type=self._types.get(key, EntityType.OTHER), aliases=aliases[:_MAX_ALIASES]
            )
        return list(found.values())

    def _evidence(self, citations: Sequence[CitationAnswer]) -> dict[int, Evidence]:
        """Message index → its first quote. A quote not found in the cited message is looked for in the others."""
        found: dict[int, Evidence] = {}
        for citation in citations:
            others = (i for i in range(len(self._messages)) if i != citation.message)
            cited = (citation.message,) if 0 <= citation.message < len(self._messages) else ()
            for index in (*cited, *others):
                message = self._messages[index]
                place = locate_quote(message.text, citation.quote)
                if place is not None:
                    start, end = place
                    found.setdefault(
                        index,
                        Evidence(raw_data_id=message.id, quote=message.text[start:end], start=start, end=end),
                    )
                    break
        return dict(sorted(found.items()))

    def _is_said(self, text: str, evidence: Mapping[int, Evidence]) -> bool:
        """Return True if the fact shares a content word with a cited message, besides the names of speakers. An answer
        without content words ("Yes, I do.") is read together with the message before it. Addresses in the fact must occur
        in the window.
        """
        if any(address.casefold() not in self._said for address in _ADDRESS.findall(text)):
            return False
        names = {word for m in self._messages for word in _stems(m.speaker or "")} | _ROLES
        stated = _stems(text) - names
        if not stated:
            return True
        for index in evidence:
            said = _stems(self._messages[index].text) - names
            if not said and index > 0:
                said = _stems(self._messages[index - 1].text) - names
            if said & stated:
                return True
        return False

    def _is_injected(self, row: FactAnswer, evidence: Mapping[int, Evidence]) -> bool:
        """If any message in the window gives instructions, reject a fact that cites such a message and is not only
        about its author, and any other fact that shares no content word with its quotes.
        """
        cites_orders = any(self._orders[index] for index in evidence)
        if gives_orders(row.text) and not cites_orders:
            return True
        if not any(self._orders):
            return False
        if not any(self._orders[index] for index in evidence):
            said = {w for e in evidence.values() for w in _stems(e.quote or "")}
            return not said & _stems(row.text)
        authors = {
            entity_key(speaker)
            for index in evidence
            if self._orders[index] and (speaker := self._messages[index].speaker)
        }
        others = {entity_key(m.speaker) for m in self._messages if m.speaker} | self._known.keys() | self._types.keys()
        named = {entity_key(name) for name in (row.subject, row.object, *row.entities) if name}
        text = f" {entity_key(row.text)} "
        named |= {name for name in others if f" {name} " in text}
        return not named & authors or bool((named & others) - authors)

    def _name(self, name: str | None) -> str | None:
        """Return the name as spelled in the memory; None for pronouns, numbers, dates and names that do not occur."""
        short = _short(name)
        if short is None or len(short) > MAX_NAME_CHARACTERS or short.casefold() in PRONOUNS:
            return None
        key = entity_key(short)
        # Dates, times and numbers are not entities.
        if all(not c.isalpha() for c in key) or {singular(word) for word in key.split()} <= _TIME_WORDS:
            return None
        if (known := self._known.get(key)) is not None:
            return known.name if key == entity_key(known.name) else short
        return short if short.casefold() in self._said or key in self._said else None

    def _mentions(self, row: FactAnswer, text: str, first: RawData) -> list[EntityMention]:
        roles: dict[str, EntityMention] = {}
        parts = [(row.subject, "subject"), (row.object, "object"), *((name, "mention") for name in row.entities)]
        listed = {entity_key(name) for name in row.entities} | self._types.keys()
        for part, role in parts:
            name = self._name(part)
            # An object may be a phrase ("two cats") instead of an entity.
            if name is None or (role == "object" and entity_key(name) not in listed):
                continue
            key = entity_key(name)
            if name.casefold() not in text.casefold() and key not in listed and key not in self._known:
                continue
            if key not in roles:
                kind = self._types.get(key) or self._known_type(key)
                roles[key] = EntityMention(name=name, entity_type=kind, role=role)
        if not roles and (context := first.speaker or first.title):
            special = first.speaker is not None and first.user_name is None
            kind = EntityType.SPECIAL if special else EntityType.PERSON if first.speaker else EntityType.OTHER
            roles[entity_key(context)] = EntityMention(name=context, entity_type=kind)
        return list(roles.values())[:MAX_MENTIONS]

    def _known_type(self, key: str) -> EntityType:
        known = self._known.get(key)
        return _entity_type(known.entity_type) if known else EntityType.OTHER


def _remembered(row: FactAnswer, text: str) -> TypedFact | None:
    """Return the type and title that the model gave, if it was asked for typed facts."""
    if not isinstance(row, MemoryAnswer):
        return None
    try:
        kind = FactKind(row.kind.strip().lower())
    except ValueError:
        kind = kind_of(text)
    title = " ".join(row.title.split())[:MAX_TITLE_CHARACTERS]
    return TypedFact(kind=kind, title=title or title_of(text), source=CONVERSATION)


def _stems(text: str) -> set[str]:
    """Return the beginnings of the text's content words without English endings, and pairs of characters in scripts
    without spaces.
    """
    return {_ENDING.sub("", piece)[:_STEM_CHARACTERS] for piece in _pieces(text) if piece not in FUNCTION_WORDS}


def _pieces(text: str) -> list[str]:
    """Return the words, in lower case; in scripts without spaces, each pair of neighbouring characters."""
    found: list[str] = []
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        spaceless = _UNSPACED.match(word) is not None and len(word) > 1
        found += [word[i : i + 2] for i in range(len(word) - 1)] if spaceless else [word]
    return found


def _short(text: str | None) -> str | None:
    return " ".join((text or "").split())[:MAX_NAME_CHARACTERS] or None


def _category(text: str) -> Category:
    try:
        return Category(text.strip().lower())
    except ValueError:
        return Category.EVENT


def _entity_type(text: str) -> EntityType:
    try:
        return EntityType(text.strip().upper())
    except ValueError:
        return EntityType.OTHER


def _time(row: TimeAnswer | None, cited: Sequence[RawData]) -> TimeSpan | None:
    """Resolve the expression with the time and the grammar of the message that contains it. The model's dates stand if they
    fit the words ("Friday" is a Friday), or if no rule understands the words.
    """
    expression = " ".join(row.expression.split()) if row else ""
    if row is None or not expression:
        return None
    for message in cited:
        begin = message.text.casefold().find(expression.casefold())
        if begin < 0:
            continue
        clock = message.occurred_at
        stated = _stated(row, expression, clock)
        meanings = [
            span.time
            for ahead in (True, False)
            for text in (expression, f"on {expression}", f"in {expression}")
            for span in time_spans(text, clock, ahead=ahead)
        ]
        if stated is not None and any(stated.start == meaning.start for meaning in meanings):
            return next(meaning for meaning in meanings if stated.start == meaning.start)
        found = _by_grammar(message, begin, begin + len(expression))
        return found or (None if meanings else stated)
    return None


def _by_grammar(message: RawData, begin: int, end: int) -> TimeSpan | None:
    sentence = next((s for s in sentences(message.text) if s.start <= begin < s.end), None)
    if sentence is None:
        return None
    grammar = parse([sentence.text])[0] if is_english(sentence.text) else None
    spans = time_spans(sentence.text, message.occurred_at, grammar)
    return next((s.time for s in spans if s.start + sentence.start < end and begin < s.end + sentence.start), None)


def _stated(row: TimeAnswer, expression: str, clock: datetime) -> TimeSpan | None:
    start, end = _instant(row.start, clock), _instant(row.end, clock)
    if start is None:
        return None
    if end is None or end <= start:
        end = start + timedelta(days=1)
    return TimeSpan(expression=expression, start=start, end=end, granularity=_granularity(start, end))


def _instant(text: str | None, clock: datetime) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    # Near the ends of datetime's range, a time zone conversion or an added day would overflow.
    if found is None or not 2 <= found.year <= 9997:
        return None
    return found if found.tzinfo else found.replace(tzinfo=clock.tzinfo)


def _granularity(start: datetime, end: datetime) -> Granularity:
    days = (end - start) / timedelta(days=1)
    if start.hour or start.minute or days < 1:
        return Granularity.POINT if days <= 1 else Granularity.RANGE
    if days == 1:
        return Granularity.DAY
    if days == 7 and start.weekday() == 0:
        return Granularity.WEEK
    if start.day == 1 and end.day == 1:
        months = (end.year - start.year) * 12 + end.month - start.month
        return {1: Granularity.MONTH, 12: Granularity.YEAR if start.month == 1 else Granularity.RANGE}.get(
            months, Granularity.RANGE
        )
    return Granularity.RANGE


def _causes(rows: Sequence[CauseAnswer], kept: Mapping[int, int]) -> list[CausalLink]:
    """Keep the two strongest causes of each effect; no self-causation, and no pair in both directions."""
    links: list[CausalLink] = []
    count: Counter[int] = Counter()
    for row in sorted(rows, key=lambda r: -r.strength if math.isfinite(r.strength) else 0.0):
        cause, effect = kept.get(row.cause), kept.get(row.effect)
        relation = row.relation.strip().upper()
        if cause is None or effect is None or cause == effect or relation not in CausalRelation.__members__:
            continue
        turned = any(link.cause == effect and link.effect == cause for link in links)
        if turned or not _MIN_STRENGTH <= row.strength <= 1 or count[effect] >= _MAX_CAUSES:
            continue
        count[effect] += 1
        links.append(CausalLink(cause=cause, effect=effect, relation=CausalRelation[relation], strength=row.strength))
    return links
