"""The local extractor's rules combined: facts from a window of raw data."""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from app.domain.knowledge import (
    Category,
    EntityMention,
    EntityType,
    Evidence,
    Fact,
    RawData,
    RawDataType,
    Role,
    TimeSpan,
)
from app.domain.names import entity_key
from app.extraction.dates import says_itself, time_spans, written
from app.extraction.english import FUNCTION_WORDS, HABIT_WORDS, HEDGES, INTERJECTIONS, QUESTION_WORDS
from app.extraction.entities import TextMention, find_mentions, names_inside
from app.extraction.relations import Relation, find_relation
from app.extraction.sentences import Span, clauses, sentences, without_tag
from app.extraction.speakers import has_first_person, self_contained
from app.extraction.timeline import tells_something

MAX_FACT_CHARACTERS = 1000
_SHORT_ANSWER_WORDS = 6
MAX_NAME_CHARACTERS = 200  # longer ones are not names
MAX_MENTIONS = 12
_MAYBE_PEOPLE = (EntityType.PERSON, EntityType.OTHER)
_UNREAL = re.compile(
    r"\b(?:not|never|nobody|none|no one|if|unless|wish|would|could|should|might|almost|nearly|about to|used to|"
    r"pretend)\b|n['’]t\b",
    re.IGNORECASE,
)
_EXPLICIT, _REPORTED, _HEDGED = 0.95, 0.85, 0.72


class EarlierMessage(Struct, frozen=True, kw_only=True):
    """The previous message, needed for short answers and pronouns."""

    text: str
    speaker: str | None


def window_facts(messages: Sequence[RawData], before: EarlierMessage | None) -> list[Fact]:
    """Extract all facts of the window, in order, each with the exact position of its quote."""
    people = {m.speaker for m in messages if m.speaker and m.user_name}
    if before and before.speaker:
        people.add(before.speaker)
    known = {key for m in messages for key in names_inside(m.text)} | {entity_key(p) for p in people}
    facts: list[Fact] = []
    earlier = before
    for message in messages:
        reader = _MessageReader(message, people=people, known=known, earlier=earlier)
        facts.extend(reader.facts())
        earlier = EarlierMessage(text=message.text, speaker=message.speaker)
    return facts


class _MessageReader:
    """Reads one raw data node, sentence by sentence."""

    def __init__(self, raw: RawData, *, people: set[str], known: set[str], earlier: EarlierMessage | None) -> None:
        self._raw = raw
        self._people = people
        self._known = known
        self._earlier = earlier
        others = people - {raw.speaker}
        # With more than two people, "you" is ambiguous.
        self._addressee = next(iter(others)) if raw.speaker in people and len(others) == 1 else None
        self._person: str | None = None

    def facts(self) -> Iterator[Fact]:
        raw = self._raw
        if raw.type is RawDataType.AGENT_TIMELINE and raw.role is None:
            if (category := raw.metadata.get("noteCategory")) in set(Category):
                yield self._note(Category(category))
            return
        question = _open_question(self._earlier, self._raw.speaker)
        for sentence in sentences(self._raw.text):
            if raw.type is RawDataType.AGENT_TIMELINE and not tells_something(sentence.text, raw.role):
                continue
            for clause in clauses(without_tag(sentence)):
                fact = self._fact(clause, question)
                if fact is not None:
                    yield fact
                question = None

    def _note(self, category: Category) -> Fact:
        """Return a note about an agent's work as one fact, word for word."""
        raw = self._raw
        mentions = find_mentions(raw.text, people=self._people, known=self._known)
        if (path := raw.metadata.get("path")) and isinstance(path, str):
            mentions = [*mentions, TextMention(name=path, entity_type=EntityType.OBJECT, start=-1, end=-1)]
        return Fact(
            text=raw.text,
            category=category,
            evidence=[Evidence(raw_data_id=raw.id, quote=raw.text, start=0, end=len(raw.text))],
            mentions=_entity_mentions(mentions, None),
            observed_at=raw.occurred_at,
            confidence=_EXPLICIT,
            metadata=dict(raw.metadata),
        )

    def _fact(self, clause: Span, question: str | None) -> Fact | None:
        if clause.text.rstrip("\"'”’)").endswith(("?", "？")) or len(clause.text) > MAX_FACT_CHARACTERS:
            return None
        answers = question is not None and len(clause.text.split()) <= _SHORT_ANSWER_WORDS
        if not answers and not _says_something(clause.text):
            return None
        raw = self._raw
        time = next((span.time for span in time_spans(clause.text, raw.occurred_at)), None)
        text = self_contained(
            clause.text, speaker=raw.speaker, addressee=self._addressee, referent=self._person
        ).rstrip(" ,;")
        mentions = find_mentions(text, people=self._people, known=self._known)
        relation = None if _is_unreal(clause.text) else find_relation(text, mentions)
        text = self._attributed(text, clause.text, relation, question if answers else None)
        mentions = self._with_context(mentions)
        self._remember_person(mentions)
        return Fact(
            text=dated(text, time),
            category=_category(raw, clause.text, time),
            evidence=[Evidence(raw_data_id=raw.id, quote=clause.text, start=clause.start, end=clause.end)],
            mentions=_entity_mentions(mentions, relation),
            observed_at=raw.occurred_at,
            subject=relation and relation.subject,
            predicate=relation and relation.predicate,
            object=relation and relation.object,
            time=time,
            confidence=_confidence(clause.text),
            metadata=dict(raw.metadata),
        )

    def _attributed(self, text: str, original: str, relation: Relation | None, question: str | None) -> str:
        """Prefix the speaker or title, unless the sentence is about the speaker or states a relation."""
        raw = self._raw
        if raw.speaker is None:
            title = raw.title
            return f"{title}: {text}" if title and title.casefold() not in text.casefold() else text
        if question is not None:
            return f"{raw.speaker}, asked “{question}”, said: {text}"
        if has_first_person(original) or relation is not None:
            return text
        return f"{raw.speaker} said: {text}"

    def _with_context(self, mentions: list[TextMention]) -> list[TextMention]:
        """Add the speaker, or the document's title, to the mentions of each fact."""
        context = self._raw.speaker or self._raw.title
        if context is None or any(entity_key(m.name) == entity_key(context) for m in mentions):
            return mentions
        special = self._raw.speaker is not None and self._raw.user_name is None
        kind = EntityType.SPECIAL if special else EntityType.PERSON if self._raw.speaker else EntityType.OTHER
        return [*mentions, TextMention(name=context, entity_type=kind, start=-1, end=-1)]

    def _remember_person(self, mentions: Sequence[TextMention]) -> None:
        """Set the person that "she" in the next sentence refers to: the only possible person named here except the
        speaker. Several names clear it; none keeps the previous one.
        """
        names = {m.name for m in mentions if m.entity_type in _MAYBE_PEOPLE and m.name != self._raw.speaker}
        self._person = names.pop() if len(names) == 1 else self._person if not names else None


def _open_question(earlier: EarlierMessage | None, speaker: str | None) -> str | None:
    """Return the last sentence of another speaker's message if it is a question."""
    if earlier is None or earlier.speaker == speaker:
        return None
    last = sentences(earlier.text)[-1:]
    return last[0].text if last and last[0].text.endswith(("?", "？")) else None


def _says_something(text: str) -> bool:
    """Return True if the text is more than a greeting: it has a content word, or a script without spaces."""
    words = [word.strip(".,!?'\"“”’()").lower() for word in text.split()]
    if not text.isascii() and any(ord(c) > 0x2E7F for c in text):
        return len(text) >= 4
    content = [w for w in words if len(w) > 1 and w not in FUNCTION_WORDS | INTERJECTIONS | QUESTION_WORDS]
    return len(words) >= 3 and len(content) >= 1


def dated(text: str, time: TimeSpan | None) -> str:
    """Append the date if the expression is relative: "… yesterday (7 May 2023)"."""
    if time is None or says_itself(time):
        return text
    body = text.rstrip(".!。！")
    return f"{body} ({written(time)}){text[len(body) :]}"


def undated(fact: Fact) -> Fact:
    """Remove the time and the date added by `dated`, for messages whose time is unknown."""
    if fact.time is None:
        return fact
    addition = f" ({written(fact.time)})"
    text = fact.text if says_itself(fact.time) else fact.text.replace(addition, "", 1)
    return replace(fact, text=text, time=None)


def _category(raw: RawData, text: str, time: TimeSpan | None) -> Category:
    if raw.type is RawDataType.TOOL_CALL:
        return Category.TOOL
    words = set(text.lower().replace(",", " ").split())
    lower = text.lower()
    if raw.role is not None and any(
        cue in lower
        for cue in ("please always", "please never", "from now on", "don't ever", "always answer", "never answer")
    ):
        return Category.DIRECTIVE
    if "fixed by" in lower or "the fix was" in lower or "solved by" in lower or "resolved by" in lower:
        return Category.RESOLUTION
    if raw.type is RawDataType.AGENT_TIMELINE:
        return Category.EVENT
    if words & HABIT_WORDS and raw.role is Role.USER:
        return Category.BEHAVIOR
    return Category.EVENT if time is not None else Category.PROFILE


def _is_unreal(text: str) -> bool:
    """Return True if the sentence denies, wishes or supposes: it then states no relation."""
    return bool(_UNREAL.search(text))


def _confidence(text: str) -> float:
    words = {word.strip(".,!?") for word in text.lower().split()}
    if words & HEDGES or "i think" in text.lower() or _is_unreal(text):
        return _HEDGED
    return _EXPLICIT if has_first_person(text) else _REPORTED


def _entity_mentions(mentions: Sequence[TextMention], relation: Relation | None) -> list[EntityMention]:
    found: dict[str, EntityMention] = {}
    for mention in mentions:
        key = entity_key(mention.name)
        if not key or key in found or len(key) > MAX_NAME_CHARACTERS:
            continue
        role = "mention"
        if relation and key == entity_key(relation.subject):
            role = "subject"
        elif relation and key == entity_key(relation.object):
            role = "object"
        confidence = 0.6 if mention.entity_type is EntityType.CONCEPT else 0.9
        found[key] = EntityMention(name=mention.name, entity_type=mention.entity_type, role=role, confidence=confidence)
    return list(found.values())[:MAX_MENTIONS]
