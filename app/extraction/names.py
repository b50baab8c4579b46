"""When two spellings are one name."""

import re
import unicodedata

from app.domain.knowledge import EntityType

_HONORIFICS = frozenset({"mr", "mrs", "ms", "miss", "dr", "prof", "professor", "sir", "madam", "mx"})
_ARTICLES = frozenset({"the", "a", "an"})
_ORGANIZATION_SUFFIXES = frozenset(
    {
        "inc",
        "incorporated",
        "ltd",
        "limited",
        "llc",
        "gmbh",
        "corp",
        "corporation",
        "co",
        "plc",
        "ag",
        "sa",
        "bv",
        "kk",
    },
)
# A word, with apostrophes inside it: O'Brien, rock'n'roll.
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*", re.UNICODE)
_POSSESSIVE = re.compile(r"['’]s?$")

# The more telling of two types wins.
_TYPE_RANK = {
    EntityType.SPECIAL: 6,
    EntityType.PERSON: 5,
    EntityType.ORGANIZATION: 4,
    EntityType.PLACE: 3,
    EntityType.OBJECT: 2,
    EntityType.OTHER: 1,
    EntityType.CONCEPT: 0,
}


def entity_key(name: str) -> str:
    """The identity of a name in its memory: NFKC, case-folded, without article, title, company form or possessive.

    A name that is nothing but those keeps them. Lower-case English plurals are put into the singular ("pottery
    classes" is "pottery class"); capitalised ones are names and stay.
    """
    text = unicodedata.normalize("NFKC", name).replace("’", "'")
    lower = text == text.lower()
    words = [_POSSESSIVE.sub("", w) for w in _WORD.findall(text.casefold())]
    words = [word for word in words if word]
    stripped = list(words)
    while len(stripped) > 1 and (stripped[0] in _HONORIFICS or stripped[0] in _ARTICLES):
        stripped.pop(0)
    while len(stripped) > 1 and stripped[-1] in _ORGANIZATION_SUFFIXES:
        stripped.pop()
    if lower and stripped:
        stripped[-1] = singular(stripped[-1])
    return " ".join(stripped) or " ".join(words) or unicodedata.normalize("NFKC", name).casefold().strip()


def singular(word: str) -> str:
    """The singular of a regular English plural; any other word unchanged."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is", "os")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    return word[:-1]


def preferred_type(known: str | None, other: EntityType) -> EntityType:
    if known is None:
        return other
    return max(EntityType(known), other, key=_TYPE_RANK.__getitem__)
