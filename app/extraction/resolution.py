"""Rules that decide whether two names mean one entity. They prefer to keep two apart.

A wrong merge mixes two lives; a missed one leaves a SIMILAR_TO edge that retrieval walks anyway. So a rule says SAME only
if the difference can't tell two entities apart; otherwise UNDECIDED, for a language model or for nobody.
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from enum import StrEnum

from msgspec import Struct
from rapidfuzz.distance import OSA, Indel

from app.domain.knowledge import EntityType
from app.domain.names import HONORIFICS_OF_MEN, HONORIFICS_OF_WOMEN, entity_key
from app.domain.scripts import WORD, is_unbounded
from app.extraction.nicknames import are_nicknames

_UNSURE_TYPES = frozenset({EntityType.OTHER, EntityType.CONCEPT, EntityType.OBJECT, EntityType.SPECIAL})
_NAMED = frozenset({EntityType.ORGANIZATION, EntityType.PLACE})
_MIN_TYPO_LETTERS = 5
_MIN_SWAP_LETTERS = 4
_MIN_INSIDE_TYPO_LETTERS = 7
_MIN_JOINED_LETTERS = 5
_MIN_ACRONYM_LETTERS = 3
_SAME_COSINE = 0.75  # below it, the name vectors alone don't make a pair UNDECIDED
ACRONYM_STOP = frozenset(
    {"of", "the", "and", "for", "de", "du", "des", "der", "la", "le", "für", "und", "et", "y", "&"}
)
_WORD = re.compile(WORD)
_LATIN = re.compile(r"[a-z]")
_FOLDED = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
# Generational suffixes: two names that differ only in these are two people.
_TITLES_OF_GENERATION = frozenset({"jr", "junior", "sr", "senior", "ii", "iii", "iv"})


class Verdict(StrEnum):
    SAME = "same"
    DIFFERENT = "different"
    UNDECIDED = "undecided"


class Decision(Struct, frozen=True, kw_only=True):
    """`method`: the rule that decided; `score` ∈ [0, 1]: similarity of the names."""

    verdict: Verdict
    method: str
    score: float


class NamedEntity(Struct, frozen=True, kw_only=True):
    name: str
    entity_type: EntityType = EntityType.OTHER
    aliases: Sequence[str] = ()


def compare(left: NamedEntity, right: NamedEntity, *, cosine: float = 0.0, context: Collection[str] = ()) -> Decision:
    """Apply the rules in order: exact, alias, type, honorific, number, accents, spacing, script, person, acronym, typo,
    embedding.

    `cosine`: of the names' vectors. `context`: keys of the people in the same conversation; a bare first name means the
    only one of them who has it.
    """
    a, b = entity_key(left.name), entity_key(right.name)
    score = Indel.normalized_similarity(a, b)
    if a == b:
        return Decision(verdict=Verdict.SAME, method="exact", score=1.0)
    if EntityType.IDENTIFIER in (left.entity_type, right.entity_type):
        return Decision(verdict=Verdict.DIFFERENT, method="identifier", score=score)  # one digit makes another
    types = _types_agree(left.entity_type, right.entity_type)
    if types and (a in {entity_key(n) for n in right.aliases} or b in {entity_key(n) for n in left.aliases}):
        return Decision(verdict=Verdict.SAME, method="alias", score=1.0)
    if not types:
        return Decision(verdict=Verdict.DIFFERENT, method="type", score=score)
    people = EntityType.PERSON in (left.entity_type, right.entity_type)
    if people and (verdict := _honorifics(a, b)) is not None:
        return Decision(verdict=verdict, method="honorific", score=score)
    for method, verdict in (
        ("number", _numbers(a, b)),
        ("accents", _accents(a, b)),
        ("spacing", _spacing(a, b)),
        ("script", _script(a, b)),
        ("person", _people(a, b, context) if people else None),
        ("acronym", None if people else _acronym(left.name, right.name)),
        ("typo", _typo(a, b, people=people, named={left.entity_type, right.entity_type} <= _NAMED)),
    ):
        if verdict is not None:
            return Decision(verdict=verdict, method=method, score=score)
    if cosine >= _SAME_COSINE and not people:
        return Decision(verdict=Verdict.UNDECIDED, method="embedding", score=cosine)
    return Decision(verdict=Verdict.DIFFERENT, method="none", score=score)


def _types_agree(left: EntityType, right: EntityType) -> bool:
    return left is right or left in _UNSURE_TYPES or right in _UNSURE_TYPES


def _numbers(a: str, b: str) -> Verdict | None:
    """Apollo 11 is not Apollo 13, Henry IV not Henry V."""
    pattern = r"\d+|\b[ivx]+\b"
    return Verdict.DIFFERENT if sorted(re.findall(pattern, a)) != sorted(re.findall(pattern, b)) else None


def _accents(a: str, b: str) -> Verdict | None:
    """Zürich, Zurich, Zuerich; Королёв, Королев."""
    if "ё" in a + b and a.replace("ё", "е") == b.replace("ё", "е"):
        return Verdict.SAME
    if not _LATIN.search(a) or not _LATIN.search(b):
        return None
    if plain(a) == plain(b) or plain(a.translate(_UMLAUTS)) == plain(b) or plain(a) == plain(b.translate(_UMLAUTS)):
        return Verdict.SAME
    return None


def plain(text: str) -> str:
    """Return the text without accents."""
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text.translate(_FOLDED)) if not unicodedata.combining(c))


def _spacing(a: str, b: str) -> Verdict | None:
    """Face book, Coca-Cola, J.P. Morgan, Johnson & Johnson."""
    left, right = ("".join(w for w in name.split() if w != "and") for name in (a, b))
    if left == right and len(left) >= _MIN_JOINED_LETTERS:
        return Verdict.SAME
    return None


def _script(a: str, b: str) -> Verdict | None:
    """In scripts without spaces every character counts: 北京 is not 南京, 田中 not 中田."""
    if is_unbounded(a) and is_unbounded(b):
        return Verdict.UNDECIDED if a in b or b in a else Verdict.DIFFERENT
    return Verdict.DIFFERENT if _scripts(a).isdisjoint(_scripts(b)) else None


def _scripts(text: str) -> set[str]:
    if text.isascii():
        return {"LATIN"} if any(map(str.isalpha, text)) else set()
    return {unicodedata.name(c, "?").partition(" ")[0] for c in text if c.isalpha()}


def _people(a: str, b: str, context: Collection[str]) -> Verdict | None:
    left, right = a.split(), b.split()
    if set(left) ^ set(right) and (set(left) ^ set(right)) <= _TITLES_OF_GENERATION:
        return Verdict.DIFFERENT
    if len(left) == 1 or len(right) == 1:
        return _bare_name(left, right, context)
    # Family names agree up to a swap of letters, or both orders of a name: Tanaka Yuki, Yuki Tanaka.
    if sorted(left) == sorted(right) and len(left) == 2:
        return Verdict.UNDECIDED
    if left[-1] != right[-1]:
        same_given = left[0] == right[0] and len(left) == len(right)
        return None if same_given and _is_swap(left[-1], right[-1]) else Verdict.DIFFERENT
    if left[0] == right[0]:
        return _middle_names(left[1:-1], right[1:-1])
    if are_nicknames(left[0], right[0]):
        return _middle_names(left[1:-1], right[1:-1])
    if _is_initial(left[0], right[0]) or _is_initial(right[0], left[0]):
        return Verdict.UNDECIDED
    return None if _is_swap(left[0], right[0]) else Verdict.DIFFERENT


def _honorifics(a: str, b: str) -> Verdict | None:
    """Mr Whitlock may be called Whitlock, but never Mrs Whitlock."""
    (x, *left), (y, *right) = a.split(), b.split()
    titles = (HONORIFICS_OF_MEN, HONORIFICS_OF_WOMEN)
    of_left, of_right = (next((i for i, t in enumerate(titles) if word in t), None) for word in (x, y))
    if of_left is not None and of_right is not None:
        return Verdict.SAME if left == right and of_left == of_right else Verdict.DIFFERENT
    if of_left is not None and left:
        return Verdict.SAME if left == [y, *right] else Verdict.UNDECIDED if left[-1] == [y, *right][-1] else None
    if of_right is not None and right:
        return Verdict.SAME if right == [x, *left] else Verdict.UNDECIDED if right[-1] == [x, *left][-1] else None
    return None


def _bare_name(left: Sequence[str], right: Sequence[str], context: Collection[str]) -> Verdict | None:
    """A first name alone is the full name only if exactly one person in `context` has it."""
    if len(left) == len(right):
        if are_nicknames(left[0], right[0]):
            return Verdict.UNDECIDED
        return None if _is_swap(left[0], right[0]) else Verdict.DIFFERENT
    bare, full = (left, right) if len(left) == 1 else (right, left)
    first = bare[0] == full[0] or are_nicknames(bare[0], full[0])
    if not first:
        return Verdict.UNDECIDED if bare[0] in full else Verdict.DIFFERENT
    bearers = {name for name in context if (words := name.split()) and len(words) > 1 and words[0] == full[0]}
    return Verdict.SAME if bearers == {" ".join(full)} else Verdict.UNDECIDED


def _middle_names(left: Sequence[str], right: Sequence[str]) -> Verdict:
    """Initials match full names; a missing middle name is UNDECIDED: John (Quincy) Adams, Michael (B.) Jordan."""
    if not left and not right:
        return Verdict.SAME
    if not left or not right:
        return Verdict.UNDECIDED
    if len(left) != len(right):
        return Verdict.UNDECIDED
    agree = all(x == y or _is_initial(x, y) or _is_initial(y, x) for x, y in zip(left, right, strict=True))
    return Verdict.SAME if agree else Verdict.DIFFERENT


def _is_initial(short: str, name: str) -> bool:
    return len(short) == 1 and name.startswith(short)


def _acronym(left: str, right: str) -> Verdict | None:
    """IBM, International Business Machines: an acronym must be in capitals."""
    for short, full in ((left, right), (right, left)):
        letters = short.replace(".", "").strip()
        words = [w for w in _WORD.findall(full.casefold()) if w not in ACRONYM_STOP]
        if len(words) < _MIN_ACRONYM_LETTERS or not letters.isupper() or not letters.isalpha():
            continue
        if letters.casefold() == "".join(w[0] for w in words):
            return Verdict.SAME
    return None


def _typo(a: str, b: str, *, people: bool, named: bool) -> Verdict | None:
    """SAME for one typo in one word: two letters swapped or, in a long word of an organization or place, one inner
    letter missing or doubled. Another letter, beginning or end is another name: Austria, Zambia, Iraq.
    """
    left, right = a.split(), b.split()
    if len(left) != len(right):
        shorter, longer = sorted((left, right), key=len)
        inside = shorter in (longer[: len(shorter)], longer[-len(shorter) :])
        return Verdict.UNDECIDED if inside and not people else None
    odd = [(x, y) for x, y in zip(left, right, strict=True) if x != y]
    if len(odd) != 1:
        return None
    x, y = odd[0]
    # First names alone (Christian, Christina) and common nouns (desert, dessert) have too many similar words.
    alone = people and len(left) == 1
    if _is_swap(x, y, people=people) and not alone:
        return Verdict.SAME
    if named and _is_slip(x, y):
        return Verdict.SAME
    return Verdict.UNDECIDED if OSA.distance(x, y) == 1 and min(len(x), len(y)) >= _MIN_TYPO_LETTERS else None


def _is_swap(x: str, y: str, *, people: bool = True) -> bool:
    """Return True if two adjacent letters are swapped, except the first, in a word of four letters or more."""
    if len(x) != len(y) or len(x) < _MIN_SWAP_LETTERS or x == y:
        return False
    places = [i for i, (c, d) in enumerate(zip(x, y, strict=True)) if c != d]
    if len(places) != 2 or places[1] != places[0] + 1:
        return False
    swapped = x[places[0]] == y[places[1]] and x[places[1]] == y[places[0]] and places[0] > 0
    # A swap at the end of a person's name makes another name: Christian, Christina.
    return swapped and (places[1] < len(x) - 1 or not people)


def _is_slip(x: str, y: str) -> bool:
    """Return True if one inner letter of a long word is missing or doubled."""
    short, long = sorted((x, y), key=len)
    if len(long) != len(short) + 1 or len(short) < _MIN_INSIDE_TYPO_LETTERS - 1:
        return False
    if short[:2] != long[:2] or short[-1] != long[-1]:
        return False
    doubled = any(
        long[:i] + long[i + 1 :] == short and long[i] in (long[i - 1], long[i + 1 : i + 2]) for i in range(1, len(long))
    )
    inside = len(long) >= _MIN_INSIDE_TYPO_LETTERS + 1 and OSA.distance(short, long) == 1
    return doubled or inside
