"""When the service calls itself ready."""

from typing import Any, cast

import pytest

from app.domain.errors import StatementFailed, Unavailable
from app.graph.database import Database
from app.observability.stages import StageFailures
from app.services.upkeep.health import CheckReadiness

pytestmark = pytest.mark.anyio


class Counts:
    """A database in which so many operations have ended of late, and so many of them failed."""

    def __init__(self, ended: int, failed: int) -> None:
        self._row = {"ended": ended, "failed": failed}

    async def read(self, _name: str, **_parameters: Any) -> list[dict[str, int]]:
        return [self._row]


class Away:
    async def read(self, _name: str, **_parameters: Any) -> list[dict[str, int]]:
        raise Unavailable


async def _components(db: object) -> dict[str, str]:
    check = CheckReadiness(cast("Database", db))
    check.started = True
    return await check()


@pytest.mark.parametrize(("ended", "failed"), [(0, 0), (4, 4), (100, 50)])
async def test_a_few_failures_are_an_accident(ended: int, failed: int) -> None:
    assert set((await _components(Counts(ended, failed))).values()) == {"up"}


@pytest.mark.parametrize(("ended", "failed"), [(5, 5), (100, 51)])
async def test_failing_as_a_rule_turns_it_red(ended: int, failed: int) -> None:
    components = await _components(Counts(ended, failed))
    assert components["operations"].startswith(f"{failed} of the {ended} operations")
    assert components["database"] == "up"


async def test_a_database_that_is_away_is_named() -> None:
    assert "does not answer" in (await _components(Away()))["database"]


async def test_a_stage_that_fails_by_our_own_fault_turns_it_red() -> None:
    failures = StageFailures()
    check = CheckReadiness(cast("Database", Counts(0, 0)), failures)
    check.started = True
    assert set((await check()).values()) == {"up"}
    for _ in range(5):
        failures.ended("channel/item/graph", StatementFailed())
    assert "channel/item/graph" in (await check())["stages"]
