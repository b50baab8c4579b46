"""API keys of every kind against every route of the OpenAPI document."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import neo4j
import pytest

from app.domain.scope import MemoryScope
from tests.api import Memory, told
from tests.detached import attached, login, mnemon
from tests.memanto import Agent

pytestmark = pytest.mark.slow


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
