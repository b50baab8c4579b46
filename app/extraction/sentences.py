"""Splitting text into sentences with their positions."""

import re

from msgspec import Struct

from app.domain.scripts import SPACED_ENDS, UNSPACED_ENDS
from app.domain.words import words
from app.extraction.months import MONTH_NAMES

# Abbreviations: a full stop after one of these does not end the sentence.
_ABBREVIATIONS = words(
    "mr mrs ms dr prof sr jr st vs etc e.g i.e no vol fig al inc ltd co corp approx dept est gen gov hon lt mt "
    "rev sen rep capt col sgt jan feb mar apr jun jul aug sep sept oct nov dec u.s u.k a.m p.m ph.d b.a m.a"
)
_END = re.compile(
    rf"(?<![{SPACED_ENDS}])[{SPACED_ENDS}]+[\"'”’»)\]]*(?=\s|$)|[{UNSPACED_ENDS}]+[」』”’»）]*|[।॥](?=\w)|\n+"
)
_ORDINAL = re.compile(r"(?<!\d)\d{1,2}$")
_LAST_WORD = re.compile(r"([^\W\d_](?:[^\W_]|\.(?=\w))*)$")
# Longer sentences are cut, so that no part of a text is too long to be a fact.
MAX_CHARACTERS = 600
_PAUSES = (", ", "; ", ": ", "，", "、", "；", " ")


class Span(Struct, frozen=True, kw_only=True):
    """`source[start:end] == text`, without white space around it."""

    text: str
    start: int
    end: int


def sentences(text: str) -> list[Span]:
    """Split text into sentences, in order, without overlap; parts without a letter or digit are left out."""
    found: list[Span] = []
    start = 0
    for match in _END.finditer(text):
        if match.group().startswith(".") and _is_abbreviation(text, match):
            continue
        _append(found, text, start, match.end())
        start = match.end()
    _append(found, text, start, len(text))
    return found


def _is_abbreviation(text: str, match: re.Match[str]) -> bool:
    if match.group() != ".":
        return False
    if _ORDINAL.search(text, max(0, match.start() - 3), match.start()):
        following = text[match.end() :].split(maxsplit=1)[:1]
        return bool(following) and following[0].strip(".,;").lower() in MONTH_NAMES  # am 17. April
    word = _LAST_WORD.search(text, max(0, match.start() - 20), match.start())
    if word is None:
        return False
    last = word.group(1).lower()
    if len(last) == 1 and word.group(1).isupper() and match.end() < len(text) and last != "i":
        return True  # an initial: J. K. Rowling
    return last in _ABBREVIATIONS and match.end() < len(text)


def _append(found: list[Span], text: str, start: int, end: int) -> None:
    while end - start > MAX_CHARACTERS:
        cut = _pause(text, start)
        _append_one(found, text, start, cut)
        start = cut
    _append_one(found, text, start, end)


def _pause(text: str, start: int) -> int:
    """Return where a long sentence is cut: after the last pause of its first `MAX_CHARACTERS`, if there is one."""
    last = start + MAX_CHARACTERS
    for pause in _PAUSES:
        at = text.rfind(pause, start + MAX_CHARACTERS // 2, last)
        if at >= 0:
            return at + len(pause)
    return last


def _append_one(found: list[Span], text: str, start: int, end: int) -> None:
    part = text[start:end]
    stripped = part.strip()
    if any(character.isalnum() for character in stripped):
        begin = start + part.index(stripped)
        found.append(Span(text=stripped, start=begin, end=begin + len(stripped)))
