"""Keys of names: spellings with the same key are the same name."""

import re
import unicodedata
from functools import lru_cache

from app.domain.knowledge import EntityType
from app.domain.scripts import LETTERS

# Of the name that a node with a text has in drawings of the graph.
NAME_CHARACTERS = 60
# Kept before a single word, because they distinguish two people with the same family name.
HONORIFICS_OF_MEN = frozenset({"mr", "sir", "herr", "señor", "monsieur", "signor", "господин"})
HONORIFICS_OF_WOMEN = frozenset(
    {"mrs", "ms", "miss", "madam", "frau", "señora", "sra", "madame", "mme", "signora", "госпожа"},
)
_GENDERED = HONORIFICS_OF_MEN | HONORIFICS_OF_WOMEN
_HONORIFICS = _GENDERED | {"dr", "prof", "professor", "mx"}
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
        "nv",
        "oy",
        "oyj",
    },
)
_ORGANIZATION_PREFIXES = frozenset({"ооо", "оао", "зао", "пао", "ао"})
# Honorifics and company suffixes written without a space before them; two characters of the name must remain.
_ATTACHED = re.compile(
    r"(?<=[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff][\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff])"
    r"(?:さん|さま|様|君|くん|ちゃん|先生|氏|女士|小姐|老师|株式会社|有限会社|股份有限公司|有限公司)$"
    r"|(?<=[\uac00-\ud7a3][\uac00-\ud7a3])(?:씨|님)$"
)
_ATTACHED_BEFORE = re.compile(r"^(?:株式会社|有限会社)(?=[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]{2})")
MAX_NAME_CHARACTERS = 200  # longer ones are not names
# A word, with apostrophes inside it: O'Brien, rock'n'roll.
_WORD = re.compile(rf"{LETTERS}(?:['’]{LETTERS})*")
# Signs that a word has the same meaning without: Hebrew and Arabic vowels, the Arabic letter stretcher, joiners, selectors of
# variants, and the dot that case folding leaves of a Turkish İ.
_OPTIONAL = re.compile(
    r"[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef]|(?<=i)\u0307"
)
_DOTTED = re.compile(r"(?<=\b[^\W\d_])\.(?=[^\W\d_]\b)")  # J.P. Morgan, S.A., N.A.T.O.
_POSSESSIVE = re.compile(r"['’]s?$")

# `preferred_type` returns the type with the higher rank.
_TYPE_RANK = {
    EntityType.SPECIAL: 6,
    EntityType.PERSON: 5,
    EntityType.ORGANIZATION: 4,
    EntityType.PLACE: 3,
    EntityType.OBJECT: 2,
    EntityType.IDENTIFIER: 2,
    EntityType.OTHER: 1,
    EntityType.CONCEPT: 0,
}


@lru_cache(maxsize=32_768)
def entity_key(name: str) -> str:
    """Return the key of a name: NFKC, case-folded, without article, title, company form or possessive. Mr and Mrs are
    kept before a single word.

    A name that consists only of such words keeps them. Lower-case English plurals become singular ("pottery classes" →
    "pottery class"); capitalised ones are names and are kept.
    """
    text = _DOTTED.sub("", unicodedata.normalize("NFKC", name).replace("’", "'"))
    lower = text == text.lower()
    words = [_POSSESSIVE.sub("", w) for w in _WORD.findall(_OPTIONAL.sub("", text.casefold()))]
    words = [word for word in words if word]
    stripped = list(words)
    while len(stripped) > 1 and stripped[0] in _HONORIFICS | _ARTICLES | _ORGANIZATION_PREFIXES:
        if len(stripped) == 2 and stripped[0] in _GENDERED:
            break
        stripped.pop(0)
    while len(stripped) > 1 and stripped[-1] in _ORGANIZATION_SUFFIXES:
        stripped.pop()
    if len(stripped) == 1:
        stripped[0] = _ATTACHED.sub("", _ATTACHED_BEFORE.sub("", stripped[0]))
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


def short_name(text: str) -> str:
    """Return the first words, at most `NAME_CHARACTERS`, as a node is named where graphs are drawn."""
    line = " ".join(text[: 4 * NAME_CHARACTERS].split())
    return line if len(line) <= NAME_CHARACTERS else f"{line[: NAME_CHARACTERS - 1].rstrip()}…"
