"""The scripts in scripts/analytics, and how they are run."""

import asyncio
import contextlib
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from app.cli.analytics.measures import MEASURES
from app.connections import neo4j_address, open_database
from app.domain.errors import SetupError
from app.domain.limits import MIN_YEAR
from app.domain.scope import MemoryScope
from app.graph.shown_values import TextAnswer
from app.settings import Settings

# In a clone; in an installed package, beside `app`.
FOLDER = Path(__file__).parents[3] / "scripts" / "analytics"

# Questions about 100,000 facts take seconds.
_TIMEOUT_SECONDS = 300.0
_HEADER = re.compile(r"\A(?://[^\n]*\n)+")


class Script(Struct, frozen=True, kw_only=True):
    """A Cypher file. From its first comment: the question, how to read the answer (`lines` has both and all further
    lines), the measure that is computed from its rows (a name in MEASURES), the words that describe its plot.
    """

    name: str
    text: str
    lines: list[str]
    measure: str | None
    plot: list[str]

    @property
    def question(self) -> str:
        return self.lines[0] if self.lines else self.name

    @property
    def explanation(self) -> list[str]:
        return [line for line in self.lines[1:] if not line.startswith(("Measure:", "Plot:", "Parameters:"))]


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.cypher"))


def known(name: str) -> Script:
    """Return a script of the project. Raises SetupError for an unknown name."""
    if name not in (there := names()):
        raise SetupError(f"There is no question {name!r}; there are {', '.join(there)}.")
    return read(FOLDER / f"{name}.cypher")


def read(path: Path) -> Script:
    """Return any Cypher file as a script. Raises SetupError if it can't be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"{path} can't be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}.") from error
    header = _HEADER.match(text)
    lines = [line.removeprefix("//").strip() for line in header[0].splitlines()] if header else []
    measure = _words(lines, "Measure:")
    if measure and measure[0] not in MEASURES:
        raise SetupError(f"{path}: there is no measure {measure[0]!r}; there are {', '.join(MEASURES)}.")
    return Script(
        name=path.stem, text=text, lines=lines, measure=measure[0] if measure else None, plot=_words(lines, "Plot:")
    )


def run(settings: Settings, script: Script, *, scope: MemoryScope, since: str | None) -> TextAnswer:
    """Run a script that only reads, with $memory and $since. Raises SetupError for what the database refuses."""
    parameters = {"memory": scope.memory_id, "since": _since(since)}
    answer = asyncio.run(_ask(settings, script.text, parameters))
    return MEASURES[script.measure](answer) if script.measure else answer


async def _ask(settings: Settings, text: str, parameters: dict[str, Any]) -> TextAnswer:
    async with contextlib.aclosing(open_database(neo4j_address(settings))) as db:
        return await db.read_text(text, parameters, timeout_seconds=_TIMEOUT_SECONDS)


def _since(text: str | None) -> datetime:
    if text is None:
        return datetime(MIN_YEAR, 1, 1, tzinfo=UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise SetupError(f"--since is a date or time such as 2026-01-31, not {text!r}.") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _words(lines: list[str], label: str) -> list[str]:
    said = next((line for line in lines if line.startswith(label)), label)
    return said.removeprefix(label).rstrip(".").split()
