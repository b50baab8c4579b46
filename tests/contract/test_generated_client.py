"""A client generated from the OpenAPI document by openapi-python-client."""

import importlib
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.service_process import ServiceProcess

pytestmark = pytest.mark.slow


@pytest.fixture
def client(package: Any, service: ServiceProcess) -> Iterator[Any]:
    with package.Client(base_url=service.url) as opened:
        yield opened


@pytest.fixture(scope="module")
def package(service: ServiceProcess, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("generated")
    document = folder / "openapi.json"
    document.write_bytes(httpx.get(f"{service.url}/schema/openapi.json").content)
    (folder / "config.json").write_text(json.dumps({"post_hooks": []}))
    command = [
        sys.executable, "-m", "openapi_python_client", "generate", "--path", str(document), "--meta", "none",
        "--output-path", str(folder / "mnemon_generated"), "--config", str(folder / "config.json"),
    ]  # fmt: skip
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    # The generator does not support NDJSON; if it skips anything else, the document is wrong.
    assert shown.stderr.count("WARNING") == 1, shown.stderr
    assert "/open/v1/memory/export" in shown.stderr
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module("mnemon_generated")
    finally:
        sys.path.remove(str(folder))


def call(name: str, tag: str = "memory") -> Any:
    return importlib.import_module(f"mnemon_generated.api.{tag}.{name}").sync_detailed


def test_it_writes_reads_and_decodes_errors(client: Any):
    models = importlib.import_module("mnemon_generated.models")
    ids = {"userId": f"generated-{uuid.uuid4().hex[:8]}", "agentId": "a"}
    content = {"type": "document", "title": "Harbours", "parsedText": "Zoe dredged the harbour of Faro."}
    extract = models.ExtractMemoryRequest.from_dict({**ids, "rawContent": content})
    written = call("extract_memory_sync")(client=client, body=extract)
    assert written.status_code == 200
    assert written.parsed.data.status == "SUCCESS"
    asked = models.RetrieveMemoryRequest.from_dict({**ids, "query": "Who dredged Faro?", "strategy": "DEEP"})
    found = call("retrieve_memory")(client=client, body=asked).parsed.data
    assert "Zoe" in found.items[0].text
    assert found.items[0].id.isdigit()
    asked.query = "  "
    refused = call("retrieve_memory")(client=client, body=asked)
    assert (refused.status_code, refused.parsed.error.code) == (400, "validation_failed")
    assert refused.parsed.error.message


def test_sessions_and_memantos_errors(client: Any):
    models = importlib.import_module("mnemon_generated.models")
    agent_id = f"generated-{uuid.uuid4().hex[:8]}"
    created = call("create_agent", "memanto")(client=client, body=models.AgentCreate.from_dict({"agent_id": agent_id}))
    assert created.parsed.agent_id == agent_id
    session = call("activate_agent", "memanto")(agent_id, client=client).parsed
    body = models.RememberRequest.from_dict({"content": "Ana prefers e-mail."})
    kept = call("remember", "memanto")(agent_id, client=client, body=body, x_session_token=session.session_token)
    assert kept.parsed.memory_id
    client.get_httpx_client().cookies.clear()
    refused = call("remember", "memanto")(agent_id, client=client, body=body)
    assert refused.status_code == 401
    assert "X-Session-Token" in refused.parsed.detail
