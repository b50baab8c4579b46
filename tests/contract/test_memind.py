"""Memind's contract: its published pages and the checklist of its own controller tests."""

from typing import Any

import httpx
import pytest

from tests.api import Memory, conversation, message, told

ENVELOPE_FREE = ("code", "timestamp", "traceId", "requestId", "message", "meta")


def envelope(response: httpx.Response) -> dict[str, Any]:
    body = response.json()
    assert list(body) in (["data"], ["error"]), body
    if "error" in body:
        assert body["error"].keys() <= {"code", "message", "details"}
        assert response.status_code >= 400
    return body


class TestHealth:
    def test_health_is_up(self, http: httpx.Client):
        response = http.get("/open/v1/health")
        assert response.status_code == 200
        assert envelope(response)["data"]["status"] == "UP"


class TestWriting:
    @pytest.mark.parametrize("prefix", ["async/", ""])
    def test_asynchronous_and_unprefixed_routes_answer_202_with_an_operation(self, memory: Memory, prefix: str):
        bodies: dict[str, dict[str, Any]] = {
            "extract": {"rawContent": told(("Anna", "I live in Faro."))},
            "add-message": {"message": message("I live in Faro.")},
            "commit": {},
        }
        for route, body in bodies.items():
            response = memory.post(prefix + route, **body)
            assert response.status_code == 202
            data = envelope(response)["data"]
            assert data.keys() == {"operationId", "status", "mode"}
            assert (data["status"], data["mode"]) == ("accepted", "async")
            assert memory.wait(data["operationId"])["status"] == "succeeded"

    def test_sync_extract_answers_strings_and_numbers(self, memory: Memory):
        response = memory.post("sync/extract", rawContent=told(("Anna", "I live in Faro. I teach law.")))
        assert response.status_code == 200
        data = envelope(response)["data"]
        assert data["status"] == "SUCCESS"
        assert all(isinstance(i, str) for i in data["rawDataIds"])
        assert data["itemIds"]
        assert all(isinstance(i, int) and i < 2**53 for i in data["itemIds"])
        assert data["insightPending"] is False
        assert isinstance(data["durationMillis"], int)
        assert "errorMessage" not in data

    def test_add_message_without_a_trigger_has_no_result(self, memory: Memory):
        response = memory.post("sync/add-message", message=message("I live in Faro."))
        assert envelope(response) == {"data": {"triggered": False}}

    def test_an_empty_commit_succeeds_with_empty_lists(self, memory: Memory):
        data = memory.data("sync/commit")
        assert data == {
            "status": "SUCCESS",
            "rawDataIds": [],
            "itemIds": [],
            "insightIds": [],
            "insightPending": False,
            "durationMillis": data["durationMillis"],
        }

    def test_unknown_fields_are_ignored(self, memory: Memory):
        content = told(("Anna", "I live in Faro."))
        assert memory.post("sync/extract", rawContent={**content, "mood": 1}, other=[]).status_code == 200

    def test_the_source_client_is_kept_and_defaults_to_api(self, memory: Memory):
        memory.extract(told(("Anna", "I live in Faro.")))
        memory.extract(told(("Ben", "I live in Braga.")), sourceClient="  web ")
        assert {r["sourceClient"] for r in memory.raw_data()} == {"api", "web"}


CONTENTS: list[tuple[dict[str, Any], str, list[str]]] = [
    (told(("Anna", "I live in Faro.")), "CONVERSATION", ["I live in Faro."]),
    (
        {
            "type": "document",
            "title": "Harbours",
            "mimeType": "text/plain",
            "sections": [{"title": "North", "content": "Zoe dredged it.", "index": 0}, {"content": "Ben paid."}],
            "sourceUri": "file:///h.txt",
        },
        "DOCUMENT",
        ["Zoe dredged it.", "Ben paid."],
    ),
    ({"type": "image", "caption": "A boat", "description": "A red boat in Faro.", "sourceUri": "http://x/y.png"}, "IMAGE",
     ["A boat\nA red boat in Faro."]),
    (
        {"type": "audio", "segments": [{"text": "Good to see Zoe.", "startTime": "PT0S", "endTime": 1.5, "speaker": "Ben"}]},
        "AUDIO",
        ["Good to see Zoe."],
    ),
    (
        {"type": "tool_call", "calls": [{"toolName": "grep", "input": {"q": "x"}, "output": "3 hits", "status": "success"}]},
        "TOOL_CALL",
        ['grep success\ninput: {"q":"x"}\noutput: 3 hits'],
    ),
    (
        {
            "type": "agent_timeline",
            "sessionId": "s1",
            "project": {"name": "p", "git": {"branch": "main"}},
            "events": [
                {"kind": "user_prompt", "text": "Fix the login.", "occurredAt": "2024-03-04T09:00:00Z"},
                {"kind": "command", "command": "make", "exitCode": 0, "status": "success"},
            ],
        },
        "AGENT_TIMELINE",
        ["Fix the login.", "Ran `make`"],
    ),
]  # fmt: skip


class TestRawContent:
    @pytest.mark.parametrize(("content", "kind", "texts"), CONTENTS, ids=[kind for _, kind, _ in CONTENTS])
    def test_every_type_is_stored_and_found(self, memory: Memory, content: dict[str, Any], kind: str, texts: list[str]):
        result = memory.extract(content)
        rows = memory.raw_data(include={"segment": True})
        assert {r["id"] for r in rows} == set(result["rawDataIds"])
        assert {r["type"] for r in rows} == {kind}
        assert sorted(r["segment"]["content"] for r in rows) == sorted(texts)
        assert memory.retrieve(texts[0])["rawData"]

    def test_media_are_kept_as_metadata_and_never_fetched(self, memory: Memory):
        blocks = [
            {"type": "text", "text": "Look at my boat."},
            {"type": "image", "source": {"type": "url", "url": "http://127.0.0.1:9/boat.png", "contentId": "c1"}},
            {"type": "audio", "source": {"type": "base64", "media_type": "audio/wav", "data": "UklGRg=="}},
            {"type": "video", "source": {"type": "base64", "media_type": "video/mp4", "data": "AAAA"}},
        ]
        memory.extract(conversation({"role": "USER", "content": blocks}))
        (row,) = memory.raw_data(include={"segment": True})
        image, audio, video = row["segment"]["media"]
        assert image == {
            "type": "image",
            "source": {"type": "url", "url": "http://127.0.0.1:9/boat.png", "contentId": "c1"},
        }
        assert (audio["source"]["mediaType"], audio["source"]["bytes"]) == ("audio/wav", 4)
        assert video["type"] == "video"
        assert "UklGRg" not in str(row)


class TestRetrieve:
    def test_the_answer_has_the_pages_shape(self, memory: Memory):
        memory.extract(told(("Anna", "I live in Faro since 2019. I teach law.")))
        for strategy, name in (("SIMPLE", "simple"), ("DEEP", "deep_retrieval")):
            response = memory.post("retrieve", query="Where does Anna live?", strategy=strategy, trace=True)
            data = envelope(response)["data"]
            assert data["status"] == "success"
            assert data["strategy"] == name
            assert data["query"] == "Where does Anna live?"
            item = data["items"][0]
            assert isinstance(item["id"], str)
            assert {"id", "text", "vectorScore", "finalScore"} <= item.keys()
            assert {"rawDataId", "caption", "maxScore", "itemIds"} <= data["rawData"][0].keys()
            assert data["evidences"] == []
            self.check_trace(data)

    def check_trace(self, data: dict[str, Any]) -> None:
        trace = data["trace"]
        assert {"traceId", "startedAt", "completedAt", "truncated", "stages", "merge", "finalResults"} == trace.keys()
        assert len(trace["stages"]) <= 32
        assert [s["startedAt"] for s in trace["stages"]] == sorted(s["startedAt"] for s in trace["stages"])
        for stage in trace["stages"]:
            assert {
                "stage",
                "tier",
                "method",
                "status",
                "degraded",
                "skipped",
                "startedAt",
                "durationMillis",
            } <= stage.keys()
            assert isinstance(stage["durationMillis"], int)
            assert len(stage["candidates"]) <= 8
            for rank, candidate in enumerate(stage["candidates"], start=1):
                assert candidate["rank"] == rank
                assert len(candidate["textPreview"]) <= 160
        merge = trace["merge"]
        assert merge["deduplicatedCount"] == merge["inputCount"] - merge["outputCount"]
        assert trace["finalResults"] == {
            "strategy": data["strategy"],
            "status": data["status"],
            "itemCount": len(data["items"]),
            "insightCount": len(data["insights"]),
            "rawDataCount": len(data["rawData"]),
            "evidenceCount": 0,
        }

    def test_no_trace_unless_requested(self, memory: Memory):
        assert "trace" not in memory.retrieve("Anything?")

    def test_include_leaves_metadata_out(self, memory: Memory):
        memory.extract(told(("Anna", "I live in Faro.")))
        (raw,) = memory.retrieve("Faro", include={"rawDataMetadata": False})["rawData"]
        assert "metadata" not in raw

    def test_a_query_without_a_letter_is_empty(self, memory: Memory):
        memory.extract(told(("Anna", "I live in Faro.")))
        assert memory.retrieve("?!")["status"] == "empty"


class TestQueries:
    def test_items_and_raw_data_have_the_contracts_fields(self, memory: Memory):
        memory.extract(told(("Anna", "I met Zoe on 3 March 2024.")))
        (item,) = memory.items()
        assert item.keys() == {
            "id", "text", "scope", "category", "type", "rawDataId", "rawDataType", "sourceClient", "occurredAt",
            "observedAt", "createdAt", "metadata",
        }  # fmt: skip
        assert isinstance(item["id"], str)
        assert item["type"] == "FACT"
        assert item["occurredAt"] == "2024-03-03T00:00:00Z"
        (raw,) = memory.raw_data()
        assert raw.keys() == {"id", "type", "sourceClient", "caption", "metadata", "startTime", "endTime", "createdAt"}
        assert "nextCursor" not in memory.data("items/query")


class TestCorrelation:
    def test_a_request_id_is_sent_back(self, http: httpx.Client):
        assert http.get("/live", headers={"X-Request-Id": "abc"}).headers["X-Request-Id"] == "abc"
        long = http.get("/live", headers={"X-Request-Id": "x\ty" + "z" * 100}).headers["X-Request-Id"]
        assert long == "x_y" + "z" * 61

    def test_a_missing_request_id_is_generated_also_for_errors(self, http: httpx.Client):
        ids = {http.get(path).headers["X-Request-Id"] for path in ("/live", "/nowhere", "/open/v1/memory/operations")}
        assert len(ids) == 3

    def test_cors_allows_only_local_origins(self, http: httpx.Client):
        own = http.get("/live", headers={"Origin": "http://localhost:3000"})
        assert own.headers["access-control-allow-origin"] == "http://localhost:3000"
        assert "x-request-id" in own.headers["access-control-expose-headers"].lower()
        assert (
            "access-control-allow-origin" not in http.get("/live", headers={"Origin": "https://evil.example"}).headers
        )


class TestOpenAPI:
    def test_it_is_3_1_with_the_pages_schema_names_and_operation_ids(self, http: httpx.Client):
        schema = http.get("/schema/openapi.json").json()
        assert schema["openapi"].startswith("3.1")
        assert {
            "ExtractMemoryRequest", "AddMessageRequest", "RetrieveMemoryRequest", "SuccessResultOperationAccepted",
            "OperationAccepted", "SuccessResultRetrieveMemoryResponse", "RetrieveMemoryResponse", "RetrievedItemView",
            "RetrievedInsightView", "RetrievedRawDataView", "RetrievalTraceView", "StageView", "MergeView", "FinalView",
            "RetrievalCandidateTrace", "RawContent", "Message", "ContentBlock", "TextBlock", "ImageBlock", "AudioBlock",
            "VideoBlock", "Source", "URLSource", "Base64Source",
        } <= schema["components"]["schemas"].keys()  # fmt: skip
        operations = {o["operationId"] for path in schema["paths"].values() for o in path.values()}
        assert {
            "health", "retrieveMemory", "extractMemorySync", "extractMemoryAsync", "addMessageSync", "addMessageAsync",
            "commitMemorySync", "commitMemoryAsync",
        } <= operations  # fmt: skip

    def test_the_page_needs_no_other_host(self, http: httpx.Client):
        page = http.get("/schema").text
        assert "swagger" in page.lower()
        assert "https://" not in page.replace("https://spec.openapis.org", "")
        for asset in ("swagger-ui-bundle.js", "swagger-ui.css", "swagger-ui-standalone-preset.js"):
            assert f"/static/docs/{asset}" in page
            assert http.get(f"/static/docs/{asset}").status_code == 200
