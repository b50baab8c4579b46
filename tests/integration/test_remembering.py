"""Typed facts of agents share one graph with Memind's data of the same memory, and no other memory's."""

import io
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import docx
import httpx
import openpyxl
import pytest

from app.bootstrap import Runtime
from app.domain.agents import scope_of_agent
from app.domain.errors import AgentNotFound, SessionExpired, SessionInvalid, SessionNotFound, WrongAgent
from app.graph.database import Database
from app.graph.lucene import character_pairs
from app.services.memanto.sessions import LIFETIME, Sessions
from tests.api import NDJSON, told
from tests.cypher import rows
from tests.memanto import Agent


@pytest.fixture
def agent(http: httpx.Client) -> Agent:
    return Agent(http)


def now() -> str:
    return datetime.now(UTC).isoformat()


class TestOneGraph:
    def test_a_memory_is_a_fact_with_its_source(self, agent: Agent) -> None:
        memory_id = agent.remember("Ana works at Globex in Faro.", type="fact", tags=["job"])
        found = agent.memory.retrieve("Where does Ana work?", strategy="DEEP")
        (item,) = found["items"]
        assert (item["id"], item["text"]) == (memory_id, "Ana works at Globex in Faro.")
        assert item["provenance"][0]["quote"] == "Ana works at Globex in Faro."
        (fact,) = agent.memory.bundle("fact")
        assert set(fact["entities"]) >= {"Ana", "Globex", "Faro"}

    def test_export_and_import_keep_all_fields(self, agent: Agent, http: httpx.Client) -> None:
        expired = agent.remember("Ana lives in Faro.", title="Home", tags=["home"], type="context", source="user")
        agent.do(f"memories/{expired}/expire", {"reason": "moved"})
        agent.remember("Ben likes tea.", confidence=0.3, provenance="inferred")
        other = Agent(http)
        bundle = http.get("/open/v1/memory/export", params=agent.memory.ids).text
        accepted = (
            http.post("/open/v1/memory/import", params=other.memory.ids, content=bundle, headers=NDJSON)
            .raise_for_status()
            .json()
        )
        other.memory.wait(accepted["data"]["operationId"])

        def shown(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
            apart = {"id", "source_ref", "agent_id", "actor_id", "updated_at", "expired_at"}
            return [{name: value for name, value in row.items() if name not in apart} for row in rows]

        assert shown(other.recent()) == shown(agent.recent())

    def test_facts_sent_through_memind_are_recalled(self, agent: Agent) -> None:
        agent.memory.extract(told(("Ana", "I live in Faro."), ("Ben", "I visited Braga.")))
        found = agent.recall("Where does Ana live?", status="active")
        assert found[0]["content"] == "Ana: I live in Faro."
        assert found[0]["source"] == "conversation"
        assert {row["content"] for row in agent.recent(type=[found[0]["type"]])} >= {"Ana: I live in Faro."}

    def test_deep_recall_walks_the_graph(self, agent: Agent) -> None:
        for content in ("Ana works at Globex.", "Globex is located in Faro.", "Ben likes tea.", "Clara plays chess."):
            agent.remember(content)
        found = agent.recall("In which town does Ana work?", strategy="DEEP", limit=3)
        assert {row["content"] for row in found} >= {"Ana works at Globex.", "Globex is located in Faro."}
        assert any(row.get("path") for row in found)

    def test_a_repeated_memory_is_stored_once_and_gains_evidence(self, agent: Agent) -> None:
        first, second = agent.remember("Ana likes tea."), agent.remember("ana  LIKES tea.")
        assert first == second
        (fact,) = agent.memory.bundle("fact")
        assert len(fact["rawData"]) == 2
        assert agent.remember("Ana likes tea.", type="goal") != first

    def test_types_are_inferred_from_the_text(self, agent: Agent) -> None:
        memories = {
            "Always validate the input of forms.": "instruction",
            "We decided to use Neo4j instead of Postgres.": "decision",
            "Reach 10K users is the goal for this year.": "goal",
            "The report is due on Friday.": "commitment",
            "Ana prefers email over phone calls.": "preference",
            "Alice manages Bob.": "relationship",
            "Traffic usually peaks on Fridays.": "observation",
            "The import crashed with an exception.": "error",
            "The database is PostgreSQL.": "fact",
        }
        answer = agent.do("batch-remember", {"memories": [{"content": text} for text in memories]})
        assert [row["type"] for row in answer["results"]] == list(memories.values())

    def test_agents_never_see_each_other(self, agent: Agent, http: httpx.Client) -> None:
        other = Agent(http)
        memory_id = agent.remember("The code word is Zephyrine.")
        other.remember("Ben likes tea.")
        for body in ({"query": "Zephyrine"}, {"query": "code word", "strategy": "DEEP"}):
            assert all("Zephyrine" not in row["content"] for row in other.do("recall", body)["memories"])
        for path, body in (
            ("recall/all", {}),
            ("recall/as-of", {"as_of": now()}),
            ("recall/changed-since", {"since": "2020-01-01"}),
        ):
            assert all("Zephyrine" not in row["content"] for row in other.do(path, body)["memories"])
        for method, path in (("PATCH", ""), ("DELETE", ""), ("POST", "/expire"), ("POST", "/restore")):
            assert other.ask(f"memories/{memory_id}{path}", {"content": "x"}, method=method).status_code == 404
        refused = http.post(
            f"/api/v2/agents/{agent.id}/recall", json={"query": "x"}, headers={"X-Session-Token": other.token}
        )
        assert (refused.status_code, refused.json()["detail"]["error"]) == (403, "AuthorizationError")

    def test_secrets_are_redacted_before_storing(self, agent: Agent) -> None:
        key = "sk-proj-" + "a1B2" * 8
        agent.remember(f"The key is {key}", title=f"key {key}", tags=[key[:60]])
        agent.extract(("user", f"My api_key={key} and I like tea."))
        agent.memory.extract(told(("Ana", f"Use {key} for the service.")))
        agent.do("upload-file", None, files={"file": ("a.txt", f"token {key}".encode())})
        pem = (
            "-----BEGIN RSA PRIVATE KEY-----\n"
            + "\n".join("a1B2" * 16 for _ in range(40))
            + "\n\n-----END RSA PRIVATE KEY-----"
        )
        agent.do("upload-file", None, files={"file": ("b.md", f"Keep this.\n\n{pem}\n\nThanks.".encode())})
        agent.memory.extract({"type": "document", "parsedText": f"Keep this. {pem}", "metadata": {"note": key}})
        (memory, *_) = agent.recent(type=["artifact"])
        agent.do(f"memories/{memory['id']}", {"content": f"Now {key}"}, method="PATCH")
        stored = agent.http.get("/open/v1/memory/export", params=agent.memory.ids).text
        assert "[REDACTED_API_KEY]" in stored
        assert "a1B2a1B2" not in stored + str(agent.do("recall/all", {}))


class TestChanges:
    @pytest.mark.anyio
    async def test_an_edited_memory_is_searched_by_its_new_words(self, agent: Agent, db: Database) -> None:
        memory_id = agent.remember("บ้านอยู่เชียงใหม่")
        agent.do(f"memories/{memory_id}", {"content": "บ้านอยู่ลำปาง"}, method="PATCH")
        (stored,) = await rows(
            db, "MATCH (fact:Fact {id: $id}) RETURN fact.text, fact.searchText, fact.characterPairs", id=int(memory_id)
        )
        assert stored["fact.searchText"] == stored["fact.text"]
        assert stored["fact.characterPairs"] == character_pairs(stored["fact.text"])
        assert "ลำ" in stored["fact.characterPairs"]

    def test_as_of_returns_the_text_before_an_edit(self, agent: Agent) -> None:
        memory_id = agent.remember("Ana lives in Faro.", title="Home")
        before = now()
        agent.do(f"memories/{memory_id}", {"content": "Ana lives in Lagos.", "confidence": 1.0}, method="PATCH")
        between = now()
        agent.do(f"memories/{memory_id}", {"content": "Ana lives in Braga."}, method="PATCH")

        def read(at: str) -> list[str]:
            return [row["content"] for row in agent.do("recall/as-of", {"as_of": at})["memories"]]

        assert (read(before), read(between), read(now())) == (
            ["Ana lives in Faro."], ["Ana lives in Lagos."], ["Ana lives in Braga."],
        )  # fmt: skip
        (row,) = agent.recent()
        assert (row["id"], row["title"], row["confidence"]) == (memory_id, "Home", 1.0)
        assert row["created_at"] < row["updated_at"]
        assert agent.recall("Braga", min_similarity=0.3)[0]["id"] == memory_id
        assert {row["name"] for row in agent.memory.bundle("entity")} == {"Ana", "Braga"}
        assert read("2020-01-01") == []

    def test_expired_memories_are_filtered_by_status_and_restored(self, agent: Agent) -> None:
        memory_id = agent.remember("Ana lives in Faro.")
        before = now()
        answer = agent.do(f"memories/{memory_id}/expire", {"reason": "moved"})
        assert (answer["status"], answer["expired_by"]) == ("expired", "moved")
        assert agent.recall("Ana", status="active") == []
        assert [row["status"] for row in agent.recall("Ana")] == ["expired"]
        assert agent.memory.retrieve("Where does Ana live?")["items"] == []
        assert agent.do("recall/as-of", {"as_of": before})["count"] == 1
        assert agent.do("recall/as-of", {"as_of": now()})["count"] == 0
        agent.do(f"memories/{memory_id}/restore")
        assert [row["status"] for row in agent.recall("Ana", status="active")] == ["active"]

    def test_changes_include_deletions(self, agent: Agent) -> None:
        kept, edited, deleted = (
            agent.remember(text) for text in ("Ana likes tea.", "Ben likes rum.", "Clara likes milk.")
        )
        time.sleep(0.01)
        since = now()
        agent.do(f"memories/{edited}", {"tags": ["drink"]}, method="PATCH")
        agent.do(f"memories/{deleted}", method="DELETE")
        new = agent.remember("Dario likes juice.")
        rows = agent.do("recall/changed-since", {"since": since})["memories"]
        assert {row["id"]: row["change_type"] for row in rows} == {
            new: "created",
            deleted: "deleted",
            edited: "updated",
        }
        assert [row["content"] for row in rows if row["id"] == deleted] == [""]
        assert kept not in {row["id"] for row in rows}

    def test_deletion_removes_all_versions(self, agent: Agent) -> None:
        memory_id = agent.remember("The boat is called Zephyrine.")
        before = now()
        agent.do(f"memories/{memory_id}", {"content": "The boat is called Quillon."}, method="PATCH")
        agent.do(f"memories/{memory_id}", method="DELETE")
        assert agent.do("recall/as-of", {"as_of": before})["memories"] == []
        assert agent.memory.bundle("rawData") == []
        assert agent.memory.bundle("fact") == []

    def test_deleting_one_of_a_batch_leaves_the_others_as_they_are(self, agent: Agent) -> None:
        batch = [{"content": f"Ana owns boat number {n}.", "tags": [str(n)], "type": "goal"} for n in range(4)]
        ids = [row["id"] for row in agent.do("batch-remember", {"memories": batch})["results"]]
        before = [row for row in agent.recent() if row["id"] != ids[1]]
        agent.do(f"memories/{ids[1]}", method="DELETE")
        agent.memory.wait_until_idle()
        assert agent.recent() == before

    def test_a_memory_outlives_a_conversation_that_says_the_same(self, agent: Agent) -> None:
        memory_id = agent.remember("User: I play chess.", tags=["game"])
        agent.extract(("user", "I play chess."))
        (turn,) = [row for row in agent.memory.bundle("rawData") if row["type"] == "CONVERSATION"]
        agent.memory.data("forget", rawDataIds=[turn["id"]])
        agent.memory.wait_until_idle()
        assert [(row["id"], row["tags"]) for row in agent.recent()] == [(memory_id, ["game"])]

    def test_a_deleted_memory_does_not_come_back_with_its_conversation(self, agent: Agent) -> None:
        answer = agent.extract(("user", "I play chess."), ("user", "I own a boat."))
        ids = {row["content"]: answer["results"][i]["id"] for i, row in enumerate(answer["candidates"])}
        agent.do(f"memories/{ids['User: I play chess.']}", {"title": "Chess"}, method="PATCH")
        agent.do(f"memories/{ids['User: I play chess.']}", method="DELETE")
        (turn,) = [row for row in agent.memory.bundle("rawData") if "boat" in row["text"]]
        agent.memory.data("forget", rawDataIds=[turn["id"]])
        agent.memory.wait_until_idle()
        assert agent.recent() == []

    def test_an_edited_memorys_id_is_not_reused_for_its_old_text(self, agent: Agent) -> None:
        first = agent.remember("Ana lives in Faro.")
        agent.do(f"memories/{first}", {"content": "Ana lives in Braga."}, method="PATCH")
        assert agent.remember("Ana lives in Braga.") == first
        second = agent.remember("Ana lives in Faro.")
        assert second != first
        for memory_id, content in ((first, "Ana lives in Braga."), (second, "Ana lives in Faro.")):
            (row,) = [row for row in agent.recent() if row["id"] == memory_id]
            assert row["content"] == content

    def test_an_expired_memory_stated_again_is_stored_once(self, agent: Agent) -> None:
        first = agent.remember("Ana likes tea.")
        agent.do(f"memories/{first}/expire")
        second, third = agent.remember("Ana likes tea."), agent.remember("Ana likes tea.")
        assert first != second == third
        status = {row["id"]: row["status"] for row in agent.recent()}
        assert status == {first: "expired", second: "active"}

    def test_an_edit_changes_only_the_given_fields(self, agent: Agent) -> None:
        agent.memory.extract(told(("Ana", "I visited Braga on 3 May 2024.")))
        (fact,) = agent.memory.bundle("fact")
        (row,) = agent.recent()
        agent.do(f"memories/{row['id']}", {"tags": ["trip"]}, method="PATCH")
        (edited,) = agent.memory.bundle("fact")
        for name in ("text", "occurredStart", "validAt", "subject", "object", "entities", "metadata"):
            assert edited.get(name) == fact.get(name), name
        agent.do(f"memories/{row['id']}/expire")
        agent.do(f"memories/{row['id']}", {"title": "Trip"}, method="PATCH")
        (row,) = agent.recent()
        assert (row["status"], row["title"], row["tags"]) == ("expired", "Trip", ["trip"])

    def test_filters_apply_before_the_limit(self, agent: Agent) -> None:
        texts = [f"Ana bought boat number {n}." for n in range(12)]
        agent.do("batch-remember", {"memories": [{"content": text} for text in texts]})
        agent.remember("Ana bought a goat.", tags=["animal"], type="decision")
        for chosen in ({"tags": ["animal"]}, {"type": ["decision"]}):
            assert [row["content"] for row in agent.recall("Ana bought a boat", limit=1, **chosen)] == [
                "Ana bought a goat."
            ]
        page = agent.do("recall/recent", {"limit": 5})
        assert (page["count"], page["total_available"]) == (5, 13)
        assert agent.do("recall/recent", {"created_before": "2020-01-01"})["count"] == 0
        assert agent.do("recall/recent", {"created_after": "2020-01-01", "tags": ["animal", "none"]})["count"] == 1
        assert agent.do("recall/all", {})["count"] == 13
        assert agent.recall("Ana bought a boat", min_similarity=0.999) == []


class TestConflicts:
    def contradict(self, agent: Agent) -> tuple[str, str]:
        return agent.remember("Ana lives in Faro."), agent.remember("Ana moved to Porto.")

    @pytest.mark.parametrize(
        ("action", "old_status", "new_status"),
        [
            ("keep_old", "active", "expired"),
            ("keep_new", "expired", "active"),
            ("keep_both", "active", "active"),
            ("remove_both", "expired", "expired"),
            ("manual", "expired", "expired"),
        ],
    )
    def test_resolving_a_conflict_deletes_nothing(
        self, agent: Agent, action: str, old_status: str, new_status: str
    ) -> None:
        old, new = self.contradict(agent)
        (row,) = agent.do("conflicts", method="GET")["conflicts"]
        assert (row["old_memory_id"], row["new_memory_id"], row["conflict_index"]) == (old, new, 0)
        assert row["id"] == f"{new}-{old}"
        manual = {"manual_content": "Ana lives in Braga.", "manual_type": "fact"} if action == "manual" else {}
        done = agent.do("conflicts/resolve", {"conflict_index": 0, "action": action, **manual})
        assert done["status"] == "resolved"
        status = {row["id"]: row["status"] for row in agent.recent()}
        assert (status[old], status[new]) == (old_status, new_status)
        assert agent.do("conflicts", method="GET")["count"] == 0
        assert agent.do("conflicts/generate", {})["conflicts"]["conflict_count"] == 1
        if action == "manual":
            (made,) = [row for row in agent.recent(status="active") if row["id"] == done["new_memory_id"]]
            assert (made["content"], made["provenance"], made["tags"]) == (
                "Ana lives in Braga.", "corrected", ["conflict-resolution"],
            )  # fmt: skip

    def test_a_resolved_fact_stays_expired_after_the_newer_one_is_deleted(self, agent: Agent) -> None:
        old, new = self.contradict(agent)
        (row,) = agent.do("conflicts", method="GET")["conflicts"]
        wrong = agent.ask("conflicts/resolve", {"conflict_index": 0, "action": "keep_new", "conflict_id": "1-2"})
        assert wrong.status_code == 404
        agent.do("conflicts/resolve", {"conflict_index": 0, "action": "keep_new", "conflict_id": row["id"]})
        agent.do(f"memories/{new}", method="DELETE")
        assert [(row["id"], row["status"], row["expired_by"]) for row in agent.recent()] == [
            (old, "expired", "conflict-resolution")
        ]

    def test_other_days_have_no_conflicts(self, agent: Agent) -> None:
        self.contradict(agent)
        assert agent.do("conflicts?date=2020-01-01", method="GET")["conflicts"] == []
        assert agent.ask("conflicts?date=2020-13-01", method="GET").status_code == 400


class TestPolicy:
    def test_rules_override_retention_and_keep_pinned_memories(self, agent: Agent) -> None:
        pinned = agent.remember("The sprint ends on Friday.", type="context", tags=["pinned"])
        passing = agent.remember("The office is closed now.", type="context")
        lasting = agent.remember("Ana likes tea.", type="preference")
        rule: dict[str, Any] = {"name": "pinned", "match": {"tags": ["pinned"]}, "expire_after": "never"}
        agent.do("policy", {"retention": {"context": "0m"}, "rules": [rule], "purge_expired_after": "0m"}, method="PUT")
        tried = agent.do("policy/apply", {"dry_run": True})
        assert (tried["matched"], tried["expired"], tried["scanned"]) == (1, 0, 3)
        applied = agent.do("policy/apply")
        assert (applied["expired"], applied["per_rule"]) == (1, {"retention.context": 1})
        status = {row["id"]: row["status"] for row in agent.recent()}
        assert status == {pinned: "active", passing: "expired", lasting: "active"}
        assert agent.do("policy/purge", {"dry_run": True})["purged"] == 0
        assert agent.do("policy/purge")["purged"] == 1
        assert {row["id"] for row in agent.recent()} == {pinned, lasting}

    @pytest.mark.parametrize(
        "policy", [{"retention": {"context": "soon"}}, {"retention": {"nonsense": "7d"}}, {"rules": [{"name": "a b"}]}]
    )
    def test_an_invalid_policy_is_refused(self, agent: Agent, policy: dict[str, Any]) -> None:
        assert agent.ask("policy", policy, method="PUT").status_code == 422
        assert agent.do("policy", method="GET")["is_empty"] is True


def _docx() -> bytes:
    document, stream = docx.Document(), io.BytesIO()
    document.add_paragraph("The kayak is red.")
    document.save(stream)
    return stream.getvalue()


def _xlsx() -> bytes:
    workbook, stream = openpyxl.Workbook(), io.BytesIO()
    sheet = workbook.worksheets[0]
    sheet.append(["thing", "colour"])
    sheet.append(["kayak", "red"])
    workbook.save(stream)
    return stream.getvalue()


def _pdf() -> bytes:
    """Return a PDF with one page that says "The kayak is red."."""
    text = b"BT /F1 12 Tf 10 100 Td (The kayak is red.) Tj ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body, places = b"%PDF-1.4\n", list[int]()
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj%sendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + trailer


class TestFiles:
    @pytest.mark.parametrize(
        ("name", "content", "words"),
        [
            ("a.txt", b"The kayak is red.", "kayak is red"),
            ("a.md", b"# Boats\n\nThe kayak is red.", "kayak is red"),
            ("a.csv", b"thing,colour\nkayak,red\n", "thing: kayak; colour: red"),
            ("a.json", b'[{"thing": "kayak", "colour": "red"}]', "kayak"),
            ("a.docx", _docx(), "kayak is red"),
            ("a.xlsx", _xlsx(), "thing: kayak; colour: red"),
            ("a.pdf", _pdf(), "kayak is red"),
        ],
    )
    def test_every_type_can_be_recalled(self, agent: Agent, name: str, content: bytes, words: str) -> None:
        answer = agent.do("upload-file", None, files={"file": (f"../x/{name}", content)})
        assert (answer["file_name"], answer["file_size"], answer["status"]) == (name, len(content), "uploaded")
        (found,) = agent.recall("Which colour has the kayak?")
        assert words in found["content"]
        assert (found["type"], found["source"], found["provenance"]) == ("artifact", "upload", "imported")

    @pytest.mark.parametrize(
        ("name", "content"),
        [("a.exe", b"x"), ("a.pdf", b"none"), ("a.docx", b"none"), ("a.json", b"{"), ("a.txt", b"\xff\xfe")],
    )
    def test_unreadable_files_are_refused(self, agent: Agent, name: str, content: bytes) -> None:
        response = agent.ask("upload-file", None, files={"file": (name, content)})
        assert response.status_code == 400, response.text
        assert agent.recent() == []


class TestExtract:
    def test_an_extracted_duplicate_adds_evidence(self, agent: Agent) -> None:
        agent.extract(("user", "I prefer email over phone calls."))
        again = agent.extract(("user", "I prefer email over phone calls."), ("user", "I play chess."))
        assert [row["content"] for row in again["candidates"]] == ["User: I play chess."]
        assert len(again["duplicates"]) == 1
        facts = {fact["text"]: fact for fact in agent.memory.bundle("fact")}
        assert len(facts["User: I prefer email over phone calls."]["rawData"]) == 2

    def test_no_candidates_is_a_valid_answer(self, agent: Agent) -> None:
        answer = agent.extract(("user", "Hello!"), ("assistant", "Hello, how can I help?"))
        assert (answer["count"], answer["candidates"], answer["results"]) == (0, [], [])

    def test_a_candidate_cites_its_source(self, agent: Agent) -> None:
        answer = agent.extract(("system", "Be kind."), ("user", "I play chess."), ("Ana", "I live in Faro."))
        assert {(row["content"], row["sources"][0]["message"]) for row in answer["candidates"]} == {
            ("User: I play chess.", 1), ("Ana: I live in Faro.", 2),
        }  # fmt: skip
        raw = {row["id"]: row["text"] for row in agent.memory.bundle("rawData")}
        assert sorted(raw.values()) == ["I live in Faro.", "I play chess."]

    def test_no_date_is_invented(self, agent: Agent) -> None:
        answer = agent.extract(("user", "I visited Braga yesterday."))
        assert [row["content"] for row in answer["candidates"]] == ["User: I visited Braga yesterday."]

    def test_the_number_of_candidates_is_limited(self, agent: Agent) -> None:
        turns = [("user", f"I own boat number {n}.") for n in range(8)]
        answer = agent.extract(*turns, max_memories=3)
        assert (answer["count"], answer["dropped"]) == (3, {"over the limit": 5})

    def test_a_repeated_request_is_done_once(self, agent: Agent) -> None:
        body = {"messages": [{"role": "user", "content": "I play chess."}]}
        first, second = (agent.do("remember/extract", body, headers={"Idempotency-Key": "k"}) for _ in range(2))
        assert first == second
        ids = [
            agent.do("remember", {"content": "x y z"}, headers={"Idempotency-Key": "r"})["memory_id"] for _ in range(2)
        ]
        assert ids[0] == ids[1]
        assert agent.ask("remember", {"content": "other"}, headers={"Idempotency-Key": "r"}).status_code == 409
        assert len(agent.memory.bundle("rawData")) == 2

    @pytest.mark.anyio
    async def test_a_request_retried_after_a_crash_is_done_once(self, runtime: Runtime, agent: Agent) -> None:
        body, headers = {"messages": [{"role": "user", "content": "I play chess."}]}, {"Idempotency-Key": "k"}
        first = agent.do("remember/extract", body, headers=headers)
        await runtime.db.define(
            "MATCH (r:IdempotencyRecord {memoryId: $id}) SET r.answerJson = null", {"id": agent.memory.scope.memory_id}
        )
        again = agent.do("remember/extract", body, headers=headers)
        assert [row["id"] for row in again["results"]] == [row["id"] for row in first["results"]]
        assert len(agent.memory.bundle("rawData")) == 1


class TestTokens:
    def test_an_agent_has_one_active_session(self, agent: Agent) -> None:
        old = agent.token
        agent.token = agent.http.post(f"/api/v2/agents/{agent.id}/activate").json()["session_token"]
        agent.remember("Ana likes tea.")
        refused = agent.ask("recall/recent", {}, headers={"X-Session-Token": old})
        assert (refused.status_code, refused.json()["detail"]["error"]) == (401, "InvalidSessionToken")
        ended = agent.do("deactivate")
        assert ended["memories_created"] == 1
        assert agent.ask("recall/recent", {}).status_code == 401

    def test_without_or_with_a_wrong_token(self, agent: Agent) -> None:
        missing = agent.http.post(f"/api/v2/agents/{agent.id}/recall", json={"query": "x"})
        assert missing.status_code == 401
        assert "X-Session-Token" in missing.json()["detail"]
        for token in ("none", agent.token[:-4] + "AAAA", agent.token.partition(".")[0] + ".e30."):
            response = agent.ask("recall/recent", {}, headers={"X-Session-Token": token})
            assert response.json()["detail"]["error"] == "InvalidSessionToken"

    def test_the_cookie_is_accepted(self, agent: Agent) -> None:
        response = agent.http.post(f"/api/v2/agents/{agent.id}/activate")
        cookie = response.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "samesite=strict" in cookie.lower()
        token = response.json()["session_token"]
        url = f"{agent.http.base_url}/api/v2/agents/{agent.id}/recall/recent"
        assert httpx.post(url, json={}, headers={"Cookie": f"memanto_session_token={token}"}).status_code == 200
        agent.http.cookies.clear()

    @pytest.mark.anyio
    async def test_token_renewal_and_expiry(self, runtime: Runtime, agent: Agent) -> None:
        clock = [datetime.now(UTC)]
        sessions = Sessions(runtime.db, "s" * 32, clock=lambda: clock[0])
        opened = await sessions.activate(agent.id)
        checked = await sessions.check(opened.token, agent.id, trusted=False)
        assert (checked.session_id, checked.new_token) == (opened.session.id, None)
        with pytest.raises(WrongAgent):
            await sessions.check(opened.token, "another", trusted=False)
        with pytest.raises(SessionInvalid):
            await Sessions(runtime.db, "o" * 32, clock=lambda: clock[0]).check(opened.token, agent.id, trusted=True)
        # With less than half an hour left, the session is renewed.
        clock[0] += LIFETIME - timedelta(minutes=29)
        renewed = await sessions.check(opened.token, agent.id, trusted=False)
        assert renewed.new_token is not None
        assert renewed.session_id != opened.session.id
        # The old token works for five more minutes, for clients that ignore the new one.
        assert (await sessions.check(opened.token, agent.id, trusted=False)).new_token is None
        with pytest.raises(WrongAgent):
            await sessions.check(opened.token, "another", trusted=False)
        clock[0] += timedelta(minutes=5)
        with pytest.raises(SessionInvalid):
            await sessions.check(opened.token, agent.id, trusted=True)
        assert (await sessions.check(renewed.new_token, agent.id, trusted=False)).session_id == renewed.session_id
        # An expired session is renewed only for a trusted caller, who could activate anyway.
        clock[0] += LIFETIME
        with pytest.raises(SessionExpired):
            await sessions.check(renewed.new_token, agent.id, trusted=False)
        again = await sessions.check(renewed.new_token, agent.id, trusted=True)
        assert again.new_token is not None
        await sessions.end(agent.id)
        # Ended, not renewed: no five-minute grace period.
        with pytest.raises(SessionInvalid):
            await sessions.check(again.new_token, agent.id, trusted=True)
        with pytest.raises(SessionNotFound):
            await sessions.end(agent.id)
        with pytest.raises(AgentNotFound):
            await sessions.activate("nobody-at-all")


def test_deleting_an_agent_keeps_its_memories_by_default(http: httpx.Client) -> None:
    agent = Agent(http)
    agent.remember("Ana likes tea.")
    http.delete(f"/api/v2/agents/{agent.id}").raise_for_status()
    assert agent.ask("recall/recent", {}).status_code == 404
    again = Agent(http, agent.id)
    assert len(again.recent()) == 1
    assert http.get(f"/api/v2/agents/{agent.id}").json()["memory_count"] == 1
    http.delete(f"/api/v2/agents/{agent.id}", params={"delete-backup-too": True}).raise_for_status()
    assert Agent(http, agent.id).recent() == []
    assert scope_of_agent(agent.id).memory_id == f"memanto:{agent.id}"


def test_a_day_is_summarised(http: httpx.Client) -> None:
    agent = Agent(http)
    agent.remember("Ana likes tea.")
    answer = agent.do("daily-summary", {})
    assert answer["summary"]["status"] == "success"
    assert answer["summary"]["sessions_count"] == 1
    assert "Ana likes tea." in answer["summary"]["text"]
    assert answer["export"] == {"total_memories": 1, "per_type_counts": {"preference": 1}, "output_path": None}
    assert agent.do("daily-summary", {"date": "2020-01-01"})["summary"]["status"] == "no_sessions"
