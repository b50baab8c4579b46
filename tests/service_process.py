"""Runs the service as users do: a separate process with free ports and its own folder."""

import contextlib
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from pathlib import Path

import httpx

_READY_SECONDS = 180
# For requests to this machine, in place of the certificates that a client loads by default: that takes up to 60 ms each.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class ServiceProcess:
    def __init__(
        self,
        data_dir: Path,
        *,
        port: int | None = None,
        environment: Mapping[str, str] | None = None,
        module: str = "app.cli.main",
    ) -> None:
        self.data_dir = data_dir
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data_dir.parent / f"{data_dir.name}-{self.port}.log"
        # A `sync/` request waits for its result even on a slow machine.
        self._environment = {"MNEMON_SYNC_TIMEOUT_SECONDS": "60", **os.environ, **(environment or {})}
        self._module = module
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start the process and wait until `/ready` returns 200."""
        command = [
            sys.executable,
            "-m",
            self._module,
            "serve",
            "--port",
            str(self.port),
            "--data-dir",
            str(self.data_dir),
        ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(
                    f"the service ended with {self.process.returncode}:\n{self.log.read_text()[-3000:]}"
                )
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/ready", timeout=5, verify=NO_TLS).status_code == 200:
                    return
            time.sleep(0.1)
        raise AssertionError(f"not ready after {_READY_SECONDS} s:\n{self.log.read_text()[-3000:]}")

    def stop(self, *, number: int = signal.SIGTERM) -> float:
        """Send the signal, wait for the process to end and return the seconds it took."""
        assert self.process is not None
        started = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(120)
        return time.monotonic() - started


@contextlib.contextmanager
def running_service(data_dir: Path, *, module: str = "app.cli.main", **environment: str) -> Generator[ServiceProcess]:
    """Run `module`, which has the commands of `mnemon`."""
    service = ServiceProcess(data_dir, environment=environment, module=module)
    try:
        service.start()
        yield service
    finally:
        if service.runs:
            service.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(holds: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "the condition did not become true in time"
        time.sleep(0.1)
