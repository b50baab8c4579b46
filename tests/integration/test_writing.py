"""From acknowledgement to graph, through HTTP, the worker and Neo4j."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import httpx
import pytest

from app.domain.scope import MemoryScope
from app.graph.database import Database
from app.graph.search import fact_details
from tests.api import Memory, conversation, message, told

pytestmark = pytest.mark.anyio


class TestExtract:
    def test_every_fact_cites_the_exact_place_it_was_read_from(self, memory: Memory):
        texts = {
            "Anna": "Hi! I moved to Lisbon last week. My sister Clara works at Initech.",
            "Ben": "Great. Initech is headquartered in Porto, isn't it?",
        }
        result = memory.extract(told(*texts.items()))
        assert result["status"] == "SUCCESS"
        assert len(result["rawDataIds"]) == 2
        segments = {r["id"]: r["segment"]["content"] for r in memory.raw_data(include={"segment": True})}
        assert set(segments.values()) == set(texts.values())
        answer = memory.retrieve("Clara Initech Lisbon", limit=100)
        assert {int(i["id"]) for i in answer["items"]} == set(result["itemIds"])
        for item in answer["items"]:
            assert item["provenance"]
            for source in item["provenance"]:
                assert source["quote"] in segments[source["rawDataId"]]

    async def test_offsets_in_the_graph_point_at_the_quote(self, memory: Memory, db: Database):
        memory.extract(told(("Anna", "Good morning. I met Bruno in Faro. We talked about Zoe's boat.")))
        rows = await read_evidence(db, memory)
        assert rows
        assert all(row["text"][row["start"] : row["end"]] == row["quote"] for row in rows)

    def test_the_same_content_again_is_the_same_memory(self, memory: Memory):
        content = told(("Anna", "I adopted a dog called Rex."), ("Ben", "I live in Braga."))
        first, second = memory.extract(content), memory.extract(content)
        assert first["rawDataIds"] == second["rawDataIds"]
        assert sorted(first["itemIds"]) == sorted(second["itemIds"])
        assert len(memory.raw_data()) == 2

    def test_a_growing_conversation_stores_only_what_is_new(self, memory: Memory):
        lines = [("Anna", "I adopted a dog called Rex."), ("Ben", "I live in Braga."), ("Anna", "Rex likes Braga.")]
        memory.extract(told(*lines[:2]))
        memory.extract(told(*lines))
        assert len(memory.raw_data()) == 3

    def test_the_same_words_without_a_time_are_kept_as_often_as_they_were_said(self, memory: Memory):
        memory.extract(
            conversation(
                message("I agree with that plan.", name="Anna"), message("I agree with that plan.", name="Anna")
            )
        )
        assert len(memory.raw_data()) == 2
        (item,) = memory.items()
        assert len(memory.retrieve(item["text"])["items"][0]["provenance"]) == 2

    def test_messages_that_differ_only_in_their_pictures_are_all_kept(self, memory: Memory):
        pictures = [
            {
                **message("Look at this.", name="Anna", at="2024-03-04T09:00:00Z"),
                "content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}],
            }
            for data in ("AAAA", "BBBB", "CCCC")
        ]
        assert len(memory.extract(conversation(*pictures))["rawDataIds"]) == 3

    async def test_repeated_messages_do_not_branch_the_chain(self, memory: Memory, db: Database):
        a, b = (message(text, name="Anna", at="2024-03-04T09:00:00Z") for text in ("I live in Faro.", "I teach law."))
        memory.extract(conversation(a, b, a, a, b))
        (counted,) = await db.read("system/counts", memoryId=memory.scope.memory_id)
        assert {r["name"]: r["number"] for r in counted["relationships"]}["NEXT"] == 1

    def test_equal_instants_with_different_offsets_are_equal(self, memory: Memory):
        times = ["10:00:00Z", "12:00:00+02:00", "05:00:00-05:00", "22:00:00+12:00"]
        memory.extract(
            conversation(*(message(f"I saw Zoe{i}.", name="Anna", at=f"2024-03-04T{t}") for i, t in enumerate(times)))
        )
        instant = {"from": "2024-03-04T11:00:00+01:00", "to": "2024-03-04T10:00:00Z"}
        assert len(memory.raw_data(timeRange=instant)) == len(memory.items(timeRange=instant)) == 4

    def test_every_valid_utc_offset_is_accepted(self, memory: Memory):
        for offset in ("+23:59", "-18:01"):
            memory.extract(conversation(message("I saw Zoe.", name="Anna", at=f"2024-03-04T10:00:00{offset}")))
        assert len(memory.raw_data()) == 2

    def test_blank_sections_do_not_hide_the_parsed_text(self, memory: Memory):
        memory.extract({"type": "document", "sections": [{"content": " "}], "parsedText": "Zoe dredged it."})
        assert len(memory.raw_data()) == 1

    def test_a_restated_fact_gains_evidence(self, memory: Memory):
        memory.extract(told(("Anna", "I love the sea.")))
        memory.extract(conversation(message("I love the sea.", name="Anna", at="2024-05-01T10:00:00Z")))
        (item,) = memory.retrieve("sea")["items"]
        assert len(item["provenance"]) == 2

    def test_insights_summarise_an_entitys_facts(self, memory: Memory):
        result = memory.extract(told(("Anna", "I live in Faro. I teach chemistry. My cat is called Nox.")))
        assert result["insightIds"]
        insights = memory.retrieve("Anna")["insights"]
        assert any(i["tier"] == "LEAF" and "chemistry" in i["text"] for i in insights)

    def test_dates_are_resolved_by_the_message_and_the_phrase_is_kept(self, memory: Memory):
        memory.extract(conversation(message("I met Zoe yesterday.", name="Anna", at="2023-05-08T13:00:00+02:00")))
        (item,) = memory.items()
        assert item["occurredAt"] == "2023-05-06T22:00:00Z"
        assert item["metadata"]["timeExpression"] == "yesterday"


async def read_evidence(db: Database, memory: Memory) -> list[dict[str, Any]]:
    ids = [int(item["id"]) for item in memory.items()]
    details = await fact_details(db, memory.scope.memory_id, ids)
    texts = {r["id"]: r["segment"]["content"] for r in memory.raw_data(include={"segment": True})}
    return [{**e, "text": texts[e["rawDataId"]]} for d in details.values() for e in d.evidence]


class TestBuffer:
    def add(self, memory: Memory, text: str, *, at: str, role: str = "USER") -> dict[str, Any]:
        return memory.data("sync/add-message", message=message(text, name="Anna", role=role, at=at))

    def test_messages_wait_until_a_pause_and_then_become_facts(self, memory: Memory):
        assert self.add(memory, "I live in Faro.", at="2024-01-01T10:00:00Z") == {"triggered": False}
        assert self.add(memory, "Noted.", at="2024-01-01T10:05:00Z", role="ASSISTANT") == {"triggered": False}
        assert memory.items() == []
        sealed = self.add(memory, "I moved to Braga.", at="2024-01-01T12:00:00Z")
        assert sealed["triggered"] is True
        assert len(sealed["result"]["rawDataIds"]) == 2
        assert [i["text"] for i in memory.items()] == ["Anna: I live in Faro."]

    def test_waiting_messages_are_found_at_once(self, memory: Memory):
        self.add(memory, "My boat is called Halcyon.", at="2024-01-01T10:00:00Z")
        found = memory.retrieve("What is the boat called?")
        assert found["items"] == []
        assert "Halcyon" in found["rawData"][0]["caption"]

    def test_commit_extracts_everything_that_waits(self, memory: Memory):
        for minute in range(12):
            self.add(
                memory, f"My neighbour number {minute} is called Zoe{minute}.", at=f"2024-01-01T10:{minute:02d}:00Z"
            )
        result = memory.data("sync/commit")
        assert len(result["rawDataIds"]) == 12
        assert len(memory.items()) == 12
        assert memory.data("sync/commit")["rawDataIds"] == []

    def test_an_idle_buffer_is_flushed_by_itself(self, memory: Memory):
        self.add(memory, "I live in Faro.", at="2024-01-01T10:00:00Z")
        deadline = time.monotonic() + 30
        while not memory.items() and time.monotonic() < deadline:
            time.sleep(0.2)
        assert [i["text"] for i in memory.items()] == ["Anna: I live in Faro."]

    def test_two_equal_messages_are_two_messages(self, memory: Memory):
        for _ in range(2):
            memory.data("async/add-message", message=message("Good point about Zoe.", name="Anna"))
        memory.data("sync/commit")
        assert len(memory.raw_data()) == 2

    def test_many_clients_at_once_lose_nothing(self, memory: Memory):
        def send(number: int) -> str:
            return memory.data("async/add-message", message=message(f"Note {number} is about Zoe{number}."))[
                "operationId"
            ]

        with ThreadPoolExecutor(8) as pool:
            operations = list(pool.map(send, range(100)))
        memory.data("sync/commit")
        assert len({r["id"] for r in pages(memory)}) == 100
        assert all(memory.wait(id_)["status"] == "succeeded" for id_ in operations)


def pages(memory: Memory) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = memory.data("raw-data/query", limit=17, cursor=cursor)
        rows += page["rawData"]
        cursor = page.get("nextCursor")
        if cursor is None:
            return rows


class TestOperations:
    def test_an_operation_reports_its_times_and_result(self, memory: Memory):
        accepted = memory.data("async/extract", rawContent=told(("Anna", "I live in Faro.")))
        assert accepted == {"operationId": accepted["operationId"], "status": "accepted", "mode": "async"}
        operation = memory.wait(accepted["operationId"])
        assert operation["kind"] == "extract"
        assert operation["status"] == "succeeded"
        assert operation["attempts"] == 1
        assert operation["progress"] == {"done": 1, "total": 1, "unit": "rawData"}
        times = [datetime.fromisoformat(operation[name]) for name in ("createdAt", "startedAt", "finishedAt")]
        assert times == sorted(times)
        assert len(operation["result"]["result"]["itemIds"]) == 1

    def test_a_memorys_operations_are_listed_newest_first_in_pages(self, memory: Memory):
        ids = [memory.data("async/commit")["operationId"] for _ in range(5)]
        for id_ in ids:
            memory.wait(id_)
        listed: list[str] = []
        cursor = None
        while True:
            params = {**memory.ids, "limit": 2, "status": "succeeded"} | ({"cursor": cursor} if cursor else {})
            page = memory.http.get("/open/v1/memory/operations", params=params).json()["data"]
            listed += [o["operationId"] for o in page["operations"]]
            cursor = page.get("nextCursor")
            if cursor is None:
                break
        assert listed == ids[::-1]

    def test_one_memorys_operations_run_in_their_order(self, memory: Memory):
        ids = [
            memory.data("async/extract", rawContent=told(("Anna", f"I saw Zoe{number} in Faro.")))["operationId"]
            for number in range(6)
        ]
        finished = [memory.wait(id_)["finishedAt"] for id_ in ids]
        assert finished == sorted(finished)


class TestTenants:
    def test_one_memory_never_sees_another(self, http: httpx.Client, memory: Memory):
        secret = "The vault of Zanzibar opens with 7341."
        memory.extract(told(("Anna", secret)))
        neighbours = [
            MemoryScope(user_id=memory.scope.user_id, agent_id="other"),
            MemoryScope(user_id=f"{memory.scope.user_id}:test", agent_id=""),
            MemoryScope(user_id=memory.scope.user_id.upper(), agent_id="test"),
        ]
        for scope in neighbours:
            if not scope.agent_id:
                continue
            other = Memory(http, scope)
            other.extract(told(("Ben", "I like the number 12.")))
            for strategy in ("SIMPLE", "DEEP"):
                answer = other.retrieve(secret, strategy=strategy, trace=True, limit=100)
                assert "Zanzibar" not in str({k: v for k, v in answer.items() if k != "query"})
            assert "Zanzibar" not in str(other.items()) + str(other.raw_data())
