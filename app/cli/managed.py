"""The data folder and its Neo4j, held while a command runs."""

import contextlib
import fcntl
import os
from collections.abc import Generator
from pathlib import Path

from app.cli.console import fetch_jars, step
from app.domain.errors import SetupError
from app.neo4j_server.home import Neo4jHome
from app.neo4j_server.server import ManagedNeo4j, running_server
from app.settings import Settings


@contextlib.contextmanager
def managed_neo4j(settings: Settings) -> Generator[ManagedNeo4j | None]:
    """Run our own Neo4j while the block runs; None if a detached or external one is used, which keeps running."""
    running = running_server(Neo4jHome(settings.data_dir)) if settings.manages_neo4j else None
    # A server that is not detached belongs to a killed service and is about to stop: `start` waits for it.
    if not settings.manages_neo4j or (running is not None and running.detached):
        yield None
        return
    jars = fetch_jars(settings.cache_dir, maven_url=settings.maven_url)
    server = ManagedNeo4j(settings.data_dir, jars, memory_mib=settings.neo4j_memory_mib)
    try:
        with step("Starting Neo4j"):
            server.start()
        yield server
    finally:
        with step("Stopping Neo4j"):
            server.stop()


@contextlib.contextmanager
def exclusive(settings: Settings) -> Generator[None]:
    """Lock the data folder. Raises SetupError if another service holds it; no lock for an external Neo4j."""
    if not settings.manages_neo4j:
        yield
        return
    path: Path = settings.data_dir / "serve.lock"
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        file = path.open("a+")
    except OSError as error:
        raise SetupError(f"The data folder {settings.data_dir} can't be written: {error.strerror}.") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise SetupError(
                f"Another Mnemon (process {file.read().strip() or 'unknown'}) serves from {settings.data_dir}. "
                "Stop it, or name another --data-dir."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
