"""Forgetting: delete raw data or facts with everything derived from them, and return a receipt of the counts."""

from collections.abc import Sequence

from app.domain.errors import BadRequest, NotFound
from app.domain.forgetting import ForgetRequest
from app.domain.idempotency import Idempotency
from app.domain.ids import new_operation_id
from app.domain.operations import OperationResult, Receipt
from app.domain.scope import MemoryScope
from app.graph import forgetting, leases, operations
from app.graph.database import LONG_TRANSACTION_SECONDS, Database
from app.services.extraction.ask_model import AskModel
from app.services.extraction.finish_operation import FinishOperation
from app.services.operations.signals import Signals
from app.services.operations.turn import Turn

_REHEARSAL = "rehearsal"
_NOTHING = "This memory is empty"


class AcceptForget:
    def __init__(self, db: Database, signals: Signals) -> None:
        self._db = db
        self._signals = signals

    async def __call__(self, scope: MemoryScope, request: ForgetRequest, idempotency: Idempotency | None) -> str:
        """Accept the request and return its operation id; earlier operations run first. Raises NotFound for an unknown
        memory or entity, BadRequest for an empty request, Conflict for a key used by another request.
        """
        known = idempotency and await operations.find_by_key(self._db, scope.memory_id, idempotency.key)
        if not known:  # the first request may have deleted what it names
            await _check(self._db, scope, request)
        stored = await forgetting.accept(self._db, scope.memory_id, new_operation_id(), request, idempotency)
        if stored is None:
            raise NotFound(_NOTHING)
        accepted_id = stored.id_for(idempotency and idempotency.request_hash)
        self._signals.work_arrived()
        return accepted_id

    async def rehearse(self, scope: MemoryScope, request: ForgetRequest) -> Receipt:
        """Return the receipt that forgetting would give: the same steps in a transaction that is rolled back. Of
        messages that wait for extraction only the raw data are counted.
        """
        await _check(self._db, scope, request)
        known = await _names(self._db, scope.memory_id, request)
        steps = forgetting.mark(scope.memory_id, _REHEARSAL, request, known)
        locked, *rows = await self._db.rehearse([leases.lock(scope.memory_id), *steps])
        if not locked:
            raise NotFound(_NOTHING)
        return forgetting.marked(rows).receipt


class RunForget:
    """Runs a forget operation in the worker. After a crash, a retry resumes where it stopped."""

    def __init__(self, db: Database, finish_operation: FinishOperation, keepers: Sequence[AskModel] = ()) -> None:
        """`keepers`: model clients of this process whose cached answers must be cleared."""
        self._db = db
        self._finish_operation = finish_operation
        self._keepers = keepers

    async def __call__(self, turn: Turn) -> None:
        memory_id, operation_id = turn.memory_id, turn.operation_id
        (row,) = await turn.write(forgetting.begin(memory_id, operation_id))
        start = forgetting.start_of(row)
        found = start.marked
        if found is None:
            await turn.extend()
            known = await _names(self._db, memory_id, start.request)
            marks = forgetting.mark(
                memory_id, operation_id, start.request, known, below=start.below, number=start.number
            )
            rows = await turn.write(*marks, timeout_seconds=LONG_TRANSACTION_SECONDS)
            found = forgetting.marked(rows)
            for model in self._keepers:
                model.forget()
            deletion = forgetting.delete(memory_id, operation_id, start.request, found, again_id=new_operation_id())
            await turn.write(*deletion, timeout_seconds=LONG_TRANSACTION_SECONDS)
        await self._finish_operation(
            turn,
            OperationResult(receipt=found.receipt),
            entity_keys=found.keys,
            flush=True,
            whole="Insight" in found.receipt.nodes,
            steps=[forgetting.close(memory_id, operation_id)],
        )


async def _check(db: Database, scope: MemoryScope, request: ForgetRequest) -> None:
    if request.is_empty:
        raise BadRequest("Name what is to be forgotten: rawDataIds, itemIds, entity, timeRange or everything")
    if request.entity and not await forgetting.names(db, scope.memory_id, request.entity):
        raise NotFound(f"There is no entity {request.entity}")


async def _names(db: Database, memory_id: str, request: ForgetRequest) -> dict[str, list[str]]:
    return await forgetting.names(db, memory_id, request.entity) if request.entity else {}
