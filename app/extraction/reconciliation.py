"""The relation of a new fact to a stored one about the same subject.

Closing a fact that holds is worse than keeping one that is over. A fact is closed only by proof: another value of what there
is one of at a time (a home, a price; app/domain/slots.py), or a statement that it is over; by somebody who may say so.
"""

import re
from enum import StrEnum

from msgspec import Struct

from app.domain.knowledge import Ending
from app.domain.names import entity_key, singular
from app.domain.scripts import LETTERS
from app.domain.slots import NOUNS, SEVERAL, kind_of
from app.domain.words import words
from app.extraction.values import content, differ, number_of

# Cosines of the default embedder (docs/decisions/0010) from which two facts about one subject are UNDECIDED: if one fills a
# slot or ends something, and otherwise.
LEAST_COSINE = _ASK_STATE_COSINE = 0.75
_ASK_COSINE = 0.88
_ARTICLES = words("a an the")
_AFTER_A_NOUN = words("of in with called named for from at on that who which to by about")
_WORD = re.compile(LETTERS)
_ORDINALS = words("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth")
_OF_ONE_THING = frozenset({"smoke", "vape", "gamble"})
ASSISTANT = "assistant"
_IRREGULAR = {"is": "be", "are": "be", "has": "have", "have": "have", "goes": "go", "does": "do"}


class FactRelation(StrEnum):
    """CONTRADICTION: one closes the other. CONFLICT: they contradict each other, and neither source may close the other's."""

    NEW = "new"
    DUPLICATE = "duplicate"
    CONTRADICTION = "contradiction"
    CONFLICT = "conflict"
    UNDECIDED = "undecided"


class ComparedFact(Struct, frozen=True, kw_only=True):
    """A fact for comparison. `value`: what its slot holds; `changes`: it says that this is another value than before;
    `told_by`: keys of its speakers, empty for a document.
    """

    text: str
    subject: str | None = None
    predicate: str | None = None
    object: str | None = None
    slot: str | None = None
    value: str | None = None
    ending: Ending | None = None
    changes: bool = False
    told_by: frozenset[str] = frozenset()


def relate(older: ComparedFact, newer: ComparedFact, *, cosine: float = 0.0) -> FactRelation:
    """Return how the newer fact relates to the older. UNDECIDED if the two are near enough (`cosine` of their texts) to be
    about one matter, and nothing is proved; without a model that counts as NEW.
    """
    if _same_words(older.text, newer.text):
        return FactRelation.DUPLICATE
    if _repeats(older, newer):
        return FactRelation.DUPLICATE
    if _replaces(older, newer) or _alters(older, newer) or _ends(older, newer):
        return FactRelation.CONTRADICTION
    if not older.subject or not newer.subject or entity_key(older.subject) != entity_key(newer.subject):
        return FactRelation.NEW
    claims = older.slot or newer.slot or newer.ending
    return FactRelation.UNDECIDED if cosine >= (_ASK_STATE_COSINE if claims else _ASK_COSINE) else FactRelation.NEW


def may_close(closed: ComparedFact, by: ComparedFact) -> bool:
    """Return True if the source of `by` may close `closed`: what people say of themselves and of what is theirs, only they
    themselves; anything else, a source of no lower standing (people, then documents, then assistants).
    """
    if _of_themself(closed):
        return bool(closed.told_by & by.told_by)
    return _rank(by) >= _rank(closed)


def _rank(fact: ComparedFact) -> int:
    if not fact.told_by:
        return 1
    return 0 if fact.told_by == frozenset({ASSISTANT}) else 2


def _of_themself(fact: ComparedFact) -> bool:
    """Return True if the speaker is the subject or its owner; a part of the name is enough: "Ana" for "Ana Duarte"."""
    about = set(entity_key(fact.subject or "").split()) | set((fact.slot or "").partition("|")[0].split())
    tellers = [set(key.split()) for key in fact.told_by]
    return any(teller and (teller <= about or (about and about <= teller)) for teller in tellers)


def _repeats(older: ComparedFact, newer: ComparedFact) -> bool:
    """Return True for the same value of the same slot, if at most one word is new: "works at" and "is working at"."""
    if older.slot is None or older.slot != newer.slot or content(older.value) != content(newer.value):
        return False
    return (
        words_in_order(older.value) == words_in_order(newer.value)
        and len(content(newer.text) - content(older.text)) <= 1
    )


def _replaces(older: ComparedFact, newer: ComparedFact) -> bool:
    """Return True for another value of the same slot."""
    if older.slot is None or older.slot != newer.slot or not older.value or not newer.value:
        return False
    differs = differ(older.slot, older.value, newer.value)
    if differs is None or _needs_change(older.slot):
        return newer.changes and differs is not False
    return differs


def _alters(older: ComparedFact, newer: ComparedFact) -> bool:
    """Return True for the same statement with another number or name, said to be so now: "my son is in third grade now"."""
    if not newer.changes or not older.object or not newer.object or not older.subject or not newer.subject:
        return False
    if entity_key(older.subject) != entity_key(newer.subject) or older.predicate != newer.predicate:
        return False
    old, new = (set(_WORD.findall(thing)) - _ARTICLES for thing in (older.object, newer.object))
    gone, come = old - new, new - old
    if not gone or not come or not all(_is_number_or_name(word) for word in gone | come):
        return False
    return bool(old & new) or older.predicate == "is"


def _is_number_or_name(word: str) -> bool:
    return word[:1].isdigit() or word[:1].isupper() or word.casefold() in _ORDINALS or number_of(word) is not None


def _needs_change(slot: str) -> bool:
    """Return True if another value is no proof by itself: a shop runs on several platforms, and "the price" without saying
    of what may be another thing's.
    """
    owner = slot.partition("|")[0]
    return kind_of(slot) in SEVERAL or owner.rpartition(" ")[2] in NOUNS


def _ends(older: ComparedFact, newer: ComparedFact) -> bool:
    ending = newer.ending
    if ending is None or older.ending is not None:
        return False
    ended = content(ending.object)
    if older.slot is not None and older.slot in ending.slots:
        return ended <= content(older.value) or ended <= content(older.text)
    if not older.predicate or not newer.subject or not older.subject:
        return False
    if entity_key(older.subject) != entity_key(newer.subject) or verb_of(older.predicate) not in ending.verbs:
        return False
    if not older.object or not ended:
        # Who does not smoke smokes no ten cigarettes either; who does not drink may drink coffee.
        return not ended and (not older.object or verb_of(older.predicate) in _OF_ONE_THING)
    if ending.exact and ended != content(older.object):
        return False
    return _head(older.object) in ended and ended <= content(older.text)


def _head(thing: str) -> str:
    """Return the noun of a phrase: "allergy" of "cat allergy", "dog" of "dog called Rex"."""
    said = [w.casefold() for w in _WORD.findall(thing)]
    end = next((i for i, w in enumerate(said) if i and w in _AFTER_A_NOUN), len(said))
    return singular(said[end - 1]) if said else ""


def verb_of(predicate: str) -> str:
    """Return the verb of a predicate in the present: "work" of "works_at", "have" of "has"; "" in another tense."""
    first = predicate.replace(" ", "_").partition("_")[0].casefold()
    if first in _IRREGULAR:
        return _IRREGULAR[first]
    if first.endswith("ies"):
        return f"{first[:-3]}y"
    if first.endswith(("sses", "shes", "ches", "xes", "zes", "oes")):
        return first[:-2]
    return first[:-1] if first.endswith("s") else ""


def _same_words(left: str, right: str) -> bool:
    """Return True for the same words in the same order, ignoring case, punctuation and articles."""
    return words_in_order(left) == words_in_order(right)


def words_in_order(text: str | None) -> tuple[str, ...]:
    """Return the words of a text without case, punctuation and articles: two texts with the same ones say the same."""
    plain = (text or "").replace("n't", " not").replace("n’t", " not")
    return tuple(word for w in _WORD.findall(plain) if (word := w.casefold()) not in _ARTICLES)
