"""A separate service whose language model gives the test's answers."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.domain.scope import MemoryScope
from app.settings import load_settings
from tests.api import Memory
from tests.detached import as_new
from tests.llm_server import LlmServer, running_llm
from tests.llm_server.answers import reads_everything
from tests.service_process import NO_TLS, ServiceProcess, running_service


@pytest.fixture(scope="package")
def llm() -> Iterator[LlmServer]:
    with running_llm() as running:
        yield running


@pytest.fixture(scope="package")
def service(llm: LlmServer, detached_dir: Path) -> Iterator[ServiceProcess]:
    as_new(detached_dir)
    environment = {
        "OPENAI_BASE_URL": llm.url,
        "MNEMON_LLM_MODEL": "scripted, other",
        "MNEMON_VISION_MODEL": "eyes",
        "MNEMON_LLM_TIMEOUT_SECONDS": "2",
        # What a test leaves in a buffer must not ask for another test's answers.
        "MNEMON_IDLE_FLUSH_SECONDS": "3600",
        "MNEMON_CACHE_DIR": str(_cache_below(detached_dir.parent)),
    }
    with running_service(detached_dir, **environment) as running:
        yield running


def _cache_below(folder: Path) -> Path:
    """Return a cache of its own, for what is known about models, with the user's jars and weights as far as they exist."""
    cache = folder / "cache"
    cache.mkdir()
    for kept in load_settings(os.environ).cache_dir.glob("*/"):
        (cache / kept.name).symlink_to(kept)
    return cache


@pytest.fixture
def memory(service: ServiceProcess, llm: LlmServer, scope: MemoryScope) -> Iterator[Memory]:
    llm.replies, llm.requests = [], []
    llm.respond = reads_everything
    with httpx.Client(base_url=service.url, timeout=90, verify=NO_TLS) as http:
        yield Memory(http, scope)
