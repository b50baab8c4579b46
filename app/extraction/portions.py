"""Splitting a window so that each part fits into one prompt."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from app.domain.boundary import token_estimate
from app.domain.knowledge import RawData
from app.extraction.sentences import sentences

# Memind's budget of 8,192 input tokens, less 3,000 for the prompt, the answer and a margin.
MAX_TOKENS = 5192


def fits(messages: Sequence[RawData]) -> bool:
    return sum(token_estimate(message.text) for message in messages) <= MAX_TOKENS


def portions(message: RawData) -> Iterator[tuple[int, RawData]]:
    """Split an over-long message into (start, part), each within `MAX_TOKENS`, between sentences if possible."""
    start = end = used = 0
    for stop in (*(span.end for span in sentences(message.text)), len(message.text)):
        # A sentence longer than a prompt is cut inside.
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
    """Yield the ends of pieces of `text[start:end]`, each within `MAX_TOKENS`."""
    while token_estimate(text[start:end]) > MAX_TOKENS:
        size = end - start
        while token_estimate(text[start : start + size]) > MAX_TOKENS:
            size = size * 3 // 4
        start += size
        yield start
    yield end
