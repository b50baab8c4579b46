"""The short form of ./scripts/chaos."""

from pathlib import Path

import pytest

from tests.chaos.run import Plan, chaos

pytestmark = pytest.mark.slow


def test_nothing_acknowledged_is_lost_or_doubled(tmp_path: Path) -> None:
    report = chaos(tmp_path / "data", Plan(messages=60, memories=2, kills=5, neo4j_kills=1))
    assert report.acknowledged == 60
    assert report.kills.total() >= 6
    assert (report.lost, report.doubled) == (0, 0)
    assert report.differences == []
    assert {name: number for name, number in report.left.items() if number} == {}
