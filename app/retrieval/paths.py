"""Paths as readable text."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from app.domain.names import entity_key
from app.domain.retrieval import PathStep

_TEXT_CHARACTERS = 80  # of a fact's text shown in a path


class PathFact(Struct, frozen=True, kw_only=True):
    """A fact's text with its subject, predicate and object, if known."""

    text: str
    subject: str | None = None
    predicate: str | None = None
    object: str | None = None

    @property
    def is_relation(self) -> bool:
        """True if subject, predicate and object are known, and subject and object differ."""
        return bool(self.predicate and self.subject and self.object) and not _same(self.subject, self.object)


def readable(steps: Sequence[PathStep], statements: Mapping[str, PathFact]) -> str:
    """`Marta —brother→ Quirin —works at→ Zephyr Optics`: the entities of the hops, joined by the facts between them.
    The arrow is reversed (`←made by—`) if the path runs from object to subject; a fact that is not a relation is
    quoted. Empty for no steps.
    """
    if not steps:
        return ""
    first = steps[0]
    text = ""
    if first.from_fact_id and (start := statements.get(first.from_fact_id)):
        text = _towards(start, first.entity)
    if not text:
        text = first.entity
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        statement = statements.get(step.to_fact_id)
        if statement is not None:
            text += _onwards(statement, step.entity, following.entity if following else None)
    return text


def _towards(statement: PathFact, entity: str) -> str:
    """Text of the fact that leads to `entity`, with the fact's other end first."""
    if statement.is_relation and _same(statement.object, entity):
        return f"{statement.subject} —{_words(statement.predicate)}→ {entity}"
    if statement.is_relation and _same(statement.subject, entity):
        return f"{statement.object} ←{_words(statement.predicate)}— {entity}"
    return f"“{_short(statement.text)}” — {entity}"


def _onwards(statement: PathFact, entity: str, following: str | None) -> str:
    """Text of the fact reached from `entity`, up to the next hop's entity or the fact's other end. Predicate and arrow
    are used only if both ends are the fact's subject and object; else the fact's text is quoted.
    """
    if statement.is_relation and _same(statement.subject, entity) and _same(statement.object, following):
        return f" —{_words(statement.predicate)}→ {following or statement.object}"
    if statement.is_relation and _same(statement.object, entity) and _same(statement.subject, following):
        return f" ←{_words(statement.predicate)}— {following or statement.subject}"
    return f" — “{_short(statement.text)}”" + (f" — {following}" if following else "")


def _same(name: str | None, entity: str | None) -> bool:
    """True for equal names, or if `entity` is None, which matches any name."""
    return entity is None or entity_key(name or "") == entity_key(entity)


def _words(predicate: str | None) -> str:
    """Replace underscores by spaces: `works at`."""
    return (predicate or "").replace("_", " ")


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _TEXT_CHARACTERS else text[:_TEXT_CHARACTERS].rsplit(" ", 1)[0] + "…"
