"""A service with a Neo4j of its own: signals, kills, crashes, and the demo."""

import re
import signal
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import httpx
import msgspec
import psutil
import pytest

from app.domain.scope import MemoryScope
from app.neo4j_server.home import Neo4jHome
from app.neo4j_server.server import is_locked
from tests.api import Memory, message, told
from tests.detached import mnemon
from tests.service_process import NO_TLS, ServiceProcess, eventually, free_port

pytestmark = pytest.mark.slow

SCOPE = MemoryScope(user_id="e2e", agent_id="test")


def java_of(service: ServiceProcess) -> psutil.Process:
    assert service.process is not None
    children = psutil.Process(service.process.pid).children(recursive=True)
    return next(child for child in children if child.name().startswith("java"))


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("e2e") / "data"


@pytest.fixture(scope="module")
def managed(data_dir: Path) -> Iterator[ServiceProcess]:
    running = ServiceProcess(data_dir)
    yield running
    if running.runs:
        running.stop()


@pytest.fixture
def service(managed: ServiceProcess) -> ServiceProcess:
    """Override the shared service with one that starts its own Neo4j, for the tests that kill processes."""
    if not managed.runs:
        managed.start()
    return managed


@pytest.fixture
def http(service: ServiceProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, timeout=90, verify=NO_TLS) as client:
        yield client


@pytest.fixture
def memory(http: httpx.Client) -> Memory:
    return Memory(http, SCOPE)


def test_sigkill_leaves_no_orphan_and_loses_nothing(service: ServiceProcess, memory: Memory, data_dir: Path):
    memory.extract(told(("Finn", "I live in Tomar.")))
    java = java_of(service)
    accepted = memory.data("async/extract", rawContent=told(("Cleo", "I live in Evora.")))
    service.stop(number=signal.SIGKILL)
    service.start()  # at once, while the old Neo4j is still stopping
    eventually(lambda: not java.is_running(), seconds=30)
    assert java_of(service).is_running(), "the new service must start its own Neo4j"
    assert memory.wait(accepted["operationId"])["status"] == "succeeded"
    assert {"Finn: I live in Tomar.", "Cleo: I live in Evora."} <= {i["text"] for i in memory.items()}


def test_a_crash_of_neo4j_is_survived(service: ServiceProcess, http: httpx.Client, memory: Memory):
    memory.extract(told(("Emil", "I live in Loule.")))
    java = java_of(service)
    guard = java.parent()
    assert guard is not None
    guard.suspend()  # suspended, so that it does not restart Neo4j before the assertions are done
    java.kill()
    eventually(lambda: http.get("/ready").status_code == 503, seconds=20)
    for path, body in (
        ("retrieve", {"query": "Faro", "strategy": "SIMPLE"}),
        ("async/add-message", {"message": message("Hi Zoe.")}),
        ("items/query", {}),
    ):
        response = memory.post(path, **body)
        assert response.status_code == 503, response.text
        assert response.json()["error"]["code"] == "dependency_unavailable"
        assert int(response.headers["Retry-After"]) > 0
    assert http.get("/live").status_code == 200
    guard.resume()
    eventually(lambda: http.get("/ready").status_code == 200, seconds=120)
    memory.extract(told(("Dora", "I live in Sintra.")))
    assert {"Dora: I live in Sintra.", "Emil: I live in Loule."} <= {i["text"] for i in memory.items()}


def test_sigterm_ends_everything_and_a_second_service_is_refused(
    service: ServiceProcess, memory: Memory, data_dir: Path
):
    java = java_of(service)
    memory.extract(told(("Anna", "I live in Faro."), ("Ben", "I live in Braga.")))
    other = mnemon("serve", "--port", str(free_port()), data_dir=data_dir)
    assert other.returncode == 1
    assert "Another Mnemon" in other.stderr
    elsewhere = mnemon("serve", "--port", str(service.port), data_dir=data_dir.with_name("elsewhere"))
    assert elsewhere.returncode == 1
    assert "name another --port" in elsewhere.stderr
    well = mnemon("doctor", data_dir=data_dir)
    assert well.returncode == 0, well.stdout
    assert well.stdout.count("ok ") == 9
    assert service.stop() < 30
    assert service.process is not None
    assert service.process.returncode == 0
    assert not java.is_running()
    home = Neo4jHome(data_dir)
    log = service.log.read_text()
    assert home.password() not in log
    assert "every program on this machine, without a key" in log
    assert [path for path in home.path.rglob("*") if path.stat().st_mode & 0o077] == []
    ill = mnemon("doctor", data_dir=data_dir)
    assert ill.returncode == 1
    assert "fix: Start it" in ill.stdout


def test_the_demo_runs(tmp_path: Path):
    shown = mnemon("demo", "--exit", data_dir=tmp_path / "demo")
    assert shown.returncode == 0, shown.stderr
    sample = msgspec.json.decode(files("app.cli").joinpath("sample_conversation.json").read_bytes())
    for question in sample["questions"]:
        _, answer = re.split(rf"─ DEEP ─+\n{re.escape(question['query'])}\n", shown.stdout)
        first = re.search(r"^\d\.\d\d  (.+)$", answer, re.MULTILINE)
        assert first is not None
        assert question["answer"] in first[1]
    for part in (
        "36 RawData",
        "MENTIONS",
        "hop 3",
        "hop 1: from",
        "/schema",
        "password",
        "cmd=guide",
    ):
        assert part in shown.stdout
    assert not is_locked(Neo4jHome(tmp_path / "demo"))
