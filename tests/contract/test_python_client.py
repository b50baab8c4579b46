"""The project's own client against a running service, with and without an event loop."""

import asyncio
import inspect
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
import pytest

from app.domain.scope import MemoryScope
from mnemon_client import (
    AsyncMemory,
    AsyncMnemon,
    ConflictError,
    InvalidRequestError,
    Memory,
    Message,
    Mnemon,
    MnemonError,
    NotFoundError,
    OperationFailedError,
    TimeRange,
    UnavailableError,
    answers,
    calls,
    transport,
)
from tests.service_process import ServiceProcess

STORY = [
    Message("My sister Clara works at Initech.", speaker="Ana", at=datetime(2024, 3, 4, 9, tzinfo=UTC)),
    Message("Initech is headquartered in Porto.", speaker="Ana", at=datetime(2024, 3, 4, 9, 1, tzinfo=UTC)),
    Message("Good to know.", role="assistant", at=datetime(2024, 3, 4, 9, 2, tzinfo=UTC)),
]
QUESTION = "In which city is the employer of Ana's sister?"


@pytest.fixture
def memory(mnemon: Mnemon, scope: MemoryScope) -> Memory:
    return mnemon.memory(scope.user_id, scope.agent_id)


class TestOneMemory:
    def test_from_messages_to_an_answer_with_its_path(self, memory: Memory) -> None:
        made = memory.remember(STORY)
        assert made.status == "SUCCESS"
        assert len(made.raw_data_ids) == 3
        found = memory.retrieve(QUESTION, strategy="DEEP", trace=True)
        porto = next(item for item in found.items if "Porto" in item.text)
        assert porto.provenance[0].quote
        assert porto.path
        assert porto.path[-1].to_item_id == porto.id
        assert porto.speaker == "Ana"
        assert found.trace is not None
        assert [stage.hop for stage in found.trace.hops][:1] == [1]
        context = memory.context(QUESTION, max_tokens=200)
        assert "Porto" in context.text
        assert context.tokens <= 200
        assert context.sources[0].raw_data_id in made.raw_data_ids

    def test_pages_details_and_changes(self, memory: Memory) -> None:
        memory.remember(STORY)
        first = memory.items(limit=1)
        second = memory.items(limit=1, cursor=first.next_cursor)
        assert first.items[0].id != second.items[0].id
        assert [raw.segment for raw in memory.raw_data(with_text=True, types=["CONVERSATION"]).raw_data if raw.segment]
        explained = memory.explain(first.items[0].id)
        assert explained.sources[0].quote
        entity = memory.entity(explained.entities[0].id)
        assert entity.items
        assert {edge.source for edge in memory.map().edges} <= {entity.id for entity in memory.map().entities}
        assert memory.merge("Initech", "Clara").same_as == ["Initech"]
        assert memory.split("Initech").same_as == []

    def test_traces_are_kept_on_request(self, memory: Memory) -> None:
        memory.remember(STORY)
        found = memory.retrieve(QUESTION, strategy="DEEP", trace=True, persist_trace=True)
        assert found.trace
        assert memory.trace(found.trace.trace_id).query == QUESTION

    def test_a_running_conversation(self, mnemon: Mnemon, memory: Memory) -> None:
        for message in STORY[:2]:
            mnemon.wait(memory.add_message(message).operation_id)
        assert len(memory.commit().item_ids) == 2
        mnemon.wait(memory.remember_later([Message("I play the oud.", speaker="Ana")]).operation_id)
        assert memory.remember_document("The oven needs 20 minutes.", title="Kitchen").status == "SUCCESS"
        assert any("oud" in item.text for item in memory.items().items)
        kinds = {operation.kind for operation in memory.operations(limit=10).operations}
        assert {"add-message", "extract"} <= kinds
        assert memory.retry_failed().operation_ids == []

    def test_what_was_known_earlier(self, memory: Memory) -> None:
        memory.remember(STORY)
        early = TimeRange(end=datetime(2024, 3, 4, 9, 0, 30, tzinfo=UTC))
        assert len(memory.items(as_of=early.end).items) == 1
        assert memory.items(time_range=TimeRange(end=datetime(2024, 3, 3, tzinfo=UTC))).items == []

    def test_forgetting_is_rehearsed_first(self, memory: Memory) -> None:
        memory.remember(STORY)
        planned = memory.forget(entity="Clara", dry_run=True)
        assert planned.dry_run
        assert planned.nodes["Fact"] >= 1
        assert memory.forget(entity="Clara").nodes == planned.nodes
        assert "Clara" not in str(memory.items())
        memory.forget(everything=True)
        assert memory.items().items == []

    @pytest.mark.parametrize("in_a_file", [True, False])
    def test_a_bundle_goes_out_and_in(
        self, mnemon: Mnemon, memory: Memory, scope: MemoryScope, tmp_path: Path, in_a_file: bool
    ) -> None:
        memory.remember(STORY)
        file = tmp_path / "memory.ndjson"
        assert memory.export(file) == len(file.read_text().splitlines())
        assert list(tmp_path.iterdir()) == [file]
        copy = mnemon.memory(scope.user_id, "copy")
        done = mnemon.wait(copy.import_bundle(file if in_a_file else file.read_bytes()).operation_id)
        assert done.imported
        assert done.imported.counts["rawData"] == 3
        assert len(copy.items().items) == len(memory.items().items)

    def test_the_service_itself(self, mnemon: Mnemon, memory: Memory, scope: MemoryScope) -> None:
        memory.remember(STORY)
        (summary,) = mnemon.memories(search=scope.user_id).memories
        assert summary.raw_data_count == 3
        assert mnemon.whoami().right == "admin"
        assert "Fact" in mnemon.graph_schema().text


class TestRefusals:
    def test_fields_are_named(self, memory: Memory) -> None:
        with pytest.raises(InvalidRequestError, match="query") as refused:
            memory.context(" ")
        assert refused.value.status == 400
        assert set(refused.value.fields) == {"query"}
        assert refused.value.request_id

    def test_each_kind_has_a_class(self, mnemon: Mnemon, memory: Memory) -> None:
        with pytest.raises(NotFoundError):
            memory.explain("1")
        with pytest.raises(NotFoundError):
            mnemon.operation("op_x/../y")
        accepted = memory.import_bundle(b'{"kind":"rawData","id":"m1","text":"x"}\n')
        mnemon.wait(accepted.operation_id)
        with pytest.raises(InvalidRequestError, match="another text"):
            memory.import_bundle(b'{"kind":"rawData","id":"m1","text":"y"}\n')

    def test_nobody_answers(self) -> None:
        with (
            Mnemon("http://127.0.0.1:9", tries=1) as client,
            pytest.raises(UnavailableError, match="No service answers"),
        ):
            client.whoami()

    def test_something_else_answers(self) -> None:
        for status, body in ((200, b"<html>"), (200, b"{}"), (418, b"teapot"), (500, b"")):
            with pytest.raises(MnemonError, match="Mnemon's"):
                scripted(httpx.Response(status, content=body)).graph_schema()

    def test_waiting_ends(self) -> None:
        operation = {
            "operationId": "op_1",
            "kind": "extract",
            "attempts": 1,
            "progress": {"done": 0, "total": 1, "unit": "messages"},
            "createdAt": "2024-03-04T09:00:00Z",
        }
        failed = {"status": "failed", "error": {"reason": "The model refused", "errorClass": "model"}}
        with pytest.raises(OperationFailedError, match="The model refused") as refused:
            scripted(answer({**operation, **failed})).wait("op_1")
        assert refused.value.code == "model"
        running = {**operation, "status": "running"}
        with pytest.raises(UnavailableError, match="still running"):
            scripted(answer(running), answer(running)).wait("op_1", timeout=-1)


def answer(data: object) -> httpx.Response:
    return httpx.Response(200, json={"data": data})


def scripted(*responses: httpx.Response | httpx.TransportError, seen: list[httpx.Request] | None = None) -> Mnemon:
    """A client whose service answers so, one after the other."""
    left = list(responses)

    def respond(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        response = left.pop(0)
        if isinstance(response, httpx.TransportError):
            raise response
        return response

    return Mnemon(http=httpx.Client(base_url="http://test", transport=httpx.MockTransport(respond)))


class TestRetries:
    @pytest.fixture(autouse=True)
    def pauses(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        pauses: list[float] = []
        monkeypatch.setattr("mnemon_client.client.time.sleep", pauses.append)
        return pauses

    def test_as_the_service_asks(self, pauses: list[float]) -> None:
        busy = httpx.Response(503, headers={"Retry-After": "7"}, json={"error": {"message": "later"}})
        seen: list[httpx.Request] = []
        client = scripted(
            busy, httpx.ConnectError("cut"), answer({"operationId": "op_1", "status": "accepted"}), seen=seen
        )
        client.memory("ana").add_message(STORY[0])
        assert pauses[0] == 7
        assert 1 <= pauses[1] <= 1.25
        assert len({request.headers["Idempotency-Key"] for request in seen}) == 1
        assert len({request.content for request in seen}) == 1

    def test_not_for_what_can_not_pass(self, pauses: list[float]) -> None:
        with pytest.raises(ConflictError, match="taken"):
            scripted(httpx.Response(409, json={"error": {"message": "taken"}})).memory("ana").commit()
        assert pauses == []

    def test_not_without_end(self, pauses: list[float]) -> None:
        busy = [httpx.Response(429, json={"error": {"message": "slow down"}}) for _ in range(5)]
        with pytest.raises(UnavailableError, match="slow down") as refused:
            scripted(*busy).memory("ana").items()
        assert refused.value.status == 429
        assert len(pauses) == 4
        assert pauses == sorted(pauses)

    def test_the_longest_pause(self) -> None:
        patient = httpx.Response(429, headers={"Retry-After": "3600"})
        assert transport.pause_before_next_try(1, patient) == 30

    def test_each_write_has_a_key_of_its_own(self) -> None:
        first, second = (calls.commit(calls.Ids("ana", "a")).key for _ in range(2))
        assert first != second
        assert calls.context(calls.Ids("ana", "a"), "x").key is None


def test_both_clients_offer_the_same() -> None:
    for one, other in ((Mnemon, AsyncMnemon), (Memory, AsyncMemory)):
        assert public(one) == public(other)


def public(cls: type) -> dict[str, tuple[object, str | None]]:
    """Name → parameters and docstring."""
    return {
        name: (list(inspect.signature(method).parameters), method.__doc__)
        for name, method in inspect.getmembers(cls, callable)
        if not name.startswith("_")
    }


def test_every_route_is_covered(service: ServiceProcess) -> None:
    """Except aliases, health pages, the audit log, and the live events of an operation."""
    covered: set[str] = set()

    def respond(request: httpx.Request) -> httpx.Response:
        covered.add(f"{request.method} {request.url.path}")
        return httpx.Response(400, json={"error": {"message": "seen"}})

    client = Mnemon(http=httpx.Client(base_url="http://test", transport=httpx.MockTransport(respond)))
    memory = client.memory("u", "a")
    filled: dict[str, object] = {"messages": STORY, "message": STORY[0], "lines": b"", "file": Path("/nowhere/x")}
    for owner in (client, memory):
        for name, method in inspect.getmembers(owner, callable):
            if name.startswith("_") or name in {"close", "memory", "send", "wait", "download", "export"}:
                continue
            needed = [
                p for p in inspect.signature(method).parameters.values() if p.default is p.empty and p.name != "ids"
            ]
            with pytest.raises(InvalidRequestError, match="seen"):
                method(*(filled.get(p.name, "x") for p in needed))
    document = httpx.get(f"{service.url}/schema/openapi.json").json()
    left = {
        f"{verb.upper()} {path}"
        for path, verbs in document["paths"].items()
        for verb in verbs
        if path.startswith("/open/v1/") and f"{verb.upper()} {filled_path(path)}" not in covered
    }
    assert left == {
        "GET /open/v1/health",
        "GET /open/v1/audit",
        "GET /open/v1/memory/export",
        "GET /open/v1/memory/operations/{operation_id}/events",
        "POST /open/v1/memory/add-message",
        "POST /open/v1/memory/sync/add-message",
        "POST /open/v1/memory/commit",
        "POST /open/v1/memory/async/commit",
        "POST /open/v1/memory/extract",
    }


ANSWERS: dict[str, type[answers.Answer]] = {
    "OperationAccepted": answers.Accepted,
    "ExtractMemoryResponse": answers.Extraction,
    "AddMessageResponse": answers.Added,
    "ProvenanceView": answers.Quote,
    "PathStepView": answers.Step,
    "RetrievedItemView": answers.FoundItem,
    "RetrievedInsightView": answers.FoundInsight,
    "RetrievedRawDataView": answers.FoundRawData,
    "RetrievalCandidateTrace": answers.Candidate,
    "StageView": answers.Stage,
    "MergeView": answers.Merge,
    "FinalView": answers.FinalResults,
    "RetrievalTraceView": answers.Trace,
    "StoredTraceView": answers.StoredTrace,
    "RetrieveMemoryResponse": answers.Retrieval,
    "ContextSourceView": answers.Source,
    "BuildContextResponse": answers.Context,
    "ItemView": answers.Item,
    "QueryItemsResponse": answers.Items,
    "RawDataView": answers.RawData,
    "QueryRawDataResponse": answers.RawDataPage,
    "ItemSourceView": answers.ItemSource,
    "MentionView": answers.Mention,
    "LinkedItemView": answers.LinkedItem,
    "EarlierVersionView": answers.Version,
    "ExplainedItemView": answers.ExplainedItem,
    "EntityView": answers.Entity,
    "EntityWithItemsView": answers.Entity,
    "MapEntityView": answers.MapEntity,
    "MapEdgeView": answers.MapEdge,
    "MemoryMapView": answers.Map,
    "ProgressView": answers.Progress,
    "OperationErrorView": answers.OperationError,
    "LineErrorView": answers.LineError,
    "ImportReportView": answers.ImportReport,
    "UsageView": answers.Usage,
    "LeaseView": answers.Lease,
    "OperationView": answers.Operation,
    "ListOperationsResponse": answers.Operations,
    "RetriedOperations": answers.Retried,
    "ForgetMemoryResponse": answers.Receipt,
    "MemorySummaryView": answers.MemorySummary,
    "ListMemoriesResponse": answers.Memories,
    "Whoami": answers.Identity,
    "GraphSchema": answers.GraphSchema,
}


def test_answers_have_all_fields_of_the_document(service: ServiceProcess) -> None:
    schemas = httpx.get(f"{service.url}/schema/openapi.json").json()["components"]["schemas"]
    for name, type_ in ANSWERS.items():
        documented = set(schemas[name]["properties"])
        fields = msgspec.structs.fields(type_)
        assert documented <= {field.encode_name for field in fields}, name
        assert {field.encode_name for field in fields if field.required} <= documented, name


def filled_path(path: str) -> str:
    return "/".join("x" if part.startswith("{") else part for part in path.split("/"))


class TestWithAnEventLoop:
    def run(self, service: ServiceProcess, scenario: Callable[[AsyncMnemon], object]) -> None:
        async def main() -> None:
            async with AsyncMnemon(service.url) as client:
                await scenario(client)  # pyright: ignore[reportGeneralTypeIssues]

        asyncio.run(main())

    def test_the_same_conversation(self, service: ServiceProcess, scope: MemoryScope, tmp_path: Path) -> None:
        async def scenario(client: AsyncMnemon) -> None:
            memory = client.memory(scope.user_id, scope.agent_id)
            await memory.remember(STORY)
            found, context = await asyncio.gather(memory.retrieve(QUESTION), memory.context(QUESTION))
            assert "Porto" in context.text
            assert any("Porto" in item.text for item in found.items)
            file = tmp_path / "memory.ndjson"
            lines = await memory.export(file)
            assert lines == len([json.loads(line) for line in file.read_text().splitlines()])
            copy = client.memory(scope.user_id, "copy")
            await client.wait((await copy.import_bundle(file)).operation_id)
            assert len((await copy.items()).items) == 2
            with pytest.raises(NotFoundError):
                await memory.explain("1")

        self.run(service, scenario)

    def test_retries(self, monkeypatch: pytest.MonkeyPatch) -> None:
        pauses: list[float] = []

        async def sleep(seconds: float) -> None:
            pauses.append(seconds)

        left = [httpx.Response(503, headers={"Retry-After": "2"}), httpx.ReadError("cut"), answer({"text": "(:A)"})]

        def respond(request: httpx.Request) -> httpx.Response:
            response = left.pop(0)
            if isinstance(response, httpx.TransportError):
                raise response
            return response

        async def main() -> None:
            http = httpx.AsyncClient(base_url="http://test", transport=httpx.MockTransport(respond))
            async with http, AsyncMnemon(http=http) as client:
                assert (await client.graph_schema()).text == "(:A)"

        monkeypatch.setattr("mnemon_client.async_client.asyncio.sleep", sleep)
        asyncio.run(main())
        assert pauses[0] == 2
        assert len(pauses) == 2
