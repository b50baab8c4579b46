"""Terminal output: progress, messages, logs."""

import contextlib
import logging
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from app.observability.logs import formatter

# Results go to standard output, everything else to standard error.
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)
_REPORTED_JARS = 60
_NOISY = ("httpx", "httpcore", "neo4j", "neo4j.pool", "neo4j.io", "uvicorn.access")


def set_up_logging(level: str, format_name: str = "text") -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(formatter(format_name.lower()))
    logging.basicConfig(level=level.upper(), handlers=[handler])
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    # The driver logs many lines for every lost connection; the service logs one.
    logging.getLogger("neo4j").setLevel(logging.CRITICAL)
    # The SDK logs what tools were called with and what they said.
    logging.getLogger("mcp").setLevel(logging.CRITICAL)


def show_table(columns: Sequence[str], rows: Iterable[Iterable[object]], *, title: str | None = None) -> None:
    """Print cells as they are, without reading marks in them; None is an empty cell."""
    from rich.table import Table  # noqa: PLC0415 - keeps help fast
    from rich.text import Text  # noqa: PLC0415

    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    out.print(table)


@contextlib.contextmanager
def step(text: str) -> Generator[None]:
    """A spinner on a terminal, one line elsewhere."""
    if err.is_terminal:
        with err.status(text):
            yield
    else:
        err.print(f"{text} …")
        yield


def fetch_jars(cache_dir: Path, *, maven_url: str) -> Path:
    """Download Neo4j's jars with a progress bar; without a terminal, print one line per 60 jars."""
    from app.neo4j_server.jars import ensure_jars  # noqa: PLC0415 - keeps help fast

    with Progress(
        TextColumn("Downloading Neo4j (once)"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f} jars"),
        TextColumn("{task.fields[megabytes]:.0f} MB"),
        TimeElapsedColumn(),
        console=err,
        transient=True,
    ) as progress:
        told: set[int] = set()
        task = progress.add_task("jars", total=None, megabytes=0.0, visible=False)

        def show(done: int, total: int, received: int) -> None:
            progress.update(task, completed=done, total=total, megabytes=received / 1e6, visible=True)
            if not err.is_terminal and done and done % _REPORTED_JARS == 0 and done not in told:
                told.add(done)
                err.print(f"Downloading Neo4j (once): {done} of {total} jars, {received / 1e6:.0f} MB")

        return ensure_jars(cache_dir, maven_url=maven_url, on_progress=show)
