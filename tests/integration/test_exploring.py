"""Looking at memories: the list, what explains an item, an entity, the map; and the explorer's files."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from app.bootstrap import Runtime
from app.domain.access import Caller, Right
from app.domain.scope import MemoryScope
from app.services.retrieval.explore import Explore
from tests.api import Memory, told
from tests.memanto import Agent

TALK = told(
    ("Lena", "😀 Hello there. I live in Faro."),
    ("Ben", "Lena works at Halcyon Press."),
    ("Lena", "I moved to Braga last week."),
    ("Ben", "I know Lena from Porto."),
)


@pytest.fixture
def full(memory: Memory) -> Memory:
    memory.extract(TALK)
    memory.wait_until_idle()
    return memory


def get(memory: Memory, path: str, status: int = 200, **query: Any) -> dict[str, Any]:
    response = memory.http.get(f"/open/v1/memory/{path}", params={**memory.ids, **query})
    assert response.status_code == status, response.text
    return response.json()


def listed(http: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    """All pages of the list of memories."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = http.get("/open/v1/memories", params={**query, **({"cursor": cursor} if cursor else {})}).json()["data"]
        found += page["memories"]
        cursor = page["nextCursor"]
        if cursor is None:
            return found


class TestMemories:
    def test_each_is_listed_once_with_its_counts(self, full: Memory) -> None:
        (found,) = listed(full.http, search=full.scope.user_id.upper())
        assert (found["userId"], found["agentId"]) == (full.scope.user_id, full.scope.agent_id)
        assert found["rawDataCount"] == 4
        assert found["itemCount"] == len(full.items(withClosed=True)) == len(full.items()) + 1
        assert found["entityCount"] == len(full.bundle("entity"))
        assert found["firstOccurredAt"] == "2024-03-04T09:00:00Z"
        assert found["lastOccurredAt"] == "2024-03-04T09:03:00Z"

    def test_pages_hold_all_in_order(self, full: Memory, new_memory: Callable[[], Memory]) -> None:
        for _ in range(2):
            new_memory().extract(told(("Ana", "I live in Faro.")))
        pages = listed(full.http, limit=2)
        ids = [MemoryScope(user_id=row["userId"], agent_id=row["agentId"]).memory_id for row in pages]
        assert len(ids) == len(set(ids)) >= 3
        assert ids == sorted(ids)

    @pytest.mark.anyio
    async def test_a_bound_key_sees_its_own(self, runtime: Runtime, full: Memory) -> None:
        user, agent = full.scope.user_id, full.scope.agent_id
        for users, agents, sees in (
            ([user], [], True),
            ([f"{user[:-1]}*"], [f"{agent[:2]}*"], True),
            ([user[:-1]], [], False),
            ([], ["another*"], False),
            (["*"], [agent], True),
        ):
            key = Caller(name="k", right=Right.READ, users=users, agents=agents)
            page = await Explore(runtime.db).memories(key, search=user, after=None, limit=10)
            assert [row.user_id for row in page.rows] == ([user] if sees else []), (users, agents)

    def test_a_cursor_of_another_route_is_refused(self, http: httpx.Client) -> None:
        assert http.get("/open/v1/memories", params={"cursor": "nonsense"}).status_code == 400
        assert http.get("/open/v1/memories", params={"limit": 0}).status_code == 400


class TestItem:
    def test_it_is_explained_down_to_its_words(self, full: Memory) -> None:
        texts = {item["text"]: item["id"] for item in full.items(withClosed=True)}
        closed = {item["text"] for item in full.items(withClosed=True) if "invalidAt" in item}
        assert closed == {"Lena: I live in Faro."}
        old = get(full, f"items/{texts['Lena: I live in Faro.']}")["data"]
        (source,) = old["sources"]
        assert source["text"][source["start"] : source["end"]] == source["quote"] == "I live in Faro."
        assert (source["userName"], source["type"]) == ("Lena", "conversation")
        assert {(e["name"], e["role"]) for e in old["entities"]} >= {("Lena", "subject"), ("Faro", "object")}
        (later,) = old["supersededBy"]
        assert "moved to Braga" in later["text"]
        assert old["invalidAt"]
        new = get(full, f"items/{later['id']}")["data"]
        assert "invalidAt" not in new
        assert [item["id"] for item in new["supersedes"]] == [old["id"]]

    def test_earlier_versions_are_told(self, http: httpx.Client) -> None:
        agent = Agent(http)
        id_ = agent.remember("Ana prefers e-mail")
        agent.do(f"memories/{id_}", {"content": "Ana prefers chat"}, method="PATCH")
        found = get(agent.memory, f"items/{id_}")["data"]
        assert found["text"] == "Ana prefers chat"
        assert [version["text"] for version in found["versions"]] == ["Ana prefers e-mail"]

    @pytest.mark.parametrize("item", ["1", "abc", "9" * 17, "１２"])
    def test_others_are_unknown(self, full: Memory, new_memory: Callable[[], Memory], item: str) -> None:
        get(full, f"items/{item}", status=404)
        get(new_memory(), f"items/{full.items()[0]['id']}", status=404)


class TestEntitiesAndMap:
    def test_the_map_joins_what_items_mention_together(self, full: Memory) -> None:
        found = get(full, "map")["data"]
        names = {e["id"]: e["name"] for e in found["entities"]}
        assert len(names) == len(full.bundle("entity"))
        joined = {
            (*sorted((names[e["source"]], names[e["target"]])), e["itemCount"], *e["predicates"])
            for e in found["edges"]
        }
        assert ("Halcyon Press", "Lena", 1, "works at") in joined
        # What no longer holds has no predicate.
        assert ("Faro", "Lena", 1) in joined
        few = get(full, "map", limit=2)["data"]
        assert next(e["name"] for e in few["entities"]) == "Lena"
        assert len(few["entities"]) == 2
        assert len(few["edges"]) <= 1

    def test_an_entity_has_its_items(self, full: Memory) -> None:
        ids = {e["name"]: e["id"] for e in get(full, "map")["data"]["entities"]}
        found = get(full, f"entities/{ids['Lena']}")["data"]
        assert found["itemCount"] == len(found["items"]) == 4
        observed = [item["observedAt"] for item in found["items"]]
        assert observed == sorted(observed, reverse=True)
        full.data("entities/merge", entity="Faro", into="Braga")
        assert get(full, f"entities/{ids['Faro']}")["data"]["sameAs"] == ["Braga"]

    def test_others_are_unknown(self, full: Memory, new_memory: Callable[[], Memory]) -> None:
        lena = get(full, "map")["data"]["entities"][0]["id"]
        other = new_memory()
        get(other, f"entities/{lena}", status=404)
        assert get(other, "map")["data"] == {"entities": [], "edges": []}
        get(full, "map", status=400, limit=1001)


class TestFiles:
    def test_the_page_loads_only_its_own_files(self, http: httpx.Client) -> None:
        page = http.get("/explore").raise_for_status()
        assert page.headers["content-type"].startswith("text/html")
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "<script>" not in page.text
        assert " style=" not in page.text
        waiting = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        seen: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in seen or name.startswith("data:"):
                continue
            seen.add(name)
            assert name.startswith("/"), name
            text = http.get(name).raise_for_status().text
            if name.startswith("/explore/"):
                waiting += [urljoin(name, part) for part in re.findall(r'from "([^"]+)"', text)]
                assert "innerHTML" not in text
        assert {"/explore/main.js", "/explore/walk.js", "/static/vis/vis-network.min.js"} <= seen

    @pytest.mark.parametrize(
        "name", ["__init__.py", "none.js", "..%2Fbootstrap.py", "%2e%2e/settings.py", "index.html"]
    )
    def test_there_is_nothing_else(self, http: httpx.Client, name: str) -> None:
        assert http.get(f"/explore/{name}").status_code == 404

    def test_the_config_names_neo4j_browser(self, http: httpx.Client) -> None:
        assert re.match(
            r"http://127\.0\.0\.1:\d+/browser/\?dbms=bolt://neo4j@127\.0\.0\.1:\d+$",
            http.get("/explore/config.json").json()["data"]["browser"],
        )
