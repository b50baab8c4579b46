"""Waiting for an operation."""

import time
from typing import Any

from app.cli.client.service import Service
from app.cli.console import err

UNFINISHED = ("accepted", "running")
_POLL_SECONDS = 0.5


def follow_operation(service: Service, operation_id: str) -> dict[str, Any]:
    """Wait for an operation, with a progress bar on a terminal."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - for help's sake

    with Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"), TimeElapsedColumn(),
        console=err, transient=True,
    ) as progress:  # fmt: skip
        task = progress.add_task(operation_id, total=None)
        while True:
            operation = service.get(f"memory/operations/{operation_id}")
            done = operation["progress"]
            progress.update(task, description=operation["kind"], completed=done["done"], total=done["total"] or None)
            if operation["status"] not in UNFINISHED:
                return operation
            time.sleep(_POLL_SECONDS)
