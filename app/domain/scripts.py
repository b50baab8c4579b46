"""Parts of regular expressions for words of any script."""

import re
import unicodedata
from collections.abc import Iterable, Iterator


def _ranges(code_points: Iterable[int]) -> str:
    """Return the inside of a character class for these code points, which are in ascending order."""
    found: list[list[int]] = []
    for code in code_points:
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in found)


# Where Unicode has marks of letters. The selectors of emoji and ideographs and the frames of keycaps lie elsewhere.
_BLOCKS_WITH_MARKS = (
    (0x300, 0x20D0),
    (0x20F0, 0x3100),
    (0xA600, 0xAC00),
    (0xFB00, 0xFE00),
    (0xFE20, 0x12000),
    (0x16A00, 0x17000),
    (0x1B000, 0x1F000),
)
_JOINERS = (0x200C, 0x200D)
# Vowel signs, accents (Unicode's categories M) and the joiners of Persian and Indian scripts, for use inside brackets.
# Python's `\w` has none of them: it would cut a Hindi, Bengali or Thai word at each vowel sign.
MARKS = _ranges(
    code
    for first, end in _BLOCKS_WITH_MARKS
    for code in range(first, end)
    if code in _JOINERS or unicodedata.category(chr(code))[0] == "M"
)
# One or more letters or digits with their marks: a word without signs or underscores. The same with underscores.
LETTERS = rf"[^\W_]+(?:[{MARKS}]+[^\W_]*)*"
WORD = rf"\w+(?:[{MARKS}]+\w*)*"
# Scripts without spaces between words, for use inside brackets: Thai, Lao, Burmese, Khmer; kana, Chinese characters,
# bopomofo.
SOUTH_EAST_ASIAN = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u19e0-\u19ff\ua9e0-\ua9ff\uaa60-\uaa7f"
IDEOGRAPHS = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
UNSPACED = SOUTH_EAST_ASIAN + IDEOGRAPHS + r"\u3040-\u30ff\uff66-\uff9f\u3100-\u312f\u31a0-\u31bf"
# Ends of sentences that a space follows: all scripts but the next ones.
SPACED_ENDS = ".!?…؟۔।॥"
# Chinese and Japanese; Burmese, Khmer.
UNSPACED_ENDS = "。！？။។"
QUESTION_MARKS = ("?", "？", "؟")

# And Korean, whose particles are written onto the word: a name there has no boundary that can be seen.
_UNBOUNDED = re.compile(rf"[{UNSPACED}\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")
_INSIDE_WORD = re.compile(rf"[\w{MARKS}]")
_MARK = re.compile(rf"[{MARKS}]")


def is_unbounded(text: str) -> bool:
    """Return True if the text is in a script in which a name may have letters of other words on both sides."""
    return _UNBOUNDED.search(text) is not None


def occurrences(name: str, text: str, *, ignore_case: bool = False) -> Iterator[tuple[int, int]]:
    """Yield [start, end) of each place where the name stands and is not part of a longer word."""
    for match in re.finditer(re.escape(name), text, re.IGNORECASE if ignore_case else 0):
        if _stands_alone(text, *match.span()):
            yield match.span()


def _stands_alone(text: str, start: int, end: int) -> bool:
    """In unbounded scripts, only a mark after it shows that a word goes on."""
    before, after = text[max(start - 1, 0) : start], text[end : end + 1]
    if is_unbounded(text[start:end]):
        return _MARK.match(after) is None
    return not (_INSIDE_WORD.match(before) or _INSIDE_WORD.match(after))
