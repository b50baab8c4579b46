"""One window: read it, extract, embed, save all of it in one transaction."""

from collections.abc import Sequence

from msgspec.structs import replace

from app.domain.ids import content_hash, fact_id
from app.domain.knowledge import Extraction, Fact
from app.extraction.names import entity_key, preferred_type
from app.graph import knowledge, operations, raw_data
from app.graph.database import Database, Step
from app.graph.knowledge import EntityRow, FactRow
from app.graph.raw_data import RawDataState, WindowMessage
from app.models.ports import ContextMessage, Embedder, Extractor, Window
from app.services.fenced import write_fenced
from app.services.similar_entities import similar_pairs


class ExtractWindow:
    """Idempotent: raw data that are extracted already are left out, and everything saved is keyed by its content."""

    def __init__(self, db: Database, embedder: Embedder, extractor: Extractor) -> None:
        self._db = db
        self._embedder = embedder
        self._extractor = extractor

    async def __call__(self, memory_id: str, ids: Sequence[str], *, operation_id: str, fence: Step) -> None:
        messages = await raw_data.window(self._db, memory_id, ids)
        if not messages:
            return
        extraction = await self._extractor.extract(_window(messages))
        entities = _entities(extraction)
        known = await knowledge.known_entity_keys(self._db, memory_id, list(entities))
        new = [entity for entity in entities.values() if entity.key not in known]
        facts = unique_facts(extraction.facts)
        vectors = await self._embedder.embed([*(fact.text for fact in facts), *(entity.name for entity in new)])
        fact_vectors, entity_vectors = vectors[: len(facts)], vectors[len(facts) :]
        new = [_with_embedding(e, vector) for e, vector in zip(new, entity_vectors.tolist(), strict=True)]
        stored = [e for e in entities.values() if e.key in known]
        similar = await similar_pairs(self._db, memory_id, new)
        rows = [
            _fact_row(memory_id, fact, vector, extraction.extractor)
            for fact, vector in zip(facts, fact_vectors.tolist(), strict=True)
        ]
        steps = [
            knowledge.save_entities(memory_id, [*stored, *new]),
            *knowledge.save_facts(memory_id, rows),
            knowledge.save_similar(memory_id, similar),
            raw_data.mark(
                memory_id, [m.raw.id for m in messages], RawDataState.EXTRACTED, extractor=extraction.extractor
            ),
            operations.progress(memory_id, operation_id, done=len(messages)),
        ]
        await write_fenced(self._db, fence, *(step for step in steps if step.parameters.get("rows", True)))


def _window(messages: Sequence[WindowMessage]) -> Window:
    first = messages[0]
    before = ContextMessage(text=first.earlier_text, speaker=first.earlier_speaker) if first.earlier_text else None
    return Window(messages=[m.raw for m in messages], before=before)


def _entities(extraction: Extraction) -> dict[str, EntityRow]:
    """One row a key, in the order of first mention; the more telling type wins."""
    rows: dict[str, EntityRow] = {}
    for fact in extraction.facts:
        for mention in fact.mentions:
            key = entity_key(mention.name)
            row = rows.get(key)
            kind = str(preferred_type(row.entity_type if row else None, mention.entity_type))
            rows[key] = EntityRow(key=key, name=row.name if row else mention.name, entity_type=kind)
    return rows


def unique_facts(facts: Sequence[Fact]) -> list[Fact]:
    """One fact a content hash, with the evidence of all of them."""
    merged: dict[str, Fact] = {}
    for fact in facts:
        key = content_hash(fact.text)
        if (known := merged.get(key)) is None:
            merged[key] = fact
        else:
            merged[key] = _with_evidence(known, fact)
    return list(merged.values())


def _with_evidence(known: Fact, other: Fact) -> Fact:
    evidence = [*known.evidence, *(e for e in other.evidence if e not in known.evidence)]
    return replace(
        known,
        evidence=evidence,
        confidence=max(known.confidence, other.confidence),
        observed_at=max(known.observed_at, other.observed_at),
    )


def _fact_row(memory_id: str, fact: Fact, vector: list[float], extractor: str) -> FactRow:
    fact_hash = content_hash(fact.text)
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


def _with_embedding(entity: EntityRow, vector: list[float]) -> EntityRow:
    return EntityRow(key=entity.key, name=entity.name, entity_type=entity.entity_type, embedding=vector)
