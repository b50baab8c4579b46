"""The worker's lanes, with scripted leases."""

import asyncio
from typing import Any, cast

import pytest

from app.graph import leases
from app.services.operations.signals import Signals
from app.worker import worker
from app.worker.worker import Worker

pytestmark = pytest.mark.anyio


class ScriptedLeases:
    """One memory with `slices` time slices of work. Records who claimed it."""

    def __init__(self, slices: int) -> None:
        self.left = slices
        self.free = True
        self.claims: list[str] = []

    async def claim(self, _db: object, *, owner: str, lease_millis: int) -> str | None:
        assert lease_millis > 0
        if not self.free or not self.left:
            return None
        self.free = False
        self.claims.append(owner)
        return "memory"

    async def release(self, _db: object, _memory_id: str, *, owner: str, idle_millis: int) -> bool:
        assert (owner, idle_millis) == (self.claims[-1], 1)
        self.left -= 1
        self.free = True
        return self.left > 0


async def _nothing(*_: object, **__: object) -> None:
    await asyncio.sleep(0.01)


async def test_work_left_after_a_time_slice_is_not_left_until_the_next_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted = ScriptedLeases(5)
    monkeypatch.setattr(leases, "claim", scripted.claim)
    monkeypatch.setattr(leases, "release", scripted.release)
    monkeypatch.setattr(worker, "_POLL_SECONDS", 3600.0)
    unused: Any = cast("Any", None)
    lanes = Worker(unused, cast("Any", _nothing), unused, cast("Any", _nothing), Signals(), lanes=3, idle_millis=1)
    running = asyncio.create_task(lanes.run())
    async with asyncio.timeout(30):
        while scripted.left:
            await asyncio.sleep(0.01)
    lanes.stop()
    await running
    assert len(scripted.claims) == 5
