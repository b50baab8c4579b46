"""Which stored entities a question names."""

from collections.abc import Iterable

from msgspec import Struct
from rapidfuzz import fuzz

from app.extraction.names import entity_key

# A name counts as named when its words occur in the question up to a typo or so.
_MIN_RATIO = 88.0
_MIN_FUZZY_LENGTH = 4


class LinkedEntity(Struct, frozen=True, kw_only=True):
    """`score` ∈ (0, 1]: 1 for a name that stands in the question word for word."""

    id: str
    name: str
    score: float


def link_entities(question: str, candidates: Iterable[tuple[str, str, list[str]]], *, limit: int) -> list[LinkedEntity]:
    """The candidates (id, name, aliases) that the question names, best first, longer names first among equals."""
    text = f" {entity_key(question)} "
    linked: list[LinkedEntity] = []
    for id_, name, aliases in candidates:
        score = max((_named(text, spelling) for spelling in (name, *aliases)), default=0.0)
        if score > 0:
            linked.append(LinkedEntity(id=id_, name=name, score=score))
    linked.sort(key=lambda e: (-e.score, -len(e.name), e.id))
    return linked[:limit]


def _named(text: str, spelling: str) -> float:
    key = entity_key(spelling)
    if not key:
        return 0.0
    if f" {key} " in text or (not key.isascii() and key in text):
        return 1.0
    if len(key) < _MIN_FUZZY_LENGTH:
        return 0.0
    words, length = text.split(), len(key.split())
    runs = (" ".join(words[i : i + length]) for i in range(len(words) - length + 1))
    ratio = max((fuzz.ratio(key, run) for run in runs), default=0.0)
    return ratio / 100 if ratio >= _MIN_RATIO else 0.0
