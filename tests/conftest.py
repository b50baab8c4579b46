"""One service with one Neo4j for the whole run; every test has a memory of its own."""

import inspect
import os
import uuid
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from app.bootstrap import Runtime, neo4j_address
from app.domain.scope import MemoryScope
from app.graph.database import Database
from app.settings import Settings, load_settings
from tests.api import Memory
from tests.service_process import ServiceProcess, running_service


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(getattr(item, "function", None)):
            item.add_marker(pytest.mark.anyio)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """`mnemon serve` as users start it, but for a short idle flush."""
    folder = tmp_path_factory.mktemp("service") / "data"
    with running_service(folder, MNEMON_IDLE_FLUSH_SECONDS="3") as running:
        yield running


@pytest.fixture
def http(service: ServiceProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, timeout=90) as client:
        yield client


@pytest.fixture
def scope() -> MemoryScope:
    return MemoryScope(user_id=f"user-{uuid.uuid4().hex[:12]}", agent_id="test")


@pytest.fixture
def memory(http: httpx.Client, scope: MemoryScope) -> Memory:
    return Memory(http, scope)


@pytest.fixture
def settings(service: ServiceProcess) -> Settings:
    """Of the running service, so that a test can open its database."""
    return load_settings(os.environ, data_dir=service.data_dir, workers=0)


@pytest.fixture
async def runtime(settings: Settings) -> AsyncIterator[Runtime]:
    async with Runtime(settings, neo4j_address(settings)) as opened:
        yield opened


@pytest.fixture
def db(runtime: Runtime) -> Database:
    return runtime.db
