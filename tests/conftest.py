"""Shares one service with one Neo4j over the whole run; tests that write get a memory of their own."""

import os
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

from app.bootstrap import Runtime
from app.connections import neo4j_address
from app.domain.scope import MemoryScope
from app.graph.database import Database
from app.models.local.e5 import E5Embedder
from app.settings import Settings, load_settings
from tests.api import Memory
from tests.detached import mnemon
from tests.documented_answers import DocumentedAnswers
from tests.service_process import NO_TLS, ServiceProcess, running_service

# Tests of one group run in one process, one after the other, since they share servers; groups run side by side
# (pytest-xdist), started in this order. A test belongs to the first folder that matches its path. Unit tests share
# nothing, so each of their files goes where there is room.
_GROUPS = {
    "contract": "service",
    "integration/with_model": "detached",
    "integration": "service",
    "chaos": "chaos",
    "e2e/test_explorer": "service",
    "e2e/test_processes": "processes",
    "e2e": "detached",
    "migration": "detached",
    "unit": "unit",
}
_ORDER = ("service", "detached", "chaos", "processes", "unit")
_LONGEST = _ORDER[0]
_LESS_URGENT = 5  # niceness, of which Linux turns one step into about a quarter of processor time


def group_of(path: str) -> str:
    """Return the group of a test. `path`: of its file or its id, relative to the repository."""
    return next(group for folder, group in _GROUPS.items() if path.startswith(f"tests/{folder}"))


class GroupScheduling(LoadScopeScheduling):
    """Sends a whole group to one process. xdist's own `--dist loadgroup` (3.8) has no effect with pytest 9.2."""

    def _split_scope(self, nodeid: str) -> str:
        group = group_of(nodeid)
        return nodeid.partition("::")[0] if group == "unit" else group


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupScheduling:
    config.option.loadscopereorder = False
    return GroupScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _ORDER.index(group_of(item.nodeid)))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let the other processes yield to the one with the longest group, which all wait for at the end."""
    if "PYTEST_XDIST_WORKER" in os.environ and group_of(item.nodeid) != _LONGEST and os.nice(0) < _LESS_URGENT:
        os.nice(_LESS_URGENT - os.nice(0))


# No test depends on how fast the machine is.
hypothesis.settings.register_profile("no deadline", deadline=None)
hypothesis.settings.load_profile("no deadline")

# Java's quick compiler alone, and its collector without threads of its own: a test's Neo4j lives for minutes, and this saves
# a third of its processor time.
os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def neo4j_environment() -> Iterator[dict[str, str]]:
    """Environment for Neo4j: empty for the managed one; MNEMON_TEST_NEO4J=testcontainers starts the official image."""
    if os.environ.get("MNEMON_TEST_NEO4J") != "testcontainers":
        yield {}
        return
    from testcontainers.community.neo4j import Neo4jContainer  # noqa: PLC0415 - only where it is asked for

    container = Neo4jContainer("neo4j:2026.08.1-community", password=uuid.uuid4().hex)
    with container:
        yield {
            "MNEMON_NEO4J_URI": container.get_connection_url(),
            "MNEMON_NEO4J_PASSWORD": container.password,
        }


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, neo4j_environment: dict[str, str]) -> Iterator[ServiceProcess]:
    """Run `mnemon serve` as users do, except for a short idle flush."""
    folder = tmp_path_factory.mktemp("service") / "data"
    with running_service(folder, MNEMON_IDLE_FLUSH_SECONDS="3", **neo4j_environment) as running:
        yield running


@pytest.fixture(scope="session")
def detached_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Run a Neo4j that several modules use one after the other, each after `as_new` or with memories of its own."""
    folder = tmp_path_factory.mktemp("detached") / "data"
    started = mnemon("neo4j", "start", data_dir=folder)
    assert started.returncode == 0, started.stderr
    yield folder
    stopped = mnemon("neo4j", "stop", data_dir=folder)
    assert stopped.stdout.strip() == "stopped"
    assert mnemon("neo4j", "status", data_dir=folder).returncode == 1


@pytest.fixture(scope="session")
def documented(service: ServiceProcess) -> DocumentedAnswers:
    return DocumentedAnswers(httpx.get(f"{service.url}/schema/openapi.json", timeout=60).json())


def _client(service: ServiceProcess, documented: DocumentedAnswers) -> httpx.Client:
    """Return an HTTP client that checks every response against the OpenAPI document."""
    return httpx.Client(base_url=service.url, timeout=90, verify=NO_TLS, event_hooks={"response": [documented]})


def _new_scope() -> MemoryScope:
    return MemoryScope(user_id=f"user-{uuid.uuid4().hex[:12]}", agent_id="test")


@pytest.fixture
def http(service: ServiceProcess, documented: DocumentedAnswers) -> Iterator[httpx.Client]:
    with _client(service, documented) as client:
        yield client


@pytest.fixture
def scope() -> MemoryScope:
    return _new_scope()


@pytest.fixture
def memory(http: httpx.Client, scope: MemoryScope) -> Memory:
    return Memory(http, scope)


@pytest.fixture(scope="module")
def new_memory(service: ServiceProcess, documented: DocumentedAnswers) -> Iterator[Callable[[], Memory]]:
    """Return a function that gives empty memories for the tests of one module that read the same messages."""
    with _client(service, documented) as client:
        yield lambda: Memory(client, _new_scope())


@pytest.fixture
def settings(service: ServiceProcess, neo4j_environment: dict[str, str]) -> Settings:
    """Return the running service's settings, so that a test can open its database."""
    return load_settings({**os.environ, **neo4j_environment}, data_dir=service.data_dir, workers=0)


@pytest.fixture(scope="session")
def embedder() -> E5Embedder:
    """Load the model once: that takes a second and 300 MB."""
    return E5Embedder(load_settings(os.environ).cache_dir)


@pytest.fixture
async def runtime(settings: Settings, embedder: E5Embedder) -> AsyncIterator[Runtime]:
    async with Runtime(settings, neo4j_address(settings), embedder=embedder) as opened:
        yield opened


@pytest.fixture
def db(runtime: Runtime) -> Database:
    return runtime.db
