"""Text for a prompt."""

import json
from typing import Any

import pytest

from app.models.local.e5 import E5Embedder
from tests.api import Memory, told

TALK = told(
    ("Ana", "I live in Faro."),
    ("Ben", "Where do you work, Ana?"),
    ("Ana", "I work at Zephyr Optics, a lens maker."),
    ("Ben", "Got it."),
    ("Ana", "My sister Clara plays the oud."),
    ("Ben", "OK, thanks!"),
    ("Ana", "I moved to Braga. My dog Nox hates the rain."),
    ("Ben", "Zephyr Optics is located in Tromsdalen."),
)


@pytest.fixture
def full(memory: Memory) -> Memory:
    memory.extract(TALK)
    memory.wait_until_idle()
    return memory


def context(memory: Memory, query: str, **body: Any) -> dict[str, Any]:
    return memory.data("context", query=query, **body)


class TestText:
    def test_lines_say_who_and_when_and_have_sources(self, full: Memory) -> None:
        found = context(full, "Where does Ana work?")
        lines = found["text"].splitlines()
        assert lines[0] == "- [1] 2024-03-04 Ana: I work at Zephyr Optics, a lens maker."
        assert [s["number"] for s in found["sources"]] == list(range(1, len(lines) + 1))
        raw_data = {raw["id"]: raw for raw in full.raw_data()}
        for source, line in zip(found["sources"], lines, strict=True):
            assert source["text"] in line
            assert raw_data[source["rawDataId"]]["startTime"] == source["occurredAt"]
        first = found["sources"][0]
        assert first["speaker"] == "Ana"
        item = full.http.get(f"/open/v1/memory/items/{first['itemIds'][0]}", params=full.ids).json()["data"]
        assert "Zephyr Optics" in item["text"]
        assert (found["strategy"], found["status"]) == ("deep_retrieval", "success")

    def test_nothing_is_said_twice_and_nothing_empty(self, full: Memory) -> None:
        found = context(full, "What do we know about Ana, Clara and Nox?", maxTokens=2000)
        ids = [source["rawDataId"] for source in found["sources"]]
        assert len(ids) == len(set(ids))
        for empty in ("Got it", "thanks", "Where do you work"):
            assert empty not in found["text"]
        # Two facts of one message are one line, in their order, and the name stands once.
        (line,) = [line for line in found["text"].splitlines() if "Nox" in line]
        assert line.index("Braga") < line.index("Nox")
        assert line.count("Ana:") == 1

    def test_what_holds_no_more_is_left_out_unless_it_is_asked_for(self, full: Memory) -> None:
        assert "Faro" not in context(full, "Where does Ana live?")["text"]
        before = context(full, "Where does Ana live?", asOf="2024-03-04T09:00:30Z")
        assert before["text"] == "- [1] 2024-03-04 Ana: I live in Faro."

    def test_json_holds_the_same(self, full: Memory) -> None:
        plain = context(full, "Where does Ana work?")
        rows = json.loads(context(full, "Where does Ana work?", format="json")["text"])
        assert [(row["n"], row["text"]) for row in rows] == [(s["number"], s["text"]) for s in plain["sources"]]
        assert rows[0]["on"] == "2024-03-04"

    @pytest.mark.parametrize("form", ["markdown", "json"])
    @pytest.mark.parametrize("most", [1, 30, 45, 100])
    def test_it_fits(self, full: Memory, embedder: E5Embedder, most: int, form: str) -> None:
        found = context(full, "What does Ana do, and where?", maxTokens=most, format=form)
        (tokens,) = embedder.token_counts([found["text"]])
        assert tokens <= found["tokens"] + 2
        assert found["tokens"] <= most
        assert tokens >= found["tokens"] - len(found["sources"]) - 3
        # Of a line that does not fit, the beginning.
        assert (found["text"] == "") is (most == 1)

    def test_long_lines_are_counted_whole(self, memory: Memory, embedder: E5Embedder) -> None:
        facts = " ".join(
            f"Clara's friend Bertram number {n} works at the Initech office in Tromsdalen." for n in range(60)
        )
        memory.extract({"type": "document", "title": "Friends", "parsedText": facts})
        memory.wait_until_idle()
        found = context(memory, "Where do Clara's friends work?", maxTokens=600)
        (tokens,) = embedder.token_counts([found["text"]])
        assert 300 < tokens <= 602
        assert abs(tokens - found["tokens"]) < 20

    def test_a_line_that_does_not_fit_is_left_out_or_cut(self, full: Memory, embedder: E5Embedder) -> None:
        query = "Where does Ana work, the lens maker?"
        first, *others = context(full, query)["text"].splitlines()
        costs = dict(zip(others, embedder.token_counts(others), strict=True))
        shortest = min(costs, key=lambda line: costs[line])
        assert costs[shortest] + 1 < embedder.token_counts([first])[0]
        only = context(full, query, maxTokens=costs[shortest] + 1)["text"]
        assert only.partition("] ")[2] == shortest.partition("] ")[2]
        cut = context(full, query, maxTokens=15)
        assert first.startswith(cut["text"].removesuffix(" …"))
        assert cut["text"].endswith(" …")
        assert cut["status"] == "success"


class TestNothingNear:
    @pytest.mark.parametrize("query", ["What is my blood type?", "Who won the world cup in 1998?", "宇宙の年齢は?"])
    def test_what_the_memory_does_not_know_gives_nothing(self, full: Memory, query: str) -> None:
        found = context(full, query)
        assert (found["text"], found["tokens"], found["sources"], found["status"]) == ("", 0, [], "empty")
        assert found["bestScore"] < 0.4
        assert context(full, query, minScore=-1)["text"]

    def test_names_are_known_in_any_words(self, full: Memory) -> None:
        assert "Tromsdalen" in context(full, "Zephyr Optics whereabouts?", minScore=1)["text"]

    def test_an_empty_memory_and_an_empty_question(self, memory: Memory) -> None:
        assert context(memory, "Who?")["text"] == ""
        assert memory.post("context", query="  ").status_code == 400
        for wrong in ({"maxTokens": 0}, {"minScore": 2}, {"format": "html"}, {"strategy": "BEST"}):
            assert memory.post("context", query="x", **wrong).status_code == 400


class TestRetrieve:
    def test_without_a_strategy_it_walks_where_it_can(self, full: Memory, memory: Memory) -> None:
        assert full.data("retrieve", query="Where does Ana work?")["strategy"] == "deep_retrieval"

    def test_items_tell_when_and_who(self, full: Memory) -> None:
        (item,) = [i for i in full.retrieve("Where does Ana work?")["items"] if "lens maker" in i["text"]]
        assert (item["observedAt"], item["speaker"]) == ("2024-03-04T09:02:00Z", "Ana")
        assert item["validAt"] == "2024-03-04T09:02:00Z"
        assert "invalidAt" not in item
        past = full.retrieve("Where does Ana live?", asOf="2024-03-04T09:00:30Z")["items"]
        assert [i["invalidAt"] for i in past if "Faro" in i["text"]] == ["2024-03-04T09:06:00Z"]
