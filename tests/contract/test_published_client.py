"""Memind's published Python client (PyPI memind 0.2.0), unmodified."""

import asyncio
from importlib.metadata import version
from typing import Any

import pytest
from memind import AsyncMemindClient, MemindClient
from memind._exceptions import MemindAPIError
from memind.types import ConversationContent, Message, Strategy

from app.api.memind_v1.published_client import with_code
from app.domain.scope import MemoryScope
from tests.api import Memory
from tests.service_process import ServiceProcess

pytestmark = pytest.mark.anyio


@pytest.fixture
def client(service: ServiceProcess):
    with MemindClient(base_url=service.url) as opened:
        yield opened


def test_it_is_the_version_that_the_contract_describes():
    assert version("memind") == "0.2.0"


def test_health(client: MemindClient):
    assert client.health().status == "UP"


def test_extract_add_commit_and_retrieve(client: MemindClient, scope: MemoryScope, memory: Memory):
    who: Any = {"user_id": scope.user_id, "agent_id": scope.agent_id}
    content = ConversationContent(messages=[Message.user("I live in Faro.", timestamp="2024-03-04T09:00:00Z")])
    client.memory.extract(**who, raw_content=content)
    client.memory.add_message(**who, message=Message.user("My sister Clara lives in Braga."))
    client.memory.add_message(**who, message=Message.assistant("Noted."))
    client.memory.commit(**who)
    memory.data("sync/commit")  # queued after all the others, so they are done when it returns
    answer = client.memory.retrieve(**who, query="Where does Clara live?", strategy=Strategy.DEEP, trace=True)
    assert answer.status == "success"
    assert "Braga" in answer.items[0].text
    assert answer.raw_data[0].item_ids
    assert answer.trace is not None
    assert answer.trace.stages


def test_errors_are_raised_as_the_clients_exceptions(client: MemindClient):
    with pytest.raises(MemindAPIError) as caught:
        client.memory.retrieve(user_id=" ", agent_id="a", query="x", strategy=Strategy.SIMPLE)
    assert caught.value.status_code == 400
    assert caught.value.error_code == "validation_failed"


async def test_the_asynchronous_client_too(service: ServiceProcess, scope: MemoryScope):
    async with AsyncMemindClient(base_url=service.url) as client:
        assert (await client.health()).status == "UP"
        answers = await asyncio.gather(
            *(
                client.memory.retrieve(
                    user_id=scope.user_id, agent_id=scope.agent_id, query="x1", strategy=Strategy.SIMPLE
                )
                for _ in range(4)
            ),
        )
        assert {a.status for a in answers} == {"empty"}


def test_only_json_envelopes_get_a_code():
    assert with_code(b'{"data":{"a":1}}') == b'{"code":"success","data":{"a":1}}'
    assert with_code(b"<html>") == b"<html>"
    assert with_code(b"[1]") == b"[1]"
