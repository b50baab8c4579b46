"""Memanto's contract: every path, every response's fields, every error's shape."""

from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.memanto import Agent

AGENT = "/api/v2/agents/{agent_id}"
# Method and path → required response fields, from the OpenAPI file and the behaviour of the published server, version
# 0.2.30.
ROUTES: dict[tuple[str, str], set[str]] = {
    ("post", "/api/v2/agents"): {"agent_id", "namespace", "pattern", "created_at"},
    ("get", "/api/v2/agents"): {"agents", "count"},
    ("get", AGENT): {"agent_id", "namespace", "pattern", "created_at"},
    ("delete", AGENT): {"message"},
    ("post", f"{AGENT}/activate"): {
        "session_id", "session_token", "agent_id", "namespace", "started_at", "expires_at",
    },
    ("post", f"{AGENT}/deactivate"): {
        "session_id", "agent_id", "started_at", "ended_at", "duration_hours", "memories_created",
    },
    ("get", "/api/v2/status"): {
        "session_id", "agent_id", "namespace", "started_at", "expires_at", "status", "time_remaining_seconds",
    },
    ("post", f"{AGENT}/remember"): {
        "memory_id", "agent_id", "session_id", "namespace", "status", "provenance", "confidence", "type",
    },
    ("post", f"{AGENT}/batch-remember"): {
        "agent_id", "session_id", "namespace", "total_submitted", "successful", "failed", "results",
    },
    ("post", f"{AGENT}/remember/extract"): {"agent_id", "session_id", "dry_run", "candidates", "count"},
    ("post", f"{AGENT}/upload-file"): {"agent_id", "session_id", "namespace", "file_name", "status"},
    ("post", f"{AGENT}/recall"): {"agent_id", "session_id", "query", "memories", "count"},
    ("post", f"{AGENT}/recall/as-of"): {"agent_id", "session_id", "memories", "count", "temporal_mode", "as_of_date"},
    ("post", f"{AGENT}/recall/changed-since"): {
        "agent_id", "session_id", "memories", "count", "temporal_mode", "since_date",
    },
    ("post", f"{AGENT}/recall/recent"): {"agent_id", "session_id", "memories", "count", "temporal_mode"},
    ("post", f"{AGENT}/recall/all"): {"agent_id", "session_id", "memories", "count", "temporal_mode"},
    ("post", f"{AGENT}/answer"): {"agent_id", "session_id", "question", "answer", "namespace", "sources"},
    ("patch", f"{AGENT}/memories/{{memory_id}}"): {
        "agent_id", "session_id", "namespace", "memory_id", "status", "action", "updated_fields",
    },
    ("delete", f"{AGENT}/memories/{{memory_id}}"): {"agent_id", "memory_id", "namespace", "status"},
    ("post", f"{AGENT}/memories/{{memory_id}}/expire"): {
        "agent_id", "session_id", "memory_id", "status", "expired_at", "expired_by",
    },
    ("post", f"{AGENT}/memories/{{memory_id}}/restore"): {"agent_id", "session_id", "memory_id", "status"},
    ("post", f"{AGENT}/daily-summary"): {"agent_id", "session_id", "date", "summary", "export"},
    ("post", f"{AGENT}/conflicts/generate"): {"agent_id", "session_id", "date", "conflicts"},
    ("get", f"{AGENT}/conflicts"): {"agent_id", "session_id", "date", "conflicts", "count"},
    ("post", f"{AGENT}/conflicts/resolve"): {"agent_id", "session_id", "date", "action", "status"},
    ("get", f"{AGENT}/policy"): {"agent_id", "policy", "is_empty"},
    ("put", f"{AGENT}/policy"): {"agent_id", "policy", "path"},
    ("get", f"{AGENT}/policy/presets"): {"presets"},
    ("get", f"{AGENT}/policy/presets/{{name}}"): {"name", "description", "policy"},
    ("post", f"{AGENT}/policy/preset"): {"agent_id", "preset", "policy"},
    ("post", f"{AGENT}/policy/apply"): {
        "agent_id", "dry_run", "policy_is_empty", "scanned", "already_expired", "matched", "expired", "per_rule",
        "memories", "errors", "evaluated_at",
    },
    ("post", f"{AGENT}/policy/purge"): {
        "agent_id", "dry_run", "enabled", "matched", "purged", "memories", "errors", "evaluated_at",
    },
}  # fmt: skip
MEMORY_ITEM = {
    "id", "title", "content", "text", "type", "confidence", "status", "tags", "created_at", "updated_at", "expired_at",
    "expired_by", "actor_id", "source", "source_ref", "agent_id", "score", "provenance", "change_type",
}  # fmt: skip
SEED = [("user", "I prefer email over phone calls"), ("assistant", "Got it, I will note that preference.")]


@pytest.fixture
def agent(http: httpx.Client) -> Agent:
    return Agent(http)


class TestPaths:
    def test_the_schema_has_every_route_and_no_other(self, http: httpx.Client) -> None:
        paths = http.get("/schema/openapi.json").json()["paths"]
        found = {(method, path) for path, methods in paths.items() if path.startswith("/api/v2") for method in methods}
        assert found == set(ROUTES)

    def test_every_answer_has_the_contracts_fields(self, agent: Agent) -> None:
        """Call each route once, in an order that creates what later routes need."""
        base, http = f"/api/v2/agents/{agent.id}", agent.http
        first, second = agent.remember("Ana lives in Faro."), agent.remember("Ana moved to Porto.")
        preset = {"name": "balanced"}
        bodies: dict[tuple[str, str], Any] = {
            ("post", f"{AGENT}/remember"): {"content": "Ben likes tea."},
            ("post", f"{AGENT}/batch-remember"): {"memories": [{"content": "We chose Neo4j."}]},
            ("post", f"{AGENT}/remember/extract"): {"messages": [{"role": "user", "content": "I play chess."}]},
            ("post", f"{AGENT}/recall"): {"query": "Ana"},
            ("post", f"{AGENT}/recall/as-of"): {"as_of": "2030-01-01"},
            ("post", f"{AGENT}/recall/changed-since"): {"since": "2020-01-01T00:00:00Z"},
            ("patch", f"{AGENT}/memories/{{memory_id}}"): {"tags": ["home"]},
            ("post", f"{AGENT}/conflicts/resolve"): {"conflict_index": 0, "action": "keep_both"},
            ("put", f"{AGENT}/policy"): {"retention": {"context": "7d"}},
            ("post", f"{AGENT}/policy/preset"): preset,
        }
        last = [("delete", f"{AGENT}/memories/{{memory_id}}"), ("post", f"{AGENT}/deactivate"), ("delete", AGENT)]
        apart = {("post", "/api/v2/agents"), ("post", f"{AGENT}/activate"), ("post", f"{AGENT}/answer")}
        for method, path in [*(route for route in ROUTES if route not in apart and route not in last), *last]:
            memory_id = first if "delete" not in method else second
            url = path.replace(AGENT, base).format(memory_id=memory_id, name="balanced")
            options: dict[str, Any] = {"headers": {"X-Session-Token": agent.token}}
            if path.endswith("upload-file"):
                options["files"] = {"file": ("notes.md", b"# Notes\n\nThe kayak is red.")}
            elif (body := bodies.get((method, path))) is not None:
                options["json"] = body
            response = http.request(method, url, **options)
            assert response.status_code == 200, (method, path, response.text)
            assert response.json().keys() >= ROUTES[method, path], (method, path)

    def test_memories_have_the_contracts_fields(self, agent: Agent) -> None:
        agent.remember("Ana lives in Faro.", tags=["home"], title="Home")
        (found,) = agent.recall("Where does Ana live?")
        assert found.keys() >= MEMORY_ITEM
        assert (found["type"], found["title"], found["tags"], found["status"]) == ("fact", "Home", ["home"], "active")
        assert found["text"] == "[FACT] Home\n\nAna lives in Faro.\n\nTags: home"
        assert 0.5 < found["score"] <= 1

    def test_health(self, http: httpx.Client) -> None:
        health = http.get("/health").json()
        assert health.keys() == {"status", "service", "version", "moorcheh_connected"}
        assert health["moorcheh_connected"] is True


class TestSeed:
    def test_a_dry_run_returns_candidates_and_stores_nothing(self, agent: Agent) -> None:
        answer = agent.extract(*SEED, dry_run=True, max_memories=20)
        assert (answer["agent_id"], answer["session_id"]) == (agent.id, agent.session["session_id"])
        assert (answer["dry_run"], answer["count"]) == (True, 1)
        (found,) = answer["candidates"]
        assert found["content"] == "User: I prefer email over phone calls"
        assert (found["type"], found["source"], found["provenance"]) == (
            "preference", "conversation", "explicit_statement",
        )  # fmt: skip
        assert 0 < found["confidence"] <= 1
        assert agent.recent() == []

    def test_stored_facts_are_returned_with_a_count(self, agent: Agent) -> None:
        answer = agent.extract(*SEED, dry_run=False, max_memories=20)
        assert (answer["count"], answer["total_submitted"], answer["successful"], answer["failed"]) == (1, 1, 1, 0)
        (memory,) = agent.recent(tags=["conversation-extract"])
        assert memory["id"] == answer["results"][0]["id"]


class TestErrors:
    @pytest.mark.parametrize(
        ("path", "body", "status", "location"),
        [
            ("remember", {}, 422, ["body", "content"]),
            ("remember", {"content": "x", "type": "nonsense"}, 422, ["body", "type"]),
            ("remember", {"content": "x" * 10_001}, 422, ["body", "content"]),
            ("remember", {"content": "  "}, 422, ["body", "content"]),
            ("remember", {"content": "x", "tags": ["a,b"]}, 422, ["body", "tags", 0]),
            ("batch-remember", {"memories": []}, 422, ["body", "memories"]),
            ("batch-remember", {"memories": [{"content": "x"}] * 101}, 422, ["body", "memories"]),
            ("batch-remember", {"memories": [{"content": "x", "confidence": 2}]}, 422,
             ["body", "memories", 0, "confidence"]),
            ("remember/extract", {"messages": []}, 422, ["body", "messages"]),
            ("remember/extract", {"messages": [{"role": "user", "content": "x"}], "max_memories": 101}, 422,
             ["body", "max_memories"]),
            ("recall", {"query": "x", "type": "fact"}, 422, ["body", "type"]),
            ("recall/as-of", {"as_of": "yesterday"}, 422, ["body", "as_of"]),
            ("recall/changed-since", {}, 422, ["body", "since"]),
            ("conflicts/resolve", {"conflict_index": -1, "action": "keep_old"}, 422, ["body", "conflict_index"]),
            ("conflicts/resolve", {"conflict_index": 0, "action": "manual"}, 422, ["body", "manual_content"]),
        ],
    )  # fmt: skip
    def test_bad_fields_are_named(
        self, agent: Agent, path: str, body: Any, status: int, location: list[str | int]
    ) -> None:
        response = agent.ask(path, body)
        assert response.status_code == status, response.text
        assert response.json()["detail"][0]["loc"] == location
        assert response.json()["detail"][0].keys() == {"loc", "msg", "type"}

    def test_limit_errors_have_specific_bodies(self, agent: Agent) -> None:
        too_many = agent.ask("recall", {"query": "x", "limit": 101})
        assert (too_many.status_code, too_many.json()["detail"]["error"]) == (400, "k_too_large")
        too_long = agent.ask("recall", {"query": "x" * 1001})
        assert (too_long.status_code, too_long.json()["detail"]["error"]) == (413, "query_too_long")

    def test_unknown_and_duplicate_ids(self, agent: Agent) -> None:
        assert agent.ask("leases/1", {"content": "x"}, method="PATCH").status_code == 404
        gone = agent.ask("memories/no-id", method="DELETE")
        assert (gone.status_code, gone.json()["detail"]) == (404, "Memory 'no-id' not found")
        assert agent.ask("conflicts/resolve", {"conflict_index": 0, "action": "keep_old"}).status_code == 404
        assert agent.ask("policy/presets/none", method="GET").status_code == 404
        assert agent.ask("policy/preset", {"name": "none"}).status_code == 400
        missing = agent.http.get("/api/v2/agents/nobody-at-all")
        assert (missing.status_code, missing.json()["detail"]["error"]) == (404, "AgentNotFound")
        again = agent.http.post("/api/v2/agents", json={"agent_id": agent.id})
        assert (again.status_code, again.json()["detail"]["error"]) == (409, "AgentAlreadyExists")
        assert agent.http.get("/api/v2/nowhere").json() == {"detail": "Not Found"}

    def test_malformed_json(self, agent: Agent) -> None:
        headers = {"X-Session-Token": agent.token, "Content-Type": "application/json"}
        response = agent.http.post(f"/api/v2/agents/{agent.id}/remember", content=b"{bad", headers=headers)
        assert (response.status_code, response.json()["detail"][0]["type"]) == (422, "json_invalid")

    def test_without_a_model_there_is_no_answer(self, agent: Agent) -> None:
        agent.remember("Ana lives in Faro.")
        response = agent.ask("answer", {"question": "Where does Ana live?"})
        assert (response.status_code, response.json()["detail"]["error"]) == (503, "AnswerUnavailable")

    @settings(
        max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
    )
    @given(data=st.data())
    def test_no_body_breaks_the_server(self, agent: Agent, data: st.DataObject) -> None:
        names = [
            "content",
            "messages",
            "memories",
            "query",
            "type",
            "tags",
            "limit",
            "as_of",
            "since",
            "date",
            "dry_run",
        ]
        values = st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(names), inner, max_size=3),
            max_leaves=6,
        )
        path = data.draw(
            st.sampled_from(
                [p.removeprefix(f"{AGENT}/") for m, p in ROUTES if m == "post" and p.startswith(f"{AGENT}/")]
            )
        )
        if "{" in path or path in {"activate", "deactivate", "upload-file"}:
            return
        body = data.draw(st.dictionaries(st.sampled_from(names), values, max_size=4))
        assert agent.ask(path, body).status_code in {200, 400, 404, 413, 422, 503}
