"""Neo4j started by `mnemon neo4j start`, apart from any service."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import httpx

from app.connections import neo4j_address, open_database
from app.settings import load_settings
from tests.cypher import drop_everything
from tests.service_process import NO_TLS, ServiceProcess, running_service


def mnemon(*arguments: str, data_dir: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command as users do, with more environment variables."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli.main", *arguments, "--data-dir", str(data_dir)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def login(data_dir: Path) -> tuple[str, tuple[str, str]]:
    """Return address, user and password of the Neo4j that runs there."""
    shown = mnemon("neo4j", "uri", data_dir=data_dir)
    assert shown.returncode == 0, shown.stderr
    uri, user, password = shown.stdout.splitlines()
    return uri, (user, password)


def as_new(data_dir: Path) -> None:
    """Drop everything in the Neo4j that runs there."""

    async def drop() -> None:
        async with contextlib.aclosing(open_database(neo4j_address(load_settings({}, data_dir=data_dir)))) as database:
            await drop_everything(database)

    asyncio.run(drop())


@contextlib.contextmanager
def attached(folder: Path, **environment: str) -> Generator[tuple[ServiceProcess, httpx.Client]]:
    """Run a service on the detached Neo4j."""
    with (
        running_service(folder, **environment) as service,
        httpx.Client(base_url=service.url, timeout=90, verify=NO_TLS) as http,
    ):
        yield service, http
