"""The audit log: every route that changes, forgets or exports leaves an entry, and reading leaves none."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from app.domain.audit import AuditAction
from app.services.upkeep.clean_up import CleanUp
from tests.api import NDJSON, Memory, message, told
from tests.integration.bench import Bench, fail_with
from tests.memanto import Agent

# Routes that are not GET and change nothing.
READING = {
    "retrieveMemory", "buildContext", "queryItems", "queryRawData", "recall", "recallAsOf", "recallChangedSince",
    "recallRecent", "recallAll", "answer", "dailySummary", "generateConflicts",
}  # fmt: skip


def entries(http: httpx.Client, **parameters: Any) -> list[dict[str, Any]]:
    return http.get("/open/v1/audit", params=parameters).raise_for_status().json()["data"]["entries"]


def named(name: str) -> dict[str, str]:
    return {"X-Request-Id": f"audit of {name}"}


class TestEveryChangeLeavesAnEntry:
    async def _change_through_open_v1(self, memory: Memory, bench: Bench) -> None:
        ids, http = memory.ids, memory.http
        bundle = json.dumps({"kind": "entity", "name": "Ana", "type": "Person"})

        def post(name: str, path: str, **options: Any) -> httpx.Response:
            response = http.post(f"/open/v1/memory/{path}", headers=named(name) | options.pop("headers", {}), **options)
            assert response.is_success, (name, response.text)
            return response

        bench.extractor.before = fail_with(ValueError("unreadable"))
        failed = await bench.accepted("I own a barge.")
        while not (await bench.operation(failed)).finished:
            await bench.work_and_record()
        bench.extractor.before = lambda _call: None
        post("retryOperation", f"operations/{failed}/retry")
        post("retryOperations", "operations/retry", json=ids)
        content = {"rawContent": told(("Ana", "Ana lives in Faro. Anna lives in Porto."))}
        said = {"message": message("Hello.")}
        other = {"rawContent": told(("Ana", "I own a kayak."))}
        waiting = post("extractMemoryAsync", "async/extract", json={**ids, **other}).json()["data"]["operationId"]
        post("cancelOperation", f"operations/{waiting}/cancel")
        await bench.let_go()
        post("extractMemorySync", "sync/extract", json={**ids, **content})
        post("extractMemory", "extract", json={**ids, **content})
        post("addMessageSync", "sync/add-message", json={**ids, **said})
        post("addMessageAsync", "async/add-message", json={**ids, **said})
        post("addMessage", "add-message", json={**ids, **said})
        post("commitMemorySync", "sync/commit", json=ids)
        post("commitMemoryAsync", "async/commit", json=ids)
        post("commitMemory", "commit", json=ids)
        post("importMemory", "import", params=ids, content=bundle, headers=NDJSON)
        memory.wait_until_idle()
        post("mergeEntities", "entities/merge", json={**ids, "entity": "Faro", "into": "Porto"})
        post("splitEntity", "entities/split", json={**ids, "entity": "Faro"})
        http.get("/open/v1/memory/export", params=ids, headers=named("exportMemory")).raise_for_status()
        post("forgetMemory", "forget", json={**ids, "everything": True})

    def _change_through_api_v2(self, http: httpx.Client) -> Agent:
        agent = Agent(http)
        first = agent.remember("Ana lives in Faro.")
        file = {"file": ("notes.md", b"# Notes\n\nThe kayak is red.")}
        retention = {"retention": {"fact": "0m"}, "purge_expired_after": "0m"}
        changes: list[tuple[str, str, str, dict[str, Any]]] = [
            ("remember", "POST", "remember", {"json": {"content": "Ana moved to Porto."}}),
            ("resolveConflict", "POST", "conflicts/resolve", {"json": {"conflict_index": 0, "action": "keep_new"}}),
            ("batchRemember", "POST", "batch-remember", {"json": {"memories": [{"content": "Ana likes tea."}]}}),
            ("extractMemories", "POST", "remember/extract",
             {"json": {"messages": [{"role": "user", "content": "I live in Porto."}]}}),
            ("uploadFile", "POST", "upload-file", {"files": file}),
            ("editMemory", "PATCH", f"memories/{first}", {"json": {"tags": ["home"]}}),
            ("expireMemory", "POST", f"memories/{first}/expire", {}),
            ("restoreMemory", "POST", f"memories/{first}/restore", {}),
            ("usePreset", "POST", "policy/preset", {"json": {"name": "balanced"}}),
            ("setPolicy", "PUT", "policy", {"json": retention}),
            ("applyPolicy", "POST", "policy/apply", {}),
            ("purgeExpired", "POST", "policy/purge", {}),
        ]  # fmt: skip
        for name, method, path, options in changes:
            url = f"/api/v2/agents/{agent.id}/{path}"
            headers = {"X-Session-Token": agent.token, **named(name)}
            response = http.request(method, url, headers=headers, **options)
            assert response.is_success, (name, response.text)
        last = agent.remember("Ana owns a barge.")
        http.delete(
            f"/api/v2/agents/{agent.id}/memories/{last}",
            headers={"X-Session-Token": agent.token, **named("deleteMemory")},
        ).raise_for_status()
        second = f"{agent.id}-2"
        http.post("/api/v2/agents", json={"agent_id": second}, headers=named("createAgent")).raise_for_status()
        for name, method, path in (
            ("activateAgent", "POST", "/activate"), ("deactivateAgent", "POST", "/deactivate"),
            ("deleteAgent", "DELETE", ""),
        ):  # fmt: skip
            http.request(method, f"/api/v2/agents/{second}{path}", headers=named(name)).raise_for_status()
        http.cookies.clear()
        return agent

    @pytest.mark.anyio
    async def test_on_both_contracts(self, bench: Bench, memory: Memory) -> None:
        http = memory.http
        started = datetime.now(UTC).isoformat()
        await self._change_through_open_v1(memory, bench)
        agent = self._change_through_api_v2(http)
        found: dict[str, dict[str, Any]] = {}
        for entry in pages(http, **{"from": started}):
            if entry.get("requestId", "").startswith("audit of "):
                found.setdefault(entry["requestId"].removeprefix("audit of "), entry)
        document = http.get("/schema/openapi.json").json()
        changing = {
            operation["operationId"]
            for item in document["paths"].values()
            for method, operation in item.items()
            if method != "get" and operation["operationId"] not in READING
        }
        assert found.keys() == changing | {"exportMemory"}
        actions = {name: entry["action"] for name, entry in found.items()}
        assert actions["addMessageAsync"] == "add-message"
        assert actions["deleteMemory"] == actions["purgeExpired"] == "forget"
        assert {actions["setPolicy"], actions["usePreset"]} == {"set-policy"}
        assert set(actions.values()) == set(AuditAction) - {AuditAction.CREATE_KEY, AuditAction.REVOKE_KEY}
        forgotten = found["forgetMemory"]
        assert (forgotten["userId"], forgotten["agentId"]) == (memory.scope.user_id, memory.scope.agent_id)
        assert (forgotten["status"], forgotten["operationId"]) == ("succeeded", forgotten["id"])
        assert forgotten["counts"]["deletedNodes"] > 3
        assert found["extractMemorySync"]["counts"]["items"] > 0
        assert found["exportMemory"]["counts"]["lines"] > 3
        assert found["cancelOperation"]["subject"].startswith("op_")
        assert found["extractMemoryAsync"]["status"] == "failed"
        by_session = entries(http, userId="memanto", agentId=agent.id, caller="session", limit=100)
        assert {"remember", "set-policy", "forget"} <= {entry["action"] for entry in by_session}
        assert "Faro" not in json.dumps([found, by_session])

    def test_reading_and_bad_requests_leave_none(self, memory: Memory) -> None:
        memory.extract(told(("Ana", "I live in Faro.")))
        before = entries(memory.http, **memory.ids)
        memory.retrieve("Where does Ana live?", strategy="DEEP")
        memory.items()
        memory.raw_data()
        memory.data("forget", everything=True, dryRun=True)
        assert not memory.post("extract", rawContent={}).is_success
        assert entries(memory.http, **memory.ids) == before

    def test_what_failed_has_an_entry_too(self, memory: Memory) -> None:
        memory.extract(told(("Ana", "I live in Faro.")))
        assert not memory.post("entities/merge", entity="Nobody", into="Faro").is_success
        failed = entries(memory.http, **memory.ids)[0]
        assert (failed["action"], failed["status"]) == ("merge-entities", "failed")


def pages(http: httpx.Client, **parameters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = http.get("/open/v1/audit", params={"limit": 100, **parameters}).raise_for_status().json()["data"]
        found += page["entries"]
        if page["nextCursor"] is None:
            return found
        parameters["cursor"] = page["nextCursor"]


class TestReadingTheLog:
    def test_pages_hold_each_entry_once_newest_first(self, memory: Memory) -> None:
        for text in ("One.", "Two.", "Three."):
            memory.data("sync/add-message", message=message(text))
        memory.http.get("/open/v1/memory/export", params=memory.ids).raise_for_status()
        found = pages(memory.http, **memory.ids, limit=1)
        assert [entry["action"] for entry in found] == ["export", "add-message", "add-message", "add-message"]
        assert [entry["at"] for entry in found] == sorted((entry["at"] for entry in found), reverse=True)
        assert found == entries(memory.http, **memory.ids)

    def test_it_is_filtered_by_action_and_time(self, memory: Memory) -> None:
        memory.data("sync/add-message", message=message("One."))
        memory.http.get("/open/v1/memory/export", params=memory.ids).raise_for_status()
        export, added = entries(memory.http, **memory.ids)
        assert entries(memory.http, **memory.ids, action=["export", "forget"]) == [export]
        assert entries(memory.http, **memory.ids, **{"from": export["at"]}) == [export]
        assert entries(memory.http, **memory.ids, to=export["at"]) == [added]
        assert entries(memory.http, **memory.ids, caller="somebody") == []

    @pytest.mark.parametrize(
        "parameters",
        [{"userId": "ana"}, {"agentId": "a"}, {"action": "nothing"}, {"cursor": "x"}, {"limit": 0}, {"from": "soon"}],
    )
    def test_bad_parameters_are_refused(self, http: httpx.Client, parameters: dict[str, Any]) -> None:
        assert http.get("/open/v1/audit", params=parameters).status_code == 400


@pytest.mark.anyio
async def test_an_entry_outlives_its_operation_and_ends_after_its_days(bench: Bench, memory: Memory) -> None:
    operation_id = await bench.accepted("I live in Faro.")
    await bench.work()
    (entry,) = entries(memory.http, **memory.ids)
    assert (entry["id"], entry["status"], entry["counts"]["items"]) == (operation_id, "succeeded", 1)

    async def pass_days(days: int) -> None:
        await bench.runtime.db.define(
            "MATCH (n:Operation|AuditEntry {id: $id}) SET n.finishedAt = n.finishedAt - duration({days: $days}), "
            "n.createdAt = n.createdAt - duration({days: $days}), n.at = n.at - duration({days: $days})",
            {"id": operation_id, "days": days},
        )
        await CleanUp(bench.runtime.db, audit_days=90)()

    await pass_days(31)
    assert memory.http.get(f"/open/v1/memory/operations/{operation_id}").status_code == 404
    (kept,) = entries(memory.http, **memory.ids)
    assert kept.pop("at") < entry.pop("at")
    assert kept == entry
    await pass_days(58)
    assert len(entries(memory.http, **memory.ids)) == 1
    await pass_days(2)
    assert entries(memory.http, **memory.ids) == []
