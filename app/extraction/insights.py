"""Insights without a model: selected facts of an entity (LEAF), leaves of a theme (BRANCH), branches (ROOT)."""

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from app.domain.knowledge import Category, InsightPart, KnownFact
from app.domain.scripts import SPACED_ENDS, UNSPACED_ENDS

COMPOSER = "local@1"
# Memind builds a leaf from two facts on, a branch from two leaves, the root from two branches.
MIN_FACTS = 2
MIN_PARTS = 2
# Facts and lower insights read from the graph for one insight.
READ_FACTS = 24
READ_PARTS = 12
# Sentences and characters of an insight.
_MAX_POINTS = 6
_MAX_CHARACTERS = 600
_THEMES = {
    Category.PROFILE: "Profile",
    Category.BEHAVIOR: "Habits",
    Category.EVENT: "Events",
    Category.TOOL: "Tools",
    Category.DIRECTIVE: "Directives",
    Category.PLAYBOOK: "Playbooks",
    Category.RESOLUTION: "Resolutions",
}


class Leaf(Struct, frozen=True, kw_only=True):
    """`fact_ids[i]` is the source of the i-th sentence after the name."""

    text: str
    fact_ids: list[int]


class Summary(Struct, frozen=True, kw_only=True):
    """`part_ids[i]` is the source of the i-th sentence after the name."""

    name: str
    text: str
    part_ids: list[int]


def theme_of(facts: Sequence[KnownFact]) -> str:
    """Return the theme of most facts; on a tie, the first in the list of categories."""
    counts = Counter(fact.category for fact in facts)
    best = max(Category, key=lambda c: counts[c])
    return _THEMES[best]


def compose_leaf(name: str, facts: Sequence[KnownFact]) -> Leaf | None:
    """Order facts: those whose subject is the entity first, then the best evidenced, then the newest. None below
    `MIN_FACTS`.
    """
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
    return Leaf(text=f"{name}: {' '.join(sentence(f.text) for f in chosen)}", fact_ids=[f.id for f in chosen])


def compose_summary(name: str, parts: Sequence[InsightPart]) -> Summary | None:
    """Join the first sentence of each part, those with the most facts first. None below `MIN_PARTS`."""
    if len(parts) < MIN_PARTS:
        return None
    ranked = sorted(parts, key=lambda p: (-p.seen_facts, p.name, p.id))
    chosen: list[InsightPart] = []
    sentences: list[str] = []
    length = len(name) + 2
    for part in ranked:
        said = _first_sentence(part)
        if said in sentences or (chosen and length + len(said) > _MAX_CHARACTERS):
            continue
        chosen.append(part)
        sentences.append(said)
        length += len(said) + 1
        if len(chosen) == _MAX_POINTS:
            break
    if len(chosen) < MIN_PARTS:
        return None
    return Summary(name=name, text=f"{name}: {' '.join(sentences)}", part_ids=[part.id for part in chosen])


def sentence(text: str) -> str:
    return text if text.endswith((*SPACED_ENDS, *UNSPACED_ENDS)) else f"{text}."


def _first_sentence(part: InsightPart) -> str:
    body = part.text.removeprefix(f"{part.name}: ")
    for end in (*(f"{end} " for end in SPACED_ENDS), *UNSPACED_ENDS):
        head, found, _ = body.partition(end)
        if found and len(head) >= len(part.name):
            return head + end.strip()
    return body
