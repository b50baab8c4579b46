"""Splitting a window so that each part fits into one prompt."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from app.domain.boundary import token_estimate
from app.domain.knowledge import RawData
from app.extraction.sentences import sentences

# Memind's budget of 8,192 tokens in, less what the prompt, the answer and a margin want.
MAX_TOKENS = 5192


def fits(messages: Sequence[RawData]) -> bool:
    return sum(token_estimate(message.text) for message in messages) <= MAX_TOKENS


def portions(message: RawData) -> Iterator[tuple[int, RawData]]:
    """An over-long message in parts that fit, cut between sentences where it has any; each with where it begins."""
    start = end = used = 0
    for stop in (*(span.end for span in sentences(message.text)), len(message.text)):
        # A sentence, or what is none, that fits into no prompt is cut where the prompt is full.
        for cut in _cuts(end, stop, message.text):
            tokens = token_estimate(message.text[end:cut])
            if used + tokens > MAX_TOKENS and end > start:
                yield start, replace(message, text=message.text[start:end])
                start, used = end, 0
            used += tokens
            end = cut
    if start < len(message.text):
        yield start, replace(message, text=message.text[start:])


def _cuts(start: int, end: int, text: str) -> Iterator[int]:
    """Ends of pieces of a sentence, none with more tokens than fit."""
    while token_estimate(text[start:end]) > MAX_TOKENS:
        size = end - start
        while token_estimate(text[start : start + size]) > MAX_TOKENS:
            size = size * 3 // 4
        start += size
        yield start
    yield end
