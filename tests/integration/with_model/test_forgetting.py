"""Forgetting data that a language model produced."""

from tests.api import Memory, told
from tests.llm_server import LlmServer
from tests.llm_server.answers import answer, entity, fact, is_window, state


def test_captions_and_aliases_of_forgotten_messages_are_removed(memory: Memory, llm: LlmServer) -> None:
    llm.replies = [
        answer(
            state("Ana", "owns", "a boat", "I own a boat"),
            state("Ana", "sails", "the Kaya", "call me Skipper", index=1),
            entities=[entity("Ana", "PERSON", "Skipper")],
            caption="Skipper's boat",
        )
    ]
    memory.extract(told(("Ana", "I own a boat."), ("Ana", "I sail the Kaya, call me Skipper.")))
    assert memory.bundle("entity")[0]["aliases"] == ["Skipper"]
    memory.data("forget", rawDataIds=[memory.bundle("rawData")[1]["id"]])
    memory.wait_until_idle()  # otherwise the new extraction would use the next test's replies
    assert "Skipper" not in memory.http.get("/open/v1/memory/export", params=memory.ids).text


def test_a_restatement_of_a_forgotten_fact_is_extracted_again(memory: Memory, llm: LlmServer) -> None:
    people = [entity("Ana"), entity("Globex", "ORGANIZATION")]
    again = answer(fact("Ana is at Globex as ever.", "At Globex, as ever", subject="Ana", entities=["Ana"]))
    llm.replies = [
        answer(state("Ana", "works at", "Globex", "I work at Globex"), entities=people),
        answer(
            fact("Ana is working at Globex now.", "At Globex, as ever", subject="Ana", predicate="is working at",
                 object="Globex", entities=["Ana", "Globex"]),
            entities=people,
        ),
    ]  # fmt: skip
    memory.extract(told(("Ana", "I work at Globex.")))
    memory.extract(told(("Ana", "At Globex, as ever.")))
    assert len(memory.items()) == 1
    llm.respond = lambda request: again if is_window(request) else {"insights": [], "names": [], "facts": []}
    memory.data("forget", rawDataIds=[memory.bundle("rawData")[0]["id"]])
    memory.wait_until_idle()
    assert [item["text"] for item in memory.items()] == ["Ana is at Globex as ever."]
