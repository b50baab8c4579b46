"""DEEP with a language model that judges the hits and searches for missing ones."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api import Memory, told
from tests.llm_server import LlmServer, Request, Status
from tests.llm_server.answers import reads_everything


class TestReasoning:
    def _told(self, memory: Memory) -> None:
        memory.extract(
            told(("Ana", "I sail a red boat."), ("Ana", "My sister Zelda paints."), ("Ben", "I grow plums."))
        )

    def _respond(self, judged: dict[str, Any], queries: Any) -> Callable[[Request], Any]:
        def respond(request: Request) -> Any:
            if request.instruction.startswith("You judge"):
                return judged
            if request.instruction.startswith("You write search queries"):
                return queries
            return reads_everything(request)

        return respond

    def _ask(self, memory: Memory, **more: Any) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        found = memory.retrieve("What does Ana sail?", strategy="DEEP", trace=True, reasoning=True, **more)
        return found, {stage["stage"]: stage for stage in found["trace"]["stages"]}

    def test_a_sufficient_verdict_names_its_evidence(self, memory: Memory, llm: LlmServer) -> None:
        self._told(memory)
        llm.respond = self._respond({"sufficient": True, "evidences": [0, 99, 0], "gaps": []}, None)
        found, stages = self._ask(memory)
        assert found["evidences"] == [found["items"][0]["text"]]
        assert stages["sufficiency"]["attributes"]["sufficient"] is True
        assert stages["sufficiency"]["attributes"]["tokensIn"] == 100
        assert found["trace"]["finalResults"]["evidenceCount"] == 1
        assert "query_expand" not in stages

    def test_missing_information_is_searched_for(self, memory: Memory, llm: LlmServer) -> None:
        self._told(memory)
        queries = [
            {"type": "lex", "text": "plums"},
            {"type": "hyde", "text": "Ben grows plums."},
            {"type": "odd", "text": "x"},
        ]
        llm.respond = self._respond({"sufficient": False, "evidences": [], "gaps": ["fruit"]}, {"queries": queries})
        found, stages = self._ask(memory, limit=3)
        assert any("plums" in item["text"] for item in found["items"])
        assert stages["query_expand"]["resultCount"] == 2
        assert found["evidences"] == []
        assert found["status"] == "success"

    @pytest.mark.parametrize("failing", ["sufficiency", "query_expand"])
    def test_a_failing_model_keeps_the_hits(self, memory: Memory, llm: LlmServer, failing: str) -> None:
        self._told(memory)
        plain = memory.retrieve("What does Ana sail?", strategy="DEEP")["items"]
        judged: Any = Status(500) if failing == "sufficiency" else {"sufficient": False, "evidences": [], "gaps": []}
        llm.respond = self._respond(judged, Status(500))
        found, stages = self._ask(memory)
        assert found["status"] == "degraded"
        assert [item["id"] for item in found["items"]] == [item["id"] for item in plain]
        assert stages[failing]["degraded"] is True

    def test_the_model_is_called_only_on_request(self, memory: Memory, llm: LlmServer) -> None:
        self._told(memory)
        before = len(llm.requests)
        memory.retrieve("What does Ana sail?", strategy="DEEP")
        memory.retrieve("What does Ana sail?", strategy="SIMPLE", reasoning=True)
        assert len(llm.requests) == before
