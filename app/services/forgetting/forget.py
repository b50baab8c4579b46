"""Forgetting, so that it can be proved: what goes, goes with everything that was made of it."""

from collections.abc import Sequence

from app.domain.errors import BadRequest, NotFound
from app.domain.forgetting import ForgetRequest
from app.domain.idempotency import Idempotency
from app.domain.ids import new_operation_id
from app.domain.operations import OperationResult, Receipt
from app.domain.scope import MemoryScope
from app.graph import forgetting, leases, operations
from app.graph.database import LONG_TRANSACTION_SECONDS, Database, Step
from app.graph.operations import Outcome
from app.prompts.compose_insights import COMPOSE_INSIGHTS
from app.services.extraction.ask_model import AskModel
from app.services.extraction.refresh_insights import RefreshInsights
from app.services.operations.fenced import write_fenced
from app.services.operations.signals import Signals

_REHEARSAL = "rehearsal"
_NOTHING = "This memory holds nothing"


class AcceptForget:
    def __init__(self, db: Database, signals: Signals) -> None:
        self._db = db
        self._signals = signals

    async def __call__(self, scope: MemoryScope, request: ForgetRequest, idempotency: Idempotency | None) -> str:
        """The id of the operation that will do it, after everything that was accepted before it. Raises NotFound for a
        memory or an entity that is not there, BadRequest for a request that names nothing, Conflict for a used key.
        """
        known = idempotency and await operations.find_by_key(self._db, scope.memory_id, idempotency.key)
        if not known:  # what it names may be gone by now
            await _check(self._db, scope, request)
        stored = await forgetting.accept(self._db, scope.memory_id, new_operation_id(), request, idempotency)
        if stored is None:
            raise NotFound(_NOTHING)
        accepted_id = stored.id_for(idempotency and idempotency.request_hash)
        self._signals.work_arrived()
        return accepted_id

    async def rehearse(self, scope: MemoryScope, request: ForgetRequest) -> Receipt:
        """What would be gone: the same steps, in a transaction that is taken back. Of what waits for extraction it knows
        only the raw data.
        """
        await _check(self._db, scope, request)
        known = await _names(self._db, scope.memory_id, request)
        steps = forgetting.mark(scope.memory_id, _REHEARSAL, request, known)
        locked, *rows = await self._db.rehearse([leases.lock(scope.memory_id), *steps])
        if not locked:
            raise NotFound(_NOTHING)
        return forgetting.marked(rows).receipt


class Forget:
    """The worker's part. Killed anywhere, it goes on where it stopped."""

    def __init__(
        self,
        db: Database,
        refresh_insights: RefreshInsights,
        signals: Signals,
        ask_model: AskModel | None,
        keepers: Sequence[AskModel] = (),
    ) -> None:
        """`keepers`: everything in this process that keeps answers of models."""
        self._keepers = keepers
        self._db = db
        self._refresh_insights = refresh_insights
        self._signals = signals
        self._ask_model = ask_model

    async def __call__(self, memory_id: str, operation_id: str, fence: Step) -> None:
        _, row = await write_fenced(self._db, fence, forgetting.begin(memory_id, operation_id))
        begun = forgetting.begun(row)
        found = begun.marked
        if found is None:
            await write_fenced(self._db, leases.extended(fence))
            known = await _names(self._db, memory_id, begun.request)
            marks = forgetting.mark(
                memory_id, operation_id, begun.request, known, below=begun.below, number=begun.number
            )
            _, *rows = await write_fenced(self._db, fence, *marks, timeout_seconds=LONG_TRANSACTION_SECONDS)
            found = forgetting.marked(rows)
            for model in self._keepers:
                model.forget()
            deletion = forgetting.delete(memory_id, operation_id, begun.request, found, again_id=new_operation_id())
            await write_fenced(self._db, fence, *deletion, timeout_seconds=LONG_TRANSACTION_SECONDS)
        insights = await self._refresh_insights(
            memory_id,
            found.keys,
            model=self._ask_model and self._ask_model.on_behalf_of(memory_id, operation_id, fence),
            composer=f"{self._ask_model.model} {COMPOSE_INSIGHTS.label}" if self._ask_model else "",
            flush=True,
            whole="Insight" in found.receipt.nodes,
        )
        result = OperationResult(insight_ids=insights.ids, receipt=found.receipt)
        await write_fenced(
            self._db,
            fence,
            *insights.steps,
            forgetting.close(memory_id, operation_id),
            operations.finish(memory_id, [Outcome(operation_id=operation_id, result=result)]),
        )
        self._signals.finished(operation_id)


async def _check(db: Database, scope: MemoryScope, request: ForgetRequest) -> None:
    if request.is_empty:
        raise BadRequest("Name what is to be forgotten: rawDataIds, itemIds, entity, timeRange or everything")
    if request.entity and not await forgetting.names(db, scope.memory_id, request.entity):
        raise NotFound(f"There is no entity {request.entity}")


async def _names(db: Database, memory_id: str, request: ForgetRequest) -> dict[str, list[str]]:
    return await forgetting.names(db, memory_id, request.entity) if request.entity else {}
