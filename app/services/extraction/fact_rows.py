"""Facts and entities as graph rows: identity, text to embed, properties."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from app.domain.ids import content_hash, fact_id, memory_hash
from app.domain.knowledge import Fact
from app.domain.names import entity_key, preferred_type
from app.graph import knowledge
from app.graph.database import Database
from app.graph.knowledge import EntityRow, FactRow


def entities_of(facts: Sequence[Fact]) -> dict[str, EntityRow]:
    """One row per entity key, in order of first mention; the more specific type wins."""
    rows: dict[str, EntityRow] = {}
    for fact in facts:
        for mention in fact.mentions:
            key = entity_key(mention.name)
            row = rows.get(key)
            kind = str(preferred_type(row.entity_type if row else None, mention.entity_type))
            rows[key] = EntityRow(key=key, name=row.name if row else mention.name, entity_type=kind)
    return rows


async def known_and_new(
    db: Database, memory_id: str, entities: Mapping[str, EntityRow]
) -> tuple[list[EntityRow], list[EntityRow]]:
    """Split entities into stored ones and new ones; new ones need a vector."""
    known = await knowledge.known_entity_keys(db, memory_id, list(entities))
    return [e for e in entities.values() if e.key in known], [e for e in entities.values() if e.key not in known]


def identity_of(fact: Fact) -> str:
    """The content hash that a fact is stored under."""
    return memory_hash(fact.typed.kind, fact.text) if fact.typed else content_hash(fact.text)


def embedded_text(fact: Fact) -> str:
    """Return the text that a fact's vector is computed from: with its title, unless the title is only the text's
    beginning.
    """
    typed = fact.typed
    if typed is None:
        return fact.search_text or fact.text
    title = typed.title.removesuffix("...").rstrip()
    text = fact.text if fact.text.startswith(title) else f"{title}. {fact.text}"
    return f"{text} ({', '.join(typed.tags)})" if typed.tags else text


def unique_facts(facts: Sequence[Fact]) -> list[Fact]:
    """Merge facts with the same content hash, including their evidence."""
    groups: dict[str, list[Fact]] = {}
    for fact in facts:
        groups.setdefault(identity_of(fact), []).append(fact)
    return [_merged(group) for group in groups.values()]


def _merged(group: Sequence[Fact]) -> Fact:
    first = group[0]
    if len(group) == 1:
        return first
    evidence = {(e.raw_data_id, e.start, e.end, e.quote): e for fact in group for e in fact.evidence}
    return replace(
        first,
        evidence=list(evidence.values()),
        confidence=max(fact.confidence for fact in group),
        observed_at=max(fact.observed_at for fact in group),
    )


def fact_row(memory_id: str, fact: Fact, vector: list[float] | None, extractor: str) -> FactRow:
    fact_hash = identity_of(fact)
    mentions: dict[str, tuple[str, str, float]] = {}
    for mention in fact.mentions:
        key = entity_key(mention.name)
        mentions.setdefault(key, (key, mention.role, mention.confidence))
    return FactRow(
        id=fact_id(memory_id, fact_hash),
        content_hash=fact_hash,
        fact=fact,
        extractor=extractor,
        embedding=vector,
        mentions=list(mentions.values()),
    )
