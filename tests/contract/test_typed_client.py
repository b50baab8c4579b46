"""Every route of /open/v1, decoded as strictly as by clients in typed languages."""

from typing import Any

import httpx
import msgspec
import pytest

from app.domain.scope import MemoryScope
from tests.api import Memory, message, told
from tests.contract.typed_client import TypedClient

LINES = (("Ana", "I live in Porto. I work at Initech."), ("Ana", "My sister Clara lives in Braga."))
TIMELINE: dict[str, Any] = {
    "type": "agent_timeline",
    "sourceClient": "claude-code",
    "sessionId": "s1",
    "metadata": {"draft": None, "eventIds": ["e1", "e2", "e3"]},
    "events": [
        {"kind": "user_prompt", "eventId": "e1", "text": "Fix the login page.", "occurredAt": "2026-03-04T09:00:00Z"},
        {"kind": "file_edit", "eventId": "e2", "toolName": "Edit", "path": "app/login.py", "operation": "edit",
         "input": '{"old_string": "secret body"}', "output": '{"success": true}', "status": "success"},
        {"kind": "session_end", "eventId": "e3", "text": "session_end", "status": "success"},
    ],
}  # fmt: skip
CONTENTS: list[dict[str, Any]] = [
    told(*LINES),
    {
        "type": "document",
        "title": "Harbours",
        "parsedText": "Zoe dredged the harbour of Faro.",
        "metadata": {"draft": None},
    },
    {
        "type": "tool_call",
        "calls": [{"toolName": "grep", "input": {"q": "x"}, "output": "3 hits", "status": "success"}],
    },
    TIMELINE,
]


@pytest.fixture
def client(http: httpx.Client, scope: MemoryScope) -> TypedClient:
    return TypedClient(http, user_id=scope.user_id, agent_id=scope.agent_id)


def test_the_decoder_is_strict():
    for body in (b'{"data":{"triggered":1}}', b'{"data":{}}', b'{"data":{"triggered":false},"code":"success"}'):
        with pytest.raises(msgspec.ValidationError):
            TypedClient(_answering(body), user_id="u", agent_id="a").add_message({})


def _answering(body: bytes) -> httpx.Client:
    return httpx.Client(
        base_url="http://test", transport=httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    )


@pytest.mark.parametrize("content", CONTENTS, ids=[content["type"] for content in CONTENTS])
def test_every_kind_of_content_is_written_and_read(client: TypedClient, memory: Memory, content: dict[str, Any]):
    assert client.extract(content).status == "SUCCESS"
    memory.wait(client.extract_async(content).operation_id)
    found = client.retrieve("Where does Clara live?", "DEEP", trace=True, persistTrace=True)
    client.retrieve("harbour", "SIMPLE")
    assert client.items().items
    assert client.raw_data(include={"segment": True, "metadata": True}).raw_data
    assert isinstance(found.trace, msgspec.Struct)
    assert client.trace(found.trace.trace_id).query == "Where does Clara live?"


def test_messages_one_by_one(client: TypedClient, memory: Memory):
    assert client.add_message(message("I live in Porto.", name="Ana")).triggered is False
    memory.wait(client.add_message_async(message("I work at Initech.", name="Ana")).operation_id)
    committed = client.commit()
    assert committed.item_ids
    memory.wait(client.commit_async().operation_id)
    assert client.operation(client.operations().operations[0].operation_id).status == "succeeded"
    assert client.retry().operation_ids == []


def test_insight_ids_are_the_same_numbers_everywhere(client: TypedClient):
    written = client.extract(told(*LINES))
    assert written.insight_ids
    shown = client.retrieve("What about Ana?", "SIMPLE").insights
    assert shown
    assert {int(insight.id) for insight in shown} <= set(written.insight_ids)


def test_entities_and_forgetting(client: TypedClient):
    client.extract(told(*LINES))
    assert client.merge("Clara", "Ana").same_as == ["Clara"]
    assert client.split("Clara").same_as == []
    assert client.forget(everything=True).nodes["Fact"] >= 2


def test_nulls_in_metadata_are_left_out(client: TypedClient):
    client.extract(
        {"type": "document", "parsedText": "The kayak is red.", "metadata": {"draft": None, "deep": {"x": None}}}
    )
    (raw,) = client.raw_data().raw_data
    assert raw.metadata == {"deep": {}}
    assert all("draft" not in item.metadata for item in client.retrieve("kayak", "DEEP").items)


def test_source_clients_are_metadata_that_can_be_filtered_by(client: TypedClient):
    client.extract(told(("Ana", "I live in Porto.")), sourceClient="phone")
    client.extract(told(("Ana", "I play chess every week.")), sourceClient="web")
    wanted = {"metadataFilter": {"all": [{"path": "sourceClient", "op": "eq", "value": "phone"}]}}
    assert {item.source_client for item in client.items(**wanted).items} == {"phone"}
    assert {raw.source_client for raw in client.raw_data(**wanted).raw_data} == {"phone"}
    assert [item.text for item in client.retrieve("Ana", "SIMPLE", **wanted).items] == ["Ana: I live in Porto."]
    other = {"metadataFilter": {"not": [{"path": "sourceClient", "op": "in", "value": ["phone"]}]}}
    assert {item.source_client for item in client.items(**other).items} == {"web"}


def test_a_timeline_sent_again_with_more_events_stays_one_memory(client: TypedClient):
    first = client.extract({**TIMELINE, "events": TIMELINE["events"][:1]})
    whole = client.extract(TIMELINE)
    assert set(first.raw_data_ids) < set(whole.raw_data_ids)
    assert client.extract(TIMELINE).raw_data_ids == whole.raw_data_ids
    texts = sorted(raw.segment["content"] for raw in client.raw_data(include={"segment": True}).raw_data if raw.segment)
    assert texts == ["Changed app/login.py (asked: Fix the login page.)", "Fix the login page."]
    assert all("secret body" not in item.text and "session_end" not in item.text for item in client.items().items)


def test_a_timeline_with_only_start_and_end_events_succeeds(client: TypedClient):
    assert client.extract({"type": "agent_timeline", "events": TIMELINE["events"][2:]}).raw_data_ids == []


def test_errors(client: TypedClient):
    assert client.refused("retrieve", 400, strategy="SIMPLE").details["fieldErrors"] == {"query": "must not be null"}
    unknown = client.refused("retrieve", 400, query="x", strategy="FOO")
    assert unknown.code == "malformed_json"
    assert unknown.details["fieldErrors"] == {"strategy": "must be one of SIMPLE, DEEP, AUTO"}
    content = client.refused("sync/extract", 400, rawContent={"type": "telepathy"})
    assert "conversation" in content.details["fieldErrors"]["rawContent.type"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("retrieve", {"query": "x", "strategy": "SIMPLE", "asOf": 0}, "asOf"),
        ("retrieve", {"query": "x", "strategy": "SIMPLE", "trace": "true"}, "trace"),
        ("items/query", {"limit": "3"}, "limit"),
        ("items/query", {"limit": 3.5}, "limit"),
        ("forget", {"everything": 1}, "everything"),
    ],
)
def test_wrong_json_types_are_refused_by_name(client: TypedClient, path: str, body: dict[str, Any], field: str):
    error = client.refused(path, 400, **body)
    assert (error.code, list(error.details["fieldErrors"])) == ("validation_failed", [field])


def test_an_empty_body_is_reported(http: httpx.Client):
    response = http.post("/open/v1/memory/retrieve", headers={"Content-Type": "application/json"})
    assert response.json()["error"]["details"]["fieldErrors"] == {"body": "a JSON body is required"}
