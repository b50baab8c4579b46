"""Downloading and configuring the managed database, without starting it."""

import hashlib
import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.errors import SetupError
from app.neo4j_server import jars
from app.neo4j_server.home import Neo4jHome, free_port, heap_mib, page_cache_mib
from app.neo4j_server.jars import Jar, ensure_jars, locked_jars

CONTENT = b"0123456789" * 1000


class Repository(http.server.ThreadingHTTPServer):
    """A small Maven repository with range requests; `broken` answers close the connection half-way."""

    def __init__(self) -> None:
        self.requests: list[str | None] = []
        self.broken = 0
        self.status = 200
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Repository  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        repository = self.server
        wanted = self.headers.get("Range")
        repository.requests.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        self.send_response(repository.status if repository.status != 200 else 206 if wanted else 200)
        body = CONTENT[start:]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if repository.broken:
            repository.broken -= 1
            self.wfile.write(body[: len(body) // 2])
            self.connection.close()
            return
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def repository() -> Iterator[Repository]:
    server = Repository()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def one_jar(monkeypatch: pytest.MonkeyPatch) -> Jar:
    jar = Jar(path="org/x/x-1.jar", name="x-1.jar", sha256=hashlib.sha256(CONTENT).hexdigest())
    monkeypatch.setattr(jars, "locked_jars", lambda: [jar])
    monkeypatch.setattr(jars.time, "sleep", print)
    return jar


def url(repository: Repository) -> str:
    return f"http://127.0.0.1:{repository.server_port}"


class TestDownload:
    def test_the_lock_names_every_jar_with_its_hash(self):
        found = locked_jars()
        assert len(found) == 238
        assert all(len(jar.sha256) == 64 and jar.path.endswith(jar.name) for jar in found)
        assert len({jar.name for jar in found}) == 238

    def test_a_jar_is_fetched_once(self, repository: Repository, one_jar: Jar, tmp_path: Path):
        ensure_jars(tmp_path, maven_url=url(repository))
        folder = ensure_jars(tmp_path, maven_url=url(repository))
        assert (folder / one_jar.name).read_bytes() == CONTENT
        assert len(repository.requests) == 1

    def test_a_changed_jar_is_fetched_again(self, repository: Repository, one_jar: Jar, tmp_path: Path):
        folder = ensure_jars(tmp_path, maven_url=url(repository))
        (folder / one_jar.name).write_bytes(CONTENT.replace(b"0", b"1"))
        ensure_jars(tmp_path, maven_url=url(repository))
        assert (folder / one_jar.name).read_bytes() == CONTENT

    @pytest.mark.usefixtures("one_jar")
    def test_only_its_owner_may_write_to_the_folder(self, repository: Repository, tmp_path: Path):
        folder = tmp_path / f"neo4j-{jars.NEO4J_VERSION}"
        folder.mkdir(mode=0o777)
        folder.chmod(0o777)
        assert ensure_jars(tmp_path, maven_url=url(repository)) == folder
        assert folder.stat().st_mode & 0o777 == 0o700

    @pytest.mark.usefixtures("one_jar")
    def test_an_interrupted_download_is_resumed(self, repository: Repository, tmp_path: Path):
        repository.broken = 1
        ensure_jars(tmp_path, maven_url=url(repository))
        assert repository.requests == [None, "bytes=5000-"]

    def test_a_partial_file_of_a_dead_process_is_reused(self, repository: Repository, one_jar: Jar, tmp_path: Path):
        folder = tmp_path / f"neo4j-{jars.NEO4J_VERSION}"
        folder.mkdir()
        (folder / f"{one_jar.name}.999999999.part").write_bytes(CONTENT[:700])
        ensure_jars(tmp_path, maven_url=url(repository))
        assert repository.requests == ["bytes=700-"]
        assert (folder / one_jar.name).read_bytes() == CONTENT

    def test_a_wrong_hash_is_refused_and_leaves_nothing(
        self, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        jar = Jar(path="x.jar", name="x.jar", sha256="0" * 64)
        monkeypatch.setattr(jars, "locked_jars", lambda: [jar])
        with pytest.raises(SetupError, match="not 0000"):
            ensure_jars(tmp_path, maven_url=url(repository))
        assert [p.name for p in tmp_path.rglob("*.jar*")] == []

    @pytest.mark.usefixtures("one_jar")
    def test_no_network_is_a_clear_message(self, tmp_path: Path):
        with pytest.raises(SetupError, match=r"Check the network and run the command again"):
            ensure_jars(tmp_path, maven_url="http://127.0.0.1:1")

    @pytest.mark.usefixtures("one_jar")
    def test_a_wrong_mirror_is_reported(self, repository: Repository, tmp_path: Path):
        repository.status = 404
        with pytest.raises(SetupError, match=r"answered 404. Is MNEMON_MAVEN_URL right"):
            ensure_jars(tmp_path, maven_url=url(repository))

    @pytest.mark.usefixtures("one_jar")
    def test_progress_ends_at_the_total(self, repository: Repository, tmp_path: Path):
        seen: list[tuple[int, int, int]] = []

        def note(done: int, total: int, received: int) -> None:
            seen.append((done, total, received))

        ensure_jars(tmp_path, maven_url=url(repository), on_progress=note)
        assert seen[-1] == (1, 1, len(CONTENT))


class TestHome:
    def test_the_password_is_made_once_and_only_its_owner_reads_it(self, tmp_path: Path):
        home = Neo4jHome(tmp_path)
        home.prepare()
        password = home.password()
        assert len(password) >= 24
        assert home.password() == password
        assert (home.path / "password").stat().st_mode & 0o777 == 0o600

    def test_an_existing_folder_is_closed_to_other_users(self, tmp_path: Path):
        home = Neo4jHome(tmp_path)
        (home.path / "data").mkdir(parents=True)
        home.path.chmod(0o755)
        home.prepare()
        assert home.path.stat().st_mode & 0o777 == 0o700

    def test_the_class_path_names_every_locked_jar_and_no_other(self, tmp_path: Path):
        command = Neo4jHome(tmp_path).command(tmp_path, memory_mib=8192)
        class_path = command[command.index("-cp") + 1].split(":")
        assert class_path == [str(tmp_path / jar.name) for jar in locked_jars()]

    def test_the_configuration_listens_on_loopback_and_sends_no_usage_data(self, tmp_path: Path):
        home = Neo4jHome(tmp_path)
        home.prepare()
        home.configure(bolt_port=1234, http_port=1235, memory_mib=8192)
        lines = set((home.path / "conf" / "neo4j.conf").read_text().splitlines())
        assert {
            "server.bolt.listen_address=127.0.0.1:1234",
            "dbms.security.allow_csv_import_from_file_urls=false",
            "server.http.listen_address=127.0.0.1:1235",
            "dbms.usage_report.enabled=false",
            "client.allow_telemetry=false",
        } <= lines

    @pytest.mark.parametrize(("machine", "heap"), [(1024, 512), (16_384, 2048), (262_144, 4096)])
    def test_memory_limits_depend_on_the_machine(self, machine: int, heap: int):
        assert heap_mib(machine) == heap
        assert 128 <= page_cache_mib(machine) <= 8192

    def test_a_read_only_folder_is_reported(self, tmp_path: Path):
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(SetupError, match="can't be written"):
            Neo4jHome(tmp_path / "file").prepare()

    def test_another_port_is_taken_when_the_preferred_one_is_not_free(self):
        taken = free_port(0)
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", taken))
            holder.listen()
            assert free_port(taken) != taken
