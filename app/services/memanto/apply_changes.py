"""The worker's part of memories that were handed over: adding, changing, ending them."""

from collections.abc import Sequence

from msgspec.structs import replace

from app.domain.knowledge import Attribution, Fact, MemoryKind
from app.domain.operations import OperationResult, QueuedOperation
from app.domain.typed_facts import (
    DEFAULT_CONFIDENCE,
    Add,
    Change,
    Edit,
    Expire,
    MemoryEdit,
    MemoryRow,
    NewMemory,
    Resolve,
    Restore,
    Support,
    title_of,
)
from app.graph import knowledge, operations, raw_data, typed_facts
from app.graph.database import Database, Step
from app.graph.knowledge import FactRow, fact_properties
from app.graph.operations import Outcome
from app.graph.typed_facts import EditedMemory
from app.models.ports import Embedder
from app.prompts.compose_insights import COMPOSE_INSIGHTS
from app.services.extraction.ask_model import AskModel
from app.services.extraction.embed_texts import embed_texts
from app.services.extraction.extract_window import ExtractWindow, embedded_text, entities_of, fact_row, known_and_new
from app.services.extraction.index_raw_data import IndexRawData
from app.services.extraction.refresh_insights import RefreshInsights
from app.services.memanto.submit_changes import EXTRACTOR, stated_memory
from app.services.operations.fenced import write_fenced
from app.services.operations.signals import Signals


class Remember:
    """Makes an operation's changes and brings the insights up to date. Killed anywhere, it goes on where it stopped."""

    def __init__(
        self,
        db: Database,
        embedder: Embedder,
        index_raw_data: IndexRawData,
        extract_window: ExtractWindow,
        refresh_insights: RefreshInsights,
        signals: Signals,
        ask_model: AskModel | None,
    ) -> None:
        self._db = db
        self._embedder = embedder
        self._index_raw_data = index_raw_data
        self._extract_window = extract_window
        self._refresh_insights = refresh_insights
        self._signals = signals
        self._ask_model = ask_model

    async def __call__(self, memory_id: str, operation: QueuedOperation, fence: Step) -> None:
        await write_fenced(self._db, fence, operations.start(memory_id, operation.id, sealed=operation.stored))
        await self._index_raw_data(memory_id, operation.stored, fence=fence)
        changes = await operations.payload(self._db, memory_id, operation.id)
        touched = [c.id for c in changes if isinstance(c, Edit | Expire | Restore | Support)]
        # What goes is gone before what comes is compared with it.
        keys = await self._change(memory_id, operation.id, changes, touched, fence)
        messages = await raw_data.window(self._db, memory_id, operation.stored)
        for change in changes:
            # Raw data that are read no longer wait: a try that was broken off has saved them.
            if isinstance(change, Add) and messages:
                await self._extract_window.save(memory_id, messages, change.extraction, operation.id, fence)
        made = await operations.made(self._db, memory_id, operation.stored)
        keys += await typed_facts.entity_keys(self._db, memory_id, touched)
        insights = await self._refresh_insights(
            memory_id,
            list(dict.fromkeys([*made.entity_keys, *keys])),
            model=self._ask_model and self._ask_model.on_behalf_of(memory_id, operation.id, fence),
            composer=f"{self._ask_model.model} {COMPOSE_INSIGHTS.label}" if self._ask_model else "",
            flush=False,
        )
        result = OperationResult(
            raw_data_ids=operation.stored,
            fact_ids=list(dict.fromkeys([*made.fact_ids, *touched])),
            insight_ids=insights.ids,
            insight_pending=insights.pending,
        )
        await write_fenced(
            self._db,
            fence,
            *insights.steps,
            operations.finish(memory_id, [Outcome(operation_id=operation.id, result=result)]),
        )
        self._signals.finished(operation.id)

    async def _change(
        self, memory_id: str, operation_id: str, changes: Sequence[Change], touched: Sequence[int], fence: Step
    ) -> list[str]:
        """Keys of the entities that the memories named before; kept with the change, which may be repeated."""
        steps: list[Step] = []
        if edits := [c for c in changes if isinstance(c, Edit)]:
            steps += await self._edit(memory_id, operation_id, edits)
        if expired := [c for c in changes if isinstance(c, Expire)]:
            steps.append(typed_facts.expire(memory_id, expired))
        if restored := [c.id for c in changes if isinstance(c, Restore)]:
            steps.append(typed_facts.restore(memory_id, restored))
        if resolved := [c for c in changes if isinstance(c, Resolve)]:
            steps.append(typed_facts.resolve(memory_id, resolved))
        if supported := [c for c in changes if isinstance(c, Support)]:
            steps.append(typed_facts.support(memory_id, supported))
        if not steps:
            return []
        _, kept, *_ = await write_fenced(
            self._db, fence, typed_facts.keep_entity_keys(memory_id, operation_id, touched), *steps
        )
        return kept[0]["keys"]

    async def _edit(self, memory_id: str, operation_id: str, edits: Sequence[Edit]) -> list[Step]:
        """From what the memories say now. Only other words are read anew."""
        rows = {row.id: row for row in await typed_facts.read(self._db, memory_id, [edit.id for edit in edits])}
        stated = [(edit, rows[edit.id], _edited(rows[edit.id], edit.edit)) for edit in edits if edit.id in rows]
        reworded = [fact for edit, _, fact in stated if edit.edit.content is not None]
        known, new = await known_and_new(self._db, memory_id, entities_of(reworded))
        texts = [*(embedded_text(fact) for _, _, fact in stated), *(entity.name for entity in new)]
        vectors = await embed_texts(self._embedder, texts)
        named = [replace(e, embedding=vector) for e, vector in zip(new, vectors[len(stated) :], strict=True)]
        changed: list[EditedMemory] = []
        for (edit, row, fact), vector in zip(stated, vectors[: len(stated)], strict=True):
            edited = fact_row(memory_id, fact, vector, EXTRACTOR)
            says_other = edit.edit.content is not None
            changed.append(
                EditedMemory(
                    id=edit.id,
                    properties=_changed_properties(edited, edit.edit),
                    embedding=vector,
                    content_hash=edited.content_hash if says_other or _is_of_another_kind(row, edit.edit) else None,
                    mentions=edited.mentions if says_other else None,
                )
            )
        return [
            *([knowledge.save_entities(memory_id, [*known, *named])] if known or named else []),
            typed_facts.edit(memory_id, operation_id, changed),
        ]


def _is_of_another_kind(row: MemoryRow, edit: MemoryEdit) -> bool:
    return edit.kind is not None and edit.kind != row.kind


def _edited(row: MemoryRow, edit: MemoryEdit) -> Fact:
    memory = NewMemory(
        content=edit.content or row.content,
        kind=edit.kind or MemoryKind(row.kind),
        # A title that was only the beginning of the content follows it.
        title=edit.title or (row.title if row.title != title_of(row.content) else None),
        tags=row.tags if edit.tags is None else edit.tags,
        confidence=next(c for c in (edit.confidence, row.confidence, DEFAULT_CONFIDENCE) if c is not None),
        source=edit.source or row.source or "agent",
        provenance=Attribution(row.provenance or Attribution.EXPLICIT_STATEMENT),
    )
    _, fact = stated_memory(memory, row.created_at)
    return fact


def _changed_properties(row: FactRow, edit: MemoryEdit) -> dict[str, object]:
    """Never since when it holds or no longer does: an edit says nothing of that."""
    every = {**fact_properties(row), "confidence": row.fact.confidence}
    names = {"kind", "title", "tags", "source", "textHash", "confidence", "provenance"}
    if edit.content is not None:
        names |= {
            "text",
            "subject",
            "predicate",
            "object",
            "slot",
            "occurredAt",
            "occurredStart",
            "occurredEnd",
            "timeGranularity",
        }
    return {name: every[name] for name in names if name in every}
