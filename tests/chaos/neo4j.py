"""The database of a run: a managed Neo4j behind a faulty proxy, on a disk that can be filled."""

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any, LiteralString, cast

import neo4j
import psutil

from app.neo4j_server.home import USER, Neo4jHome
from app.neo4j_server.jars import ensure_jars
from app.neo4j_server.server import ManagedNeo4j
from app.settings import Settings
from tests.chaos.proxy import Proxy

_BALLAST_CHUNK = 1 << 20


class _Home(Neo4jHome):
    """Neo4j home with additional settings in `more`."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir)
        # A preallocated log file would keep accepting writes on a full disk for too long.
        self.more = {"db.tx_log.preallocate": "false"}

    def configure(self, **settings: Any) -> None:
        super().configure(**settings)
        with (self.path / "conf" / "neo4j.conf").open("a") as file:
            file.writelines(f"{key}={value}\n" for key, value in self.more.items())


class FaultyNeo4j:
    """`disk_mib`: size of a separate disk, if this machine allows mounting one (`has_own_disk`)."""

    def __init__(self, folder: Path, *, disk_mib: int = 0) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.has_own_disk = bool(disk_mib) and _mount(folder, disk_mib)
        self._jars = ensure_jars(Settings().cache_dir)
        self._home = _Home(folder)
        self._server = self._new_server()
        self.proxy = Proxy(lambda: self.bolt_port)
        self.start()

    def _new_server(self) -> ManagedNeo4j:
        server = ManagedNeo4j(self.folder, self._jars, memory_mib=4096)
        server.home = self._home
        return server

    @property
    def environment(self) -> dict[str, str]:
        """Environment of a service that connects through the proxy."""
        return {
            "MNEMON_NEO4J_URI": f"bolt://127.0.0.1:{self.proxy.port}",
            "MNEMON_NEO4J_USER": USER,
            "MNEMON_NEO4J_PASSWORD": self._home.password(),
        }

    def start(self, *, read_only: bool = False) -> None:
        self._home.more["server.databases.read_only"] = "neo4j" if read_only else ""
        state = self._server.start()
        self.bolt_port, self._pid = state.bolt_port, state.pid

    def stop(self) -> None:
        self._server.stop()

    def kill(self) -> None:
        for process in psutil.Process(self._pid).children(recursive=True):
            process.send_signal(signal.SIGKILL)
        self._server.stop()
        self._server = self._new_server()

    def close(self) -> None:
        self.proxy.close()
        self.stop()
        if self.has_own_disk:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=False, capture_output=True)

    @contextlib.contextmanager
    def full_disk(self) -> Any:
        """Fill the disk completely while the block runs."""
        assert self.has_own_disk
        ballast = self.folder / "ballast"
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(os.urandom(_BALLAST_CHUNK))
        try:
            yield
        finally:
            ballast.unlink()

    def query(self, text: str, **parameters: Any) -> list[dict[str, Any]]:
        """Run a query directly, bypassing the proxy."""
        uri = f"bolt://127.0.0.1:{self.bolt_port}"
        with neo4j.GraphDatabase.driver(uri, auth=(USER, self._home.password())) as driver:
            return [r.data() for r in driver.execute_query(cast("LiteralString", text), parameters).records]


def _mount(folder: Path, mib: int) -> bool:
    if shutil.which("mount") is None:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(folder)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
