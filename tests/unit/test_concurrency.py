"""Tasks that belong together end together."""

import asyncio

import pytest

from app.domain.concurrency import siblings

pytestmark = pytest.mark.anyio


class Fault(Exception):
    pass


async def test_results_of_all_are_there_after_the_block():
    async def number(value: int) -> int:
        await asyncio.sleep(0)
        return value

    async with siblings() as group:
        tasks = [group.create_task(number(value)) for value in range(3)]
    assert [task.result() for task in tasks] == [0, 1, 2]


async def test_the_first_error_is_raised_itself_after_the_others_were_cancelled():
    ended: list[str] = []

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    async def failing() -> None:
        await asyncio.sleep(0)
        raise Fault

    async def both() -> None:
        async with siblings() as group:
            group.create_task(endless())
            group.create_task(failing())

    with pytest.raises(Fault):
        await both()
    assert ended == ["cancelled"]


async def test_a_time_limit_around_the_block_cancels_all():
    tasks: list[asyncio.Task[None]] = []
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01), siblings() as group:
            tasks.append(group.create_task(asyncio.sleep(60)))
    assert tasks[0].cancelled()
