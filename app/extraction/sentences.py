"""Splitting text into sentences and clauses with their positions."""

import re
from collections.abc import Iterator

from msgspec import Struct

from app.extraction.english import words

# Abbreviations: a full stop after one of these does not end the sentence.
_ABBREVIATIONS = words(
    "mr mrs ms dr prof sr jr st vs etc e.g i.e no vol fig al inc ltd co corp approx dept est gen gov hon lt mt rev sen "
    "rep capt col sgt jan feb mar apr jun jul aug sep sept oct nov dec u.s u.k a.m p.m ph.d b.a m.a",
)
_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s|$)|[。！？]+[」』”’）]*|\n+")
_LAST_WORD = re.compile(r"([^\W\d_](?:[^\W_]|\.(?=\w))*)$")
# Boundaries of independent clauses: each has its own subject.
_CLAUSE = re.compile(
    r"(?:;\s+|,\s+(?:and|but|so)\s+(?=(?:I|we|he|she|they|it|my|our|his|her|their)\b)|\s+[–—]\s+|；)",
)
_TAG = re.compile(
    r",\s*(?:(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)n['’]t\b[^,?]*|right|correct|no)\?+$",
    re.IGNORECASE,
)
_MIN_CLAUSE_WORDS = 3


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


def clauses(sentence: Span) -> Iterator[Span]:
    """Yield the independent clauses if each has at least `_MIN_CLAUSE_WORDS` words; else the sentence itself."""
    cuts = [match.span() for match in _CLAUSE.finditer(sentence.text)]
    bounds = [0, *(edge for cut in cuts for edge in cut), len(sentence.text)]
    parts = [(bounds[i], bounds[i + 1]) for i in range(0, len(bounds), 2)]
    if len(parts) == 1 or any(len(sentence.text[a:b].split()) < _MIN_CLAUSE_WORDS for a, b in parts):
        yield sentence
        return
    for a, b in parts:
        text = sentence.text[a:b]
        yield Span(text=text, start=sentence.start + a, end=sentence.start + b)


def without_tag(span: Span) -> Span:
    """Remove a tag question: "It is in Porto, isn't it?" → "It is in Porto"."""
    match = _TAG.search(span.text)
    return Span(text=span.text[: match.start()], start=span.start, end=span.start + match.start()) if match else span


def _is_abbreviation(text: str, match: re.Match[str]) -> bool:
    if match.group() != ".":
        return False
    word = _LAST_WORD.search(text, max(0, match.start() - 20), match.start())
    if word is None:
        return False
    last = word.group(1).lower()
    if len(last) == 1 and word.group(1).isupper() and match.end() < len(text) and last != "i":
        return True  # an initial: J. K. Rowling
    return last in _ABBREVIATIONS and match.end() < len(text)


def _append(found: list[Span], text: str, start: int, end: int) -> None:
    part = text[start:end]
    stripped = part.strip()
    if any(character.isalnum() for character in stripped):
        begin = start + part.index(stripped)
        found.append(Span(text=stripped, start=begin, end=begin + len(stripped)))
