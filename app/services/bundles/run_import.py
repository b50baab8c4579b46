"""Import the stored chunks of a bundle into the graph, in the worker."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

import msgspec

from app.domain.bundle import (
    BundleLine,
    EntityLine,
    FactLine,
    InsightLine,
    LineKind,
    RawDataLine,
    is_name,
    utc,
)
from app.domain.bundle_edges import SAME_AS, EdgeKind, LinkEdge, NextEdge, PointEdge
from app.domain.ids import digest, insight_id
from app.domain.knowledge import EntityType, Evidence, Fact, Granularity, RawData, RawDataType, TimeSpan
from app.domain.names import entity_key
from app.domain.operations import OperationResult
from app.domain.slots import slot_of
from app.graph import imports, knowledge, operations
from app.graph.database import Database, Step
from app.graph.imports import Chunk, ImportStart, KnownRawData, Target
from app.graph.knowledge import EntityRow, FactRow, Imported, SameEntities
from app.graph.lucene import character_pairs
from app.graph.operations import Outcome
from app.graph.raw_data import search_text
from app.models.ports import Embedder
from app.services.extraction.embed_texts import embed_texts
from app.services.extraction.fact_rows import fact_row
from app.services.extraction.similar_entities import similar_pairs
from app.services.operations.signals import Signals
from app.services.operations.turn import Turn

_SOURCE = "import"
_PREFETCHED = 4

Vector: TypeAlias = list[float] | None


class RunImport:
    """Idempotent per chunk: one transaction deletes the chunk and saves its elements."""

    def __init__(self, db: Database, embedder: Embedder, signals: Signals) -> None:
        self._db = db
        self._embedder = embedder
        self._signals = signals

    async def __call__(self, turn: Turn, *, end: float) -> None:
        """Import chunks until all are done or the monotonic clock reaches `end`."""
        memory_id, operation_id = turn.memory_id, turn.operation_id
        (row,) = await turn.write(imports.begin(memory_id, operation_id))
        start = imports.start_of(row)
        while chunks := await imports.next_chunks(self._db, memory_id, operation_id, limit=_PREFETCHED):
            for chunk in chunks:
                done, steps = await self._steps(memory_id, operation_id, chunk, start)
                drop = imports.drop_chunk(memory_id, operation_id, chunk.number, done=done)
                await turn.write(drop, *steps)
                if time.monotonic() > end:
                    return  # still running: the next turn continues with the next chunk
        await self._finish(turn, start.result)

    async def _finish(self, turn: Turn, result: OperationResult) -> None:
        if result.imported is not None:
            ids = await imports.extractions(self._db, turn.memory_id, turn.operation_id)
            result = msgspec.structs.replace(result, imported=msgspec.structs.replace(result.imported, extractions=ids))
        outcome = Outcome(operation_id=turn.operation_id, result=result)
        await turn.write(operations.finish(turn.memory_id, [outcome]))
        self._signals.finished(turn.operation_id)

    async def _steps(
        self, memory_id: str, operation_id: str, chunk: Chunk, start: ImportStart
    ) -> tuple[int, list[Step]]:
        """Return the number of elements in a chunk and the steps that store them."""
        lines = [line for line in chunk.lines.split("\n") if line]
        match chunk.kind:
            case LineKind.RAW_DATA:
                parsed = [msgspec.json.decode(line, type=RawDataLine) for line in lines]
                steps = await self._raw_data(memory_id, operation_id, parsed, start)
            case LineKind.ENTITY:
                entities = [msgspec.json.decode(line, type=EntityLine) for line in lines]
                steps = await self._entities(memory_id, operation_id, entities)
            case LineKind.FACT:
                facts = [msgspec.json.decode(line, type=FactLine) for line in lines]
                steps = await self._facts(memory_id, operation_id, facts, start.created_at)
            case LineKind.INSIGHT:
                insights = [msgspec.json.decode(line, type=InsightLine) for line in lines]
                steps = await self._insights(memory_id, operation_id, insights)
            case EdgeKind.NEXT:
                steps = [imports.save_next(memory_id, [msgspec.json.decode(line, type=NextEdge) for line in lines])]
            case EdgeKind.LINK:
                steps = await self._links(memory_id, [msgspec.json.decode(line, type=LinkEdge) for line in lines])
            case imports.EXTRACT:
                ids = [msgspec.json.decode(line, type=str) for line in lines]
                steps = [imports.queue_extraction(memory_id, operation_id, ids)]
            case _:
                steps = await self._points(memory_id, [msgspec.json.decode(line, type=PointEdge) for line in lines])
        return len(lines), steps

    async def _raw_data(
        self, memory_id: str, operation_id: str, lines: Sequence[RawDataLine], start: ImportStart
    ) -> list[Step]:
        raws = [_raw(line, default_time=start.created_at) for line in lines]
        texts = [search_text(raw.speaker, raw.title, raw.text) for raw in raws]
        vectors = await self._vectors(texts, lines)
        first = {raw.content_id: raw.id for raw in reversed(raws)}
        rows = [
            {
                "id": raw.id,
                "contentId": raw.content_id if first[raw.content_id] == raw.id else _own_content_id(raw),
                "ownContentId": _own_content_id(raw),
                "searchText": text,
                "characterPairs": character_pairs(text),
                "sequence": start.first_sequence + (line.sequence or 0),
                "createdAt": utc(line.created_at),
                "properties": operations.raw_data_properties(raw),
                "embedding": vector,
                "previous": line.previous or None,
            }
            for line, raw, text, vector in zip(lines, raws, texts, vectors, strict=True)
        ]
        messages = [raw.id for raw in raws if raw.type is RawDataType.CONVERSATION]
        last = messages[-1] if messages else None
        return [imports.save_raw_data(memory_id, operation_id, rows, last_message_id=last)]

    async def _entities(self, memory_id: str, operation_id: str, lines: Sequence[EntityLine]) -> list[Step]:
        rows: dict[str, EntityRow] = {}
        for line in lines:
            key = entity_key(line.name)
            rows.setdefault(
                key,
                EntityRow(
                    key=key,
                    name=line.name,
                    entity_type=str(line.entity_type),
                    aliases=list(line.aliases),
                    embedding=line.embedding,
                    imported=Imported(import_id=operation_id, created_at=utc(line.created_at)),
                ),
            )
        return await self._save_entities(memory_id, list(rows.values()))

    async def _save_entities(self, memory_id: str, rows: Sequence[EntityRow]) -> list[Step]:
        """Create new entities with edges to similarly named ones; add aliases to entities that exist."""
        known = await knowledge.known_entity_keys(self._db, memory_id, [row.key for row in rows])
        new = [row for row in rows if row.key not in known]
        vectors = await self._vectors([row.name for row in new], new)
        embedded = [msgspec.structs.replace(row, embedding=vector) for row, vector in zip(new, vectors, strict=True)]
        similar = await similar_pairs(self._db, memory_id, embedded)
        steps = [
            *knowledge.save_entities(memory_id, [*(row for row in rows if row.key in known), *embedded]),
            knowledge.save_similar(memory_id, similar),
        ]
        return [step for step in steps if step.parameters["rows"]]

    async def _facts(
        self, memory_id: str, operation_id: str, lines: Sequence[FactLine], default_time: datetime
    ) -> list[Step]:
        sources = await self._sources(memory_id, lines)
        lines = [line for line in lines if all(evidence.id in sources for evidence in line.raw_data)]
        vectors = await self._vectors([line.text for line in lines], lines)
        rows: dict[str, FactRow] = {}
        merged: list[FactRow] = []
        for line, vector in zip(lines, vectors, strict=True):
            row = _fact_row(memory_id, operation_id, line, vector, sources=sources, default_time=default_time)
            if row.content_hash in rows:
                merged.append(row)
            rows.setdefault(row.content_hash, row)
        names = {
            entity_key(name): name
            for line in reversed(lines)
            for name, _, _ in reversed(line.mentions)
            if is_name(name)
        }
        entities = [
            EntityRow(
                key=key,
                name=name,
                entity_type=str(EntityType.OTHER),
                imported=Imported(import_id=operation_id),
            )
            for key, name in names.items()
        ]
        steps = await self._save_entities(memory_id, entities) if entities else []
        for batch in (list(rows.values()), merged):
            # Save a fact's repetition within the chunk in a second step, which adds its evidence to the first.
            steps += knowledge.save_facts_apart(memory_id, batch)
            steps += knowledge.relate(memory_id, hashes=[row.content_hash for row in batch])
        return [step for step in steps if step.parameters["rows"]]

    async def _sources(self, memory_id: str, lines: Sequence[FactLine]) -> dict[str, KnownRawData]:
        """The raw data that facts cite."""
        ids = sorted({evidence.id for line in lines for evidence in line.raw_data})
        return await imports.known_raw_data(self._db, memory_id, ids) if ids else {}

    async def _links(self, memory_id: str, edges: Sequence[LinkEdge]) -> list[Step]:
        same = [
            SameEntities(key=entity_key(edge.source), same_key=entity_key(edge.target), reason="import", score=1.0)
            for edge in edges
            if edge.type == SAME_AS
        ]
        links = [edge for edge in edges if edge.type != SAME_AS]
        targets = await imports.targets(
            self._db, memory_id, [id_ for edge in links for id_ in (edge.source, edge.target)]
        )
        rows = [
            {"type": edge.type, "from": source.fact_id, "to": target.fact_id, "strength": edge.strength}
            for edge in links
            if (source := targets.get(edge.source)) and (target := targets.get(edge.target))
        ]
        return [
            *([imports.save_links(memory_id, rows)] if rows else []),
            *([knowledge.save_same(memory_id, same)] if same else []),
        ]

    async def _insights(self, memory_id: str, operation_id: str, lines: Sequence[InsightLine]) -> list[Step]:
        vectors = await self._vectors([line.text for line in lines], lines)
        known = await imports.targets(self._db, memory_id, [line.id for line in lines])
        rows = [
            {
                "id": _insight_id(memory_id, line.id, known),
                "externalId": line.id,
                "tier": line.tier,
                "name": line.name,
                "text": line.text,
                "entityKey": line.entity and entity_key(line.entity),
                "version": line.version,
                "createdAt": utc(line.created_at),
                "embedding": vector,
            }
            for line, vector in zip(lines, vectors, strict=True)
        ]
        return [imports.save_insights(memory_id, operation_id, rows)] if rows else []

    async def _points(self, memory_id: str, edges: Sequence[PointEdge]) -> list[Step]:
        """Link insights to their sources; sources that are not stored are skipped."""
        targets = await imports.targets(
            self._db, memory_id, [id_ for edge in edges for id_ in (edge.id, *edge.derived_from)]
        )
        rows = [
            {
                "id": _insight_id(memory_id, edge.id, targets),
                "points": [
                    {"point": point, "factId": targets[id_].fact_id, "insightId": targets[id_].insight_id}
                    for point, id_ in enumerate(edge.derived_from)
                    if id_ in targets
                ],
            }
            for edge in edges
        ]
        return [imports.save_points(memory_id, rows)]

    async def _vectors(self, texts: Sequence[str], given: Sequence[BundleLine | EntityRow]) -> list[Vector]:
        """Vectors from the bundle, else from the embedding model; None for a text that the model refuses."""
        missing = [index for index, line in enumerate(given) if line.embedding is None]
        made = await embed_texts(self._embedder, [texts[index] for index in missing])
        vectors: list[Vector] = [line.embedding for line in given]
        for index, vector in zip(missing, made, strict=True):
            vectors[index] = vector
        return vectors


def _raw(line: RawDataLine, *, default_time: datetime) -> RawData:
    return RawData(
        id=line.id,
        content_id=line.content_id or digest("imported", line.id, line.text),
        type=line.type,
        text=line.text,
        occurred_at=line.occurred_at or default_time,
        role=line.role,
        user_name=line.user_name,
        title=line.title,
        caption=line.caption,
        window_caption=line.window_caption,
        ended_at=line.ended_at,
        source_client=line.source_client or _SOURCE,
        metadata=line.metadata,
        media=line.media,
    )


def _insight_id(memory_id: str, external_id: str, known: dict[str, Target]) -> int:
    """Return the id of the stored insight with this bundle id, else a new id derived from it."""
    target = known.get(external_id)
    found = target.insight_id if target else None
    return found if found is not None else insight_id(memory_id, f"\x1fbundle\x1f{external_id}")


def _own_content_id(raw: RawData) -> str:
    """Content id for raw data that share theirs with other raw data, so that both stay separate."""
    return digest("imported", raw.content_id, raw.id)


def _fact_row(
    memory_id: str,
    operation_id: str,
    line: FactLine,
    vector: Vector,
    *,
    sources: dict[str, KnownRawData],
    default_time: datetime,
) -> FactRow:
    mentions: dict[str, tuple[str, str, float]] = {}
    for name, role, confidence in line.mentions:
        if not is_name(name):
            continue
        key = entity_key(name)
        mentions.setdefault(key, (key, role, confidence))
    row = fact_row(memory_id, _fact(line, sources, default_time), vector, line.extractor or _SOURCE)
    return msgspec.structs.replace(
        row,
        mentions=list(mentions.values()),
        imported=Imported(
            import_id=operation_id,
            created_at=utc(line.created_at),
            external_id=line.id,
            first_observed_at=utc(line.first_observed_at),
        ),
    )


def _fact(line: FactLine, sources: dict[str, KnownRawData], default_time: datetime) -> Fact:
    """Build the fact. Without `observed_at`, use the time of its latest source."""
    told_at = max((sources[e.id].occurred_at for e in line.raw_data), default=default_time)
    return Fact(
        text=line.text,
        category=line.category,
        evidence=[_evidence(e.id, e.quote, e.start, e.end, sources[e.id].text) for e in line.raw_data],
        mentions=[],
        observed_at=line.observed_at or told_at,
        type=line.type,
        subject=line.subject,
        predicate=line.predicate,
        object=line.object,
        time=_time(line),
        confidence=line.confidence,
        valid_at=line.valid_at,
        invalid_at=line.invalid_at,
        metadata=line.metadata,
        typed=line.memory,
        search_text=line.search_text,
        slot=line.slot or _slot(line),
        value=line.value,
    )


def _slot(line: FactLine) -> str | None:
    """Return the slot that a bare predicate of another system's bundle names."""
    slot = slot_of(line.predicate) if line.subject and line.object else None
    return f"{entity_key(line.subject or '')}|{slot}" if slot else None


def _evidence(raw_data_id: str, quote: str | None, start: int | None, end: int | None, text: str) -> Evidence:
    """Locate the quote; without one, or if it isn't found, the whole text is the evidence."""
    if start is not None and end is not None:
        return Evidence(raw_data_id=raw_data_id, quote=quote, start=start, end=end)
    at = text.find(quote) if quote else -1
    if quote and at >= 0:
        return Evidence(raw_data_id=raw_data_id, quote=quote, start=at, end=at + len(quote))
    return Evidence(raw_data_id=raw_data_id, quote=quote, start=0, end=len(text))


def _time(line: FactLine) -> TimeSpan | None:
    start = line.occurred_start or line.occurred_at
    if start is None:
        return None
    end = line.occurred_end or start
    implied = Granularity.POINT if line.occurred_at else Granularity.RANGE
    return TimeSpan(expression="", start=start, end=end, granularity=line.granularity or implied)
