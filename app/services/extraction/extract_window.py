"""One window: read it, extract, embed, save all of it in one transaction."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from app.domain.errors import LeaseLost, ModelRefused
from app.domain.ids import content_hash
from app.domain.knowledge import EntityType, Extraction, Fact
from app.domain.names import entity_key
from app.domain.operations import FailureClass, OperationError
from app.extraction.instructions import gives_orders
from app.graph import knowledge, model_answers, operations, raw_data
from app.graph.database import Database
from app.graph.knowledge import CauseRow, EntityRow
from app.graph.raw_data import RawDataState, WindowMessage
from app.models.ports import ContextMessage, Embedder, Extractor, Window
from app.observability.stages import STAGE_FAILURES
from app.prompts.extract_window import KnownEntity
from app.prompts.verdicts import VERDICTS, render
from app.services.extraction.apply_verdicts import AppliedVerdicts, with_verdicts
from app.services.extraction.ask_model import AskModel
from app.services.extraction.embed_texts import embed_texts
from app.services.extraction.fact_rows import (
    embedded_text,
    entities_of,
    fact_row,
    identity_of,
    known_and_new,
    unique_facts,
)
from app.services.extraction.known_entities import known_entities
from app.services.extraction.reconcile_facts import Reconciliation, reconcile_facts
from app.services.extraction.resolve_entities import ResolvedNames, resolve_entities
from app.services.extraction.similar_entities import similar_pairs
from app.services.operations.failures import failure_of
from app.services.operations.turn import Turn


class WindowReading(Struct, frozen=True, kw_only=True):
    """A window's messages and the facts that they state, without repetition. `vectors`: of the facts, in their order; empty
    if they are not embedded yet.
    """

    messages: Sequence[WindowMessage]
    extraction: Extraction
    facts: list[Fact]
    vectors: list[list[float] | None] = []


class ExtractWindow:
    """Idempotent: skips raw data that are already extracted; everything saved is keyed by its content hash.

    A window that fails is split in half repeatedly, so that only the single failing message is marked as failed.
    """

    def __init__(
        self, db: Database, embedder: Embedder, extractor: Extractor, ask_model: AskModel | None = None
    ) -> None:
        self._db = db
        self._embedder = embedder
        self._extractor = extractor
        self._ask_model = ask_model

    @property
    def asks_model(self) -> bool:
        """Return True if a language model reads the windows: one call for each, and it is told which entities are known, so
        that none can be read before the last one is saved.
        """
        return self._ask_model is not None

    async def __call__(
        self,
        turn: Turn,
        ids: Sequence[str],
        *,
        last_try: bool = False,
        reading: Awaitable[WindowReading] | None = None,
        when_read: Callable[[], None] = lambda: None,
    ) -> None:
        """Extract a window. If the model refuses it, halve it at once; on other failures halve it on the last try only,
        since they may pass. `reading`: this window's `read_ahead`, if it has begun already; `when_read`: called before
        the window is saved.
        """
        try:
            found = await (reading or self._read(turn, ids))
            when_read()
            if found.messages:
                await self._save(turn, found)
        except Exception as error:
            failure = failure_of(error)
            if isinstance(error, LeaseLost) or not (failure.failure_class is FailureClass.MODEL or last_try):
                raise
            if failure.failure_class is FailureClass.TRANSPORT:
                raise
            messages = await raw_data.window(self._db, turn.memory_id, ids)
            if len(messages) == 1:
                await self._alone(turn, messages[0], failure)
                return
            middle = len(messages) // 2
            for part in (messages[:middle], messages[middle:]):
                part_ids = [m.raw.id for m in part]
                await self(turn, part_ids, last_try=last_try)

    async def read_ahead(self, turn: Turn, ids: Sequence[str]) -> WindowReading:
        """Extract what the messages of a window say that are not extracted yet, and embed it; save nothing."""
        reading = await self._read(turn, ids)
        vectors = await embed_texts(self._embedder, [embedded_text(fact) for fact in reading.facts])
        return replace(reading, vectors=vectors)

    async def _read(self, turn: Turn, ids: Sequence[str]) -> WindowReading:
        messages = await raw_data.window(self._db, turn.memory_id, ids)
        if not messages:
            return _reading([], Extraction(extractor=self._extractor.name, facts=[]))
        return await self._read_messages(turn, messages)

    async def _read_messages(self, turn: Turn, messages: Sequence[WindowMessage]) -> WindowReading:
        extraction = await self._extracted(turn, messages)
        if any(message.withheld for message in messages):
            extraction = _without_forgotten(extraction, messages)
        return _reading(messages, extraction)

    async def _alone(self, turn: Turn, message: WindowMessage, failure: OperationError) -> None:
        """Retry a refused message without the earlier message as context; if that fails too, mark it as failed."""
        if message.earlier_text and failure.failure_class is FailureClass.MODEL:
            try:
                await self._save(turn, await self._read_messages(turn, [replace(message, earlier_text=None)]))
            except ModelRefused as second:
                failure = failure_of(second)
            else:
                return
        await self._give_up(turn, message, failure)

    async def _extracted(self, turn: Turn, messages: Sequence[WindowMessage]) -> Extraction:
        if self._ask_model is None:
            return await self._extractor.extract(_window(messages), None)
        known = await known_entities(self._db, turn.memory_id, [m.raw for m in messages])
        model = self._ask_model.on_behalf_of(turn)
        return await self._extractor.extract(_window(messages, known), model)

    async def save(self, turn: Turn, messages: Sequence[WindowMessage], extraction: Extraction) -> None:
        """Save facts, entities and links of these messages and mark them as extracted, in one transaction."""
        await self._save(turn, _reading(messages, extraction))

    async def _save(self, turn: Turn, reading: WindowReading) -> None:
        memory_id, messages, extraction = turn.memory_id, reading.messages, reading.extraction
        entities = _entities(extraction)
        stored, new = await known_and_new(self._db, memory_id, entities)
        facts, ready = reading.facts, reading.vectors
        texts = [*(embedded_text(fact) for fact in facts[len(ready) :]), *(entity.name for entity in new)]
        vectors = [*ready, *await embed_texts(self._embedder, texts)]
        fact_vectors, entity_vectors = vectors[: len(facts)], vectors[len(facts) :]
        new = [replace(entity, embedding=vector) for entity, vector in zip(new, entity_vectors, strict=True)]
        similar = await similar_pairs(self._db, memory_id, new)
        rows = [
            fact_row(memory_id, fact, vector, extraction.extractor)
            for fact, vector in zip(facts, fact_vectors, strict=True)
        ]
        names = await resolve_entities(
            self._db, memory_id, new, similar, people=_people(messages, entities), introduced=_introduced(facts)
        )
        speakers = {m.raw.id: m.raw.speaker for m in messages}
        found = await reconcile_facts(self._db, memory_id, rows, speakers, confirm=self._ask_model is not None)
        applied = await self._apply_verdicts(turn, messages, names, found)
        identity = {row.content_hash: kept.content_hash for row, kept in zip(rows, applied.rows, strict=True)}
        steps = [
            *knowledge.save_entities(memory_id, [*stored, *new]),
            *knowledge.save_facts(memory_id, applied.rows),
            knowledge.save_causes(memory_id, _causes(extraction, identity)),
            knowledge.supersede(memory_id, applied.superseded),
            *knowledge.relate(
                memory_id, hashes=[row.content_hash for row in applied.rows] + [row.older for row in applied.superseded]
            ),
            knowledge.save_conflicts(
                memory_id, [(applied.rows[row].content_hash, older.content_hash) for row, older in found.conflicts]
            ),
            knowledge.save_similar(memory_id, similar),
            knowledge.save_same(memory_id, applied.same),
            raw_data.mark(
                memory_id,
                [m.raw.id for m in messages],
                RawDataState.EXTRACTED,
                extractor=extraction.extractor,
                caption=extraction.caption,
            ),
            operations.progress(memory_id, turn.operation_id, done=len(messages), dropped=extraction.dropped),
            *([model_answers.drop(turn.memory_id, turn.operation_id)] if self._ask_model else []),
        ]
        await turn.write(*(step for step in steps if step.parameters.get("rows", True)))

    async def _apply_verdicts(
        self, turn: Turn, messages: Sequence[WindowMessage], names: ResolvedNames, found: Reconciliation
    ) -> AppliedVerdicts:
        """Ask the model about pairs that the rules left undecided; without an answer, they stay separate."""
        applied = AppliedVerdicts(same=names.same, rows=found.rows, superseded=found.superseded)
        if self._ask_model is None or not (names.open or found.open):
            return applied
        said = [m.raw.text for m in messages if not gives_orders(m.raw.text)]
        content = render(
            [o.question for o in names.open],
            [o.question for o in found.open],
            said=said,
        )
        try:
            model = self._ask_model.on_behalf_of(turn)
            answer = (await model.ask(VERDICTS, content)).answer
        except ModelRefused as refusal:
            STAGE_FAILURES.ended("extraction/verdicts", refusal)
            return applied
        return with_verdicts(applied, answer, names, found)

    async def _give_up(self, turn: Turn, message: WindowMessage, failure: OperationError) -> None:
        await turn.write(
            raw_data.mark(
                turn.memory_id, [message.raw.id], RawDataState.FAILED, extractor=self._extractor.name, failure=failure
            ),
            operations.progress(turn.memory_id, turn.operation_id, done=1),
            *([model_answers.drop(turn.memory_id, turn.operation_id)] if self._ask_model else []),
        )


def _reading(messages: Sequence[WindowMessage], extraction: Extraction) -> WindowReading:
    return WindowReading(messages=messages, extraction=extraction, facts=unique_facts(extraction.facts))


def _window(messages: Sequence[WindowMessage], known: Sequence[KnownEntity] = ()) -> Window:
    first = messages[0]
    before = ContextMessage(text=first.earlier_text, speaker=first.earlier_speaker) if first.earlier_text else None
    return Window(messages=[m.raw for m in messages], before=before, known=list(known))


def _without_forgotten(extraction: Extraction, messages: Sequence[WindowMessage]) -> Extraction:
    """Remove facts that were forgotten although their messages stayed; if any, drop the window's causal links too."""
    withheld = {hash_ for message in messages for hash_ in message.withheld}
    facts = [f for f in extraction.facts if withheld.isdisjoint((identity_of(f), content_hash(f.text)))]
    return extraction if len(facts) == len(extraction.facts) else replace(extraction, facts=facts, causes=[])


def _entities(extraction: Extraction) -> dict[str, EntityRow]:
    rows = entities_of(extraction.facts)
    for entity in extraction.entities:
        if (row := rows.get(entity_key(entity.name))) is not None and entity.aliases:
            rows[row.key] = replace(row, aliases=[*row.aliases, *entity.aliases])
    return rows


def _people(messages: Sequence[WindowMessage], entities: Mapping[str, EntityRow]) -> set[str]:
    """Keys of the window's speakers and of the people it mentions."""
    speakers = {entity_key(m.raw.user_name) for m in messages if m.raw.user_name}
    return speakers | {e.key for e in entities.values() if e.entity_type == EntityType.PERSON}


def _introduced(facts: Sequence[Fact]) -> set[str]:
    return {entity_key(m.name) for fact in facts for m in fact.mentions if m.introduced}


def _causes(extraction: Extraction, identity: Mapping[str, str]) -> list[CauseRow]:
    """`identity`: content hash of an extracted fact → content hash that it is saved under."""
    hashes = [identity[identity_of(fact)] for fact in extraction.facts]
    return [
        CauseRow(cause=hashes[c.cause], effect=hashes[c.effect], relation=str(c.relation), strength=c.strength)
        for c in extraction.causes
        if hashes[c.cause] != hashes[c.effect]
    ]
