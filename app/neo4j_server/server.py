"""Starting, watching and stopping the managed Neo4j."""

import asyncio
import contextlib
import fcntl
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import neo4j
import psutil
from neo4j.exceptions import AuthError, ClientError, DriverError, Neo4jError

from app.domain.errors import SetupError
from app.neo4j_server import guard
from app.neo4j_server.home import (
    PREFERRED_BOLT_PORT,
    PREFERRED_HTTP_PORT,
    USER,
    Neo4jHome,
    ServerState,
    free_port,
    machine_memory_mib,
)
from app.private_folder import OWNER_ONLY_UMASK

_log = logging.getLogger(__name__)
_INITIAL_PASSWORD = "neo4j"  # noqa: S105 - what a new Neo4j accepts once, until it is changed
_START_SECONDS = 120
_STARTS = 3
_RELEASE_SECONDS = 100  # a previous server that stops after heavy writes may hold its lock this long
_POLL_SECONDS = 0.1
_RESTART_PAUSE_SECONDS = 1.0


class _PortTaken(Exception):
    """Another server took the chosen port first."""


class ManagedNeo4j:
    """One Neo4j server on one data folder, as a child of this process or (detached) on its own."""

    def __init__(self, data_dir: Path, jars: Path, *, memory_mib: int = 0) -> None:
        self.home = Neo4jHome(data_dir)
        self.restarts = 0
        self._jars = jars
        self._memory_mib = memory_mib or machine_memory_mib()
        self._process: subprocess.Popen[bytes] | None = None
        self._lifeline: int | None = None
        self._stopping = False

    def start(self, *, detached: bool = False) -> ServerState:
        """Starts the server and returns when it answers. Raises SetupError when it can't."""
        self.home.prepare()
        for _ in range(_STARTS):
            try:
                return self._start_once(detached=detached)
            except _PortTaken:
                _log.info("Another server took the port first; trying another one")
        raise SetupError(f"Neo4j could not get a free port in {_STARTS} attempts.")

    def _start_once(self, *, detached: bool) -> ServerState:
        wait_until_unlocked(self.home)
        previous = self.home.read_state()
        bolt_port = free_port(previous.bolt_port if previous else PREFERRED_BOLT_PORT)
        http_port = free_port(previous.http_port if previous else PREFERRED_HTTP_PORT)
        self.home.configure(bolt_port=bolt_port, http_port=http_port, memory_mib=self._memory_mib)
        self._spawn(detached=detached)
        assert self._process is not None
        state = ServerState(pid=self._process.pid, bolt_port=bolt_port, http_port=http_port, detached=detached)
        try:
            self._wait_until_ready(state)
        except BaseException:
            self.stop()
            raise
        self.home.write_state(state)
        return state

    def stop(self) -> None:
        """Stops the child and returns when it is gone."""
        self._stopping = True
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        self._close_lifeline()

    async def watch(self) -> None:
        """Restart the server whenever it ends unexpectedly; runs until cancelled."""
        while True:
            process = self._process
            assert process is not None
            while process.poll() is None:
                await asyncio.sleep(_POLL_SECONDS)
            if self._stopping:
                return
            self.restarts += 1
            _log.error("Neo4j ended with code %s; starting it again (see %s)", process.returncode, self.home.log)
            self._close_lifeline()
            try:
                await asyncio.to_thread(self.start)
                _log.warning("Neo4j is back")
            except SetupError as error:
                _log.error("Neo4j could not be restarted: %s", error.message)
                self._stopping = False
                await asyncio.sleep(_RESTART_PAUSE_SECONDS)

    def _spawn(self, *, detached: bool) -> None:
        command = self.home.command(self._jars, memory_mib=self._memory_mib)
        read_end, write_end = (None, None) if detached else os.pipe()
        with self.home.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the command is our own
                [
                    sys.executable,
                    "-I",
                    guard.__file__,
                    "-" if read_end is None else str(read_end),
                    str(self.home.lock),
                    str(self.home.log),
                    *command,
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                pass_fds=() if read_end is None else (read_end,),
                start_new_session=True,
                umask=OWNER_ONLY_UMASK,
            )
        if read_end is not None:
            os.close(read_end)
        self._lifeline = write_end
        self._stopping = False

    def _close_lifeline(self) -> None:
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None

    def _wait_until_ready(self, state: ServerState) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                if _port_answers(state.bolt_port) or _port_answers(state.http_port):
                    raise _PortTaken
                raise SetupError(
                    f"Neo4j ended with code {self._process.returncode} while starting:\n{_tail(self.home.log)}"
                )
            # Send the password only if our own process listens: another server may have taken the port.
            if _listens(state) and _accepts(state, self.home.password()):
                return
            time.sleep(_POLL_SECONDS)
        raise SetupError(f"Neo4j did not answer within {_START_SECONDS} s:\n{_tail(self.home.log)}")


def running_server(home: Neo4jHome) -> ServerState | None:
    """The server that runs on this data folder now, whoever started it."""
    return home.read_state() if is_locked(home) else None


def is_locked(home: Neo4jHome) -> bool:
    if not home.lock.exists():
        return False
    with home.lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def wait_until_unlocked(home: Neo4jHome) -> None:
    """Waits for a server that is just stopping. Raises SetupError when it doesn't stop."""
    deadline = time.monotonic() + _RELEASE_SECONDS
    told = False
    while is_locked(home):
        if time.monotonic() > deadline:
            raise SetupError(
                f"Another Neo4j runs on {home.path}. Stop it with 'mnemon neo4j stop', or name another --data-dir."
            )
        if not told:
            _log.info("Waiting for the previous Neo4j on %s to stop", home.path)
            told = True
        time.sleep(_POLL_SECONDS)


def stop_server(home: Neo4jHome) -> bool:
    """Stops a detached server; False when none runs. Raises SetupError for one that a service has started."""
    state = running_server(home)
    if state is None:
        return False
    if not state.detached:
        raise SetupError(
            "This Neo4j belongs to a running 'mnemon serve' or 'mnemon demo', which stops it when it ends."
        )
    with contextlib.suppress(ProcessLookupError):
        os.kill(state.pid, signal.SIGTERM)
    wait_until_unlocked(home)
    return True


def server_memory_bytes(state: ServerState) -> int:
    """Resident memory of the Java process below the guard."""
    children = psutil.Process(state.pid).children(recursive=True)
    return sum(child.memory_info().rss for child in children)


def _listens(state: ServerState) -> bool:
    """Return True if this server, and no other, listens on its port."""
    try:
        processes = psutil.Process(state.pid).children(recursive=True)
        return any(
            connection.laddr and connection.laddr.port == state.bolt_port and connection.status == psutil.CONN_LISTEN
            for process in processes
            for connection in process.net_connections(kind="tcp")
        )
    except psutil.NoSuchProcess:
        return False


def _port_answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _accepts(state: ServerState, password: str) -> bool:
    """Return True if the server takes our password; on its first start, change the initial one to it."""
    try:
        with neo4j.GraphDatabase.driver(state.uri, auth=(USER, password)) as driver:
            driver.verify_connectivity()
        return True
    except AuthError:
        return _set_password(state, password)
    except (DriverError, Neo4jError):
        return False


def _set_password(state: ServerState, password: str) -> bool:
    try:
        with (
            neo4j.GraphDatabase.driver(state.uri, auth=(USER, _INITIAL_PASSWORD)) as driver,
            driver.session(database="system") as session,
        ):
            session.run(
                "ALTER CURRENT USER SET PASSWORD FROM $initial TO $password",
                initial=_INITIAL_PASSWORD,
                password=password,
            ).consume()
        return True
    except AuthError as error:
        raise SetupError(
            "Neo4j accepts neither the stored password nor the initial one: the file 'password' in the data folder "
            "doesn't belong to this database."
        ) from error
    except (ClientError, DriverError, Neo4jError):
        return False


def _tail(path: Path, lines: int = 15) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "(no log)"
