"""Processes as users run them: signals, kills, crashes, commands."""

import contextlib
import hashlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import neo4j
import psutil
import pytest

from app.domain.scope import MemoryScope
from app.neo4j_server.home import Neo4jHome
from app.neo4j_server.server import is_locked, running_server
from tests.api import Memory, conversation, message, told
from tests.contract.typed_client import TypedClient
from tests.detached import login, mnemon
from tests.llm_server import Hang, running_llm
from tests.memanto import Agent
from tests.service_process import NO_TLS, ServiceProcess, free_port, running_service

pytestmark = pytest.mark.slow

SCOPE = MemoryScope(user_id="e2e", agent_id="test")


def eventually(holds: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "the condition did not become true in time"
        time.sleep(0.1)


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


@contextlib.contextmanager
def attached(folder: Path, **environment: str) -> Generator[tuple[ServiceProcess, httpx.Client]]:
    """Run a service on the detached Neo4j."""
    with (
        running_service(folder, **environment) as service,
        httpx.Client(base_url=service.url, timeout=90, verify=NO_TLS) as http,
    ):
        yield service, http


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
            operation_id = memory.data("async/extract", rawContent=told(("Ana", "I live in Faro.")))["operationId"]
            eventually(lambda: bool(llm.requests))
            assert service.stop() < 10
    uri, auth = login(detached_dir)
    with neo4j.GraphDatabase.driver(uri, auth=auth) as driver:
        found = driver.execute_query(
            "MATCH (m:Memory {id: $id}) RETURN m.leaseOwner AS owner, m.runAt IS NOT NULL AS waits", id=scope.memory_id
        )
        assert [(row["owner"], row["waits"]) for row in found.records] == [(None, True)]
    with attached(detached_dir) as (_, http):
        assert Memory(http, scope).wait(operation_id)["status"] == "succeeded"


def test_the_demo_runs(tmp_path: Path):
    shown = mnemon("demo", "--exit", data_dir=tmp_path / "demo")
    assert shown.returncode == 0, shown.stderr
    for part in (
        "36 RawData",
        "MENTIONS",
        "hop 3",
        "hop 1: from",
        "is in Porto",
        "Trieste",
        "/schema",
        "password",
        "cmd=guide",
    ):
        assert part in shown.stdout
    assert not is_locked(Neo4jHome(tmp_path / "demo"))


def listed_keys(data_dir: Path) -> list[str]:
    shown = mnemon("keys", "list", data_dir=data_dir)
    assert shown.returncode == 0, shown.stderr
    return shown.stdout.splitlines()


@pytest.fixture
def made(detached_dir: Path) -> Iterator[dict[str, str]]:
    """Make keys as users do, and revoke them at the end: without keys, the service asks for none."""
    options = {
        "read": ("--scope", "read"),
        "write": ("--scope", "write"),
        "forget": ("--scope", "forget"),
        "admin": ("--scope", "admin", "--expires", "30d"),
        "bound": ("--scope", "forget", "--user", "ana", "--user", "team-*", "--agent", "helper"),
        "agents": ("--scope", "write", "--user", "memanto", "--agent", "e2e-*"),
        "bound-admin": ("--scope", "admin", "--user", "team-*"),
        "revoked": ("--scope", "admin"),
    }
    keys: dict[str, str] = {}
    for name, option in options.items():
        shown = mnemon("keys", "create", "--name", name, *option, data_dir=detached_dir)
        assert shown.returncode == 0, shown.stderr
        keys[name] = shown.stdout.strip()
    rows = {row.split()[-1]: row.split()[0] for row in listed_keys(detached_dir)}
    assert mnemon("keys", "revoke", rows["revoked"], data_dir=detached_dir).stdout == f"revoked {rows['revoked']}\n"
    yield keys
    for key_id in rows.values():
        assert mnemon("keys", "revoke", key_id, data_dir=detached_dir).returncode == 0
    assert all(" revoked " in row for row in listed_keys(detached_dir))


class TestKeys:
    """Keys of every kind against every route of the OpenAPI document."""

    def test_a_key_may_do_what_its_scope_and_bounds_allow(self, detached_dir: Path, made: dict[str, str]) -> None:
        uri, auth = login(detached_dir)
        with neo4j.GraphDatabase.driver(uri, auth=auth) as driver:
            stored = str(driver.execute_query("MATCH (k:ApiKey) RETURN properties(k) AS p").records)
        assert all(secret not in stored for secret in made.values())
        with attached(detached_dir) as (_, http):
            self._check_rights(http, made)
            self._check_bounds(http, made)
            self._check_tools(http, made)
            self._check_chat(http, made)
            self._check_agents(http, made)
            self._check_audit(http, made)
        assert any(" used 2" in row for row in listed_keys(detached_dir))

    @staticmethod
    def _as(secret: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {secret}"}

    def _check_rights(self, http: httpx.Client, made: dict[str, str]) -> None:
        document = http.get("/schema/openapi.json").json()
        ids = {"userId": "ana", "agentId": "helper"}
        needs = {"getTrace": "read", "exportMemory": "read", "retrieveMemory": "read", "extractMemory": "write",
                 "importMemory": "write", "mergeEntities": "write", "createAgent": "write", "forgetMemory": "forget",
                 "deleteAgent": "forget", "metrics": "admin", "listAudit": "admin", "whoami": "read"}  # fmt: skip
        order = ["read", "write", "forget", "admin"]
        seen: set[str] = set()
        for path, item in document["paths"].items():
            for method, operation in item.items():
                url, name = path.replace("{", "").replace("}", ""), operation["operationId"]
                if operation.get("security") == []:
                    continue
                for headers in ({}, self._as("mnk_wrong"), self._as(made["revoked"]), {"X-Api-Key": "wrong"}):
                    assert http.request(method, url, headers=headers).status_code == 401, (name, headers)
                if name not in needs:
                    continue
                seen.add(name)
                for right in order:
                    answer = http.request(method, url, params=ids, json=ids, headers=self._as(made[right]))
                    allowed = order.index(right) >= order.index(needs[name])
                    assert (answer.status_code != 403) is allowed, (name, right, answer.text)
        assert seen == needs.keys()
        shown = http.get("/whoami", headers={"X-Api-Key": made["admin"]}).json()
        assert (shown["name"], shown["right"], shown["users"]) == ("admin", "admin", [])
        assert shown["expiresAt"] > "2026"

    def _check_chat(self, http: httpx.Client, made: dict[str, str]) -> None:
        """OpenAI's routes, which are not in the document. Without an endpoint, an allowed request is a 503."""
        body = {"model": "m", "messages": [{"role": "user", "content": "Where do I live?"}]}
        for secret, user, status in (
            ("wrong", "ana", 401),
            (made["read"], "ana", 403),
            (made["bound"], "ben", 403),
            (made["bound"], "team-7", 503),
            (made["write"], "ben", 503),
        ):
            headers = {**self._as(secret), "X-Mnemon-User": user}
            answer = http.post("/v1/chat/completions", json=body, headers=headers)
            assert (answer.status_code, bool(answer.json()["error"]["message"])) == (status, True), (
                secret,
                answer.text,
            )
        assert http.get("/v1/models", headers=self._as("wrong")).status_code == 401
        assert http.get("/v1/models", headers=self._as(made["read"])).status_code == 503

    def _check_bounds(self, http: httpx.Client, made: dict[str, str]) -> None:
        http.headers["Authorization"] = f"Bearer {made['bound']}"
        own = Memory(http, MemoryScope(user_id="team-7", agent_id="helper"))
        own.extract(told(("Ana", "I live in Faro.")))
        assert len(own.items()) == 1
        assert http.get("/whoami").json()["users"] == ["ana", "team-*"]
        (operation,) = http.get("/open/v1/memory/operations", params=own.ids).json()["data"]["operations"]
        assert operation["caller"] == "bound"
        with httpx.Client(base_url=http.base_url, headers=self._as(made["write"]), timeout=60) as free:
            other = Memory(free, MemoryScope(user_id="ben", agent_id="helper"))
            operation = other.data("async/extract", rawContent=told(("Ben", "I live in Braga.")))["operationId"]
            other.wait(operation)
        refused: list[str] = []
        for user, agent in (("ben", "helper"), ("ana", "other"), ("nobody", "helper"), ("team", "helper")):
            ids = {"userId": user, "agentId": agent}
            for path in ("retrieve", "items/query", "sync/extract", "forget", "commit"):
                body = {
                    **ids,
                    "query": "Braga",
                    "strategy": "SIMPLE",
                    "rawContent": told(("Ben", "Hi.")),
                    "everything": True,
                }
                answer = http.post(f"/open/v1/memory/{path}", json=body)
                assert answer.status_code == 403, (path, answer.text)
                refused.append(answer.text)
            assert http.get("/open/v1/memory/export", params=ids).status_code == 403
        assert len(set(refused)) == 1, "what exists must look like what does not"
        for path in (operation, "op_unknown"):
            answer = http.get(f"/open/v1/memory/operations/{path}")
            assert (answer.status_code, answer.json()["error"]["message"]) == (404, f"There is no operation {path}")
            assert http.post(f"/open/v1/memory/operations/{path}/cancel").status_code == 404
        assert http.get("/api/v2/agents").json()["agents"] == []
        http.headers.pop("Authorization")

    def _check_tools(self, http: httpx.Client, made: dict[str, str]) -> None:
        """The tools of the Model Context Protocol, and the list of memories."""

        def call(secret: str, name: str, path: str, **arguments: Any) -> httpx.Response:
            body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
            return http.post(path, json=body, headers=self._as(secret))

        # Users whose names begin as paths that need no key, too.
        for user in (
            "ana",
            "explore",
            "explorer",
            "schema",
            "static",
            "neo4j",
            "live",
            "api%2Fv2",
            "open%2Fv1%2Fhealth",
        ):
            assert call("mnk_wrong", "recall", f"/mcp/{user}/helper", query="Ana").status_code == 401, user
        found = call(made["bound"], "recall", "/mcp/team-7/helper", query="Where does Ana live?").json()["result"]
        assert "Faro" in found["structuredContent"]["text"]
        for path in ("/mcp", "/mcp/ben/helper", "/mcp/ana/other"):
            assert call(made["bound"], "recall", path, query="Braga").status_code == 403, path
        for name, arguments in (("remember", {"text": "I live in Porto."}), ("forget", {"entity": "Faro"})):
            refused = call(made["read"], name, "/mcp/team-7/helper", **arguments).json()["result"]
            assert refused["isError"]
            assert "This needs a key with the right" in refused["content"][0]["text"]
        memories = http.get("/open/v1/memories", headers=self._as(made["bound"])).json()["data"]["memories"]
        assert [(row["userId"], row["agentId"]) for row in memories] == [("team-7", "helper")]
        for path in ("/explore/config.json", "/open/v1/memories"):
            assert http.get(path).status_code == 401
        for path in ("/explore", "/explore/", "/explore/main.js", "/static/vis/vis-network.min.js"):
            assert http.get(path).status_code == 200

    def _check_agents(self, http: httpx.Client, made: dict[str, str]) -> None:
        http.headers["Authorization"] = f"Bearer {made['agents']}"
        assert http.post("/api/v2/agents", json={"agent_id": "other"}).status_code == 403
        agent = Agent(http, "e2e-bound")
        http.headers.pop("Authorization")
        agent.remember("I like tea.")  # the session's token suffices
        assert http.post("/api/v2/agents/e2e-bound/activate", headers=self._as(made["read"])).status_code == 403
        shown = http.get("/api/v2/agents", headers=self._as(made["agents"])).json()["agents"]
        assert [row["agent_id"] for row in shown] == ["e2e-bound"]

    def _check_audit(self, http: httpx.Client, made: dict[str, str]) -> None:
        def listed(secret: str, **parameters: Any) -> httpx.Response:
            return http.get("/open/v1/audit", params={"limit": 100, **parameters}, headers=self._as(secret))

        keys = listed(made["admin"], caller="mnemon keys").json()["data"]["entries"]
        assert [entry["action"] for entry in keys] == ["revoke-key"] + ["create-key"] * len(made)
        assert keys[0]["subject"] == keys[1]["subject"]
        assert not any(secret in str(keys) for secret in made.values())
        own = {"userId": "team-7", "agentId": "helper"}
        for secret in (made["admin"], made["bound-admin"]):
            (stored,) = listed(secret, **own).json()["data"]["entries"]
            assert (stored["caller"], stored["action"], stored["status"]) == ("bound", "extract", "succeeded")
        assert listed(made["bound-admin"]).status_code == 403
        assert listed(made["bound-admin"], userId="ben", agentId="helper").status_code == 403
