"""Build Lucene full-text queries from user input."""

import re
from collections.abc import Iterator
from itertools import pairwise

from app.domain.scope import memory_token
from app.domain.scripts import IDEOGRAPHS, MARKS, SOUTH_EAST_ASIAN, WORD

# Keep words; drop everything else, including Lucene's operators.
_WORD = re.compile(WORD)
# The analyzers index these as characters (english) or bigrams (cjk): a phrase of two characters matches both.
_IDEOGRAPHS = re.compile(rf"[\u3040-\u309f{IDEOGRAPHS}]+")
# No analyzer cuts these into words: their pairs of characters are indexed beside the text (`character_pairs`).
_SOUTH_EAST_ASIAN = re.compile(rf"[{SOUTH_EAST_ASIAN}]+")
_CHARACTER = re.compile(rf".[{MARKS}]*")
# Korean words include particles; the first two syllables are usually the stem.
_HANGUL = re.compile(r"[\uac00-\ud7a3]{2,}")
# Words joined by signs: "v2.3.1", "10.0.0.7", "O'Brien", "AB-1234". The analyzer makes one term of some and several of
# others. As a phrase, they are cut like the stored text.
_JOINED = re.compile(rf"(?<![\w{MARKS}])(?>{WORD})(?:[^\s\w\"\\{MARKS}]{{1,2}}(?!s\b)(?>{WORD}))+")
_LONGEST_JOINED = 200
# A joined word, such as an order number, says more than its parts, which are asked for too.
_JOINED_WEIGHT = 3
_MAX_WORDS = 64  # Lucene refuses more than 1,024 clauses; no question needs more words than this


def lucene_query(memory_id: str, text: str) -> str | None:
    """Return a query for any word of the text and its joined words, in this memory only; None if the text has no word.

    The memory's token is required but adds nothing to the score. Words are quoted: none can be an operator.
    """
    joined = [f'"{found}"^{_JOINED_WEIGHT}' for found in _JOINED.findall(text) if _is_short(found)]
    parts = [part for word in _WORD.findall(text) for part in _parts(word)]
    words = list(dict.fromkeys([*joined, *parts]))[:_MAX_WORDS]
    if not words:
        return None
    clauses = " ".join(words)
    return f"+memoryToken:{memory_token(memory_id)}^0 +({clauses})"


def character_pairs(text: str) -> str | None:
    """Return the pairs of neighbouring characters of the text's Thai, Lao, Burmese and Khmer, which have no spaces between
    words, each with its marks; None if it has none.
    """
    pairs = [pair for run in _SOUTH_EAST_ASIAN.findall(text) for pair in _pairs(run)]
    return " ".join(pairs) or None


def _pairs(run: str) -> list[str]:
    characters = _CHARACTER.findall(run)
    return ["".join(pair) for pair in pairwise(characters)] or characters


def _is_short(joined: str) -> bool:
    """Return False also for sentences that no space separates."""
    return len(joined) <= _LONGEST_JOINED and not (_IDEOGRAPHS.search(joined) or _SOUTH_EAST_ASIAN.search(joined))


def _parts(word: str) -> Iterator[str]:
    """Yield the clauses for one word; none for an underscore or a single ASCII letter (the `s` of a possessive)."""
    for run in _IDEOGRAPHS.findall(word):
        yield from (f'"{run[i : i + 2]}"' for i in range(max(len(run) - 1, 1)))
    for run in _SOUTH_EAST_ASIAN.findall(word):
        yield from (f'"{pair}"' for pair in _pairs(run))
    for part in _SOUTH_EAST_ASIAN.sub(" ", _IDEOGRAPHS.sub(" ", word)).split():
        if part != "_" and not (len(part) == 1 and part.isascii() and part.isalpha()):
            yield f'"{part}"'
        if _HANGUL.fullmatch(part):
            yield f"{part[:2]}*"
