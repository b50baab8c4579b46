"""The worker's lanes with scripted leases, and reading ahead with a scripted reader."""

import asyncio
import math
from collections.abc import Sequence
from typing import Any, cast

import pytest

from app.domain.errors import LeaseLost
from app.graph import leases
from app.services.extraction.read_ahead import ReadAhead
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

    async def work(self, *_: object, **__: object) -> bool:
        await asyncio.sleep(0.01)
        self.left -= 1
        return self.left > 0

    async def release(self, _db: object, _memory_id: str, *, owner: str, idle_millis: int) -> None:
        assert (owner, idle_millis) == (self.claims[-1], 1)
        self.free = True


async def _nothing() -> None:
    pass


async def test_work_left_after_a_time_slice_is_not_left_until_the_next_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted = ScriptedLeases(5)
    monkeypatch.setattr(leases, "claim", scripted.claim)
    monkeypatch.setattr(leases, "release", scripted.release)
    monkeypatch.setattr(worker, "_POLL_SECONDS", 3600.0)
    unused: Any = cast("Any", None)
    lanes = Worker(unused, cast("Any", scripted.work), unused, cast("Any", _nothing), Signals(), lanes=3, idle_millis=1)
    running = asyncio.create_task(lanes.run())
    async with asyncio.timeout(30):
        while scripted.left or not scripted.free:
            await asyncio.sleep(0.01)
    lanes.stop()
    await running
    assert len(scripted.claims) == 5


class ScriptedReader:
    """Fails for "bad", and needs an hour for every other window."""

    asks_model = False

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.dropped: list[str] = []

    async def read_ahead(self, _turn: object, ids: Sequence[str]) -> None:
        self.begun.append(ids[0])
        if ids[0] == "bad":
            raise ValueError("unreadable")
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            self.dropped.append(ids[0])
            raise


def _reading_ahead(reader: ScriptedReader, *, enabled: bool = True, end: float = math.inf) -> ReadAhead:
    return ReadAhead(cast("Any", reader), cast("Any", None), enabled=enabled, end=end)


class TestReadAhead:
    async def test_what_is_not_taken_is_dropped_also_after_an_error(self) -> None:
        reader = ScriptedReader()

        async def broken_off() -> None:
            async with _reading_ahead(reader) as ahead:
                ahead.begin(["slow"])
                await asyncio.sleep(0)
                raise LeaseLost

        with pytest.raises(LeaseLost):
            await broken_off()
        assert reader.dropped == ["slow"]

    async def test_a_failure_is_raised_where_the_window_is_awaited(self) -> None:
        async with _reading_ahead(ScriptedReader()) as ahead:
            ahead.begin(["bad"])
            taken = ahead.take()
            assert taken is not None
            assert ahead.take() is None
            with pytest.raises(ValueError, match="unreadable"):
                await taken

    async def test_a_failure_that_nobody_awaits_ends_with_the_block(self) -> None:
        async with _reading_ahead(ScriptedReader()) as ahead:
            ahead.begin(["bad"])
            await asyncio.sleep(0)
        assert not ahead.begun

    @pytest.mark.parametrize(("enabled", "end"), [(False, math.inf), (True, 0.0)])
    async def test_nothing_is_begun_where_it_is_off_or_the_time_is_over(self, enabled: bool, end: float) -> None:
        reader = ScriptedReader()
        async with _reading_ahead(reader, enabled=enabled, end=end) as ahead:
            ahead.begin(["slow"])
            assert ahead.take() is None
        assert reader.begun == []
