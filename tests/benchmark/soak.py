"""./scripts/bench soak: a steady load for minutes; memory and file descriptors must stay flat."""

import itertools
import os
import tempfile
import threading
import time
from pathlib import Path

import click
import httpx
import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from app.domain.scope import MemoryScope
from tests.api import Memory, message
from tests.service_process import running_service

_console = Console()
_SAMPLE_SECONDS = 5.0


@click.command(help="Add messages and ask questions at a steady rate; print the slope of memory and of open files.")
@click.option("--minutes", default=10.0, show_default=True)
@click.option("--messages-a-second", default=8.0, show_default=True)
@click.option("--questions-a-second", default=2.0, show_default=True)
def main(minutes: float, messages_a_second: float, questions_a_second: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {"MNEMON_IDLE_FLUSH_SECONDS": "5", "MNEMON_LOG_LEVEL": "WARNING"}
        with running_service(Path(folder) / "data", **environment) as service:
            assert service.process is not None
            process = psutil.Process(service.process.pid)
            counts = {"messages": 0, "questions": 0, "errors": 0}
            stop = threading.Event()
            load = [
                threading.Thread(target=_write, args=(service.url, messages_a_second, counts, stop)),
                threading.Thread(target=_ask, args=(service.url, questions_a_second, counts, stop)),
            ]
            for thread in load:
                thread.start()
            samples = _watch(process, minutes * 60, counts)
            stop.set()
            for thread in load:
                thread.join()
    _show(samples, counts, minutes)


def _write(url: str, rate: float, counts: dict[str, int], stop: threading.Event) -> None:
    with httpx.Client(base_url=url, timeout=30) as http:
        for number in itertools.count():
            if stop.wait(1 / rate):
                return
            memory = Memory(http, MemoryScope(user_id=f"soak-{number % 20}", agent_id="bench"))
            said = message(f"I bought map number {number} of Faro from Ben.", name="Ana")
            answer = memory.post("async/add-message", message=said)
            counts["messages" if answer.status_code == 202 else "errors"] += 1


def _ask(url: str, rate: float, counts: dict[str, int], stop: threading.Event) -> None:
    with httpx.Client(base_url=url, timeout=30) as http:
        for number in itertools.count():
            if stop.wait(1 / rate):
                return
            memory = Memory(http, MemoryScope(user_id=f"soak-{number % 20}", agent_id="bench"))
            answer = memory.post("retrieve", query=f"Who sold map {number}?", strategy="DEEP")
            counts["questions" if answer.status_code == 200 else "errors"] += 1


def _watch(process: psutil.Process, seconds: float, counts: dict[str, int]) -> list[tuple[float, float, int]]:
    """Sample (minutes, MiB, open files) every few seconds."""
    started = time.monotonic()
    samples: list[tuple[float, float, int]] = []
    while (elapsed := time.monotonic() - started) < seconds:
        memory = process.memory_info().rss / 2**20
        samples.append((elapsed / 60, memory, process.num_fds()))
        if len(samples) % 12 == 0:
            _console.print(
                f"{elapsed / 60:.1f} min  {memory:.0f} MiB  {samples[-1][2]} files  {counts}", highlight=False
            )
        time.sleep(_SAMPLE_SECONDS)
    return samples


def _show(samples: list[tuple[float, float, int]], counts: dict[str, int], minutes: float) -> None:
    """Print the slopes of the second half; the first half is warm-up."""
    half = np.array(samples[len(samples) // 2 :])
    memory, files = (float(np.polyfit(half[:, 0], half[:, column], 1)[0]) for column in (1, 2))
    table = Table("what", "figure")
    table.add_row("minutes", f"{minutes:g} on {os.cpu_count()} cores")
    for name, number in counts.items():
        table.add_row(name, str(number))
    table.add_row(
        "memory at the beginning, middle, end (MiB)",
        " ".join(f"{samples[i][1]:.0f}" for i in (0, len(samples) // 2, -1)),
    )
    table.add_row("slope of the second half (MiB a minute)", f"{memory:+.2f}")
    table.add_row("open files at the beginning and the end", f"{samples[0][2]} {samples[-1][2]}")
    table.add_row("slope (files a minute)", f"{files:+.2f}")
    _console.print(table)


if __name__ == "__main__":
    main()
