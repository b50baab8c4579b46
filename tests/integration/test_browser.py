"""What Neo4j Browser is given: a guide, its queries, a style."""

import html
import re
from importlib.resources import files

import httpx
import pytest

from app.bootstrap import Runtime
from graph_schema.elements import ENTITY_LABELS, LABELS, RELATIONSHIP_TYPES
from tests.api import Memory, told
from tests.cypher import rows

FOLDER = files("graph_schema").joinpath("browser")
QUERIES = {
    entry.name.removesuffix(".cypher"): entry.read_text(encoding="utf-8")
    for entry in FOLDER.joinpath("queries").iterdir()
}
# Browser's page is at another port, and a guide's address has another name for this machine.
FROM_BROWSER = {"Origin": "http://127.0.0.1:7474", "Sec-Fetch-Site": "cross-site"}


class TestGuide:
    def test_browser_may_read_it_and_each_query_stands_in_it_once(self, http: httpx.Client) -> None:
        response = http.get("/neo4j/guide.html", headers=FROM_BROWSER).raise_for_status()
        assert response.headers["Access-Control-Allow-Origin"] in {"*", FROM_BROWSER["Origin"]}
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        assert response.text.count("<slide") == 8
        runnable = [html.unescape(text) for text in re.findall(r"<pre[^>]*>(.*?)</pre>", response.text, re.DOTALL)]
        commands = [text for text in runnable if text.startswith(":")]
        assert commands == [
            ":param memory => 'demo:sample'",
            f":style {str(http.base_url).rstrip('/')}/neo4j/style.grass",
        ]
        assert sorted(set(runnable) - set(commands)) == sorted(text.strip() for text in QUERIES.values())
        assert len(runnable) == len(QUERIES) + len(commands)
        assert "<!--" not in response.text

    @pytest.mark.parametrize("name", QUERIES)
    def test_each_query_has_a_name_and_an_address(self, http: httpx.Client, name: str) -> None:
        assert re.match(r"// [A-Z].{10,}\n", QUERIES[name])
        response = http.get(f"/neo4j/queries/{name}.cypher", headers=FROM_BROWSER).raise_for_status()
        assert response.text == QUERIES[name]

    @pytest.mark.parametrize("name", ["none.cypher", "..%2Fstyle.cypher", "..", "%2e%2e%2fguide.cypher"])
    def test_there_is_nothing_else(self, http: httpx.Client, name: str) -> None:
        assert http.get(f"/neo4j/queries/{name}").status_code == 404

    @pytest.mark.anyio
    async def test_every_query_finds_its_rows(self, runtime: Runtime, memory: Memory) -> None:
        memory.extract(
            told(
                ("Lena", "I work at Halcyon Press."),
                ("Lena", "I live in Faro."),
                ("Lena", "Hm."),
                ("Lena", "I live in Porto."),
                ("Ben", "I know Lena from Porto."),
                ("Lena", "I moved to Braga last week and no longer live in Porto."),
            )
        )
        memory.wait_until_idle()
        memory.retrieve("Who knows somebody who works at Halcyon Press?", strategy="DEEP", persistTrace=True)
        found = {
            name: len(await rows(runtime.db, text, memory=memory.scope.memory_id)) for name, text in QUERIES.items()
        }
        empty = {name for name, number in found.items() if number == 0}
        assert empty <= {"conflicts"}, found


class TestStyle:
    def test_it_names_what_is_in_the_graph(self, http: httpx.Client) -> None:
        style = http.get("/neo4j/style.grass", headers=FROM_BROWSER).raise_for_status().text
        labels = set(re.findall(r"^node\.(\w+)", style, re.MULTILINE))
        assert set(ENTITY_LABELS.values()) | {"Entity", "Fact", "RawData", "Insight", "Trace", "TraceStage"} <= labels
        assert labels <= LABELS | set(ENTITY_LABELS.values())
        assert set(re.findall(r"^relationship\.(\w+)", style, re.MULTILINE)) <= RELATIONSHIP_TYPES
        assert style.count("{\n") == style.count("}\n")
