"""Rights and bounds of API keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.access import Caller, Right, check_patterns
from app.domain.errors import InvalidInput
from app.domain.scope import MemoryScope


def test_each_right_includes_those_before_it() -> None:
    for index, right in enumerate(Right):
        assert [other for other in Right if right.includes(other)] == list(Right)[: index + 1]


@pytest.mark.parametrize(
    ("users", "agents", "user", "agent", "reached"),
    [
        ((), (), "ana", "helper", True),
        (("ana",), (), "ana", "anything", True),
        (("ana",), (), "anabel", "helper", False),
        (("ana*",), (), "anabel", "helper", True),
        (("ana", "ben"), ("helper",), "ben", "helper", True),
        (("ana", "ben"), ("helper",), "ben", "other", False),
        (("*",), ("h*",), "", "helper", True),
        (("Ana",), (), "ana", "helper", False),
    ],
)  # fmt: skip
def test_a_key_reaches_the_names_and_beginnings_it_is_bound_to(
    users: tuple[str, ...], agents: tuple[str, ...], user: str, agent: str, *, reached: bool
) -> None:
    found = Caller(name="k", right=Right.READ, users=users, agents=agents)
    assert found.reaches(MemoryScope(user_id=user, agent_id=agent)) is reached


@pytest.mark.parametrize("pattern", ["", " ", "a*b", "**", "*a"])
def test_a_star_stands_only_at_the_end(pattern: str) -> None:
    with pytest.raises(InvalidInput):
        check_patterns("user", [pattern])


@given(st.text(alphabet="a:%*3A25 ", max_size=12), st.text(alphabet="a:%3A25", max_size=12))
def test_a_scope_is_read_back_from_its_id(user: str, agent: str) -> None:
    scope = MemoryScope(user_id=user, agent_id=agent)
    assert MemoryScope.of(scope.memory_id) == scope
