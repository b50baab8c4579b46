"""Questions in Cypher about a memory, and Cypher of the user's own."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from app.cli import analytics
from app.domain.errors import SetupError
from app.settings import Settings
from tests.api import Memory, conversation, message


@pytest.fixture
def told(memory: Memory) -> Memory:
    """A memory with people, a change, a stored retrieval and words beyond the basic plane of Unicode."""
    memory.extract(
        conversation(
            message("I work at Halcyon Press.", name="Lena", at="2024-01-10T09:00:00Z"),
            message("I live in Faro. 🎉", name="Lena", at="2024-01-10T09:01:00Z"),
            message("🎉 I know Lena from Porto.", name="Ben", at="2024-02-10T09:00:00Z"),
            message("I no longer live in Faro.", name="Lena", at="2024-03-10T09:00:00Z"),
            message("I play chess with Lena.", name="Ben", at="2025-03-10T09:00:00Z"),
        )
    )
    memory.wait_until_idle()
    memory.retrieve("Who knows somebody who works at Halcyon Press?", strategy="DEEP", persistTrace=True)
    return memory


def ask(settings: Settings, memory: Memory, name: str, capsys: pytest.CaptureFixture[str], **options: Any) -> str:
    capsys.readouterr()
    chosen: dict[str, Any] = {"since": None, "form": "json", **options}
    analytics.run(settings, analytics.script(name), scope=memory.scope, **chosen)
    return capsys.readouterr().out


@pytest.mark.parametrize("name", analytics.names())
def test_each_script_says_what_it_answers(name: str) -> None:
    question, reading, *_, parameters = analytics.header_of(analytics.script(name))
    assert question.endswith("?")
    assert len(reading) > 30
    assert parameters.startswith("Parameters: $memory")


class TestAnswers:
    def test_each_question_is_answered_from_the_memory(
        self, settings: Settings, told: Memory, capsys: pytest.CaptureFixture[str]
    ) -> None:
        found = {name: json.loads(ask(settings, told, name, capsys)) for name in analytics.names()}
        assert found["growth"][0]["messages"] == 5
        assert {"entity": "Lena", "with": "Halcyon Press", "facts": 1, "by": ["works at"]} in found["connections"]
        topics = {(row["speaker"], row["month"]): row["topics"] for row in found["topics"]}
        assert any(topic.startswith("Halcyon Press") for topic in topics["Lena", "2024-01-01"])
        assert [(row["before"], row["slot"]) for row in found["changes"]] == [("Lena: I live in Faro.", "lena|home")]
        assert {row["kind"] for row in found["conflicts-and-stale-facts"]} <= {"conflict", "stale"}
        assert all(row["share"] == 1 for row in found["provenance"])
        assert {row["kind"] for row in found["provenance"]} == {"facts", "insights"}
        (retrieval,) = found["retrieval"]
        assert (retrieval["strategy"], retrieval["retrievals"], retrieval["degraded"]) == ("deep_retrieval", 1, 0)
        assert retrieval["hops"] >= 1
        assert found["hubs"][0]["entity"] == "Lena"
        assert found["duplicates"] == []

    def test_since_leaves_out_what_was_before(
        self, settings: Settings, told: Memory, capsys: pytest.CaptureFixture[str]
    ) -> None:
        rows = json.loads(ask(settings, told, "topics", capsys, since="2025-01-01"))
        assert {row["month"] for row in rows} == {"2025-03-01"}
        assert json.loads(ask(settings, told, "changes", capsys, since="2025-01-01")) == []

    def test_tables_and_csv_hold_the_same(
        self, settings: Settings, told: Memory, capsys: pytest.CaptureFixture[str]
    ) -> None:
        header, *rows = csv.reader(io.StringIO(ask(settings, told, "connections", capsys, form="csv")))
        assert header == ["entity", "with", "facts", "by"]
        assert ["Lena", "Halcyon Press", "1", "works at"] in rows
        table = ask(settings, told, "connections", capsys, form="table")
        assert "Who is connected with whom" in table
        assert "Halcyon Press" in table


class TestOwnCypher:
    def run(self, settings: Settings, memory: Memory, folder: Path, text: str) -> None:
        path = folder / "own.cypher"
        path.write_text(text, encoding="utf-8")
        analytics.run(settings, path, scope=memory.scope, since=None, form="json")

    def test_nodes_paths_and_times_are_shown(
        self, settings: Settings, told: Memory, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        text = (
            "MATCH path = (e:Person {memoryId: $memory, name: 'Lena'})-[:RELATED {predicate: 'works at'}]->() "
            "RETURN path, e, date('2024-02-01') AS day, duration({days: 1}) AS long, null AS none, [1.5, true] AS list"
        )
        self.run(settings, told, tmp_path, text)
        (row,) = json.loads(capsys.readouterr().out)
        assert [part.get("name", part.get("predicate")) for part in row["path"]] == [
            "Lena",
            "works at",
            "Halcyon Press",
        ]
        assert row["e"]["labels"] == ["Entity", "Person"]
        assert "embedding" not in row["e"]
        assert (row["day"], row["long"], row["none"], row["list"]) == ("2024-02-01", "P1D", None, [1.5, True])

    @pytest.mark.parametrize(
        "text", ["MATCH (n {memoryId: $memory}) DETACH DELETE n", "CREATE (n:Fact)", "RETURN oops"]
    )
    def test_what_writes_or_is_wrong_is_refused(
        self, settings: Settings, told: Memory, tmp_path: Path, text: str
    ) -> None:
        with pytest.raises(SetupError, match="Neo4j refuses the statement"):
            self.run(settings, told, tmp_path, text)
        assert len(told.raw_data()) == 5

    def test_unknown_names_dates_and_files_are_named(self, settings: Settings, memory: Memory, tmp_path: Path) -> None:
        with pytest.raises(SetupError, match="there are changes, conflicts"):
            analytics.script("everything")
        with pytest.raises(SetupError, match="not 'soon'"):
            analytics.run(settings, analytics.script("hubs"), scope=memory.scope, since="soon", form="json")
        (tmp_path / "own.cypher").write_bytes(b"\xff")
        with pytest.raises(SetupError, match="not UTF-8"):
            analytics.run(settings, tmp_path / "own.cypher", scope=memory.scope, since=None, form="json")
