"""The worker's part of memories that were handed over: adding, changing, ending them."""

from collections.abc import Sequence

from msgspec.structs import replace

from app.domain.ids import digest
from app.domain.operations import OperationResult, QueuedOperation
from app.domain.remembered import Add, Change, Edit, Expire, Resolve, Restore, Support
from app.graph import knowledge, operations, raw_data, remembered
from app.graph.database import Database, Step
from app.graph.knowledge import EntityRow
from app.graph.operations import Outcome
from app.models.ports import Embedder
from app.prompts.compose_insights import COMPOSE_INSIGHTS
from app.services.ask_model import AskModel
from app.services.embed_texts import embed_texts
from app.services.extract_window import ExtractWindow, embedded_text, entities_of, fact_row
from app.services.fenced import write_fenced
from app.services.index_raw_data import IndexRawData
from app.services.refresh_insights import RefreshInsights
from app.services.signals import Signals

_EXTRACTOR = "remembered@1"


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
        keys = await remembered.entity_keys(self._db, memory_id, touched)
        # What goes is gone before what comes is compared with it.
        await self._change(memory_id, operation.id, changes, fence)
        messages = await raw_data.window(self._db, memory_id, operation.stored)
        for change in changes:
            # Raw data that are read no longer wait: a try that was broken off has saved them.
            if isinstance(change, Add) and messages:
                await self._extract_window.save(memory_id, messages, change.extraction, operation.id, fence)
        made = await operations.made(self._db, memory_id, operation.stored)
        keys += await remembered.entity_keys(self._db, memory_id, touched)
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

    async def _change(self, memory_id: str, operation_id: str, changes: Sequence[Change], fence: Step) -> None:
        steps: list[Step] = []
        if edits := [c for c in changes if isinstance(c, Edit)]:
            steps += await self._edit(memory_id, operation_id, edits)
        if expired := [c for c in changes if isinstance(c, Expire)]:
            steps.append(remembered.expire(memory_id, expired))
        if restored := [c.id for c in changes if isinstance(c, Restore)]:
            steps.append(remembered.restore(memory_id, restored))
        if resolved := [c for c in changes if isinstance(c, Resolve)]:
            steps.append(remembered.resolve(memory_id, resolved))
        if supported := [c for c in changes if isinstance(c, Support)]:
            steps.append(remembered.support(memory_id, supported))
        if steps:
            await write_fenced(self._db, fence, *steps)

    async def _edit(self, memory_id: str, operation_id: str, edits: Sequence[Edit]) -> list[Step]:
        vectors = await embed_texts(self._embedder, [embedded_text(edit.fact) for edit in edits])
        rows = [fact_row(memory_id, edit.fact, vector, _EXTRACTOR) for edit, vector in zip(edits, vectors, strict=True)]
        entities: dict[str, EntityRow] = {}
        for edit in edits:
            entities |= entities_of([edit.fact])
        known = await knowledge.known_entity_keys(self._db, memory_id, list(entities))
        new = [key for key in entities if key not in known]
        named = await embed_texts(self._embedder, [entities[key].name for key in new])
        saved = [*(entities[key] for key in known), *map(_with_vector, (entities[key] for key in new), named)]
        other_hashes = [
            digest("edited", row.content_hash, str(edit.id))[:32] for edit, row in zip(edits, rows, strict=True)
        ]
        ids = [edit.id for edit in edits]
        return [
            *([knowledge.save_entities(memory_id, saved)] if saved else []),
            remembered.edit(memory_id, operation_id, list(zip(ids, rows, other_hashes, strict=True))),
        ]


def _with_vector(entity: EntityRow, vector: list[float] | None) -> EntityRow:
    return replace(entity, embedding=vector)
