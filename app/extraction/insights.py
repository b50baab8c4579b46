"""LEAF insights without a model: the facts that say most about an entity, side by side."""

from collections.abc import Sequence

from msgspec import Struct

from app.domain.knowledge import KnownFact

# Memind builds a leaf from two facts on.
MIN_FACTS = 2
READ_FACTS = 24
_MAX_POINTS = 6
_MAX_CHARACTERS = 600


class Leaf(Struct, frozen=True, kw_only=True):
    """`fact_ids[i]` is the source of the i-th sentence after the name."""

    text: str
    fact_ids: list[int]


def compose_leaf(name: str, facts: Sequence[KnownFact]) -> Leaf | None:
    """What the entity does or is first, then the best evidenced, then the newest; None below `MIN_FACTS`."""
    if len(facts) < MIN_FACTS:
        return None
    ranked = sorted(
        facts,
        key=lambda f: (f.role != "subject", -(f.evidence_count or 1), -f.observed_at.timestamp(), f.id),
    )
    chosen: list[KnownFact] = []
    length = len(name) + 2
    for fact in ranked[:_MAX_POINTS]:
        if chosen and length + len(fact.text) > _MAX_CHARACTERS:
            continue
        chosen.append(fact)
        length += len(fact.text) + 1
    chosen.sort(key=lambda f: (f.observed_at, f.id))
    text = " ".join(f.text if f.text.endswith((".", "!", "。", "！")) else f"{f.text}." for f in chosen)
    return Leaf(text=f"{name}: {text}", fact_ids=[f.id for f in chosen])
