"""The commands `mnemon analytics` and `mnemon cypher`."""

import sys
from pathlib import Path
from typing import NamedTuple

from app.cli.analytics import questions, tables
from app.cli.console import out, step
from app.domain.errors import SetupError
from app.domain.scope import MemoryScope
from app.graph.shown_values import TextAnswer
from app.settings import Settings


class MemoryQuestions(NamedTuple):
    """`since`: as it was typed."""

    settings: Settings
    scope: MemoryScope
    since: str | None

    def __call__(self, script: questions.Script) -> TextAnswer:
        return questions.run(self.settings, script, scope=self.scope, since=self.since)


def list_questions() -> None:
    for name in questions.names():
        out.print(f"{name:26} {questions.known(name).question}", markup=False, highlight=False)


def answer(asked: MemoryQuestions, script: str | Path, *, form: str, output: Path | None) -> None:
    """Print or write the answer of a script: a known one's name, or a file. Raises SetupError for what can't be."""
    found = questions.known(script) if isinstance(script, str) else questions.read(script)
    if form in {"png", "svg"} and output is None and out.is_terminal:
        raise SetupError(f"A picture goes to a file: --output {found.name}.{form}")
    rows = asked(found)
    match form:
        case "csv":
            content = tables.as_csv(rows).encode()
        case "json":
            content = tables.as_json(rows).encode()
        case "png" | "svg":
            from app.cli.analytics.plots import picture  # noqa: PLC0415 - matplotlib takes a second to load

            content = picture(found, rows, form)
        case _ if output is None:
            tables.print_table("\n".join([found.question, *found.explanation]), rows)
            return
        case _:
            raise SetupError("A table is for the screen: with --output, take --format csv, json, png or svg.")
    _write(content, output)


def report(asked: MemoryQuestions, folder: Path) -> None:
    from app.cli.analytics.report import write_report  # noqa: PLC0415 - matplotlib takes a second to load

    def ask(script: questions.Script) -> TextAnswer:
        with step(script.question):
            return asked(script)

    written = write_report(folder, asked.scope, [questions.known(name) for name in questions.names()], ask)
    out.print(str(written), markup=False)


def _write(content: bytes, output: Path | None) -> None:
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise SetupError(f"{output} can't be written: {error.strerror}.") from error
