"""A path as a person reads it."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from app.domain.names import entity_key
from app.domain.retrieval import PathStep

_TEXT_CHARACTERS = 80


class PathFact(Struct, frozen=True, kw_only=True):
    """A fact's text with its subject, predicate and object, if known."""

    text: str
    subject: str | None = None
    predicate: str | None = None
    object: str | None = None

    @property
    def is_relation(self) -> bool:
        """Between two things: of a thing with itself it says nothing."""
        return bool(self.predicate and self.subject and self.object) and not _same(self.subject, self.object)


def readable(steps: Sequence[PathStep], statements: Mapping[str, PathFact]) -> str:
    """`Marta —brother→ Quirin —works at→ Zephyr Optics`: the names that the hops go over, and between them what the
    facts say. A relation told the other way round has its arrow so (`←made by—`); a fact that is no relation stands in
    its own words. Empty for no steps.
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
    """A fact that ends at an entity, with its other end before it."""
    if statement.is_relation and _same(statement.object, entity):
        return f"{statement.subject} —{_words(statement.predicate)}→ {entity}"
    if statement.is_relation and _same(statement.subject, entity):
        return f"{statement.object} ←{_words(statement.predicate)}— {entity}"
    return f"“{_short(statement.text)}” — {entity}"


def _onwards(statement: PathFact, entity: str, following: str | None) -> str:
    """A fact that starts from an entity, with its other end, or the entity that the next hop goes over. A relation is only
    told of what it holds between: of anything else that the fact mentions, its words are shown.
    """
    if statement.is_relation and _same(statement.subject, entity) and _same(statement.object, following):
        return f" —{_words(statement.predicate)}→ {following or statement.object}"
    if statement.is_relation and _same(statement.object, entity) and _same(statement.subject, following):
        return f" ←{_words(statement.predicate)}— {following or statement.subject}"
    return f" — “{_short(statement.text)}”" + (f" — {following}" if following else "")


def _same(name: str | None, entity: str | None) -> bool:
    """Also where there is no entity: then any end will do."""
    return entity is None or entity_key(name or "") == entity_key(entity)


def _words(predicate: str | None) -> str:
    """`works_at` as people write it."""
    return (predicate or "").replace("_", " ")


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _TEXT_CHARACTERS else text[:_TEXT_CHARACTERS].rsplit(" ", 1)[0] + "…"
