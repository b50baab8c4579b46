"""Signals inside one process: wake a worker for new work, wake a waiting request when its operation ends.

They only save time: other processes poll, and so does this one if a signal is missed.
"""

import asyncio
import contextlib
from collections import defaultdict


class Signals:
    def __init__(self) -> None:
        self._work = asyncio.Event()
        self._later: asyncio.TimerHandle | None = None
        self._finished: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    def work_arrived(self, *, after_seconds: float = 0.0) -> None:
        """Wake a worker, at once or after a delay that lets single messages form a batch."""
        if after_seconds <= 0:
            self._work.set()
        elif self._later is None or self._later.when() <= asyncio.get_running_loop().time():
            self._later = asyncio.get_running_loop().call_later(after_seconds, self._work.set)

    async def wait_for_work(self, timeout_seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await self._work.wait()
        self._work.clear()

    def finished(self, operation_id: str) -> None:
        for event in self._finished.get(operation_id, ()):
            event.set()

    @contextlib.contextmanager
    def listening(self, operation_id: str):  # noqa: ANN201 - a generator; its type says less than the name
        """An event that is set when the operation ends in this process."""
        event = asyncio.Event()
        self._finished[operation_id].add(event)
        try:
            yield event
        finally:
            self._finished[operation_id].discard(event)
            if not self._finished[operation_id]:
                del self._finished[operation_id]
