"""Apply submitted changes of typed facts in the worker: add, edit, expire, restore, resolve, support."""

from collections.abc import Sequence

from msgspec.structs import replace

from app.domain.knowledge import Attribution, Fact, FactKind
from app.domain.operations import OperationResult, QueuedOperation
from app.domain.typed_facts import (
    DEFAULT_CONFIDENCE,
    Add,
    Change,
    Edit,
    Expire,
    FactEdit,
    NewTypedFact,
    Resolve,
    Restore,
    Support,
    TypedFactRow,
    title_of,
)
from app.graph import knowledge, operations, raw_data, typed_facts
from app.graph.database import Database, Step
from app.graph.knowledge import FactRow, fact_properties
from app.graph.typed_facts import EditedFact
from app.models.ports import Embedder
from app.services.extraction.embed_texts import embed_texts
from app.services.extraction.extract_window import ExtractWindow
from app.services.extraction.fact_rows import embedded_text, entities_of, fact_row, known_and_new
from app.services.extraction.finish_operation import FinishOperation
from app.services.extraction.index_raw_data import IndexRawData
from app.services.memanto.stated_facts import EXTRACTOR, stated_fact
from app.services.operations.turn import Turn


class ApplyChanges:
    """Applies an operation's changes and refreshes the insights. After a crash, a retry resumes where it stopped."""

    def __init__(
        self,
        db: Database,
        embedder: Embedder,
        index_raw_data: IndexRawData,
        extract_window: ExtractWindow,
        finish_operation: FinishOperation,
    ) -> None:
        self._db = db
        self._embedder = embedder
        self._index_raw_data = index_raw_data
        self._extract_window = extract_window
        self._finish_operation = finish_operation

    async def __call__(self, turn: Turn, operation: QueuedOperation) -> None:
        memory_id = turn.memory_id
        await turn.write(operations.start(memory_id, operation.id, sealed=operation.stored))
        await self._index_raw_data(turn, operation.stored)
        changes = await operations.payload(self._db, memory_id, operation.id)
        touched = [c.id for c in changes if isinstance(c, Edit | Expire | Restore | Support)]
        # Apply expirations before adding, so that new facts are not compared with facts that are being removed.
        keys = await self._change(turn, changes, touched)
        messages = await raw_data.window(self._db, memory_id, operation.stored)
        for change in changes:
            # `messages` is empty if an interrupted attempt has already saved them.
            if isinstance(change, Add) and messages:
                await self._extract_window.save(turn, messages, change.extraction)
        made = await operations.made(self._db, memory_id, operation.stored)
        keys += await typed_facts.entity_keys(self._db, memory_id, touched)
        result = OperationResult(
            raw_data_ids=operation.stored,
            fact_ids=list(dict.fromkeys([*made.fact_ids, *touched])),
        )
        entity_keys = list(dict.fromkeys([*made.entity_keys, *keys]))
        await self._finish_operation(turn, result, entity_keys=entity_keys, flush=False)

    async def _change(self, turn: Turn, changes: Sequence[Change], touched: Sequence[int]) -> list[str]:
        """Write the changes. Returns the entity keys that the facts mentioned before, recorded for retries."""
        memory_id = turn.memory_id
        steps: list[Step] = []
        if edits := [c for c in changes if isinstance(c, Edit)]:
            steps += await self._edit(memory_id, turn.operation_id, edits)
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
        related = knowledge.relate(memory_id, ids=touched)
        kept, *_ = await turn.write(
            typed_facts.keep_entity_keys(memory_id, turn.operation_id, touched), *steps, *related
        )
        return kept[0]["keys"]

    async def _edit(self, memory_id: str, operation_id: str, edits: Sequence[Edit]) -> list[Step]:
        """Return the steps that edit typed facts. Subject, time and entities are read again only for new content."""
        rows = {row.id: row for row in await typed_facts.read(self._db, memory_id, [edit.id for edit in edits])}
        stated = [(edit, rows[edit.id], _edited(rows[edit.id], edit.edit)) for edit in edits if edit.id in rows]
        reworded = [fact for edit, _, fact in stated if edit.edit.content is not None]
        known, new = await known_and_new(self._db, memory_id, entities_of(reworded))
        texts = [*(embedded_text(fact) for _, _, fact in stated), *(entity.name for entity in new)]
        vectors = await embed_texts(self._embedder, texts)
        named = [replace(e, embedding=vector) for e, vector in zip(new, vectors[len(stated) :], strict=True)]
        changed: list[EditedFact] = []
        for (edit, row, fact), vector in zip(stated, vectors[: len(stated)], strict=True):
            edited = fact_row(memory_id, fact, vector, EXTRACTOR)
            says_other = edit.edit.content is not None
            changed.append(
                EditedFact(
                    id=edit.id,
                    properties=_changed_properties(edited, edit.edit),
                    embedding=vector,
                    content_hash=edited.content_hash if says_other or _is_of_another_kind(row, edit.edit) else None,
                    mentions=edited.mentions if says_other else None,
                )
            )
        return [
            *knowledge.save_entities(memory_id, [*known, *named]),
            typed_facts.edit(memory_id, operation_id, changed),
        ]


def _is_of_another_kind(row: TypedFactRow, edit: FactEdit) -> bool:
    return edit.kind is not None and edit.kind != row.kind


def _edited(row: TypedFactRow, edit: FactEdit) -> Fact:
    memory = NewTypedFact(
        content=edit.content or row.content,
        kind=edit.kind or FactKind(row.kind),
        # Drop a title that was derived from the old content, so that it is derived from the new one.
        title=edit.title or (row.title if row.title != title_of(row.content) else None),
        tags=row.tags if edit.tags is None else edit.tags,
        confidence=next(c for c in (edit.confidence, row.confidence, DEFAULT_CONFIDENCE) if c is not None),
        source=edit.source or row.source or "agent",
        provenance=Attribution(row.provenance or Attribution.EXPLICIT_STATEMENT),
    )
    _, fact = stated_fact(memory, row.created_at)
    return fact


def _changed_properties(row: FactRow, edit: FactEdit) -> dict[str, object]:
    """Properties that an edit sets. Excludes validAt and invalidAt: an edit does not change the validity interval."""
    every = {**fact_properties(row), "confidence": row.fact.confidence}
    names = {"kind", "title", "tags", "source", "textHash", "confidence", "provenance"}
    if edit.content is not None:
        names |= {
            "text",
            "name",
            "searchText",
            "characterPairs",
            "subject",
            "predicate",
            "object",
            "slot",
            "slotValue",
            "occurredAt",
            "occurredStart",
            "occurredEnd",
            "eventStart",
            "eventEnd",
            "timeGranularity",
        }
    return {name: every[name] for name in names if name in every}
