"""Names that mean one entity: joined by the rules, joined and split by request."""

from app.domain.scope import MemoryScope
from tests.api import Memory, told
from tests.llm_server import LlmServer
from tests.llm_server.answers import answer, entity, fact, state


class TestSameEntities:
    """Rules join Bob Marley and Robert Marley; requests join and split others."""

    def _tell(self, memory: Memory, llm: LlmServer) -> None:
        people = [entity("Robert Marley"), entity("Bob Marley"), entity("Kaya", "PLACE")]
        llm.replies = [
            answer(state("Robert Marley", "owns", "a red boat", "I own a red boat"), entities=people[:1]),
            answer(
                state("Bob Marley", "painted", "the boat house", "Bob Marley painted the boat house"), entities=people
            ),
        ]
        memory.extract(told(("Robert Marley", "I own a red boat.")))
        memory.extract(told(("Ana", "Bob Marley painted the boat house.")))

    def test_the_walk_crosses_entities_joined_by_rules(self, memory: Memory, llm: LlmServer) -> None:
        self._tell(memory, llm)
        found = memory.retrieve("What does Bob Marley own?", strategy="DEEP")
        owned = next(item for item in found["items"] if "red boat" in item["text"])

        assert any(step["relationship"] == "SAME_AS" for step in owned["path"])

    def test_split_and_merge(self, memory: Memory, llm: LlmServer) -> None:
        self._tell(memory, llm)
        split = memory.data("entities/split", entity="Bob Marley")
        assert split["sameAs"] == []
        self._tell_again(memory, llm)
        assert memory.data("entities/split", entity="Robert Marley")["sameAs"] == []
        merged = memory.data("entities/merge", entity="Bob Marley", into="robert marley")
        assert (merged["name"], merged["sameAs"]) == ("Robert Marley", ["Bob Marley"])
        assert memory.data("entities/merge", entity="Robert Marley", into="Bob Marley")["sameAs"] == ["Robert Marley"]

    def _tell_again(self, memory: Memory, llm: LlmServer) -> None:
        llm.replies = [answer(fact("Bob Marley sang.", "Bob Marley sang", entities=["Bob Marley"]))]
        memory.extract(told(("Ana", "Bob Marley sang.")))

    def test_unknown_entities_can_not_be_merged(self, memory: Memory, llm: LlmServer) -> None:
        self._tell(memory, llm)
        assert memory.post("entities/merge", entity="Nobody", into="Bob Marley").status_code == 404
        assert memory.post("entities/split", entity="Nobody").status_code == 404
        assert memory.post("entities/merge", entity="Bob Marley", into="bob marley").status_code == 400
        assert memory.post("entities/merge", entity="", into="x").status_code == 400

    def test_other_memories_are_not_touched(self, memory: Memory, llm: LlmServer) -> None:
        self._tell(memory, llm)
        other = Memory(memory.http, MemoryScope(user_id=memory.scope.user_id, agent_id="other"))
        assert other.post("entities/split", entity="Bob Marley").status_code == 404
        llm.replies = [
            answer(
                fact("Bob Marley sang.", "Bob Marley sang", entities=["Bob Marley"]), entities=[entity("Bob Marley")]
            )
        ]
        other.extract(told(("Ana", "Bob Marley sang.")))
        assert '"sameAs"' not in other.http.get("/open/v1/memory/export", params=other.ids).text
