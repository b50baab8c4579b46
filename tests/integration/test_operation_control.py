"""Operations that are repeated, too many, cancelled, retried, streamed or expired."""

import json
import threading
from typing import Any

import httpx
import pytest

from app.domain.errors import NotFound, Overloaded, Unavailable
from app.domain.idempotency import Idempotency
from app.domain.operations import MAX_FAILURES, FailureClass, OperationStatus
from app.services.operations.check_backlog import CheckBacklog
from app.services.upkeep.clean_up import CleanUp
from tests.api import NDJSON, Memory, conversation, message, told
from tests.integration.bench import Bench, fail_with

FARO = told(("Ana", "I live in Faro."))


def send(memory: Memory, path: str, key: str, **body: Any) -> httpx.Response:
    return memory.http.post(f"/open/v1/memory/{path}", json={**memory.ids, **body}, headers={"Idempotency-Key": key})


class TestSentTwice:
    @pytest.mark.parametrize(
        ("path", "body", "other"),
        [
            ("async/extract", {"rawContent": FARO}, {"rawContent": told(("Ana", "I live in Braga."))}),
            ("async/add-message", {"message": message("I live in Faro.")}, {"message": message("I live in Braga.")}),
        ],
    )
    def test_a_repeated_request_is_done_once(
        self, memory: Memory, path: str, body: dict[str, Any], other: dict[str, Any]
    ) -> None:
        first, second = send(memory, path, "k1", **body), send(memory, path, "k1", **body)
        assert (first.status_code, second.status_code) == (202, 202)
        assert first.json() == second.json()
        assert send(memory, path, "k2", **body).json() != first.json()
        refused = send(memory, path, "k1", **other)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "version_conflict")

    def test_a_repeated_sync_request_gets_the_first_answer(self, memory: Memory) -> None:
        first = send(memory, "sync/extract", "k", rawContent=FARO)
        assert send(memory, "sync/extract", "k", rawContent=FARO).json() == first.json()
        assert len(memory.bundle("rawData")) == 1

    def test_idempotency_keys_are_per_memory(self, memory: Memory) -> None:
        other = Memory(memory.http, type(memory.scope)(user_id=memory.scope.user_id, agent_id="other"))
        first = send(memory, "async/extract", "k", rawContent=FARO)
        second = send(other, "async/extract", "k", rawContent=told(("Ana", "I live in Braga.")))
        assert second.status_code == 202
        assert second.json() != first.json()

    def test_concurrent_requests_with_one_key_are_done_once(self, memory: Memory) -> None:
        ids: list[str] = []

        def post() -> None:
            answer = send(memory, "async/add-message", "same", message=message("I live in Faro."))
            ids.append(answer.json()["data"]["operationId"])

        threads = [threading.Thread(target=post) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(ids) == 8
        assert len(set(ids)) == 1

    def test_a_repeated_import_is_done_once(self, memory: Memory) -> None:
        def send_bundle(text: str) -> httpx.Response:
            line = json.dumps({"kind": "rawData", "id": "r1", "type": "DOCUMENT", "text": text})
            return memory.http.post(
                "/open/v1/memory/import", params=memory.ids, content=line, headers={**NDJSON, "Idempotency-Key": "i"}
            )

        first, second = send_bundle("Faro is old."), send_bundle("Faro is old.")
        assert first.status_code == 202
        assert first.json() == second.json()
        assert send_bundle("Faro is new.").status_code == 409

    def test_a_repeated_split_gets_the_first_answer(self, memory: Memory) -> None:
        memory.extract(told(("Ana", "I live in Faro.")))
        first = send(memory, "entities/split", "s", entity="Ana")
        assert send(memory, "entities/split", "s", entity="Ana").json() == first.json()
        assert send(memory, "entities/split", "s", entity="Faro").status_code == 409

    @pytest.mark.parametrize("key", ["", "x" * 256])
    def test_invalid_keys_are_refused(self, memory: Memory, key: str) -> None:
        assert send(memory, "async/extract", key, rawContent=FARO).status_code == 400

    @pytest.mark.anyio
    async def test_a_key_can_be_reused_after_a_day(self, bench: Bench) -> None:
        idempotency = Idempotency(key="k", request_hash="h")
        first = await bench.accept("I live in Faro.", idempotency=idempotency)
        assert (await bench.accept("I live in Faro.", idempotency=idempotency)).operation_id == first.operation_id
        await bench.runtime.db.define(
            "MATCH (o:Operation {id: $id}) SET o.createdAt = o.createdAt - duration({hours: 25})",
            {"id": first.operation_id},
        )
        again = await bench.accept("I live in Faro.", idempotency=idempotency)
        assert again.operation_id != first.operation_id


@pytest.mark.anyio
class TestBacklog:
    async def test_nothing_is_stored_above_the_waiting_limit(self, bench: Bench) -> None:
        assert (await bench.accept("One.", "Two.", max_waiting=3)).operation_id is not None
        assert (await bench.accept("Three.", "Four.", max_waiting=3)).operation_id is None
        assert (await bench.accept("Three.", max_waiting=3)).operation_id is not None
        await bench.work()
        assert (await bench.accept("Four.", "Five.", "Six.", max_waiting=3)).operation_id is not None

    async def test_a_user_has_at_most_so_many_unfinished_operations(self, bench: Bench) -> None:
        check = CheckBacklog(bench.runtime.db, max_waiting=10, max_of_user=2)
        await bench.accepted("One.")
        await check.of_user(bench.scope.user_id)
        await bench.accepted("Two.")
        full = CheckBacklog(bench.runtime.db, max_waiting=10, max_of_user=2)
        with pytest.raises(Overloaded):
            await full.of_user(bench.scope.user_id)
        await full.of_user(bench.scope.user_id[:-1])
        await bench.work()
        await CheckBacklog(bench.runtime.db, max_waiting=10, max_of_user=2).of_user(bench.scope.user_id)


@pytest.mark.anyio
class TestCancel:
    async def test_a_waiting_operation_is_cancelled_before_its_turn(self, bench: Bench, memory: Memory) -> None:
        bench.extractor.before = fail_with(Unavailable())
        first, second = await bench.accepted("I live in Faro."), await bench.accepted("I live in Braga.")
        await bench.work_and_record()
        response = memory.http.post(f"/open/v1/memory/operations/{second}/cancel")
        assert response.status_code == 202
        assert response.json()["data"]["cancelRequested"] is True
        await bench.work_and_record()
        ended = await bench.operation(second)
        assert ended.status is OperationStatus.FAILED
        assert ended.error is not None
        assert ended.error.failure_class is FailureClass.CANCELLED
        assert (await bench.operation(first)).status is OperationStatus.ACCEPTED
        assert any("Braga" in row["caption"] for row in memory.retrieve("Braga")["rawData"])
        assert memory.http.post(f"/open/v1/memory/operations/{second}/cancel").status_code == 409

    async def test_a_running_operation_is_cancelled_between_windows(self, bench: Bench, memory: Memory) -> None:
        running = await bench.accepted(*(f"I own map number {n}." for n in range(40)))
        bench.extractor.before = lambda _call: _ok(memory.http.post(f"/open/v1/memory/operations/{running}/cancel"))
        await bench.work()
        ended = await bench.operation(running)
        assert (ended.status, ended.progress.done) == (OperationStatus.FAILED, 20)
        assert {item["text"] for item in memory.items()} == {f"Anna: I own map number {n}." for n in range(20)}
        bench.extractor.before = lambda _call: None
        assert memory.http.post(f"/open/v1/memory/operations/{running}/retry").status_code == 202
        await bench.work()
        retried = await bench.operation(running)
        assert (retried.status, retried.progress.done) == (OperationStatus.SUCCEEDED, 20)
        assert {item["text"] for item in memory.items()} >= {"Anna: I own map number 0.", "Anna: I own map number 39."}

    async def test_what_was_cancelled_is_extracted_when_it_is_sent_again(self, bench: Bench, memory: Memory) -> None:
        content = told(("Ana", "I live in Faro."))
        cancelled = memory.data("async/extract", rawContent=content)["operationId"]
        memory.http.post(f"/open/v1/memory/operations/{cancelled}/cancel").raise_for_status()
        await bench.let_go()
        assert memory.wait(cancelled)["error"]["reason"] == "Cancelled by request"
        assert memory.items() == []
        memory.extract(content)
        assert [item["text"] for item in memory.items()] == ["Ana: I live in Faro."]
        assert len(memory.raw_data()) == 1


def _ok(response: httpx.Response) -> None:
    assert response.is_success


@pytest.mark.anyio
class TestRetry:
    async def test_all_failed_operations_are_retried(self, bench: Bench, memory: Memory) -> None:
        bench.extractor.before = fail_with(ValueError("unreadable"))
        failed = [await bench.accepted("I live in Faro."), await bench.accepted("I own a barge.")]
        for _ in range(2 * MAX_FAILURES):
            await bench.work_and_record()
        assert memory.items() == []
        bench.extractor.before = lambda _call: None
        assert memory.data("operations/retry")["operationIds"] == failed
        await bench.work()
        assert {(await bench.operation(id_)).status for id_ in failed} == {OperationStatus.SUCCEEDED}
        assert len(memory.items()) == 2
        assert memory.data("operations/retry")["operationIds"] == []

    async def test_operations_that_did_not_fail_can_not_be_retried(self, bench: Bench, memory: Memory) -> None:
        done = await bench.accepted("I live in Faro.")
        await bench.work()
        assert memory.http.post(f"/open/v1/memory/operations/{done}/retry").status_code == 409
        assert memory.http.post("/open/v1/memory/operations/op_none/retry").status_code == 404

    async def test_network_failures_do_not_count_as_failures(self, bench: Bench) -> None:
        bench.extractor.before = fail_with(Unavailable())
        operation_id = await bench.accepted("I live in Faro.")
        for _ in range(MAX_FAILURES):
            await bench.work_and_record()
        bench.extractor.before = fail_with(ValueError("once"))
        await bench.work_and_record()
        assert (await bench.operation(operation_id)).status is OperationStatus.ACCEPTED


class TestEvents:
    def test_progress_and_end_events_are_streamed(self, memory: Memory) -> None:
        lines = [("Ana", f"I own map number {n}.") for n in range(40)]
        operation_id = memory.data("async/extract", rawContent=told(*lines))["operationId"]
        with memory.http.stream("GET", f"/open/v1/memory/operations/{operation_id}/events") as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            text = "".join(response.iter_text())
        events = [
            dict(line.split(": ", 1) for line in part.splitlines() if line[:1] != ":")
            for part in text.split("\r\n\r\n")
            if part
        ]
        assert events[-1]["event"] == "end"
        assert json.loads(events[-1]["data"])["progress"] == {"done": 40, "total": 40, "unit": "rawData"}
        assert {event["event"] for event in events[:-1]} <= {"progress"}

    def test_an_unknown_operation_is_404(self, memory: Memory) -> None:
        assert memory.http.get("/open/v1/memory/operations/op_none/events").status_code == 404


def test_a_running_operation_shows_its_lease_owner(memory: Memory) -> None:
    lines = [message(f"I own map number {n}.", name="Ana") for n in range(200)]
    operation_id = memory.data("async/extract", rawContent=conversation(*lines))["operationId"]
    # Between two turns of a long operation there is no lease.
    owners: set[str] = set()
    while (shown := memory.operation(operation_id))["status"] in {"accepted", "running"}:
        owners |= {shown["lease"]["owner"]} if "lease" in shown else set()
    assert owners
    assert "lease" not in shown


@pytest.mark.anyio
async def test_old_operations_are_deleted(bench: Bench) -> None:
    old, fresh = await bench.accepted("I live in Faro."), await bench.accepted("I own a barge.")
    await bench.work()
    await bench.runtime.db.define(
        "MATCH (o:Operation {id: $id}) SET o.finishedAt = o.finishedAt - duration({days: 31})", {"id": old}
    )
    await CleanUp(bench.runtime.db, audit_days=90)()
    assert (await bench.operation(fresh)).finished
    with pytest.raises(NotFound):
        await bench.operation(old)
