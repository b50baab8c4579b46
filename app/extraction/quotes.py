"""Locating a model's quotes in a message."""

import re
from bisect import bisect_right

from rapidfuzz import fuzz

from app.domain.scripts import WORD

_WORD = re.compile(WORD)
# Of 100: one changed word in a sentence is accepted, another sentence is not (tests/unit/test_window_answer.py).
_MIN_RATIO = 90.0
_MIN_FUZZY_CHARACTERS = 12


def locate_quote(text: str, quote: str) -> tuple[int, int] | None:
    """Return [start, end) of the quote: exact match, then words only, then fuzzy; None if not found.

    Words only ignores case, white space and punctuation. Fuzzy is rapidfuzz's partial ratio, extended to whole words.
    """
    wanted = quote.strip().strip("\"'“”‘’…. ")
    if not wanted:
        return None
    start = text.find(wanted)
    if start >= 0:
        return start, start + len(wanted)
    return _by_words(text, wanted) or _nearly(text, wanted)


def _by_words(text: str, quote: str) -> tuple[int, int] | None:
    words = [(m.start(), m.end(), m.group().casefold()) for m in _WORD.finditer(text)]
    wanted = [m.group().casefold() for m in _WORD.finditer(quote)]
    if not wanted:
        return None
    for first in range(len(words) - len(wanted) + 1):
        if all(words[first + i][2] == word for i, word in enumerate(wanted)):
            return words[first][0], words[first + len(wanted) - 1][1]
    return None


def _nearly(text: str, quote: str) -> tuple[int, int] | None:
    # A quote much longer than the text would match the whole text.
    if len(quote) < _MIN_FUZZY_CHARACTERS or len(quote) > 1.2 * len(text):
        return None
    found = fuzz.partial_ratio_alignment(quote.casefold(), text.casefold(), score_cutoff=_MIN_RATIO)
    if found is None or len(text.casefold()) != len(text) or _numbers(quote) - _numbers(text):
        return None
    starts = [m.start() for m in _WORD.finditer(text)]
    ends = [m.end() for m in _WORD.finditer(text)]
    begin = starts[max(bisect_right(starts, found.dest_start) - 1, 0)] if starts else found.dest_start
    end = next((e for e in ends if e >= found.dest_end), len(text))
    return (begin, end) if begin < end else None


def _numbers(text: str) -> set[str]:
    """Return the numbers in the text; a quote with a changed number is rejected, because it states something else."""
    return set(re.findall(r"\d+", text))
