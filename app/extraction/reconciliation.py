"""The relation of a new fact to a stored one about the same subject.

Invalidating a valid fact is worse than keeping an outdated one. CONTRADICTION therefore requires another value for the
same slot (home, employer, price …) of one subject, or a negation or ending; hypothetical statements never contradict.
"""

import re
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from app.domain.names import entity_key, singular
from app.domain.slots import Slot, slot_of
from app.extraction.english import AUXILIARIES, DETERMINERS, PREPOSITIONS

_SHORT_PREFERENCE = 2  # words: "tea", "dark roast"
_NAMED_AGAIN = 0.5  # share of the older object's words that a text with a change word must repeat
# Cosines from which facts about one subject are UNDECIDED: if the older is a state, and otherwise.
_ASK_STATE_COSINE = 0.8
_ASK_COSINE = 0.92


class FactRelation(StrEnum):
    NEW = "new"
    DUPLICATE = "duplicate"
    REFINEMENT = "refinement"
    CONTRADICTION = "contradiction"
    UNDECIDED = "undecided"


class ComparedFact(Struct, frozen=True, kw_only=True):
    """A fact for comparison. `told_by`: keys of its speakers; `at`: start of its validity."""

    text: str
    subject: str | None = None
    predicate: str | None = None
    object: str | None = None
    at: datetime | None = None
    told_by: frozenset[str] = frozenset()


_UNREAL = re.compile(
    r"\b(?:wants?|wish(?:es)?|hopes?|plans?|planning|intends?|dreams?|considers?|considering|think(?:s|ing)? (?:of|about)|"
    r"might|(?-i:may)|could|would|should|if|maybe|perhaps|probably|almost|nearly|will|going to|looking (?:for|at)|applied|"
    r"applying|interviewed|interviewing|offered|dreamed|dreamt|imagines?|pretends?|jokes?|asked|asks|wonders?)\b"
    r"|\bused to\b|\bback then\b|\bformerly\b|\bin the past\b|\byears ago\b|\bas a (?:child|kid|teenager|student)\b|"
    r"\bpreviously\b|\bonce\b|\bgrew up\b|\bwas born\b|\boriginally\b",
    re.IGNORECASE,
)
_BESIDES = re.compile(
    r"\b(?:also|too|as well|another|second|third|additional|additionally|besides|on the side|part[- ]time|side (?:job|gig)|"
    r"freelanc\w*|moonlight\w*|volunteer\w*|weekends?|evenings?|temporarily|for (?:a|the) (?:week|weekend|month|summer|"
    r"conference|holiday|vacation)|visit\w*|trip|vacation\w*|travel\w*|on holiday|for a (?:few|couple of) \w+|"
    r"both|still|in addition|sometimes|occasionally)\b",
    re.IGNORECASE,
)
_ENDED = re.compile(
    r"\b(?:no longer|not? (?:\w+ ){0,4}any ?more|any ?more|any longer|stopped|quit|gave up|given up|broke up|split up|"
    r"divorced|separated|cancell?ed|called off|sold|lost|resigned|retired|left|was fired|was laid off|dropped|deleted|"
    r"closed down|moved out|ended|finished with|sworn off|ditched|got rid of|gave away|passed away|died|was stolen)\b",
    re.IGNORECASE,
)
# Words for replacing one thing by another: such a text contradicts an older fact whose object it names.
_CHANGED = re.compile(
    r"\b(?:switched|changed|traded|swapped|replaced|replacing|succeed(?:s|ed|ing)|instead of|upgraded|rather than|after all|"
    r"from now on|turned out|ending|converted|transferred|given way|in place of)\b",
    re.IGNORECASE,
)
# Ending phrases with the slots that they can end; _OWNING: things that somebody has; empty: any state.
_OWNING = "owning"
_OWNS = re.compile(r"^(?:has|have|owns?|drives?|rides?|keeps?|got|bought|rents?|uses?|wears?|plays?)\b")
_ENDINGS: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = tuple(
    (re.compile(rf"\b(?:{words})\b", re.IGNORECASE), frozenset(ends))
    for words, ends in (
        (r"no longer|not? (?:\w+ ){0,4}any ?more|any ?more|any longer|stopped", ()),
        (r"quit|gave up|given up|finished with|sworn off", ()),
        (r"left|resigned|retired|was fired|was laid off|quit|lost (?:her|his|their) job", ("employer", "occupation")),
        (r"broke up|split up|divorced|separated|left|passed away|died", ("partner", "relationship status", _OWNING)),
        (r"moved out|left|sold", ("home",)),
        (r"cancell?ed|called off", ("date", _OWNING)),
        (
            r"sold|lost|dropped|deleted|ditched|got rid of|gave away|was stolen|died|passed away|closed",
            (_OWNING, "drives"),
        ),
    )
)
_STATES = frozenset(
    [
        "am",
        "are",
        "have",
        "own",
        "like",
        "love",
        "hate",
        "live",
        "work",
        "want",
        "need",
        "play",
        "eat",
        "drink",
        "smoke",
        "use",
        "keep",
        "drive",
        "ride",
    ]
)
_ARTICLES = frozenset(["a", "an", "the"])
_STOP_ADVERBS = frozenset(["now", "currently", "still", "always", "usually", "often"])
_NEGATED = re.compile(r"\b(?:not|never|no)\b|n['’]t\b|\b(?:dislikes?|hates?|refuses?)\b", re.IGNORECASE)

_NOW = re.compile(r"\b(?:now|nowadays|these days|instead|any ?more|from now on)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_STOP = (AUXILIARIES | DETERMINERS | PREPOSITIONS | {"and", "now", "currently", "just", "recently", "doe"}) - {"like"}


def relate(older: ComparedFact, newer: ComparedFact, *, cosine: float = 0.0) -> FactRelation:
    """Return how the newer fact relates to the older. UNDECIDED if the rules don't know and the two are near enough
    (`cosine` of their texts) to be about one matter; without a model that counts as NEW.
    """
    if not older.subject or not newer.subject or entity_key(older.subject) != entity_key(newer.subject):
        return FactRelation.DUPLICATE if _same_words(older.text, newer.text) else FactRelation.NEW
    if _same_words(older.text, newer.text):
        return FactRelation.DUPLICATE
    if _UNREAL.search(newer.text) or _UNREAL.search(older.text):
        return FactRelation.NEW
    if _ENDED.search(newer.text):
        if not _ENDED.search(older.text):
            return _ended(older, newer)
        return _same_predicate(older, newer) or FactRelation.NEW
    old_slot, new_slot = _slot(older), _slot(newer)
    if old_slot is not None and old_slot == new_slot:
        return _same_slot(older, newer)
    if _CHANGED.search(newer.text) and _is_state(older) and _overlap(older.object, newer.text) >= _NAMED_AGAIN:
        return FactRelation.CONTRADICTION
    if bool(_NEGATED.search(older.text)) != bool(_NEGATED.search(newer.text)):
        return _negated(older, newer)
    if (related := _same_predicate(older, newer)) is not None:
        return related
    if cosine >= (_ASK_STATE_COSINE if _is_state(older) else _ASK_COSINE):
        return FactRelation.UNDECIDED
    return FactRelation.NEW


def _slot(statement: ComparedFact) -> Slot | None:
    return slot_of(statement.predicate, statement.text)


def ends_something(text: str) -> bool:
    """Return True if a text says that something ended or was replaced."""
    return bool(_ENDED.search(text) or _CHANGED.search(text))


def may_close(closed: ComparedFact, by: ComparedFact) -> bool:
    """True if `by` may close `closed`: only the person or a document may close what a person said about themself."""
    return not by.told_by or not _of_themself(closed) or _of_themself(by)


def _of_themself(statement: ComparedFact) -> bool:
    """Return True if the speaker is the subject; a part of the name is enough: "Ana" for "Ana Duarte"."""
    about = set(entity_key(statement.subject or "").split())
    tellers = [set(key.split()) for key in statement.told_by]
    return any(teller and (teller <= about or (about and about <= teller)) for teller in tellers)


def _same_slot(older: ComparedFact, newer: ComparedFact) -> FactRelation:
    old, new = _content(older.object), _content(newer.object)
    if not old or not new:
        return FactRelation.NEW
    if old == new and _in_order(older.object) != _in_order(newer.object):
        return FactRelation.UNDECIDED
    if old == new or entity_key(older.object or "") == entity_key(newer.object or ""):
        return (
            FactRelation.DUPLICATE if len(_content(newer.text) - _content(older.text)) <= 1 else FactRelation.REFINEMENT
        )
    if old <= new or new <= old:
        return FactRelation.REFINEMENT if old <= new else FactRelation.DUPLICATE
    if _BESIDES.search(newer.text):
        return FactRelation.NEW
    if (slot := _slot(newer)) is not None and slot.name == "favourite" and not slot.topic:
        return _preferences(old, new, newer.text)
    return FactRelation.CONTRADICTION


def _preferences(old: set[str], new: set[str], text: str) -> FactRelation:
    """Compare "prefers A" with "prefers B", which have no topic; they may be about different things."""
    if len(old & new) * 2 >= len(old) and len(new) > len(old):
        return FactRelation.REFINEMENT
    short = max(len(old), len(new)) <= _SHORT_PREFERENCE
    return FactRelation.CONTRADICTION if short or _NOW.search(text) else FactRelation.UNDECIDED


def _ended(older: ComparedFact, newer: ComparedFact) -> FactRelation:
    """CONTRADICTION if `newer` ends `older`: a state that the ending applies to, with the same object or verb."""
    if not _is_state(older):
        return FactRelation.NEW
    old_slot, new_slot = _slot(older), _slot(newer)
    name = old_slot.name if old_slot else _OWNING if _OWNS.search(_plain(older.predicate)) else ""
    said = f"{newer.object} {newer.text}"
    for pattern, ends in _ENDINGS:
        if pattern.search(newer.text) and (not ends or name in ends) and _overlap(older.object, said) == 1:
            return FactRelation.CONTRADICTION
    if old_slot is not None and old_slot == new_slot:
        return _same_slot(older, newer)
    doing = {_stem(w) for w in _content(older.predicate)}
    same = doing and doing <= {_stem(w) for w in _content(newer.object)}
    return FactRelation.CONTRADICTION if same else FactRelation.NEW


def _is_state(statement: ComparedFact) -> bool:
    """Return True if the fact can end: what somebody is, does or has; events stay true."""
    words = _plain(statement.predicate).split()
    first = next((w for w in words if w not in _STOP_ADVERBS), "")
    return _slot(statement) is not None or first in _STATES or (len(first) > 2 and first.endswith("s"))


def _plain(predicate: str | None) -> str:
    return (predicate or "").replace("_", " ").casefold()


def _negated(older: ComparedFact, newer: ComparedFact) -> FactRelation:
    """CONTRADICTION if one fact negates the other: the same object, and the same or an opposed verb."""
    if not _is_state(older) or not older.object or _overlap(older.object, newer.text) < 1:
        return FactRelation.NEW
    verbs = {_stem(w) for w in _content(older.predicate)} ^ {_stem(w) for w in _content(newer.predicate)}
    opposed = {
        "like",
        "love",
        "enjo",
        "hate",
        "disl",
        "can",
        "stan",
        "eat",
        "drin",
        "want",
        "not",
        "neve",
        "no",
        "told",
    }
    shared = {_stem(w) for w in _content(older.predicate)} & {_stem(w) for w in _content(newer.text)}
    return FactRelation.CONTRADICTION if shared or verbs <= opposed else FactRelation.NEW


def _same_predicate(older: ComparedFact, newer: ComparedFact) -> FactRelation | None:
    """REFINEMENT if `newer` has the same predicate and adds words to the object; else None."""
    left, right = _content(older.predicate), _content(newer.predicate)
    if left != right and not (left <= right and left):
        return None
    old, new = _content(older.object), _content(newer.object)
    if old and old < new and not _BESIDES.search(newer.text):
        return FactRelation.REFINEMENT
    return None


def _overlap(part: str | None, whole: str | None) -> float:
    """Share of the words of `part` that occur in `whole`, compared by their first four letters."""
    words, others = {_stem(w) for w in _content(part)}, {_stem(w) for w in _content(whole)}
    return len(words & others) / len(words) if words else 0.0


def _stem(word: str) -> str:
    return word[:4]


def _content(text: str | None) -> set[str]:
    plain = (text or "").replace("n't", " not").replace("n’t", " not")
    words = {singular(w.casefold()) for w in _WORD.findall(plain)}
    return words - _STOP


def _same_words(left: str, right: str) -> bool:
    """Return True for the same words in the same order, ignoring case, punctuation and articles."""
    return _in_order(left) == _in_order(right)


def _in_order(text: str | None) -> list[str]:
    plain = (text or "").replace("n't", " not").replace("n’t", " not")
    return [word for w in _WORD.findall(plain) if (word := w.casefold()) not in _ARTICLES]
