"""Shared fixtures."""

from collections.abc import AsyncIterator

import pytest

from app.bootstrap import Runtime
from app.domain.scope import MemoryScope
from app.extraction.facts import load_reader
from tests.integration.bench import Bench


@pytest.fixture(scope="session", autouse=True)
def reader() -> None:
    """Load the grammar before the first turn of a worker, as a service does."""
    load_reader()


@pytest.fixture
async def bench(runtime: Runtime, scope: MemoryScope) -> AsyncIterator[Bench]:
    opened = Bench(runtime, scope)
    await opened.lease()
    yield opened
    await opened.lease(owner="nobody")
