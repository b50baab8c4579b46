"""Store extracted facts, entities and the edges between them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from app.domain.ids import content_hash, digest, fact_id, new_uuid, stable_uuid
from app.domain.knowledge import Ending, Evidence, Fact, KnownFact
from app.domain.names import short_name
from app.domain.scope import memory_token
from app.graph.database import Database, Row, Step
from app.graph.json_properties import metadata_terms, to_json
from app.graph.lucene import character_pairs
from graph_schema.elements import ENTITY_LABELS

AnyRow = TypeVar("AnyRow")
_ROWS_OF_STATEMENT = 200
_ROWS_OF_SEARCH = 100


class Imported(Struct, frozen=True, kw_only=True):
    """Properties that only imports set: original creation time, and a fact's id in the bundle."""

    import_id: str
    created_at: datetime | None = None
    external_id: str | None = None
    first_observed_at: datetime | None = None


class EntityRow(Struct, frozen=True, kw_only=True):
    """`key`: unique in its memory. `embedding` None: the entity is already stored."""

    key: str
    name: str
    entity_type: str
    embedding: list[float] | None = None
    aliases: list[str] = []
    imported: Imported | None = None


class FactRow(Struct, frozen=True, kw_only=True):
    """A fact ready to be stored; `mentions` holds (entity key, role, confidence). `embedding` None: the embedder refused it.
    `restated`: it paraphrases a stored fact and is saved as evidence of that one.
    """

    id: int
    content_hash: str
    fact: Fact
    extractor: str
    embedding: list[float] | None
    mentions: list[tuple[str, str, float]]
    imported: Imported | None = None
    restated: bool = False


class RelatedFact(Struct, frozen=True, kw_only=True, rename="camel"):
    """An older fact that may be about the same matter as the new fact at `index`. `similarity`: cosine; `told_in`: ids of
    its raw data, and `ending` are set only for facts of the same window.
    """

    index: int
    id: int
    content_hash: str
    text: str
    valid_at: datetime
    observed_at: datetime
    similarity: float
    subject: str | None = None
    predicate: str | None = None
    object: str | None = None
    slot: str | None = None
    slot_value: str | None = None
    ending: Ending | None = None
    speakers: list[str] = []
    told_in: set[str] = set()


class SupersededRow(Struct, frozen=True, kw_only=True):
    """`newer` and `older`: content hashes; the older fact is closed at `at`."""

    newer: str
    older: str
    at: datetime


class SameEntities(Struct, frozen=True, kw_only=True, rename="camel"):
    """Two keys of one entity; `reason`: the rule or caller that joined them."""

    key: str
    same_key: str
    reason: str
    score: float


class EntityName(Struct, frozen=True, kw_only=True):
    id: str
    key: str
    name: str


class FoundEntity(Struct, frozen=True, kw_only=True, rename="camel"):
    """`same`: its other names, linked by SAME_AS."""

    id: str
    key: str
    name: str
    entity_type: str
    same: list[EntityName] = []


class CauseRow(Struct, frozen=True, kw_only=True):
    """`cause` and `effect`: content hashes; `relation`: a relationship type."""

    cause: str
    effect: str
    relation: str
    strength: float


class SimilarEntities(Struct, frozen=True, kw_only=True, rename="camel"):
    key: str
    similar_key: str
    score: float


class EntityFacts(Struct, frozen=True, kw_only=True, rename="camel"):
    """An entity with its most relevant facts; `fact_count`: number of all its valid facts."""

    id: str
    key: str
    name: str
    entity_type: str
    facts: list[KnownFact]
    fact_count: int


async def known_entity_keys(db: Database, memory_id: str, keys: Sequence[str]) -> set[str]:
    rows = await db.read("entities/known", memoryId=memory_id, keys=list(keys))
    return {row["key"] for row in rows}


async def similar_entities(
    db: Database, memory_id: str, entities: Sequence[EntityRow], *, threshold: float, limit: int
) -> list[SimilarEntities]:
    """Return stored entities whose name embeddings have a cosine ≥ `threshold`."""
    rows = [{"key": e.key, "embedding": e.embedding} for e in entities if e.embedding]
    if not rows:
        return []
    found: list[SimilarEntities] = []
    for part in _slices(rows, _ROWS_OF_SEARCH):
        near = await db.read("entities/similar", memoryId=memory_id, rows=part, threshold=threshold, limit=limit)
        found += msgspec.convert(near, list[SimilarEntities])
    return found


async def entity_facts(
    db: Database, memory_id: str, keys: Sequence[str], *, minimum: int, limit: int
) -> list[EntityFacts]:
    rows = await db.read("entities/facts", memoryId=memory_id, keys=list(keys), minimum=minimum, limit=limit)
    return msgspec.convert(rows, list[EntityFacts])


def save_entities(memory_id: str, entities: Sequence[EntityRow]) -> list[Step]:
    return [_save_entities(memory_id, part) for part in _slices(entities)]


def _save_entities(memory_id: str, entities: Sequence[EntityRow]) -> Step:
    rows = [
        {
            "id": stable_uuid("entity", memory_id, entity.key),
            "key": entity.key,
            "name": entity.name,
            "characterPairs": character_pairs(entity.name),
            "entityType": entity.entity_type,
            "embedding": entity.embedding,
            "aliases": entity.aliases,
            "createdAt": entity.imported and entity.imported.created_at,
            "importId": entity.imported and entity.imported.import_id,
        }
        for entity in entities
    ]
    return Step(
        name="entities/save",
        parameters={
            "memoryId": memory_id,
            "memoryToken": memory_token(memory_id),
            "labels": {kind: [label] for kind, label in ENTITY_LABELS.items()},
            "rows": rows,
        },
    )


def save_similar(memory_id: str, pairs: Sequence[SimilarEntities]) -> Step:
    """Store each pair once, in either order."""
    ordered = {tuple(sorted((pair.key, pair.similar_key))): pair.score for pair in pairs}
    rows = [{"key": left, "similarKey": right, "score": score} for (left, right), score in sorted(ordered.items())]
    return Step(name="entities/save_similar", parameters={"memoryId": memory_id, "rows": rows})


def save_facts(memory_id: str, facts: Sequence[FactRow]) -> list[Step]:
    """Steps that store facts with their evidence and mentions, then link them in order (FOLLOWS)."""
    follows = [
        {"earlier": earlier.content_hash, "later": later.content_hash}
        for earlier, later in pairwise(facts)
        if earlier.content_hash != later.content_hash
    ]
    return [
        *save_facts_apart(memory_id, facts),
        Step(name="facts/save_follows", parameters={"memoryId": memory_id, "rows": follows}),
    ]


async def related_facts(db: Database, memory_id: str, rows: Sequence[Row], *, limit: int) -> list[RelatedFact]:
    found: list[RelatedFact] = []
    for part in _slices(rows, _ROWS_OF_SEARCH):
        rows_ = await db.read("facts/related", memoryId=memory_id, rows=list(part), limit=limit)
        found += msgspec.convert(rows_, list[RelatedFact])
    return found


async def find_entities(db: Database, memory_id: str, keys: Sequence[str]) -> list[FoundEntity]:
    return msgspec.convert(await db.read("entities/find", memoryId=memory_id, keys=list(keys)), list[FoundEntity])


def split(memory_id: str, key: str) -> Step:
    """Delete the SAME_AS edges of an entity, and record that rules must not join them again."""
    return Step(name="entities/split", parameters={"memoryId": memory_id, "key": key})


async def closed_facts(db: Database, memory_id: str, hashes: Sequence[str]) -> dict[str, datetime]:
    """Return content hash → `invalidAt` for those of these facts that are closed."""
    rows = await db.read("facts/closed", memoryId=memory_id, hashes=list(hashes))
    return {row["contentHash"]: row["invalidAt"] for row in rows}


def save_same(memory_id: str, pairs: Sequence[SameEntities]) -> Step:
    return Step(name="entities/save_same", parameters={"memoryId": memory_id, "rows": msgspec.to_builtins(list(pairs))})


def supersede(memory_id: str, rows: Sequence[SupersededRow]) -> Step:
    parameters = [{"newer": r.newer, "older": r.older, "at": r.at.astimezone(UTC)} for r in rows]
    return Step(name="facts/supersede", parameters={"memoryId": memory_id, "rows": parameters})


def relate(memory_id: str, *, hashes: Sequence[str] = (), ids: Sequence[int] = ()) -> list[Step]:
    """Steps that make the RELATED edges of these facts anew. To follow every step that stores, closes or reopens them."""
    rows: list[Row] = [{"contentHash": hash_, "id": None} for hash_ in dict.fromkeys(hashes)]
    rows += [{"contentHash": None, "id": id_} for id_ in dict.fromkeys(ids)]
    return [Step(name="facts/relate", parameters={"memoryId": memory_id, "rows": list(part)}) for part in _slices(rows)]


def save_conflicts(memory_id: str, pairs: Sequence[tuple[str, str]]) -> Step:
    """`pairs`: content hashes of two facts that contradict each other, of which neither closes the other."""
    rows = [{"fact": fact, "other": other} for fact, other in pairs if fact != other]
    return Step(name="facts/save_conflicts", parameters={"memoryId": memory_id, "rows": rows})


def save_causes(memory_id: str, rows: Sequence[CauseRow]) -> Step:
    return Step(
        name="facts/save_causes", parameters={"memoryId": memory_id, "rows": [msgspec.to_builtins(r) for r in rows]}
    )


def save_facts_apart(memory_id: str, facts: Sequence[FactRow]) -> list[Step]:
    """Steps that store facts with their evidence and mentions, without FOLLOWS edges."""
    return [
        *(_save_facts(memory_id, part) for part in _slices(facts)),
        *(_save_evidence(memory_id, part) for part in _slices(_evidence(facts))),
        *(_save_mentions(memory_id, part) for part in _slices(facts)),
    ]


def _slices(rows: Sequence[AnyRow], size: int = _ROWS_OF_STATEMENT) -> Iterator[Sequence[AnyRow]]:
    """Cut rows into parts of one statement each: packing a large one would block the event loop."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _save_facts(memory_id: str, facts: Sequence[FactRow]) -> Step:
    rows = [_fact_parameters(memory_id, row) for row in facts]
    return Step(
        name="facts/save", parameters={"memoryId": memory_id, "memoryToken": memory_token(memory_id), "rows": rows}
    )


def _evidence(facts: Sequence[FactRow]) -> list[tuple[FactRow, Evidence]]:
    return [(row, evidence) for row in facts for evidence in row.fact.evidence]


def _save_evidence(memory_id: str, evidence: Sequence[tuple[FactRow, Evidence]]) -> Step:
    rows = [_evidence_parameters(row, e) for row, e in evidence]
    return Step(name="facts/save_evidence", parameters={"memoryId": memory_id, "rows": rows})


def _save_mentions(memory_id: str, facts: Sequence[FactRow]) -> Step:
    rows = [
        {"contentHash": row.content_hash, "key": key, "role": role, "confidence": confidence}
        for row in facts
        for key, role, confidence in row.mentions
    ]
    return Step(name="facts/save_mentions", parameters={"memoryId": memory_id, "rows": rows})


def _metadata(fact: Fact) -> dict[str, Any]:
    metadata = dict(fact.metadata)
    if fact.time and fact.time.expression:
        metadata["timeExpression"] = fact.time.expression
    return metadata


def _fact_parameters(memory_id: str, row: FactRow) -> dict[str, object]:
    fact = row.fact
    return {
        "id": row.id,
        "otherId": fact_id(memory_id, digest(row.content_hash, new_uuid())),
        "contentHash": row.content_hash,
        "confidence": fact.confidence,
        "observedAt": fact.observed_at.astimezone(UTC),
        "metadataTerms": metadata_terms(_metadata(fact)),
        "embedding": row.embedding,
        "createdAt": row.imported and row.imported.created_at,
        "firstObservedAt": row.imported and row.imported.first_observed_at,
        "externalId": row.imported and row.imported.external_id,
        "importId": row.imported and row.imported.import_id,
        "properties": fact_properties(row),
    }


def fact_properties(row: FactRow) -> dict[str, object]:
    """Return the stored properties of a fact."""
    fact, time, metadata = row.fact, row.fact.time, _metadata(row.fact)
    searched = fact.search_text or fact.text
    return {
        "text": fact.text,
        "name": short_name(fact.text),
        "category": str(fact.category),
        "type": str(fact.type),
        "subject": fact.subject,
        "predicate": fact.predicate,
        "object": fact.object,
        "occurredAt": time and time.occurred_at and time.occurred_at.astimezone(UTC),
        "occurredStart": time and time.start.astimezone(UTC),
        "occurredEnd": time and time.end.astimezone(UTC),
        "timeGranularity": time and str(time.granularity),
        # Compared with time ranges: when it happened if known, else when it was observed.
        "eventStart": (time.start if time else fact.observed_at).astimezone(UTC),
        "eventEnd": (time.end if time else fact.observed_at).astimezone(UTC),
        "validAt": (fact.valid_at or (time.start if time else fact.observed_at)).astimezone(UTC),
        "invalidAt": fact.invalid_at and fact.invalid_at.astimezone(UTC),
        "metadataJson": to_json(metadata) if metadata else None,
        "extractor": row.extractor,
        "slot": fact.slot,
        "slotValue": fact.value,
        "searchText": searched,
        "characterPairs": character_pairs(searched),
        **_remembered(fact),
    }


def _remembered(fact: Fact) -> dict[str, object]:
    memory = fact.typed
    if memory is None:
        return {}
    return {
        "textHash": content_hash(fact.text),
        "kind": str(memory.kind),
        "title": memory.title,
        "tags": memory.tags,
        "source": memory.source,
        "provenance": str(memory.provenance),
        "expiredBy": memory.expired_by,
        "expiredAt": fact.invalid_at and fact.invalid_at.astimezone(UTC),
    }


def _evidence_parameters(row: FactRow, evidence: Evidence) -> dict[str, object]:
    return {
        "contentHash": row.content_hash,
        "rawDataId": evidence.raw_data_id,
        "quote": evidence.quote,
        "start": evidence.start,
        "end": evidence.end,
        "restated": row.restated,
        "joint": len(row.fact.evidence) > 1,
    }
