"""Services and commands on a Neo4j that runs apart from them: workers, keys, reindexing, stopping."""

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
import neo4j
import pytest

from app.domain.scope import MemoryScope
from app.neo4j_server.home import Neo4jHome
from app.neo4j_server.server import running_server
from tests.api import Memory, conversation, message, told
from tests.contract.typed_client import TypedClient
from tests.detached import attached, login, mnemon
from tests.llm_server import Hang, running_llm
from tests.memanto import Agent
from tests.service_process import eventually, free_port

pytestmark = pytest.mark.slow

SCOPE = MemoryScope(user_id="e2e", agent_id="test")


def test_a_second_worker_continues_after_the_first_is_killed(detached_dir: Path):
    without_workers = {"MNEMON_WORKERS": "0", "MNEMON_SYNC_TIMEOUT_SECONDS": "0.5"}
    with attached(detached_dir, **without_workers) as (_, http):
        memory = Memory(http, MemoryScope(user_id="e2e", agent_id="worker"))
        lines = [message(f"I met Zoe{n} in Faro with Rosa{n}.", name="Anna", at=f"2024-03-04T{n // 60:02d}:{n % 60:02d}:00Z")
                 for n in range(120)]  # fmt: skip
        late = memory.post("sync/extract", rawContent=conversation(*lines))
        assert late.status_code == 202
        operation_id = late.json()["data"]["operationId"]
        assert (
            late.json()["data"].items() >= {"operationId": operation_id, "status": "accepted", "mode": "async"}.items()
        )
        check_pending(TypedClient(http, user_id="e2e", agent_id="pending"))

        first = start_worker(detached_dir)
        eventually(lambda: memory.operation(operation_id)["progress"]["done"] > 0)
        first.kill()
        first.wait()
        assert memory.operation(operation_id)["status"] == "running"
        second = start_worker(detached_dir)
        operation = memory.wait(operation_id)
        assert operation["status"] == "succeeded"
        assert operation["progress"] == {"done": 120, "total": 120, "unit": "rawData"}
        assert len(operation["result"]["result"]["itemIds"]) == 120
        second.terminate()
        assert second.wait(30) == 0


def check_pending(client: TypedClient) -> None:
    """Check that a request which takes longer than the longest wait gets 202 with every field."""
    for pending in (client.extract(told(("Anna", "I live in Faro.")), status=202), client.commit(status=202)):
        assert (pending.raw_data_ids, pending.item_ids, pending.insight_ids) == ([], [], [])
        assert pending.insight_pending
        assert isinstance(pending.operation_id, str)
        assert client.operation(pending.operation_id).status == "accepted"
    added = client.add_message(message("I live in Porto."), status=202)
    assert added.triggered is False
    assert isinstance(added.operation_id, str)


def start_worker(data_dir: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "app.cli.main", "work", "--data-dir", str(data_dir)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_a_key_protects_everything_but_health(detached_dir: Path):
    with attached(detached_dir, MNEMON_API_KEY="open sesame") as (_, http):
        refused = http.post("/open/v1/memory/retrieve", json={"userId": "e2e", "agentId": "test"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "unauthorized")
        assert http.get("/open/v1/memory/operations/op_x", headers={"Authorization": "Bearer wrong"}).status_code == 401
        for path in ("/live", "/ready", "/open/v1/health"):
            assert http.get(path).status_code == 200
        http.headers["Authorization"] = "Bearer open sesame"
        Memory(http, SCOPE).extract(told(("Anna", "I live in Faro.")))
        by_header = {"Authorization": "", "X-Api-Key": "open sesame"}
        assert (
            http.post("/open/v1/memory/items/query", json=Memory(http, SCOPE).ids, headers=by_header).status_code == 200
        )
        agent = Agent(http)
        # A token must not let anybody try keys without asking the server.
        derived = hashlib.sha256(b"mnemon sessions\x1fopen sesame").hexdigest()
        with pytest.raises(jwt.InvalidSignatureError):
            jwt.decode(agent.token, derived, algorithms=["HS256"])
        http.headers.pop("Authorization")
        assert http.post(f"/api/v2/agents/{agent.id}/deactivate").status_code == 401
        assert (
            http.post(f"/api/v2/agents/{agent.id}/activate", headers={"X-Session-Token": agent.token}).status_code
            == 401
        )
        # A session token suffices to end its own session.
        ended = http.post(f"/api/v2/agents/{agent.id}/deactivate", headers={"X-Session-Token": agent.token})
        assert (ended.status_code, ended.json()["session_id"]) == (200, agent.session["session_id"])
        http.headers["Authorization"] = "Bearer open sesame"
        # With a key, CORS allows any origin, as the contract says.
        assert (
            http.get("/live", headers={"Origin": "https://app.example"}).headers["access-control-allow-origin"] == "*"
        )


def test_a_service_attaches_to_a_detached_database(detached_dir: Path):
    state = running_server(Neo4jHome(detached_dir))
    assert state is not None
    uri, (user, password) = login(detached_dir)
    assert (uri, user) == (state.uri, "neo4j")
    assert password == Neo4jHome(detached_dir).password()
    assert "running" in mnemon("neo4j", "status", data_dir=detached_dir).stdout
    with attached(detached_dir) as (_, http):
        Memory(http, SCOPE).extract(told(("Anna", "I live in Faro.")))
    assert "nothing to do" in mnemon("migrate", data_dir=detached_dir).stdout
    reindexed = mnemon("reindex", data_dir=detached_dir)
    assert "embedded" in reindexed.stdout, reindexed.stderr
    break_off_reindex(uri, password)
    refused = mnemon("serve", "--port", str(free_port()), data_dir=detached_dir)
    assert refused.returncode == 1
    assert "mnemon reindex" in refused.stderr
    resumed = mnemon("reindex", data_dir=detached_dir)
    assert "Going on" in resumed.stderr
    assert "embedded 1 texts" in resumed.stdout
    with attached(detached_dir) as (_, http):
        assert Memory(http, SCOPE).retrieve("Who lives in Faro?")["items"][0]["vectorScore"] > 0.4
    assert running_server(Neo4jHome(detached_dir)) is not None, "a service must not stop a Neo4j that it did not start"


def break_off_reindex(uri: str, password: str) -> None:
    """Leave the database as a reindex does that is killed before its last text."""
    with neo4j.GraphDatabase.driver(uri, auth=("neo4j", password)) as driver:
        driver.execute_query(
            "MATCH (n:Fact|RawData|Entity|Insight) WITH elementId(n) AS id ORDER BY id WITH collect(id) AS ids "
            "MATCH (state:SchemaState {id: 'embedding'}) "
            "MERGE (reindex:SchemaState {id: 'reindex'}) SET reindex.model = state.model, reindex.after = ids[-2] "
            "SET state.model = 'unfinished'"
        )


def test_a_stopping_service_releases_unfinished_work(detached_dir: Path):
    """The model hangs: the lease must be released long before the call times out."""
    scope = MemoryScope(user_id="e2e", agent_id="stopping")
    with running_llm() as llm:
        llm.respond = lambda _: Hang(60)
        model = {"OPENAI_BASE_URL": llm.url, "MNEMON_LLM_MODEL": "slow", "MNEMON_LLM_TIMEOUT_SECONDS": "60"}
        with attached(detached_dir, **model) as (service, http):
            memory = Memory(http, scope)

            def operations() -> list[Any]:
                return http.get("/open/v1/memory/operations", params=memory.ids).json()["data"]["operations"]

            operation_id = memory.data("async/extract", rawContent=told(("Ana", "I live in Faro.")))["operationId"]
            eventually(lambda: bool(llm.requests))
            with ThreadPoolExecutor(1) as pool:
                waiting = pool.submit(memory.post, "sync/extract", rawContent=told(("Ana", "I play chess.")))
                eventually(lambda: len(operations()) == 2)
                assert service.stop() < 20
            ended = waiting.result()
            assert (ended.status_code, ended.json()["error"]["code"]) == (503, "runtime_unavailable")
            assert int(ended.headers["Retry-After"]) > 0
    uri, auth = login(detached_dir)
    with neo4j.GraphDatabase.driver(uri, auth=auth) as driver:
        found = driver.execute_query(
            "MATCH (m:Memory {id: $id}) RETURN m.leaseOwner AS owner, m.runAt IS NOT NULL AS waits", id=scope.memory_id
        )
        assert [(row["owner"], row["waits"]) for row in found.records] == [(None, True)]
    with attached(detached_dir) as (_, http):
        assert Memory(http, scope).wait(operation_id)["status"] == "succeeded"
