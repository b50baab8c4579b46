"""Reading the next window while the last one is saved."""

import asyncio
import time
from collections.abc import Sequence
from typing import Self

from app.services.extraction.extract_window import ExtractWindow, WindowReading
from app.services.operations.turn import Turn


class ReadAhead:
    """At most one window is read ahead: reading needs the processor, saving mostly waits for the database.

    What was begun and not taken is dropped at the end of the block; its window is read again in a later turn.
    """

    def __init__(self, extract_window: ExtractWindow, turn: Turn, *, enabled: bool, end: float) -> None:
        """`end`: of the time slice (`time.monotonic`), after which nothing is begun."""
        self._extract_window = extract_window
        self._turn = turn
        self._enabled = enabled and not extract_window.asks_model
        self._end = end
        self._task: asyncio.Task[WindowReading] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if (task := self.take()) is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @property
    def begun(self) -> bool:
        return self._task is not None

    def begin(self, ids: Sequence[str] | None) -> None:
        if ids and self._enabled and time.monotonic() <= self._end:
            self._task = asyncio.create_task(self._extract_window.read_ahead(self._turn, ids))

    def take(self) -> asyncio.Task[WindowReading] | None:
        """Return the window that was begun, for the caller to wait for; None if there is none."""
        task, self._task = self._task, None
        return task
