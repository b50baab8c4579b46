"""The warm-up query, with a scripted database."""

from typing import Any, cast

import pytest

from app.domain.retrieval import Question, Strategy
from app.domain.scope import MemoryScope
from app.services.retrieval import warm_up
from app.services.retrieval.warm_up import WarmUp

pytestmark = pytest.mark.anyio


class FillingDatabase:
    """Has its first fact at the third look."""

    def __init__(self) -> None:
        self.looks = 0

    async def read(self, name: str) -> list[dict[str, str]]:
        assert name == "system/any_fact"
        self.looks += 1
        return [{"text": "Ana: I live in Faro.", "userId": "ana", "agentId": "notes"}] if self.looks == 3 else []


async def test_an_empty_database_is_asked_once_it_has_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm_up, "_POLL_SECONDS", 0.0)
    asked: list[tuple[MemoryScope, Question]] = []

    async def retrieve(scope: MemoryScope, question: Question) -> None:
        asked.append((scope, question))

    db = FillingDatabase()
    await WarmUp(cast("Any", db), cast("Any", retrieve))()
    assert db.looks == 3
    ((scope, question),) = asked
    assert (scope.user_id, scope.agent_id) == ("ana", "notes")
    assert (question.text, question.strategy) == ("Ana: I live in Faro.", Strategy.DEEP)
