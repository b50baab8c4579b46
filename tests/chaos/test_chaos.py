"""The short form of ./scripts/chaos."""

from pathlib import Path

import pytest

from tests.chaos.disturbances import disturb
from tests.chaos.run import Plan, chaos

pytestmark = pytest.mark.slow


def test_nothing_acknowledged_is_lost_or_doubled(tmp_path: Path) -> None:
    plan = Plan(
        messages=48,
        memories=2,
        kills=3,
        neo4j_kills=1,
        disturbances=("unreachable database", "clock put back"),
    )
    report = chaos(tmp_path / "data", plan, disturb)
    assert report.acknowledged == 48
    assert report.kills.total() >= 4
    assert report.disturbances.keys() == set(plan.disturbances)
    assert (report.lost, report.doubled) == (0, 0)
    assert report.differences == []
    assert {name: number for name, number in report.left.items() if number} == {}
