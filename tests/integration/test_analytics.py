"""Questions in Cypher about a memory, and Cypher of the user's own."""

import csv
import html
import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from anyio import to_thread

from app.bootstrap import Runtime, create_retrieve_memory
from app.cli.analytics import commands, measures, questions
from app.cli.analytics.commands import MemoryQuestions
from app.cli.analytics.plots import picture
from app.domain.errors import SetupError
from app.domain.retrieval import QueryLog, Question, RetrievalResult, RetrievalStatus, Strategy
from app.graph import query_log
from app.graph.shown_values import TextAnswer
from app.services.upkeep.clean_up import CleanUp
from app.settings import Settings
from tests.api import Memory, conversation, message
from tests.cypher import rows


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


@pytest.fixture
async def logged(runtime: Runtime, told: Memory) -> Memory:
    """The same memory, and four logged questions."""
    retrieve = create_retrieve_memory(runtime.db, runtime.embedder, logs_questions=QueryLog.TEXT)
    for text in ("Where does Lena work?", "What is the price of copper?", "What is the price of copper?", "??"):
        await retrieve(told.scope, Question(text=text, strategy=Strategy.SIMPLE))
    return told


def ask(
    settings: Settings,
    memory: Memory,
    name: str,
    capsys: pytest.CaptureFixture[str],
    *,
    since: str | None = None,
    form: str = "json",
) -> str:
    capsys.readouterr()
    commands.answer(MemoryQuestions(settings, memory.scope, since), name, form=form, output=None)
    return capsys.readouterr().out


@pytest.mark.parametrize("name", questions.names())
def test_each_script_says_what_it_answers(name: str) -> None:
    question, reading, *_, parameters = questions.known(name).lines
    assert question.endswith("?")
    assert len(reading) > 30
    assert parameters.startswith("Parameters: $memory")


class TestAnswers:
    def test_each_question_is_answered_from_the_memory(
        self, settings: Settings, told: Memory, capsys: pytest.CaptureFixture[str]
    ) -> None:
        found = {name: json.loads(ask(settings, told, name, capsys)) for name in questions.names()}
        (taken,) = found["ingestion"]
        assert (taken["messages"], taken["operations"]) == (5, 1)
        assert taken["persecond"] > 0
        assert 0 < taken["p50"] <= taken["p95"]
        central = found["centrality"][0]
        assert central["entity"] == "Lena"
        assert central["betweenness"] > 0
        assert central["connected"] >= 3
        assert sum(row["pagerank"] for row in found["centrality"]) == pytest.approx(1, abs=0.001)
        circle = found["communities"][0]
        assert {"Lena", "Halcyon Press"} & set(circle["entities"])
        assert sum(row["size"] for row in found["communities"]) == len(found["centrality"])
        assert "works at" in {theme for row in found["communities"] for theme in row["themes"]}
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


@pytest.mark.anyio
class TestQueryLog:
    async def test_what_is_asked_and_not_known_comes_first(
        self, settings: Settings, logged: Memory, capsys: pytest.CaptureFixture[str]
    ) -> None:
        gaps = await to_thread.run_sync(lambda: json.loads(ask(settings, logged, "knowledge-gaps", capsys)))
        assert [(row["question"], row["asked"], row["empty"]) for row in gaps] == [
            ("What is the price of copper?", 2, 0),
            ("??", 1, 1),
        ]
        assert gaps[0]["nearest"] < 1
        assert gaps[1]["nearest"] is None
        (day,) = await to_thread.run_sync(lambda: json.loads(ask(settings, logged, "queries", capsys)))
        assert (day["strategy"], day["questions"], day["empty"], day["degraded"]) == ("simple", 4, 0.25, 0)

    async def test_words_are_logged_only_where_they_are_asked_for(self, runtime: Runtime, told: Memory) -> None:
        question = Question(text="Where does Lena work?", strategy=Strategy.DEEP)
        for logs in (QueryLog.OFF, QueryLog.COUNTS):
            await create_retrieve_memory(runtime.db, runtime.embedder, logs_questions=logs)(told.scope, question)
        (entry,) = await self.entries(runtime, told)
        assert "text" not in entry
        assert (entry["strategy"], entry["status"], entry["degraded"]) == ("deep_retrieval", "success", False)
        assert entry["items"] > 0
        assert 0.3 < entry["bestCosine"] <= 1

    @pytest.mark.parametrize("everything", [True, False])
    async def test_forgetting_deletes_the_log(self, runtime: Runtime, logged: Memory, everything: bool) -> None:
        assert len(await self.entries(runtime, logged)) == 4
        receipt = logged.data(
            "forget", **({"everything": True} if everything else {"itemIds": [logged.items()[0]["id"]]})
        )
        assert receipt["nodes"]["QueryLogEntry"] == 4
        assert await self.entries(runtime, logged) == []

    async def test_what_is_asked_while_a_memory_forgets_is_not_logged(self, runtime: Runtime, told: Memory) -> None:
        """Nor what is asked of a memory that nothing was ever stored in: forgetting would not find it."""
        result = RetrievalResult(status=RetrievalStatus.EMPTY, strategy=Strategy.SIMPLE, query="secret")
        before = datetime.now(UTC)
        told.data("forget", rawDataIds=[told.raw_data()[0]["id"]])
        after = datetime.now(UTC)
        for asked_at in (before, after):
            for memory_id in (told.scope.memory_id, "nobody:nowhere"):
                await query_log.save(runtime.db, memory_id, result, asked_at=asked_at, text="x" * 5000, millis=1)
        (entry,) = await self.entries(runtime, told)
        assert entry["createdAt"].to_native() == after
        assert len(entry["text"]) == 2000

    async def test_it_expires(self, runtime: Runtime, logged: Memory) -> None:
        text = "MATCH (n:QueryLogEntry {memoryId: $memory}) SET n.expiresAt = datetime() - duration('PT1S') RETURN 1"
        await rows(runtime.db, text, memory=logged.scope.memory_id)
        await CleanUp(runtime.db, audit_days=90)()
        assert await self.entries(runtime, logged) == []

    async def entries(self, runtime: Runtime, memory: Memory) -> list[dict[str, Any]]:
        text = "MATCH (n:QueryLogEntry {memoryId: $memory}) RETURN properties(n) AS entry"
        return [row["entry"] for row in await rows(runtime.db, text, memory=memory.scope.memory_id)]


class TestPictures:
    def test_plots_are_files(
        self, settings: Settings, told: Memory, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        asked = MemoryQuestions(settings, told.scope, None)
        for form, start in (("png", b"\x89PNG"), ("svg", b"<?xml")):
            path = tmp_path / f"hubs.{form}"
            commands.answer(asked, "hubs", form=form, output=path)
            assert path.read_bytes().startswith(start)
        assert ">Halcyon Press<" in (tmp_path / "hubs.svg").read_text(encoding="utf-8")
        assert ask(settings, told, "hubs", capsys, form="svg").startswith("<?xml")

    def test_letters_of_other_scripts_and_signs_stay_text(self, tmp_path: Path) -> None:
        script = questions.Script(name="n", text="", lines=["价格 $x$?"], measure=None, plot=["bars", "name", "facts"])
        answer = TextAnswer(columns=["name", "facts"], rows=[["東京 $5 & <b>", 2], ["Ω" * 80, None]])
        shown = picture(script, answer, "svg").decode()
        assert "東京 $5 &amp; &lt;b&gt;" in shown
        assert "价格 $x$?" in shown
        assert picture(script, answer, "png").startswith(b"\x89PNG")

    def test_what_can_not_be_drawn_is_said(
        self, settings: Settings, told: Memory, memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = MemoryQuestions(settings, told.scope, None)
        with pytest.raises(SetupError, match="changes has no plot"):
            commands.answer(asked, "changes", form="png", output=tmp_path / "x.png")
        with pytest.raises(SetupError, match="found nothing to draw"):
            commands.answer(asked, "duplicates", form="png", output=tmp_path / "x.png")
        with pytest.raises(SetupError, match="A table is for the screen"):
            commands.answer(asked, "hubs", form="table", output=tmp_path / "x.txt")
        with pytest.raises(SetupError, match="can't be written"):
            commands.answer(asked, "hubs", form="csv", output=tmp_path / "none" / "x.csv")
        own = tmp_path / "own.cypher"
        own.write_text("// Mine?\n// Plot: bars what number.\nRETURN 1 AS number", encoding="utf-8")
        for plot in ("bars.", "bars number.", "pie number number.", "bars number " + "number " * 5):
            own.write_text(f"// Mine?\n// Plot: {plot}\nRETURN 1 AS number", encoding="utf-8")
            with pytest.raises(SetupError, match="its plot must be"):
                commands.answer(asked, own, form="svg", output=tmp_path / "x.svg")
        own.write_text("// Mine?\n// Plot: bars what number.\nRETURN 1 AS number", encoding="utf-8")
        with pytest.raises(SetupError, match="has no column 'what'"):
            commands.answer(asked, own, form="svg", output=tmp_path / "x.svg")

    def test_the_report_holds_every_question(
        self, settings: Settings, told: Memory, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        commands.report(MemoryQuestions(settings, told.scope, None), tmp_path / "report")
        assert capsys.readouterr().out.strip() == str(tmp_path / "report" / "report.html")
        assert {path.stem for path in (tmp_path / "report").glob("*.csv")} == set(questions.names())
        page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
        for name in questions.names():
            assert f'<section id="{name}">' in page
            assert html.escape(questions.known(name).question) in page
        assert page.count("<svg") >= 6
        assert "Lena: I live in Faro." in page
        # Nothing is fetched when it is opened; other addresses are names of XML's vocabularies.
        assert not re.findall(r"""(?:src|href)=["'](?!#)""", re.sub(r"xlink:href", "", page))


class TestMeasures:
    """On a graph whose answer is known: two triangles joined by one edge, a–d."""

    EDGES = (("a", "b", 3), ("b", "c", 3), ("a", "c", 3), ("d", "e", 3), ("e", "f", 3), ("d", "f", 3), ("a", "d", 1))
    ANSWER = TextAnswer(
        columns=["entity", "other", "facts", "predicates"],
        rows=[[one, other, facts, ["knows"] if facts == 3 else ["met"]] for one, other, facts in EDGES],
    )

    def test_the_bridge_is_central(self) -> None:
        found = measures.central_entities(self.ANSWER)
        rows = {row[0]: dict(zip(found.columns, row, strict=True)) for row in found.rows}
        assert set(list(rows)[:2]) == {"a", "d"}
        # Six of the ten pairs of others have their only shortest path through a.
        assert rows["a"]["betweenness"] == rows["d"]["betweenness"] == 0.6
        assert rows["b"]["betweenness"] == 0
        assert (rows["a"]["connected"], rows["a"]["facts"]) == (3, 7)

    def test_the_triangles_are_circles(self) -> None:
        found = measures.communities(self.ANSWER)
        assert found.rows == [[1, 3, ["a", "b", "c"], ["knows"]], [2, 3, ["d", "e", "f"], ["knows"]]]

    def test_nothing_gives_nothing(self) -> None:
        nothing = TextAnswer(columns=self.ANSWER.columns, rows=[])
        assert measures.central_entities(nothing).rows == measures.communities(nothing).rows == []


class TestOwnCypher:
    def run(self, settings: Settings, memory: Memory, folder: Path, text: str) -> None:
        path = folder / "own.cypher"
        path.write_text(text, encoding="utf-8")
        commands.answer(MemoryQuestions(settings, memory.scope, None), path, form="json", output=None)

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
        with pytest.raises(SetupError, match="there are centrality, changes"):
            questions.known("everything")
        with pytest.raises(SetupError, match="not 'soon'"):
            commands.answer(MemoryQuestions(settings, memory.scope, "soon"), "hubs", form="json", output=None)
        (tmp_path / "own.cypher").write_bytes(b"\xff")
        with pytest.raises(SetupError, match="not UTF-8"):
            commands.answer(
                MemoryQuestions(settings, memory.scope, None), tmp_path / "own.cypher", form="json", output=None
            )
        (tmp_path / "own.cypher").write_text("// Measure: beauty\nRETURN 1", encoding="utf-8")
        with pytest.raises(SetupError, match="no measure 'beauty'"):
            commands.answer(
                MemoryQuestions(settings, memory.scope, None), tmp_path / "own.cypher", form="json", output=None
            )
