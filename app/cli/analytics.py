"""`mnemon analytics` and `mnemon cypher`: questions about a memory in Cypher, answered as a table, CSV or JSON."""

import asyncio
import contextlib
import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from rich.table import Table

from app.cli.console import err, out
from app.connections import neo4j_address, open_database
from app.domain.errors import SetupError
from app.domain.limits import MIN_YEAR
from app.domain.scope import MemoryScope
from app.graph.shown_values import TextAnswer
from app.settings import Settings

SCRIPTS = Path(__file__).parents[2] / "scripts" / "analytics"

_HEADER = re.compile(r"\A(?://[^\n]*\n)+")


def names() -> list[str]:
    return sorted(path.stem for path in SCRIPTS.glob("*.cypher"))


def header_of(path: Path) -> list[str]:
    """Return the lines of a script's first comment: the question, how to read the answer, the parameters."""
    found = _HEADER.match(path.read_text(encoding="utf-8"))
    return [line.removeprefix("//").strip() for line in found[0].splitlines()] if found else []


def list_questions() -> None:
    for name in names():
        out.print(f"{name:26} {header_of(SCRIPTS / f'{name}.cypher')[0]}", markup=False, highlight=False)


def script(name: str) -> Path:
    """Raises SetupError for an unknown name."""
    if name not in (known := names()):
        raise SetupError(
            f"There is no question {name!r}; there are {', '.join(known)}."
            if known
            else f"There are no scripts in {SCRIPTS}: run this in a clone of the project."
        )
    return SCRIPTS / f"{name}.cypher"


def run(settings: Settings, path: Path, *, scope: MemoryScope, since: str | None, form: str) -> None:
    """Run a script that only reads, with $memory and $since. Raises SetupError for what the database refuses."""
    parameters = {"memory": scope.memory_id, "since": _since(since)}
    answer = asyncio.run(_ask(settings, _text(path), parameters))
    match form:
        case "csv":
            out.file.write(_csv(answer))
        case "json":
            rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
            out.file.write(msgspec.json.format(msgspec.json.encode(rows), indent=2).decode() + "\n")
        case _:
            _print_table(header_of(path), answer)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"{path} can't be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}.") from error


async def _ask(settings: Settings, text: str, parameters: Mapping[str, Any]) -> TextAnswer:
    async with contextlib.aclosing(open_database(neo4j_address(settings))) as db:
        return await db.read_text(text, parameters)


def _since(text: str | None) -> datetime:
    if text is None:
        return datetime(MIN_YEAR, 1, 1, tzinfo=UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise SetupError(f"--since is a date or time such as 2026-01-31, not {text!r}.") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _csv(answer: TextAnswer) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(answer.columns)
    writer.writerows([_cell(value) for value in row] for row in answer.rows)
    return text.getvalue()


def _print_table(header: Sequence[str], answer: TextAnswer) -> None:
    table = Table(title="\n".join(header[:2]), title_justify="left", box=None, pad_edge=False)
    for column in answer.columns:
        table.add_column(column, overflow="fold")
    for row in answer.rows:
        table.add_row(*(_cell(value).replace("[", "\\[") for value in row))
    out.print(table)
    if not answer.rows:
        err.print("no rows", style="dim")


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case list():
            return ", ".join(_cell(item) for item in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case _:
            return msgspec.json.encode(value).decode()
