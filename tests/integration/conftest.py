"""Shared fixtures."""

from collections.abc import AsyncIterator

import pytest

from app.bootstrap import Runtime
from app.domain.scope import MemoryScope
from tests.integration.bench import Bench


@pytest.fixture
async def bench(runtime: Runtime, scope: MemoryScope) -> AsyncIterator[Bench]:
    opened = Bench(runtime, scope)
    await opened.lease()
    yield opened
    await opened.lease(owner="nobody")
