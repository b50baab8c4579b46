"""The project's own client, on the shared service."""

from collections.abc import Iterator

import pytest

from mnemon_client import Mnemon
from tests.service_process import ServiceProcess


@pytest.fixture
def mnemon(service: ServiceProcess) -> Iterator[Mnemon]:
    with Mnemon(service.url) as client:
        yield client
