"""Extract typed facts from a submitted conversation, by the language model or, without one, by the rules."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from app.domain.boundary import token_estimate
from app.domain.concurrency import siblings
from app.domain.hidden_characters import visible
from app.domain.idempotency import Idempotency
from app.domain.ids import digest, new_uuid
from app.domain.knowledge import CATEGORY_OF_KIND, Fact, FactKind, RawData, RawDataType, Role, TypedFact
from app.domain.scope import MemoryScope
from app.domain.secrets import redact
from app.domain.typed_facts import CONVERSATION, CONVERSATION_TAG, Support, TypedFactRow, title_of
from app.extraction.facts import undated, window_facts
from app.extraction.instructions import gives_orders
from app.extraction.kinds import kind_of
from app.extraction.portions import MAX_TOKENS
from app.extraction.window_answer import read_window_answer
from app.graph import operations, typed_facts
from app.graph.database import Database
from app.models.local.extractor import NAME as LOCAL_EXTRACTOR
from app.models.ports import Embedder
from app.prompts.extract_memories import EXTRACT_MEMORIES
from app.prompts.extract_window import render
from app.services.extraction.embed_texts import embed_texts
from app.services.extraction.fact_rows import embedded_text, fact_row, unique_facts
from app.services.extraction.reconcile_facts import reconcile_facts
from app.services.memanto.choose_model import ChooseModel, RequestsModel
from app.services.memanto.stated_facts import SOURCE_CLIENT
from app.services.memanto.submit_changes import SubmitChanges, SubmittedFacts

_USERS, _ASSISTANTS = {"user", "human", "customer"}, {"assistant", "ai", "bot", "model", "agent"}
# Messages with these roles are skipped.
_MACHINERY = {"system", "developer", "tool", "function"}


class ConversationTurn(Struct, frozen=True, kw_only=True):
    """`role`: any name; synonyms of user and assistant are recognized."""

    role: str
    content: str


class KnownFactMatch(Struct, frozen=True, kw_only=True):
    """A candidate that duplicates the stored fact `id`."""

    fact: Fact
    id: int


class ExtractedTypedFacts(Struct, frozen=True, kw_only=True):
    """`candidates`: new facts; `known`: duplicates of stored facts; `dropped`: reason → number of facts not kept;
    `message_index`: raw data id → index of its message in the conversation; `submitted`: None if nothing was stored.
    """

    candidates: list[Fact]
    known: list[KnownFactMatch]
    dropped: dict[str, int]
    message_index: dict[str, int]
    submitted: SubmittedFacts | None = None


class ExtractTypedFacts:
    def __init__(
        self, db: Database, embedder: Embedder, choose_model: ChooseModel, submit_changes: SubmitChanges
    ) -> None:
        self._db = db
        self._embedder = embedder
        self._choose_model = choose_model
        self._submit_changes = submit_changes

    async def __call__(
        self,
        scope: MemoryScope,
        turns: Sequence[ConversationTurn],
        *,
        max_facts: int,
        model_name: str | None,
        store: bool,
        idempotency: Idempotency | None = None,
    ) -> ExtractedTypedFacts:
        """Return at most `max_facts` new facts, those with the highest confidence. A repeated request returns what the
        first one stored. Raises ModelFailed, InvalidInput, Conflict.
        """
        if store and idempotency is not None:
            known = await operations.find_by_key(self._db, scope.memory_id, idempotency.key)
            if known is not None:
                return await self._made_before(scope, known.id_for(idempotency.request_hash))
        numbered = _messages(turns, datetime.now(UTC))
        messages = list(numbered.values())
        dropped: Counter[str] = Counter()
        if self._choose_model.is_there or model_name:
            model = self._choose_model(model_name)
            extractor = f"{model.name} {EXTRACT_MEMORIES.label}"
            facts = await self._by_model(model, messages, dropped, extractor=extractor)
        else:
            extractor = LOCAL_EXTRACTOR
            facts = await asyncio.to_thread(_by_rules, messages)
        candidates, known = await self._compared(scope, unique_facts(facts), messages)
        if len(candidates) > max_facts:
            dropped["over the limit"] = len(candidates) - max_facts
            surest = sorted(range(len(candidates)), key=lambda i: (-candidates[i].confidence, i))[:max_facts]
            candidates = [candidates[i] for i in sorted(surest)]
        found = ExtractedTypedFacts(
            candidates=candidates,
            known=known,
            dropped=dict(dropped),
            message_index={m.id: n for n, m in numbered.items()},
        )
        if not store or not (candidates or known):
            return found
        stored = await self._submit_changes.facts(
            scope,
            candidates,
            messages,
            extractor=extractor,
            more=[Support(id=k.id, fact=k.fact) for k in known],
            idempotency=idempotency,
        )
        return replace(found, submitted=stored)

    async def _made_before(self, scope: MemoryScope, operation_id: str) -> ExtractedTypedFacts:
        operation = await self._submit_changes.ended(operation_id)
        ids = operation.result.fact_ids if operation.result else []
        rows = [r for r in await typed_facts.read(self._db, scope.memory_id, ids) if CONVERSATION_TAG in r.tags]
        facts = [_as_fact(row) for row in rows]
        stored = SubmittedFacts(facts=facts, ids=[row.id for row in rows])
        return ExtractedTypedFacts(candidates=facts, known=[], dropped={}, message_index={}, submitted=stored)

    async def _by_model(
        self, model: RequestsModel, messages: Sequence[RawData], dropped: Counter[str], *, extractor: str
    ) -> list[Fact]:
        """Read all parts of a long conversation concurrently."""

        async def read(part: Sequence[RawData]) -> list[Fact]:
            answer, _ = await model.ask(EXTRACT_MEMORIES, render(part, before=None, known=[]))
            extraction = await asyncio.to_thread(read_window_answer, answer, part, [], extractor=extractor)
            dropped.update(extraction.dropped)
            return extraction.facts

        async with siblings() as group:
            parts = [group.create_task(read(part)) for part in _parts(messages)]
        return [_clean(undated(fact)) for part in parts for fact in part.result()]

    async def _compared(
        self, scope: MemoryScope, facts: Sequence[Fact], messages: Sequence[RawData]
    ) -> tuple[list[Fact], list[KnownFactMatch]]:
        """Split candidates into new ones and ones that are stored already, in these or other words."""
        if not facts:
            return [], []
        memory_id = scope.memory_id
        vectors = await embed_texts(self._embedder, [embedded_text(fact) for fact in facts])
        rows = [fact_row(memory_id, fact, vector, "") for fact, vector in zip(facts, vectors, strict=True)]
        there = {row.id for row in await typed_facts.read(self._db, memory_id, [row.id for row in rows])}
        # Drop the typed part, so that reconcile_facts may report a paraphrase as a duplicate.
        plain = [replace(row, fact=replace(row.fact, typed=None)) for row in rows]
        speakers = {message.id: message.speaker for message in messages}
        reconciled = await reconcile_facts(self._db, memory_id, plain, speakers)
        new: list[Fact] = []
        known: list[KnownFactMatch] = []
        ids = {row.id for row in rows}
        for fact, row, found in zip(facts, rows, reconciled.rows, strict=True):
            if found.restated and found.id in ids - {row.id}:
                continue  # duplicates another candidate
            if found.restated or row.id in there:
                known.append(KnownFactMatch(fact=fact, id=found.id if found.restated else row.id))
            else:
                new.append(fact)
        return new, known


def _messages(turns: Sequence[ConversationTurn], now: datetime) -> dict[int, RawData]:
    """The conversation as raw data by message index, with secrets redacted; messages have no time, so it is `now`."""
    found: dict[int, RawData] = {}
    for number, turn in enumerate(turns):
        role = turn.role.strip().casefold()
        if role in _MACHINERY:
            continue
        id_ = new_uuid()
        known = role in _USERS | _ASSISTANTS
        found[number] = RawData(
            id=id_,
            content_id=digest("turn", id_),
            type=RawDataType.CONVERSATION,
            text=redact(turn.content),
            occurred_at=now,
            role=Role.ASSISTANT if role in _ASSISTANTS else Role.USER,
            user_name=None if known else visible(redact(turn.role.strip())),
            source_client=SOURCE_CLIENT,
        )
    return found


def _parts(messages: Sequence[RawData]) -> Iterator[list[RawData]]:
    """Group consecutive messages into prompts of at most MAX_TOKENS; a longer message gets its own prompt."""
    part: list[RawData] = []
    used = 0
    for message in messages:
        tokens = token_estimate(message.text)
        if part and used + tokens > MAX_TOKENS:
            yield part
            part, used = [], 0
        part.append(message)
        used += tokens
    if part:
        yield part


def _by_rules(messages: Sequence[RawData]) -> list[Fact]:
    """Extract by rules. Drops facts from assistant messages and from messages that give orders (prompt injection)."""
    asked = {message.id for message in messages if message.role is Role.ASSISTANT}
    orders = {message.id for message in messages if gives_orders(message.text)}
    facts = [undated(fact) for fact in window_facts(messages, None)]
    return [_clean(fact) for fact in facts if not {e.raw_data_id for e in fact.evidence} & (asked | orders)]


def _clean(fact: Fact) -> Fact:
    """Add kind, title, tags and source, and redact secrets again: a model may have assembled one."""
    memory = fact.typed
    text = redact(fact.text)
    kind = memory.kind if memory else kind_of(text)
    return replace(
        fact,
        text=text,
        typed=TypedFact(
            kind=kind,
            title=redact(memory.title) if memory else title_of(text),
            tags=[CONVERSATION_TAG],
            source=CONVERSATION,
        ),
    )


def _as_fact(row: TypedFactRow) -> Fact:
    """Convert a stored fact back to a candidate."""
    kind = FactKind(row.kind)
    return Fact(
        text=row.content,
        category=CATEGORY_OF_KIND[kind],
        evidence=[],
        mentions=[],
        observed_at=row.created_at,
        confidence=row.confidence or 0.0,
        typed=TypedFact(kind=kind, title=row.shown_title, tags=row.tags, source=row.source or CONVERSATION),
    )
