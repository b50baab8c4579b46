"""The commands for people, on a running service."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import main as program
from app.cli.client import importing
from app.cli.client.service import Service, Unreachable
from app.cli.main import cli
from tests.api import Memory, told

Run = Callable[..., Result]


@pytest.fixture
def run(memory: Memory) -> Run:
    """Run a command on the memory, as `mnemon` does."""
    place = ["--url", str(memory.http.base_url), "--user", memory.scope.user_id, "--agent", memory.scope.agent_id]

    def run_command(name: str, *arguments: str, code: int = 0, text: str | None = None) -> Result:
        result = CliRunner().invoke(cli, [name, *arguments, *place], input=text)
        raised = "" if result.exception is None else repr(result.exception)
        assert result.exit_code == code, result.output + raised
        return result

    return run_command


@pytest.fixture
def full(memory: Memory) -> Memory:
    memory.extract(told(("Ana", "I live in Faro."), ("Ben", "I work at Zephyr Optics."), ("Ana", "I moved to Braga.")))
    memory.wait_until_idle()
    return memory


def test_remember_and_recall(run: Run) -> None:
    assert "Ana: I play the oud." in run("remember", "I play the oud.", "--speaker", "Ana").stdout
    assert run("remember", "-", text="I live in Porto.").stdout.strip() == "User: I live in Porto."
    assert run("remember", "Hm.").stdout.strip() == "Stored; no fact in it."
    shown = run("recall", "What does Ana play?").stdout.splitlines()
    assert shown[0].endswith("Ana: I play the oud.")
    assert "Ana, " in shown[1]
    assert "“I play the oud.”" in shown[1]


def test_the_walk_is_a_tree(run: Run, full: Memory) -> None:
    tree = run("recall", "Where does Ben work?", "--deep", "--trace").stdout
    for part in ("the walk", "seeds", "hop 1: ", "found, ", "Zephyr Optics"):
        assert part in tree
    assert "hop" not in run("recall", "Where does Ben work?").stdout.split("Zephyr Optics.")[0]


def test_recall_and_context_of_an_earlier_day(run: Run, full: Memory) -> None:
    assert "Braga" in run("context", "Where does Ana live?").stdout
    before = run("context", "Where does Ana live?", "--as-of", "2024-03-04T09:00:30Z").stdout
    assert "Faro" in before
    assert "Braga" not in before
    assert "Faro" in run("recall", "Where does Ana live?", "--as-of", "2024-03-04T09:00:30Z").stdout


def test_nothing_found_has_a_code_of_its_own(run: Run) -> None:
    for name in ("recall", "context"):
        result = run(name, "What is my blood type?", code=4)
        assert (result.stdout, result.stderr) == ("", "Nothing found.\n")
    assert json.loads(run("context", "What is my blood type?", "--json").stdout)["text"] == ""


def test_lists(run: Run, full: Memory) -> None:
    assert full.scope.user_id in run("memories", "--search", full.scope.user_id).stdout
    facts = run("facts").stdout
    assert "Zephyr Optics" in facts
    assert "Faro" not in facts
    assert "Faro" in run("facts", "--closed").stdout
    assert len(json.loads(run("facts", "--limit", "1", "--json").stdout)) == 1
    operations = run("operations", "--follow").stdout
    assert "extract" in operations
    assert "3/3" in operations


def test_a_bundle_goes_out_and_in(run: Run, full: Memory, tmp_path: Path) -> None:
    path = tmp_path / "memory.ndjson"
    assert run("export", str(path)).stdout.startswith(f"{len(path.read_text().splitlines())} lines in ")
    assert list(tmp_path.iterdir()) == [path]
    run("forget", "--everything", "--yes")
    assert full.items() == []
    assert "3 rawData" in run("import", str(path)).stdout
    assert len(full.items()) == 2
    path.write_text("{}\n")
    assert "mnemon" not in run("import", str(path), code=1).stdout


CHAT = "".join(
    json.dumps({"speaker": "Ana", "text": text, "time": f"2024-03-04T09:0{minute}:00Z"}) + "\n"
    for minute, text in enumerate(["I live in Faro.", "I work at Zephyr Optics.", "", "I play the oud."])
)


class TestOtherProgramsData:
    def test_it_is_counted_imported_and_read(self, run: Run, memory: Memory, tmp_path: Path) -> None:
        path = tmp_path / "chat.jsonl"
        path.write_text(CHAT)
        planned = run("import", str(path), "--from", "jsonl", "--dry-run")
        assert "would import 3 rawData" in planned.stdout
        assert "left out: 1 records without text" in planned.stderr
        assert memory.raw_data() == []
        shown = run("import", str(path), "--from", "jsonl").stdout
        assert "imported 3 rawData" in shown
        assert "extracted 3 facts" in shown
        assert {item["text"] for item in memory.items()} == {
            "Ana: I live in Faro.",
            "Ana: I work at Zephyr Optics.",
            "Ana: I play the oud.",
        }
        again = json.loads(run("import", str(path), "--from", "jsonl", "--json").stdout)
        assert again["counts"] == {"rawData": 3}
        assert len(memory.raw_data()) == len(memory.items()) == 3

    def test_nothing_is_read_unless_asked_for(self, run: Run, memory: Memory, tmp_path: Path) -> None:
        path = tmp_path / "chat.jsonl"
        path.write_text(CHAT)
        assert "with --extract" in run("import", str(path), "--from", "jsonl", "--no-extract").stderr
        assert memory.items() == []
        assert "extracted 3 facts" in run("import", str(path), "--from", "jsonl").stdout

    def test_facts_that_come_later_count_too(
        self, run: Run, memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A message that has a fact in the file is not read again, although the fact comes in another part."""
        path = tmp_path / "memories.json"
        path.write_text(json.dumps([{"id": str(n), "memory": f"Owns {n} boats"} for n in range(3)]))
        monkeypatch.setattr(importing, "_PART_LINES", 2)
        shown = run("import", str(path), "--from", "mem0", "--speaker", "Ana").stdout
        assert "imported 3 rawData, 3 fact" in shown
        assert "extracted 0 facts" in shown
        assert len(memory.items()) == 3

    def test_what_was_forgotten_comes_back(self, run: Run, memory: Memory, tmp_path: Path) -> None:
        """A part's key names an import of which something was forgotten since."""
        path = tmp_path / "chat.jsonl"
        path.write_text(CHAT)
        run("import", str(path), "--from", "jsonl")
        run("forget", "--everything", "--yes")
        assert "imported 3 rawData" in run("import", str(path), "--from", "jsonl").stdout
        assert len(memory.items()) == 3

    def test_refused_lines_are_counted(self, run: Run, memory: Memory, tmp_path: Path) -> None:
        path = tmp_path / "items.json"
        for text, code in (("sings", 0), ("dances", 1)):
            rows = [{"id": f"r{n}", "segment": {"content": f"Ana {text} {n}."}} for n in range(150)]
            path.write_text(json.dumps({"rawData": rows}))
            result = run("import", str(path), "--from", "memind", "--no-extract", code=code)
        assert "150 lines were refused" in str(result.exception)
        assert json.loads(run("import", str(path), "--from", "memind", "--json", code=1).stdout)["refused"]
        assert "sings" in str(memory.raw_data())
        assert "dances" not in str(memory.raw_data())

    def test_an_interrupted_import_goes_on(
        self, run: Run, memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "chat.jsonl"
        path.write_text(CHAT)
        monkeypatch.setattr(importing, "_PART_LINES", 2)
        upload, sent = Service.upload, list[Any]()

        def breaks(service: Service, parts: Any, **options: Any) -> Any:
            sent.append(options)
            if len(sent) == 2:  # the second part
                raise Unreachable("The line is cut")
            return upload(service, parts, **options)

        monkeypatch.setattr(Service, "upload", breaks)
        run("import", str(path), "--from", "jsonl", code=3)
        assert len(memory.raw_data()) == 2
        run("import", str(path), "--from", "jsonl")
        assert len(memory.raw_data()) == 3
        imports = [row for row in json.loads(run("operations", "--json").stdout) if row["kind"] == "import"]
        assert len(imports) == 4  # two parts, and both again for extraction; the first part was known in the second run

    @pytest.mark.parametrize(
        ("format_", "content", "said"),
        [
            ("whatsapp", "Dear diary", "no chat exported by WhatsApp"),
            ("claude-chat", '[{"chat_messages": [1]}]', "not Claude's conversations.json: Expected `object`"),
            ("basic-memory", "a file", "is no folder"),
        ],
    )
    def test_a_file_of_another_kind_is_refused(
        self, run: Run, memory: Memory, tmp_path: Path, format_: str, content: str, said: str
    ) -> None:
        path = tmp_path / "data"
        path.write_text(content)
        result = run("import", str(path), "--from", format_, code=1)
        assert said in str(result.exception)
        assert memory.raw_data() == []

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (["--time-zone", "Nowhere/At_all"], "no time zone"),
            (["--column", "colour=red"], "FIELD=NAME"),
        ],
    )
    def test_a_wrong_option_is_refused(self, run: Run, tmp_path: Path, options: list[str], said: str) -> None:
        path = tmp_path / "chat.jsonl"
        path.write_text(CHAT)
        assert said in str(run("import", str(path), "--from", "jsonl", *options, code=1).exception)

    def test_a_folder_is_no_bundle(self, run: Run, tmp_path: Path) -> None:
        assert "only --from basic-memory" in str(run("import", str(tmp_path), code=1).exception)


def test_forgetting_is_shown_and_asked_for(run: Run, full: Memory) -> None:
    assert "would delete: " in run("forget", "--entity", "Zephyr Optics", "--dry-run").stdout
    run("forget", "--entity", "Zephyr Optics", text="n\n", code=1)
    assert "Zephyr" in str(full.items())
    shown = run("forget", "--entity", "Zephyr Optics", text="y\n").stdout
    assert "deleted: " in shown
    assert "Zephyr" not in str(full.items())


class TestFailures:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["forget", "--fact", "x", "--yes"], "itemIds must be ids of items"),
            (["forget", "--yes"], "Name what is to be forgotten"),
            (["recall", "x", "--as-of", "soon"], "asOf"),
            (["forget", "--everything", "--json"], "add --dry-run or --yes"),
        ],
    )
    def test_they_are_said_in_the_services_words(
        self, memory: Memory, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert self.end(memory, arguments, str(memory.http.base_url)) == 1
        shown = capsys.readouterr()
        assert said in shown.err
        assert shown.out == ""

    def test_an_absent_service_has_a_code_of_its_own(self, memory: Memory, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.end(memory, ["memories"], "http://127.0.0.1:9") == 3
        assert "mnemon serve" in capsys.readouterr().err

    def end(self, memory: Memory, arguments: list[str], url: str) -> Any:
        """Run `main` and return its exit code."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["mnemon", *arguments, "--url", url, "--user", memory.scope.user_id])
            with pytest.raises(SystemExit) as ended:
                program.main()
        return ended.value.code


class TestStart:
    def test_help_loads_nothing_that_takes_long(self) -> None:
        """Timing would depend on the machine; these modules take most of the seconds that a service's start has."""
        slow = ["asyncio", "httpx", "litestar", "matplotlib", "mcp", "neo4j", "networkx", "numpy", "openai", "spacy"]
        code = (
            "import sys\nfrom app.cli.main import cli\n"
            "try:\n    cli(['--help'])\nexcept SystemExit:\n    pass\n"
            f"print(sorted(set({slow}) & set(sys.modules)))"
        )
        shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        assert shown.splitlines()[-1] == "[]"

    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_completion_scripts(self, shell: str) -> None:
        result = CliRunner().invoke(cli, ["completion", shell])
        assert result.exit_code == 0
        assert "_MNEMON_COMPLETE" in result.stdout

    @pytest.mark.parametrize("command", ["backup", "reindex"])
    def test_a_folder_without_a_database_is_named(
        self, tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        target = [str(tmp_path / "backup")] if command == "backup" else []
        monkeypatch.setattr(sys, "argv", ["mnemon", command, *target, "--data-dir", str(tmp_path / "none")])
        with pytest.raises(SystemExit) as ended:
            program.main()
        assert ended.value.code == 1
        assert "There is no database in" in capsys.readouterr().err
        assert list(tmp_path.iterdir()) == []
