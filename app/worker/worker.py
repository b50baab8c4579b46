"""The worker loop: claim a memory, run its operations, release it."""

import asyncio
import contextlib
import logging
import uuid

from app.domain.errors import LeaseLost, MnemonError, Unavailable
from app.graph import leases
from app.graph.database import Database
from app.observability.context import logging_for
from app.observability.logs import log_event, place_of
from app.observability.stages import EXPECTED
from app.services.operations.signals import Signals
from app.services.operations.turn import MemoryLease
from app.services.upkeep.clean_up import CleanUp
from app.worker.process_memory import ProcessMemory
from app.worker.record_failure import RecordFailure

_log = logging.getLogger(__name__)

# A crashed worker's lease expires after this time; a live worker renews it three times as often.
LEASE_MILLIS = 15_000
# Poll interval for work from other processes; this process's own work is signalled.
_POLL_SECONDS = 0.5
_DATABASE_PAUSE_SECONDS = 1.0
_CLEAN_UP_SECONDS = 3600.0


class Worker:
    """Several lanes, each with one memory at a time: memories in parallel, the operations of a memory in order."""

    def __init__(
        self,
        db: Database,
        process_memory: ProcessMemory,
        record_failure: RecordFailure,
        clean_up: CleanUp,
        signals: Signals,
        *,
        lanes: int,
        idle_millis: int,
    ) -> None:
        self._db = db
        self._process_memory = process_memory
        self._record_failure = record_failure
        self._clean_up = clean_up
        self._signals = signals
        self._lanes = lanes
        self._idle_millis = idle_millis
        self._name = uuid.uuid4().hex
        self._stopping = asyncio.Event()
        self._asking = asyncio.Lock()
        self._held: dict[str, str] = {}

    async def run(self) -> None:
        """Run until `stop`; every lane then finishes its current time slice and releases its memory."""
        async with asyncio.TaskGroup() as group:
            cleaning = group.create_task(self._keep_clean())
            lanes = [group.create_task(self._lane(f"{self._name}-{lane}")) for lane in range(self._lanes)]
            await asyncio.wait(lanes)
            cleaning.cancel()

    def stop(self) -> None:
        self._stopping.set()
        self._signals.work_arrived()

    async def hand_back(self) -> None:
        """Release the leases of interrupted work, so that another worker continues at once from the last commit."""
        for owner, memory_id in list(self._held.items()):
            try:
                await leases.release(self._db, memory_id, owner=owner, idle_millis=self._idle_millis)
            except MnemonError as error:
                log_event(_log, logging.WARNING, "a lease could not be released", error=type(error).__name__)

    async def _keep_clean(self) -> None:
        while True:
            try:
                await self._clean_up()
            except MnemonError as error:
                log_event(_log, logging.WARNING, "clean-up failed", error=type(error).__name__)
            await asyncio.sleep(_CLEAN_UP_SECONDS)

    async def _lane(self, owner: str) -> None:
        while not self._stopping.is_set():
            memory_id: str | None = None
            try:
                memory_id = await self._next_memory(owner)
                if memory_id is None:
                    return
                self._held[owner] = memory_id
                with logging_for(memory_id=memory_id):
                    unfinished = await self._with_heartbeat(memory_id, owner)
                await leases.release(self._db, memory_id, owner=owner, idle_millis=self._idle_millis)
                del self._held[owner]
                if unfinished:
                    # The lane that asks may be waiting for its next poll.
                    self._signals.work_arrived()
            except Exception as error:  # noqa: BLE001 - a lane never ends: the operation records what went wrong
                with logging_for(memory_id=memory_id):
                    await self._recover(memory_id, owner, error)
                self._held.pop(owner, None)

    async def _next_memory(self, owner: str) -> str | None:
        """Wait for a memory with work and claim it; None when stopping. One lane asks at a time, so that idle lanes cost
        the database one poll.
        """
        async with self._asking:
            while not self._stopping.is_set():
                memory_id = await leases.claim(self._db, owner=owner, lease_millis=LEASE_MILLIS)
                if memory_id is not None:
                    return memory_id
                await self._signals.wait_for_work(_POLL_SECONDS)
        return None

    async def _recover(self, memory_id: str | None, owner: str, error: Exception) -> None:
        """Records the failure and releases the memory; if that fails too, the lease runs out by itself."""
        operation_id = memory_id and self._process_memory.was_at(memory_id)
        _log_failure(error, operation_id)
        try:
            if memory_id is not None and not isinstance(error, LeaseLost):
                await self._record_failure(
                    memory_id,
                    error,
                    operation_id=operation_id,
                    owner=owner,
                    lease_millis=LEASE_MILLIS,
                )
                await leases.release(self._db, memory_id, owner=owner, idle_millis=self._idle_millis)
                return
        except Exception as second:  # noqa: BLE001 - nor does recovering end it
            log_event(
                _log, logging.WARNING, "a failure could not be recorded", operation=operation_id, place=place_of(second)
            )
        await self._pause()

    async def _with_heartbeat(self, memory_id: str, owner: str) -> bool:
        work = asyncio.create_task(self._process_memory(memory_id, owner=owner, lease_millis=LEASE_MILLIS))
        heartbeat = asyncio.create_task(self._heartbeat(memory_id, owner))
        try:
            await asyncio.wait({work, heartbeat}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                work.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await work
                await heartbeat  # raises why it ended
            return await work
        finally:
            heartbeat.cancel()
            work.cancel()

    async def _heartbeat(self, memory_id: str, owner: str) -> None:
        """Renews the lease until cancelled. Raises LeaseLost; only logs if the database is unreachable."""
        while True:
            await asyncio.sleep(LEASE_MILLIS / 3000)
            try:
                await MemoryLease(self._db, memory_id, owner=owner, lease_millis=LEASE_MILLIS).write()
            except Unavailable as error:
                log_event(_log, logging.WARNING, "a lease could not be renewed", error=type(error).__name__)

    async def _pause(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DATABASE_PAUSE_SECONDS):
                await self._stopping.wait()


def _log_failure(error: Exception, operation_id: str | None) -> None:
    """Log an expected failure as a warning, a bug in Mnemon as an error with its place in the code."""
    if isinstance(error, LeaseLost):
        return
    expected = isinstance(error, EXPECTED)
    log_event(
        _log,
        logging.WARNING if expected else logging.ERROR,
        "an operation failed",
        operation=operation_id,
        error=type(error).__name__,
        place=None if expected else place_of(error),
    )
