"""Insights composed by a language model, and those composed by rules."""

from typing import Any

from tests.api import Memory, conversation, message, told
from tests.llm_server import LlmServer, Request
from tests.llm_server.answers import CLOSES, answer, entity, fact, reads_everything, state


def test_an_insight_is_deleted_with_its_facts(memory: Memory, llm: LlmServer) -> None:
    people = [entity("Ana"), entity("Faro", "PLACE")]
    llm.replies = [
        answer(
            state("Ana", "lives in", "Faro", "I live in Faro", entities=["Ana", "Faro"]),
            fact("Ben visited Faro.", "Ben visited Faro", entities=["Ben", "Faro"]),
            entities=[*people, entity("Ben")],
        ),
        answer(state("Ana", "moved to", "Porto", "I moved to Porto"), entities=people),
        CLOSES,
    ]
    memory.extract(conversation(message("I live in Faro. Ben visited Faro.", name="Ana", at="2024-03-04T09:00:00Z")))
    assert "Faro" in {row["name"] for row in memory.bundle("insight")}
    memory.extract(conversation(message("I moved to Porto.", name="Ana", at="2024-05-04T09:00:00Z")))
    assert all("Ana lives in Faro" not in row["text"] for row in memory.bundle("insight"))


class TestInsights:
    def _compose(self, request: Request) -> dict[str, Any]:
        if not request.instruction.startswith("You sum up"):
            return reads_everything(request)
        groups = request.content.count("Group ")
        return {
            "insights": [
                {
                    "group": n,
                    "points": [{"text": f"Point of group {n}", "facts": [0, 1, 99]}, {"text": "no", "facts": []}],
                }
                for n in range(groups)
            ]
        }

    def test_a_tree_from_the_facts_to_the_root(self, memory: Memory) -> None:
        lines = [
            ("Ana", "I usually swim in Faro."),
            ("Ana", "I usually row in Faro."),
            ("Ben", "I usually run in Lagos."),
        ]
        memory.extract(told(*lines, ("Ben", "I usually rest in Lagos.")))
        result = memory.extract(
            told(("Ana", "I paint."), ("Ben", "I sing."), ("Dora", "I dance."), ("Dora", "I knit."))
        )
        assert result["insightIds"]
        tiers = {row["tier"] for row in memory.bundle("insight")}
        assert {"LEAF", "BRANCH"} <= tiers
        rows = {row["id"]: row for row in memory.bundle("insight")}
        for row in rows.values():
            assert row["derivedFrom"]
            if row["tier"] == "BRANCH":
                assert all(rows[id_]["tier"] == "LEAF" for id_ in row["derivedFrom"])
        shown = memory.retrieve("What do Ana and Ben do?")["insights"]
        assert {insight["tier"] for insight in shown} <= {"LEAF", "BRANCH", "ROOT"}

    def test_a_commit_composes_leaves_and_one_new_fact_does_not(self, memory: Memory, llm: LlmServer) -> None:
        llm.respond = self._compose
        for thing in ("a kayak", "a tent", "a stove"):
            memory.data("async/add-message", message=message(f"I own {thing}.", name="Ana"))
        operation = memory.wait(memory.data("async/commit")["operationId"])
        assert operation["usage"]["calls"] == 2
        leaf = next(row for row in memory.bundle("insight") if row["tier"] == "LEAF")
        assert leaf["text"] == "Ana: Point of group 0."
        assert len(leaf["derivedFrom"]) == 2
        before = len(llm.requests)
        result = memory.extract(told(("Ana", "I own a map.")))
        assert result["insightPending"] is True
        assert len(llm.requests) == before + 1
        assert next(r for r in memory.bundle("insight") if r["id"] == leaf["id"])["text"] == leaf["text"]

    def test_a_commit_lets_the_model_compose_the_upper_tiers(self, memory: Memory, llm: LlmServer) -> None:
        llm.respond = self._compose
        for name, things in (("Ana", ("a kayak", "a tent", "a stove")), ("Ben", ("a goat", "a plough", "a barn"))):
            for thing in things:
                memory.data("async/add-message", message=message(f"I own {thing}.", name=name))
        memory.wait(memory.data("async/commit")["operationId"])
        rows = {row["id"]: row for row in memory.bundle("insight")}
        branch = next(row for row in rows.values() if row["tier"] == "BRANCH")
        assert branch["text"] == f"{branch['name']}: Point of group 0."
        assert [rows[id_]["tier"] for id_ in branch["derivedFrom"]] == ["LEAF", "LEAF"]
        asked = len(llm.requests)
        result = memory.extract(told(("Cid", "I own a sled."), ("Cid", "I own a rope.")))
        assert result["insightPending"] is True
        assert len(llm.requests) == asked + 1
        assert next(r for r in memory.bundle("insight") if r["id"] == branch["id"])["text"] == branch["text"]

    def test_one_new_fact_does_not_request_a_new_insight(self, memory: Memory, llm: LlmServer) -> None:
        llm.respond = self._compose
        memory.extract(told(*(("Ana", f"I own map {n}.") for n in range(9))))
        memory.extract(told(*(("Ana", f"I own chart {n}.") for n in range(9))))
        asked = len(llm.requests)
        result = memory.extract(told(("Ana", "I own a globe.")))
        assert len(llm.requests) == asked + 1
        assert result["insightPending"] is True

    def test_unchanged_insights_are_not_written_again(self, memory: Memory) -> None:
        memory.extract(told(("Ana", "I own a kayak."), ("Ana", "I own a tent.")))
        versions = {row["id"]: row.get("version") for row in memory.bundle("insight")}
        memory.extract(told(("Zoe", "I own a barge.")))
        assert versions.items() <= {row["id"]: row.get("version") for row in memory.bundle("insight")}.items()
