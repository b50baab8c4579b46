"""Retrieval, filters and pages on a real graph."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from tests.api import Memory, conversation, message, told

CHAIN = [
    ("Olga", "Good evening everybody."),
    ("Olga", "Marta's brother is Quirin."),
    ("Pavel", "The weather in Faro was awful."),
    ("Olga", "Quirin works at Zephyr Optics."),
    ("Pavel", "Zephyr Optics is located in Tromsdalen."),
    ("Olga", "Tromsdalen is famous for the Ishavskatedralen."),
]
NOISE = [
    (name, f"I {verb} {thing} with {friend} in {place}.")
    for name, (verb, thing, friend, place) in zip(
        itertools.cycle(("Olga", "Pavel")),
        itertools.product(
            ("repaired", "painted", "sold"),
            ("a bicycle", "the fence", "some chairs", "an old radio"),
            ("Rosa", "Hugo", "Ines"),
            ("Braga", "Evora", "Sintra"),
        ),
        strict=False,
    )
]


@pytest.fixture(scope="module")
def chained(new_memory: Callable[[], Memory]) -> Memory:
    """Store a chain of three edges, one per message, among a hundred other messages."""
    memory = new_memory()
    lines = [*NOISE[:54], *CHAIN, *NOISE[54:]]
    messages = [
        message(text, name=name, at=f"2024-03-04T{9 + i // 60:02d}:{i % 60:02d}:00Z")
        for i, (name, text) in enumerate(lines)
    ]
    memory.extract(conversation(*messages))
    return memory


class TestDeep:
    question = "What is the town known for where the company of Marta's brother has its seat?"

    def test_a_question_three_edges_away_finds_the_last_message(self, chained: Memory):
        answer = chained.retrieve(self.question, strategy="DEEP", trace=True)
        item = next(i for i in answer["items"] if "Ishavskatedralen" in i["text"])
        assert [step["entity"] for step in item["path"]][-1] == "Tromsdalen"
        assert "Tromsdalen is famous for the Ishavskatedralen." in {p["quote"] for p in item["provenance"]}

    def test_paths_are_connected(self, chained: Memory):
        page = chained.data("items/query", limit=100)
        rest = chained.data("items/query", limit=100, cursor=page["nextCursor"])
        known = {i["id"] for i in page["items"] + rest["items"]}
        for item in chained.retrieve(self.question, strategy="DEEP")["items"]:
            path = item["path"]
            assert [step["hop"] for step in path] == sorted(step["hop"] for step in path)
            for earlier, later in itertools.pairwise(path):
                assert earlier["toItemId"] == later["fromItemId"]
            assert {step["toItemId"] for step in path} <= known
            assert not path or path[-1]["toItemId"] == item["id"]

    def test_fewer_hops_reach_less_far(self, chained: Memory):
        def hops(number: int) -> int:
            answer = chained.retrieve(self.question, strategy="DEEP", trace=True, hops=number, limit=50)
            return max(len(item["path"]) for item in answer["items"])

        assert hops(1) == 1
        assert hops(3) >= 2

    def test_hops_do_not_displace_a_direct_answer(self, chained: Memory):
        query = "Where is Zephyr Optics located?"
        simple = chained.retrieve(query)
        for hops in (1, 3, 6):
            deep = chained.retrieve(query, strategy="DEEP", hops=hops)
            assert deep["items"][0]["id"] == simple["items"][0]["id"]
            assert deep["rawData"][0]["rawDataId"] == simple["rawData"][0]["rawDataId"]
            assert "Tromsdalen" in deep["rawData"][0]["caption"]


class TestSimple:
    def test_full_text_vector_and_time_search_all_find(self, memory: Memory):
        memory.extract(
            conversation(
                message("I adopted a kitten called Nox.", name="Anna", at="2023-05-08T10:00:00Z"),
                message("The code for the gate is XK-9921.", name="Ben", at="2023-05-08T10:01:00Z"),
                message("I ran a marathon yesterday.", name="Anna", at="2023-05-08T10:02:00Z"),
            ),
        )
        assert "Nox" in memory.retrieve("Which cat does she have?")["items"][0]["text"]
        assert "XK-9921" in memory.retrieve("9921")["items"][0]["text"]
        answer = memory.retrieve("What happened on 7 May 2023?", trace=True)
        temporal = next(s for s in answer["trace"]["stages"] if s["method"] == "temporal")
        assert temporal["attributes"] == {"constraintPresent": True}
        assert temporal["resultCount"] == 1
        assert "marathon" in answer["items"][0]["text"]

    @pytest.mark.parametrize(
        ("told_text", "query"),
        [
            ("我昨天在上海市见到了王小明。", "王小明"),
            ("昨日、鈴木さんと東京大学に行きました。", "東京大学"),
            ("Вчера я встретила Бориса в Москве.", "Москве"),
        ],
    )
    def test_other_scripts_are_found_by_word(self, memory: Memory, told_text: str, query: str):
        memory.extract(told(("Anna", told_text), ("Ben", "I live in Faro.")))
        answer = memory.retrieve(query, trace=True)
        keyword = next(s for s in answer["trace"]["stages"] if (s["tier"], s["method"]) == ("item", "keyword"))
        assert keyword["resultCount"] == 1

    def test_an_empty_memory_is_empty(self, memory: Memory):
        answer = memory.retrieve("Anything?", trace=True)
        assert answer["status"] == "empty"
        assert answer["items"] == answer["rawData"] == answer["insights"] == answer["evidences"] == []
        assert answer["trace"]["finalResults"]["status"] == "empty"

    def test_limits_count_items_and_raw_data(self, chained: Memory):
        assert len(chained.retrieve("Braga")["items"]) == 15
        assert len(chained.retrieve("Braga")["rawData"]) == 5
        answer = chained.retrieve("Braga", limit=20)
        assert (len(answer["items"]), len(answer["rawData"])) == (20, 20)

    def test_the_same_question_gives_the_same_answer(self, chained: Memory):
        for strategy in ("SIMPLE", "DEEP"):
            first, second = (chained.retrieve(TestDeep.question, strategy=strategy) for _ in range(2))
            assert first == second


DOCUMENTS: list[dict[str, Any]] = [
    {"topic": "sea", "tags": ["red", "blue"], "level": 1},
    {"topic": "sea and sky", "tags": [], "level": 2},
    {"topic": "earth", "level": "2", "draft": True},
    {},
]
CONDITIONS: list[tuple[dict[str, Any], set[int]]] = [
    ({"all": [{"path": "topic", "op": "eq", "value": "sea"}]}, {0}),
    ({"all": [{"path": "topic", "value": "sea"}]}, {0}),
    ({"all": [{"path": "level", "op": "eq", "value": 2}]}, {1, 2}),
    ({"all": [{"path": "level", "op": "in", "value": [1, 2]}]}, {0, 1, 2}),
    ({"all": [{"path": "tags", "op": "contains", "value": "red"}]}, {0}),
    ({"all": [{"path": "topic", "op": "contains", "value": "sky"}]}, {1}),
    ({"all": [{"path": "tags", "op": "exists"}]}, {0, 1}),
    ({"all": [{"path": "draft", "op": "missing"}]}, {0, 1, 3}),
    ({"any": [{"path": "topic", "value": "earth"}, {"path": "level", "value": 1}]}, {0, 2}),
    ({"not": [{"path": "topic", "op": "contains", "value": "sea"}]}, {2, 3}),
    ({"all": [{"path": "level", "op": "exists"}], "not": [{"path": "draft", "value": True}]}, {0, 1}),
]


@pytest.fixture(scope="module")
def labelled(new_memory: Callable[[], Memory]) -> Memory:
    memory = new_memory()
    for number, metadata in enumerate(DOCUMENTS):
        memory.extract(
            {
                "type": "document",
                "title": f"Report {number}",
                "parsedText": f"Harbour {number} was dredged by Zoe.",
                "metadata": metadata,
            },
            sourceClient=f"client{number % 2}",
        )
    return memory


class TestFilters:
    @pytest.mark.parametrize(("metadata_filter", "expected"), CONDITIONS)
    def test_metadata_conditions_apply_to_every_route(
        self, labelled: Memory, metadata_filter: dict[str, Any], expected: set[int]
    ):
        def numbers(texts: list[str]) -> set[int]:
            return {int(text.split("Harbour ")[1][0]) for text in texts}

        assert numbers([i["text"] for i in labelled.items(metadataFilter=metadata_filter)]) == expected
        assert numbers([r["caption"] for r in labelled.raw_data(metadataFilter=metadata_filter)]) == expected
        for strategy in ("SIMPLE", "DEEP"):
            answer = labelled.retrieve("Who dredged the harbour?", strategy=strategy, metadataFilter=metadata_filter)
            assert numbers([i["text"] for i in answer["items"]]) == expected
            assert numbers([r["caption"] for r in answer["rawData"]]) == expected

    def test_source_clients_and_types(self, labelled: Memory):
        assert len(labelled.items(sourceClients=["client1"])) == 2
        assert len(labelled.raw_data(types=["document"])) == len(labelled.raw_data(types=["DOCUMENT"])) == 4
        assert len(labelled.items(rawDataTypes=["document"])) == 4
        assert labelled.items(rawDataTypes=["conversation"]) == labelled.raw_data(types=["conversation"]) == []

    def test_scope_and_categories(self, memory: Memory):
        memory.extract({"type": "tool_call", "calls": [{"toolName": "grep", "output": "The log has three errors."}]})
        memory.extract(told(("Anna", "I live in Faro. I met Zoe yesterday.")))
        assert {i["category"] for i in memory.items(scope="agent")} == {"tool"}
        assert {i["category"] for i in memory.items(scope="USER")} == {"profile", "event"}
        assert {i["category"] for i in memory.items(categories=["event", "nonsense"])} == {"event"}
        assert {i["category"] for i in memory.items(rawDataTypes=["conversation"])} == {"profile", "event"}
        assert memory.items(scope="AGENT", categories=["event"]) == []
        for strategy in ("SIMPLE", "DEEP"):
            answer = memory.retrieve("errors Faro Zoe", strategy=strategy, categories=["tool"])
            assert {i["category"] for i in answer["items"]} == {"tool"}
            assert {r["type"] for r in answer["rawData"]} == {"TOOL_CALL"}

    def test_a_time_range_excludes(self, memory: Memory):
        for day in (1, 10, 20):
            memory.extract(
                conversation(message(f"I saw Zoe{day} in Faro.", name="Anna", at=f"2024-02-{day:02d}T10:00:00Z"))
            )
        inside = {"from": "2024-02-05T00:00:00Z", "to": "2024-02-20T10:00:00Z"}
        assert {i["text"] for i in memory.items(timeRange=inside)} == {
            f"Anna: I saw Zoe{day} in Faro." for day in (10, 20)
        }
        for strategy in ("SIMPLE", "DEEP"):
            answer = memory.retrieve("Who was in Faro?", strategy=strategy, timeRange={"to": "2024-02-05T00:00:00Z"})
            assert [i["text"] for i in answer["items"]] == ["Anna: I saw Zoe1 in Faro."]
            assert len(answer["rawData"]) == 1
        assert memory.items(timeRange={"field": "createdAt", "to": "2024-03-01T00:00:00Z"}) == []


class TestPages:
    @pytest.mark.parametrize("size", [1, 7, 100])
    def test_pages_hold_everything_once_and_in_order(self, chained: Memory, size: int):
        for path, key in (("items/query", "items"), ("raw-data/query", "rawData")):
            whole = chained.items() if key == "items" else chained.raw_data()
            rows: list[dict[str, Any]] = []
            cursor = None
            while len(rows) <= 300:
                page = chained.data(path, limit=size, cursor=cursor)
                rows += page[key]
                cursor = page.get("nextCursor")
                if cursor is None or len(rows) > 40:
                    break
            ids = [row["id"] for row in rows]
            assert len(ids) == len(set(ids))
            assert ids[:40] == [row["id"] for row in whole][: len(ids)][:40]

    def test_requested_fields_are_included(self, memory: Memory):
        memory.extract({"type": "document", "title": "T", "parsedText": "Zoe dredged it.", "metadata": {"a": 1}})
        assert memory.raw_data()[0]["metadata"] == {"a": 1}
        assert "segment" not in memory.raw_data()[0]
        (row,) = memory.raw_data(include={"segment": True, "metadata": False})
        assert row["segment"]["content"] == "Zoe dredged it."
        assert "metadata" not in row
