"""A worker that a test runs step by step."""

import math
from collections.abc import Callable
from datetime import UTC, datetime

from app.bootstrap import Runtime
from app.domain.idempotency import Idempotency
from app.domain.ids import new_operation_id, new_uuid
from app.domain.knowledge import Extraction, RawData, RawDataType, Role
from app.domain.operations import Operation, OperationKind
from app.domain.scope import MemoryScope
from app.graph import operations
from app.graph.operations import StoreOutcome
from app.graph.raw_data import RawDataState
from app.models.local.extractor import LocalExtractor
from app.models.ports import OperationModel, Window
from app.worker.record_failure import RecordFailure

LEASE_MILLIS = 600_000
OWNER = "test"


class ScriptedExtractor:
    """The local extractor; calls `before` first, which may raise."""

    name = "scripted@1"

    def __init__(self) -> None:
        self.calls = 0
        self.before: Callable[[int], None] = lambda _call: None

    async def extract(self, window: Window, model: OperationModel | None) -> Extraction:
        self.calls += 1
        self.before(self.calls)
        return await LocalExtractor().extract(window, model)


class Bench:
    """One memory, leased to this test so that the service's workers skip it."""

    def __init__(self, runtime: Runtime, scope: MemoryScope) -> None:
        self.runtime = runtime
        self.scope = scope
        self.extractor = ScriptedExtractor()
        runtime.extractor = self.extractor
        # One turn does all the work, however slow the machine is.
        self.process = runtime.process_memory(slice_seconds=math.inf)
        self.record_failure = RecordFailure(runtime.db, runtime.signals)

    async def lease(self, owner: str = OWNER) -> None:
        await self.runtime.db.write(
            "leases/create",
            memoryId=self.scope.memory_id,
            userId=self.scope.user_id,
            agentId=self.scope.agent_id,
        )
        await self.runtime.db.define(
            "MATCH (m:Memory {id: $id}) SET m.leaseOwner = $owner, m.leaseUntil = datetime() + duration({hours: 1})",
            {"id": self.scope.memory_id, "owner": owner},
        )

    async def let_go(self) -> None:
        """Leave the memory to the service's workers."""
        await self.runtime.db.define(
            "MATCH (m:Memory {id: $id}) REMOVE m.leaseOwner, m.leaseUntil SET m.runAt = datetime()",
            {"id": self.scope.memory_id},
        )

    async def accept(
        self, *texts: str, idempotency: Idempotency | None = None, max_waiting: int = 10**6
    ) -> StoreOutcome:
        return await operations.store(
            self.runtime.db,
            scope=self.scope,
            operation_id=new_operation_id(),
            kind=OperationKind.EXTRACT,
            state=RawDataState.STORED,
            raw_data=[
                RawData(
                    id=new_uuid(),
                    content_id=new_uuid(),
                    type=RawDataType.CONVERSATION,
                    role=Role.USER,
                    user_name="Anna",
                    text=text,
                    occurred_at=datetime(2024, 3, 4, 9, number % 60, tzinfo=UTC),
                )
                for number, text in enumerate(texts)
            ],
            origin="test",
            idempotency=idempotency,
            max_waiting=max_waiting,
        )

    async def accepted(self, *texts: str) -> str:
        stored = await self.accept(*texts)
        assert stored.operation_id is not None
        return stored.operation_id

    async def work(self) -> bool:
        """Run one worker turn; return True if its time slice ended before the work."""
        return await self.process(self.scope.memory_id, owner=OWNER, lease_millis=LEASE_MILLIS)

    async def work_until(self, operation_id: str) -> None:
        """Run worker turns until the operation has ended."""
        while not (await self.operation(operation_id)).finished:
            await self.work()

    async def work_and_record(self) -> None:
        """Run one worker turn and record failures like the worker, without waiting between tries."""
        await self.runtime.db.define(
            "MATCH (o:Operation {memoryId: $id}) SET o.runAfter = null", {"id": self.scope.memory_id}
        )
        try:
            await self.work()
        except Exception as error:  # noqa: BLE001 - as the worker does
            await self.record_failure(
                self.scope.memory_id,
                error,
                operation_id=self.process.was_at(self.scope.memory_id),
                owner=OWNER,
                lease_millis=LEASE_MILLIS,
            )

    async def operation(self, operation_id: str) -> Operation:
        return await operations.get(self.runtime.db, operation_id)


def fail_with(error: Exception) -> Callable[[int], None]:
    def fail(_call: int) -> None:
        raise error

    return fail
