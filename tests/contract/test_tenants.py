"""Two memories with the same messages: no route gives one of them anything of the other, whatever ids it is asked with."""

import copy
import json
import re
import uuid
from collections.abc import Callable
from typing import Any, cast

import httpx
import pytest

from app.domain.scope import MemoryScope
from tests.api import NDJSON, Memory, told
from tests.memanto import Agent

LINES = told(
    ("Ana", "I live in Faro."), ("Ben", "I work at Zephyr Optics."), ("Ana", "Zephyr Optics is located in Tromsdalen.")
)
# What differs between two equal memories: ids, times and what follows from them.
_CHANGING = re.compile(
    r"(?i)^(?:id|.*id|.*ids|.*at|.*time|.*cursor|.*millis|.*seconds|sequence|next|previous|from|to|request|lease)$"
)


_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# The same for the same words or the same sender, in any memory.
_OF_THE_CONTENT = {"contentId", "userId", "agentId", "entityId"}


@pytest.fixture(scope="module")
def pair(new_memory: Callable[[], Memory]) -> tuple[Memory, Memory]:
    """Return two memories of the same user: ours, and another agent's, told the same."""
    ours = new_memory()
    other = Memory(ours.http, MemoryScope(user_id=ours.scope.user_id, agent_id="other"))
    for memory in (ours, other):
        memory.extract(LINES)
        memory.retrieve("Where does Ben work?", strategy="DEEP", persistTrace=True)
    return ours, other


def ids_in(value: Any) -> set[str]:
    """Return every id in a response, as text."""
    if isinstance(value, dict):
        row = cast("dict[str, Any]", value)
        named = {k: v for k, v in row.items() if k.casefold().endswith("id") and k not in _OF_THE_CONTENT}
        return {str(v) for v in named.values() if isinstance(v, str | int)}.union(*map(ids_in, row.values()))
    return set[str]().union(*map(ids_in, cast("list[Any]", value))) if isinstance(value, list) else set()


def without_changing(value: Any) -> Any:
    """Return a response without ids and times, and with rounded scores: sums in another order differ in the last digit."""
    if isinstance(value, dict):
        row = cast("dict[str, Any]", value)
        return {_UUID.sub("id", k): without_changing(v) for k, v in row.items() if not _CHANGING.match(k)}
    if isinstance(value, list):
        rows = [without_changing(v) for v in cast("list[Any]", value)]
        return sorted(rows, key=lambda v: json.dumps(v, sort_keys=True))
    if isinstance(value, str):
        return _UUID.sub("id", value)
    return round(value, 6) if isinstance(value, float) else value


READS: list[tuple[str, str, dict[str, Any]]] = [
    ("post", "retrieve", {"query": "Where does Ben work?", "strategy": "SIMPLE", "trace": True, "limit": 50}),
    ("post", "retrieve", {"query": "Where does Ben work?", "strategy": "DEEP", "trace": True, "limit": 50, "hops": 6}),
    ("post", "items/query", {"limit": 100}),
    ("post", "raw-data/query", {"limit": 100, "include": {"segment": True}}),
    ("get", "operations", {}),
    ("get", "export", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), READS, ids=lambda value: value if isinstance(value, str) else "")
def test_equal_memories_give_equal_answers_without_common_rows(
    pair: tuple[Memory, Memory], method: str, path: str, body: dict[str, Any]
) -> None:
    answers: list[Any] = []
    for memory in pair:
        url = f"/open/v1/memory/{path}"
        if method == "post":
            response = memory.http.post(url, json={**memory.ids, **body})
        else:
            response = memory.http.get(url, params=memory.ids)
        assert response.status_code == 200, response.text
        is_lines = "ndjson" in response.headers["content-type"]
        answers.append([json.loads(line) for line in response.text.splitlines()] if is_lines else response.json())
    own, others = (ids_in(answer) for answer in answers)
    shared = own & others - {pair[0].scope.user_id}
    assert {id_ for id_ in shared if len(id_) > 12} == set(), "rows of both memories"
    assert len(own) >= 2
    if path not in {"operations", "export"}:
        assert without_changing(answers[0]) == without_changing(answers[1])


class TestIdsOfAnother:
    """Each id, cursor and key of the other memory, sent with our own ids."""

    def test_in_paths(self, pair: tuple[Memory, Memory]) -> None:
        ours, other = pair
        trace = other.retrieve("Where does Ben work?", strategy="DEEP", persistTrace=True)["trace"]["traceId"]
        found = ours.http.get(f"/open/v1/memory/traces/{trace}", params=ours.ids)
        unknown = ours.http.get("/open/v1/memory/traces/none", params=ours.ids)
        assert found.status_code == unknown.status_code == 404
        assert found.text == unknown.text.replace("none", trace)

    @pytest.mark.parametrize("path", ["items/query", "raw-data/query"])
    def test_cursors_continue_nothing_of_the_other(self, pair: tuple[Memory, Memory], path: str) -> None:
        ours, other = pair
        cursor = other.data(path, limit=1)["nextCursor"]
        response = ours.http.post(f"/open/v1/memory/{path}", json={**ours.ids, "cursor": cursor, "limit": 100})
        theirs = ids_in(other.data(path, limit=100))
        assert response.status_code == 400 or not {i for i in ids_in(response.json()) & theirs if len(i) > 12}

    def test_forgetting_by_the_others_ids_forgets_nothing(self, pair: tuple[Memory, Memory]) -> None:
        ours, other = pair
        raw_data = [row["id"] for row in other.raw_data()]
        items = [row["id"] for row in other.items()]
        before = copy.deepcopy(other.items())
        for request in ({"rawDataIds": raw_data}, {"itemIds": items}, {"itemIds": items, "withSources": True}):
            response = ours.http.post("/open/v1/memory/forget", json={**ours.ids, **request})
            assert response.status_code in {200, 202, 404}
            ours.wait_until_idle()
        assert other.items() == before
        assert len(ours.items()) == len(before)

    def test_a_bundle_can_not_refer_to_the_others_rows(self, pair: tuple[Memory, Memory]) -> None:
        ours, other = pair
        theirs = other.raw_data()[0]["id"]
        line = {"kind": "fact", "id": f"x{uuid.uuid4().hex}", "text": "Ana is rich.", "rawData": [{"id": theirs}]}
        response = ours.http.post(
            "/open/v1/memory/import", params=ours.ids, content=json.dumps(line).encode(), headers=NDJSON
        )
        assert response.status_code == 400 or ours.wait(response.json()["data"]["operationId"])["status"] == "failed"
        assert "Ana is rich." not in {item["text"] for item in [*ours.items(), *other.items()]}

    def test_idempotency_keys_answer_their_own_memory_only(self, pair: tuple[Memory, Memory]) -> None:
        ids: set[str] = set()
        for memory in pair:
            body = {**memory.ids, "rawContent": told(("Cleo", "I row."))}
            response = memory.http.post("/open/v1/memory/async/extract", json=body, headers={"Idempotency-Key": "same"})
            ids.add(response.json()["data"]["operationId"])
            memory.wait(response.json()["data"]["operationId"])
        assert len(ids) == 2


def test_an_agents_routes_know_nothing_of_anothers_memories(http: httpx.Client) -> None:
    ours, other = Agent(http), Agent(http)
    for agent in (ours, other):
        agent.remember("The vault opens with 7341.", title="Vault", tags=["vault"])
    theirs = other.recent()[0]["id"]
    unknown = "00000000-0000-4000-8000-000000000000"
    for method, path, body in (
        ("GET", "memories/{}/history", None),
        ("PATCH", "memories/{}", {"content": "Mine."}),
        ("DELETE", "memories/{}", None),
    ):
        answers = [ours.ask(path.format(id_), body, method=method) for id_ in (theirs, unknown)]
        assert answers[0].status_code == answers[1].status_code, path
        assert answers[0].status_code in {404, 405}, (path, answers[0].text)
    assert [row["content"] for row in other.recent()] == ["The vault opens with 7341."]
    assert theirs not in json.dumps(ours.ask("recall", {"query": "vault", "limit": 100}).json())
