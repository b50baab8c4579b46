"""Delete typed facts."""

from app.domain.errors import Unavailable
from app.domain.forgetting import ForgetRequest
from app.domain.scope import MemoryScope
from app.graph import typed_facts
from app.graph.database import Database
from app.services.forgetting.forget import AcceptForget
from app.services.operations.follow import AwaitOperation


class DeleteFacts:
    """Deletes typed facts and everything derived from them; the deletion itself is recorded for changed-since."""

    def __init__(
        self, db: Database, accept_forget: AcceptForget, await_operation: AwaitOperation, *, timeout_seconds: float
    ) -> None:
        self._db = db
        self._accept_forget = accept_forget
        self._await = await_operation
        self._timeout_seconds = timeout_seconds

    async def __call__(self, scope: MemoryScope, ids: list[int]) -> None:
        sources = await typed_facts.own_sources(self._db, scope.memory_id, ids)
        request = ForgetRequest(item_ids=ids, raw_data_ids=sources, recorded=True)
        await self.forgotten(await self._accept_forget(scope, request, None))

    async def forgotten(self, operation_id: str) -> None:
        """Wait for the operation. Raises OperationFailed, and Unavailable on timeout."""
        operation = await self._await(operation_id, timeout_seconds=self._timeout_seconds)
        if not operation.finished:
            raise Unavailable("The deletion was accepted and is still running")
