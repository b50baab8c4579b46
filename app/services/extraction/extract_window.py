"""One window: read it, extract, embed, save all of it in one transaction."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from app.domain.errors import LeaseLost, ModelRefused
from app.domain.ids import content_hash, fact_id, memory_hash
from app.domain.knowledge import EntityType, Extraction, Fact
from app.domain.names import entity_key, preferred_type
from app.domain.operations import FailureClass, OperationError
from app.extraction.instructions import gives_orders
from app.graph import knowledge, model_answers, operations, raw_data
from app.graph.database import Database, Step
from app.graph.knowledge import CauseRow, EntityRow, FactRow
from app.graph.raw_data import RawDataState, WindowMessage
from app.models.ports import ContextMessage, Embedder, Extractor, Window
from app.prompts.extract_window import KnownEntity
from app.prompts.settle import SETTLE, render
from app.services.extraction.apply_verdicts import Settled, with_verdicts
from app.services.extraction.ask_model import AskModel
from app.services.extraction.embed_texts import embed_texts
from app.services.extraction.known_entities import known_entities
from app.services.extraction.reconcile_facts import Reconciliation, reconcile_facts
from app.services.extraction.resolve_entities import ResolvedNames, resolve_entities
from app.services.extraction.similar_entities import similar_pairs
from app.services.operations.failures import failure_of
from app.services.operations.fenced import write_fenced


class ExtractWindow:
    """Idempotent: raw data that are extracted already are left out, and everything saved is keyed by its content.

    A window that can't be extracted is halved until what remains is a single message: only that one ends as failed.
    """

    def __init__(
        self, db: Database, embedder: Embedder, extractor: Extractor, ask_model: AskModel | None = None
    ) -> None:
        self._db = db
        self._embedder = embedder
        self._extractor = extractor
        self._ask_model = ask_model

    async def __call__(
        self, memory_id: str, ids: Sequence[str], *, operation_id: str, fence: Step, last_try: bool = False
    ) -> None:
        """What a model refuses is divided at once; what else fails, only on the last try, since it may pass."""
        messages = await raw_data.window(self._db, memory_id, ids)
        if not messages:
            return
        try:
            await self._attempt(memory_id, messages, operation_id, fence)
        except Exception as error:
            failure = failure_of(error)
            if isinstance(error, LeaseLost) or not (failure.failure_class is FailureClass.MODEL or last_try):
                raise
            if failure.failure_class is FailureClass.TRANSPORT:
                raise
            if len(messages) == 1:
                await self._alone(memory_id, messages[0], failure, operation_id, fence)
                return
            middle = len(messages) // 2
            for part in (messages[:middle], messages[middle:]):
                part_ids = [m.raw.id for m in part]
                await self(memory_id, part_ids, operation_id=operation_id, fence=fence, last_try=last_try)

    async def _attempt(self, memory_id: str, messages: Sequence[WindowMessage], operation_id: str, fence: Step) -> None:
        extraction = await self._read(memory_id, messages, operation_id, fence)
        if any(message.withheld for message in messages):
            extraction = _without_forgotten(extraction, messages)
        await self.save(memory_id, messages, extraction, operation_id, fence)

    async def _alone(
        self, memory_id: str, message: WindowMessage, failure: OperationError, operation_id: str, fence: Step
    ) -> None:
        """Without what was said before it, which may be what the model refuses; then it has failed."""
        if message.earlier_text and failure.failure_class is FailureClass.MODEL:
            try:
                await self._attempt(memory_id, [replace(message, earlier_text=None)], operation_id, fence)
            except ModelRefused as second:
                failure = failure_of(second)
            else:
                return
        await self._give_up(memory_id, message, failure, operation_id, fence)

    async def _read(
        self, memory_id: str, messages: Sequence[WindowMessage], operation_id: str, fence: Step
    ) -> Extraction:
        if self._ask_model is None:
            return await self._extractor.extract(_window(messages), None)
        known = await known_entities(self._db, memory_id, [m.raw for m in messages])
        model = self._ask_model.on_behalf_of(memory_id, operation_id, fence)
        return await self._extractor.extract(_window(messages, known), model)

    async def save(
        self,
        memory_id: str,
        messages: Sequence[WindowMessage],
        extraction: Extraction,
        operation_id: str,
        fence: Step,
    ) -> None:
        """Everything of an extraction that was read from these messages, in one transaction."""
        entities = _entities(extraction)
        stored, new = await known_and_new(self._db, memory_id, entities)
        facts = unique_facts(extraction.facts)
        vectors = await embed_texts(self._embedder, [*(embedded_text(f) for f in facts), *(e.name for e in new)])
        fact_vectors, entity_vectors = vectors[: len(facts)], vectors[len(facts) :]
        new = [replace(entity, embedding=vector) for entity, vector in zip(new, entity_vectors, strict=True)]
        similar = await similar_pairs(self._db, memory_id, new)
        rows = [
            fact_row(memory_id, fact, vector, extraction.extractor)
            for fact, vector in zip(facts, fact_vectors, strict=True)
        ]
        names = await resolve_entities(self._db, memory_id, new, similar, people=_people(messages, entities))
        found = await reconcile_facts(self._db, memory_id, rows, {m.raw.id: m.raw.speaker for m in messages})
        settled = await self._settle(memory_id, messages, names, found, operation_id, fence)
        identity = {row.content_hash: kept.content_hash for row, kept in zip(rows, settled.rows, strict=True)}
        steps = [
            knowledge.save_entities(memory_id, [*stored, *new]),
            *knowledge.save_facts(memory_id, settled.rows),
            knowledge.save_causes(memory_id, _causes(extraction, identity)),
            knowledge.supersede(memory_id, settled.superseded),
            knowledge.save_similar(memory_id, similar),
            knowledge.save_same(memory_id, settled.same),
            raw_data.mark(
                memory_id,
                [m.raw.id for m in messages],
                RawDataState.EXTRACTED,
                extractor=extraction.extractor,
                caption=extraction.caption,
            ),
            operations.progress(memory_id, operation_id, done=len(messages), dropped=extraction.dropped),
            *([model_answers.drop(memory_id, operation_id)] if self._ask_model else []),
        ]
        await write_fenced(self._db, fence, *(step for step in steps if step.parameters.get("rows", True)))

    async def _settle(
        self,
        memory_id: str,
        messages: Sequence[WindowMessage],
        names: ResolvedNames,
        found: Reconciliation,
        operation_id: str,
        fence: Step,
    ) -> Settled:
        """With a model's verdicts on what the rules left open; without them, what is open stays apart."""
        settled = Settled(same=names.same, rows=found.rows, superseded=found.superseded)
        if self._ask_model is None or not (names.open or found.open):
            return settled
        said = [m.raw.text for m in messages if not gives_orders(m.raw.text)]
        content = render(
            [o.question for o in names.open],
            [o.question for o in found.open],
            said=said,
        )
        try:
            model = self._ask_model.on_behalf_of(memory_id, operation_id, fence)
            answer = (await model.ask(SETTLE, content)).answer
        except ModelRefused:
            return settled
        return with_verdicts(settled, answer, names, found)

    async def _give_up(
        self, memory_id: str, message: WindowMessage, failure: OperationError, operation_id: str, fence: Step
    ) -> None:
        await write_fenced(
            self._db,
            fence,
            raw_data.mark(
                memory_id, [message.raw.id], RawDataState.FAILED, extractor=self._extractor.name, failure=failure
            ),
            operations.progress(memory_id, operation_id, done=1),
            *([model_answers.drop(memory_id, operation_id)] if self._ask_model else []),
        )


def _window(messages: Sequence[WindowMessage], known: Sequence[KnownEntity] = ()) -> Window:
    first = messages[0]
    before = ContextMessage(text=first.earlier_text, speaker=first.earlier_speaker) if first.earlier_text else None
    return Window(messages=[m.raw for m in messages], before=before, known=list(known))


def _without_forgotten(extraction: Extraction, messages: Sequence[WindowMessage]) -> Extraction:
    """Without the facts that were forgotten while their messages stayed, and the causal links of the window."""
    withheld = {hash_ for message in messages for hash_ in message.withheld}
    facts = [f for f in extraction.facts if withheld.isdisjoint((identity_of(f), content_hash(f.text)))]
    return extraction if len(facts) == len(extraction.facts) else replace(extraction, facts=facts, causes=[])


def entities_of(facts: Sequence[Fact]) -> dict[str, EntityRow]:
    """One row a key, in the order of first mention; the more telling type wins."""
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
    """Those that the memory has, and those that it hasn't, which want a vector."""
    known = await knowledge.known_entity_keys(db, memory_id, list(entities))
    return [e for e in entities.values() if e.key in known], [e for e in entities.values() if e.key not in known]


def _entities(extraction: Extraction) -> dict[str, EntityRow]:
    rows = entities_of(extraction.facts)
    for entity in extraction.entities:
        if (row := rows.get(entity_key(entity.name))) is not None and entity.aliases:
            rows[row.key] = replace(row, aliases=[*row.aliases, *entity.aliases])
    return rows


def _people(messages: Sequence[WindowMessage], entities: Mapping[str, EntityRow]) -> set[str]:
    """Keys of who takes part in the window or is named there."""
    speakers = {entity_key(m.raw.user_name) for m in messages if m.raw.user_name}
    return speakers | {e.key for e in entities.values() if e.entity_type == EntityType.PERSON}


def _causes(extraction: Extraction, identity: Mapping[str, str]) -> list[CauseRow]:
    """`identity`: content hash of a fact as it was read → of the fact that it is saved as."""
    hashes = [identity[identity_of(fact)] for fact in extraction.facts]
    return [
        CauseRow(cause=hashes[c.cause], effect=hashes[c.effect], relation=str(c.relation), strength=c.strength)
        for c in extraction.causes
        if hashes[c.cause] != hashes[c.effect]
    ]


def identity_of(fact: Fact) -> str:
    """The content hash that a fact is stored under."""
    return memory_hash(fact.remembered.kind, fact.text) if fact.remembered else content_hash(fact.text)


def embedded_text(fact: Fact) -> str:
    """What a fact's vector stands for: a memory's title says something, too, unless it is only how the memory begins."""
    memory = fact.remembered
    if memory is None:
        return fact.text
    title = memory.title.removesuffix("...").rstrip()
    text = fact.text if fact.text.startswith(title) else f"{title}. {fact.text}"
    return f"{text} ({', '.join(memory.tags)})" if memory.tags else text


def unique_facts(facts: Sequence[Fact]) -> list[Fact]:
    """One fact a content hash, with the evidence of all of them."""
    merged: dict[str, Fact] = {}
    for fact in facts:
        key = identity_of(fact)
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
