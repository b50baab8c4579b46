"""Linking a question to stored entities, and removing their names from it."""

import itertools
import re
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct
from rapidfuzz import fuzz

from app.domain.knowledge import EntityType
from app.domain.names import entity_key
from app.domain.scripts import LETTERS, UNSPACED, occurrences
from app.extraction.english import (
    ADVERBS,
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    PREPOSITIONS,
    PRONOUNS,
    QUESTION_WORDS,
)

# Fuzzy match of a name: lowest rapidfuzz ratio (of 100), and fewest characters of the key.
_MIN_RATIO = 88.0
_MIN_FUZZY_LENGTH = 4
_UNSPACED = re.compile(rf"[{UNSPACED}]+")
_MAX_WORDS, _MAX_NAME_WORDS = 80, 10
_WORD = re.compile(rf"{LETTERS}(?:['’.&-]{LETTERS})*")
_NO_NAMES = (
    ADVERBS
    | AUXILIARIES
    | CONJUNCTIONS
    | DETERMINERS
    | PREPOSITIONS
    | PRONOUNS
    | QUESTION_WORDS
    | {"tell", "give", "list"}
)
_NAMED_TYPES = frozenset({EntityType.PERSON, EntityType.ORGANIZATION, EntityType.PLACE})
# Fewest words that a question without names must have to be searched for.
_MIN_MASKED_WORDS = 2


class NameCandidate(Struct, frozen=True, kw_only=True):
    """A stored entity that the question may name."""

    id: str
    key: str
    name: str
    entity_type: EntityType = EntityType.OTHER
    aliases: list[str] = []
    split_from: list[str] = msgspec.field(default_factory=list, name="splitFrom")


class LinkedEntity(Struct, frozen=True, kw_only=True):
    """`score` ∈ (0, 1]: 1 for an exact match; the name is at [start, end) of the question."""

    id: str
    name: str
    score: float
    start: int
    end: int


class _Run(Struct, frozen=True, kw_only=True):
    """Consecutive words of the question, [start, end) of its characters."""

    text: str
    key: str
    start: int
    end: int
    first: bool
    words: int


def name_keys(question: str) -> list[str]:
    """The keys of all runs of words that may be a name, to be looked up."""
    return list(dict.fromkeys(run.key for run in _runs(question)))


def link_entities(question: str, candidates: Iterable[NameCandidate], *, limit: int) -> list[LinkedEntity]:
    """Return candidates named in the question, best first, ties by length (longest first) and id; none overlap.

    Exact matches are linked before fuzzy ones, longer before shorter: after "North Dakota", "Dakota" is not linked.
    """
    by_key: dict[str, NameCandidate] = {}
    for candidate in candidates:
        for spelling in (candidate.key, *map(entity_key, (candidate.name, *candidate.aliases))):
            by_key.setdefault(spelling, candidate)
    linked: list[LinkedEntity] = []
    runs = _runs(question)
    for run in runs:
        candidate = by_key.get(run.key)
        if candidate is not None and _may_be_name(run, candidate, question):
            _add(linked, candidate, run.start, run.end, 1.0)
    _link_inside_words(linked, question, by_key)
    for run in runs:
        if len(run.key) < _MIN_FUZZY_LENGTH or run.text == run.text.lower() or not _is_free(linked, run.start, run.end):
            continue
        ratio, key = max(((fuzz.ratio(run.key, key), key) for key in by_key), default=(0.0, ""))
        if ratio >= _MIN_RATIO and _may_be_name(run, by_key[key], question):
            _add(linked, by_key[key], run.start, run.end, ratio / 100)
    linked.sort(key=lambda e: (-e.score, -len(e.name), e.id))
    return linked[:limit]


def masked(question: str, linked: Sequence[LinkedEntity]) -> str:
    """Remove the linked names from the question; return it unchanged if fewer than `_MIN_MASKED_WORDS` words remain.

    A name dominates a question's vector, while the graph already covers the facts about it.
    """
    text = question
    for entity in sorted(linked, key=lambda e: -e.start):
        text = text[: entity.start] + text[entity.end :]
    text = " ".join(re.sub(r"(?<!\w)['’]s?\b", " ", text).split())
    return text if len(_WORD.findall(text)) >= _MIN_MASKED_WORDS else question


def _runs(question: str) -> list[_Run]:
    """All runs of consecutive words, longest first, then from left to right."""
    words = list(_WORD.finditer(question))[:_MAX_WORDS]
    runs: list[_Run] = []
    for length in range(min(_MAX_NAME_WORDS, len(words)), 0, -1):
        for first in range(len(words) - length + 1):
            start, end = words[first].start(), words[first + length - 1].end()
            text = question[start:end]
            if length == 1 and text.casefold() in _NO_NAMES:
                continue
            runs.append(_Run(text=text, key=entity_key(text), start=start, end=end, first=first == 0, words=length))
    return runs


def _may_be_name(run: _Run, candidate: NameCandidate, question: str) -> bool:
    """Accept a run with a capital inside the sentence. In a lower-case question, or at its beginning, the stored name
    must be capitalised, and be of a person, place or organization or match several words.
    """
    if not run.text.isascii() and run.text.upper() == run.text.lower():
        return True  # a script without capitals
    shown = run.text != run.text.lower() and not (run.first and run.words == 1)
    if shown:
        return True
    telling = candidate.name != candidate.name.lower() and (run.words > 1 or candidate.entity_type in _NAMED_TYPES)
    return telling and (run.first or question == question.lower())


def _link_inside_words(linked: list[LinkedEntity], question: str, by_key: dict[str, NameCandidate]) -> None:
    """Names of scripts that put no space between words."""
    # Also as they are spelled: keys are in a normal form, which takes some Thai and Lao letters apart.
    spelled = by_key | {
        name: candidate for candidate in by_key.values() for name in (candidate.name, *candidate.aliases)
    }
    for name, candidate in sorted(spelled.items(), key=lambda item: (-len(item[0]), item[0])):
        if len(name) > 1 and _UNSPACED.fullmatch(name):
            for start, end in itertools.islice(occurrences(name, question), 1):
                _add(linked, candidate, start, end, 1.0)


def _add(linked: list[LinkedEntity], candidate: NameCandidate, start: int, end: int, score: float) -> None:
    if _is_free(linked, start, end) and all(entity.id != candidate.id for entity in linked):
        linked.append(LinkedEntity(id=candidate.id, name=candidate.name, score=score, start=start, end=end))


def _is_free(linked: Sequence[LinkedEntity], start: int, end: int) -> bool:
    return all(end <= entity.start or start >= entity.end for entity in linked)
