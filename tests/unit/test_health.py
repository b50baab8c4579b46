"""Readiness checks."""

from typing import Any, cast

import pytest

from app.domain.errors import StatementFailed, Unavailable
from app.graph.database import Database
from app.observability.stages import StageFailures
from app.services.upkeep.health import CheckReadiness

pytestmark = pytest.mark.anyio


class Counts:
    """A fake database with these numbers of recently ended and failed operations."""

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
async def test_up_to_half_or_fewer_than_five_failures_stay_up(ended: int, failed: int) -> None:
    assert set((await _components(Counts(ended, failed))).values()) == {"up"}


@pytest.mark.parametrize(("ended", "failed"), [(5, 5), (100, 51)])
async def test_more_than_half_failed_is_reported(ended: int, failed: int) -> None:
    components = await _components(Counts(ended, failed))
    assert components["operations"].startswith(f"{failed} of the {ended} operations")
    assert components["database"] == "up"


async def test_an_unavailable_database_is_reported() -> None:
    assert "does not answer" in (await _components(Away()))["database"]


async def test_a_stage_with_repeated_internal_errors_is_reported() -> None:
    failures = StageFailures()
    check = CheckReadiness(cast("Database", Counts(0, 0)), failures)
    check.started = True
    assert set((await check()).values()) == {"up"}
    for _ in range(5):
        failures.ended("channel/fact/graph", StatementFailed())
    assert "channel/fact/graph" in (await check())["stages"]
