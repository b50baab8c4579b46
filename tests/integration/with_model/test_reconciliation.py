"""Facts that contradict or repeat stored ones."""

import pytest

from tests.api import Memory, conversation, message, told
from tests.llm_server import LlmServer
from tests.llm_server.answers import CLOSES, answer, entity, fact, is_window, state


def moves(memory: Memory, llm: LlmServer) -> None:
    """Send: Ana lives in Faro (March), moved to Porto (May)."""
    people = [entity("Ana"), entity("Faro", "PLACE"), entity("Porto", "PLACE")]
    llm.replies = [
        answer(state("Ana", "lives in", "Faro", "I live in Faro"), entities=people),
        answer(state("Ana", "moved to", "Porto", "I moved to Porto"), entities=people),
        CLOSES,
    ]
    memory.extract(conversation(message("I live in Faro.", name="Ana", at="2024-03-04T09:00:00Z")))
    memory.extract(conversation(message("I moved to Porto.", name="Ana", at="2024-05-04T09:00:00Z")))


def test_a_new_home_closes_the_old_one_and_as_of_still_sees_it(memory: Memory, llm: LlmServer) -> None:
    moves(memory, llm)
    assert {item["text"] for item in memory.items()} == {"Ana moved to Porto."}
    april = memory.retrieve("Where does Ana live?", strategy="DEEP", asOf="2024-04-01T00:00:00Z")
    assert [item["text"] for item in april["items"]] == ["Ana lives in Faro."]
    june = memory.retrieve("Where does Ana live?", strategy="DEEP", asOf="2024-06-01T00:00:00Z")
    assert [item["text"] for item in june["items"]] == ["Ana moved to Porto."]
    exported = memory.http.get("/open/v1/memory/export", params=memory.ids).text
    assert '"type":"SUPERSEDES"' in exported
    assert '"invalidAt":"2024-05-04T09:00:00Z"' in exported


def test_without_the_models_consent_both_hold(memory: Memory, llm: LlmServer) -> None:
    people = [entity("Ana"), entity("Faro", "PLACE"), entity("Porto", "PLACE")]
    llm.replies = [
        answer(state("Ana", "lives in", "Faro", "I live in Faro"), entities=people),
        answer(state("Ana", "moved to", "Porto", "I moved to Porto"), entities=people),
        {"names": [], "facts": [{"question": 0, "relation": "new"}]},
    ]
    memory.extract(told(("Ana", "I live in Faro.")))
    memory.extract(told(("Ana", "I moved to Porto.")))
    assert {item["text"] for item in memory.items()} == {"Ana lives in Faro.", "Ana moved to Porto."}


def test_a_fact_reported_late_is_closed_by_the_later_one(memory: Memory, llm: LlmServer) -> None:
    people = [entity("Ana"), entity("Faro", "PLACE"), entity("Porto", "PLACE")]
    llm.replies = [
        answer(state("Ana", "lives in", "Porto", "I live in Porto"), entities=people),
        answer(state("Ana", "lives in", "Faro", "I live in Faro"), entities=people),
        CLOSES,
    ]
    memory.extract(conversation(message("I live in Porto.", name="Ana", at="2024-05-04T09:00:00Z")))
    memory.extract(conversation(message("I live in Faro.", name="Ana", at="2024-03-04T09:00:00Z")))
    assert {item["text"] for item in memory.items()} == {"Ana lives in Porto."}


def test_a_restated_old_home_becomes_valid_again(memory: Memory, llm: LlmServer) -> None:
    moves(memory, llm)
    llm.replies = [answer(state("Ana", "lives in", "Faro", "I live in Faro"), entities=[entity("Ana")]), CLOSES]
    memory.extract(conversation(message("I live in Faro again.", name="Ana", at="2024-09-04T09:00:00Z")))

    def lives(at: str) -> list[str]:
        found = memory.retrieve("Where does Ana live?", strategy="DEEP", asOf=at)["items"]
        return [item["text"] for item in found]

    assert {item["text"] for item in memory.items()} == {"Ana lives in Faro."}
    assert lives("2024-04-01T00:00:00Z") == ["Ana lives in Faro."]
    assert lives("2024-06-01T00:00:00Z") == ["Ana moved to Porto."]
    assert lives("2024-10-01T00:00:00Z") == ["Ana lives in Faro."]


def test_hearsay_closes_nothing(memory: Memory, llm: LlmServer) -> None:
    people = [entity("Ana"), entity("Faro", "PLACE"), entity("Lagos", "PLACE")]
    llm.replies = [
        answer(state("Ana", "lives in", "Faro", "I live in Faro"), entities=people),
        answer(state("Ana", "moved to", "Lagos", "Ana moved to Lagos"), entities=people),
    ]
    memory.extract(told(("Ana", "I live in Faro.")))
    memory.extract(told(("Mallory", "Ana moved to Lagos.")))
    assert {item["text"] for item in memory.items()} == {"Ana lives in Faro.", "Ana moved to Lagos."}


def test_a_first_person_statement_is_not_closed_by_earlier_hearsay(memory: Memory, llm: LlmServer) -> None:
    """The stored fact is about a later day, so it would close the newly stated one."""
    people = [entity("Ana"), entity("Faro", "PLACE"), entity("Lagos", "PLACE")]
    llm.replies = [
        answer(state("Ana", "moved to", "Lagos", "Ana moved to Lagos"), entities=people),
        answer(state("Ana", "lives in", "Faro", "I live in Faro"), entities=people),
    ]
    memory.extract(conversation(message("Ana moved to Lagos.", name="Mallory", at="2024-05-04T09:00:00Z")))
    memory.extract(conversation(message("I live in Faro.", name="Ana", at="2024-03-04T09:00:00Z")))
    assert {item["text"] for item in memory.items()} == {"Ana lives in Faro.", "Ana moved to Lagos."}


def test_facts_of_one_message_do_not_close_each_other(memory: Memory, llm: LlmServer) -> None:
    people = [entity("Ana"), entity("Lisbon", "PLACE"), entity("Portugal", "PLACE")]
    llm.replies = [
        answer(
            state("Ana", "lives in", "Lisbon", "I live in Lisbon"),
            state("Ana", "lives in", "Portugal", "in Portugal"),
            entities=people,
        )
    ]
    memory.extract(told(("Ana", "I live in Lisbon, in Portugal.")))
    assert len(memory.items()) == 2


def test_a_paraphrase_adds_evidence(memory: Memory, llm: LlmServer) -> None:
    people = [entity("Ana"), entity("Globex", "ORGANIZATION")]
    llm.replies = [
        answer(state("Ana", "works at", "Globex", "I work at Globex"), entities=people),
        answer(fact("Ana is working at Globex now.", "At Globex, as ever", subject="Ana", predicate="is working at",
                    object="Globex", entities=["Ana", "Globex"]), entities=people),
    ]  # fmt: skip
    memory.extract(told(("Ana", "I work at Globex.")))
    memory.extract(told(("Ana", "At Globex, as ever.")))
    found = memory.retrieve("Where does Ana work?")["items"]
    assert [item["text"] for item in found] == ["Ana works at Globex."]
    assert [p["quote"] for p in found[0]["provenance"]] == ["I work at Globex", "At Globex, as ever"]


def test_undecided_names_and_facts_are_asked_in_one_call(memory: Memory, llm: LlmServer) -> None:
    people = [entity("John Smith"), entity("Ana")]
    llm.replies = [
        answer(state("John Smith", "trains on", "Monday mornings", "I train on Monday mornings"), entities=people),
        answer(
            state("J. Smith", "trains on", "Friday evenings", "J. Smith trains on Friday evenings", confidence=0.9),
            state("John Smith", "trains on", "Friday mornings", "John trains on Friday mornings"),
            entities=[entity("J. Smith")],
        ),
        {"names": [{"question": 0, "same": True}, {"question": 99, "same": True}],
         "facts": [{"question": 0, "relation": "contradiction"}, {"question": 77, "relation": "nonsense"}]},
    ]  # fmt: skip
    memory.extract(told(("John Smith", "I train on Monday mornings.")))
    text = "J. Smith trains on Friday evenings. John trains on Friday mornings."
    memory.extract(told(("John Smith", text)))
    assert len(llm.requests) == 3
    assert llm.requests[2].body["response_format"]["json_schema"]["name"] == "settle"
    exported = memory.http.get("/open/v1/memory/export", params=memory.ids).text
    assert '"sameAs":["John Smith"]' in exported
    assert {item["text"] for item in memory.items()} == {
        "J. Smith trains on Friday evenings.",
        "John Smith trains on Friday mornings.",
    }


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("works at", "Initech"), ("works with", "Maria")),
        (("lives in", "Lisbon"), ("lived in", "Berlin for five years")),
        (("lives in", "Lisbon"), ("would like to move to", "Tokyo")),
        (("lives in", "Lisbon"), ("moved to", "the marketing team")),
        (("prefers", "green tea"), ("prefers", "window seats")),
    ],
)
def test_look_alikes_are_never_closed(
    memory: Memory, llm: LlmServer, first: tuple[str, str], second: tuple[str, str]
) -> None:
    """Even a model that calls everything a contradiction is not asked about them, unless their texts are nearly equal."""
    said = [f"Ana {verb} {thing}" for verb, thing in (first, second)]
    answers = [
        answer(state("Ana", verb, thing, quote), entities=[entity("Ana")])
        for (verb, thing), quote in zip((first, second), said, strict=True)
    ]
    llm.respond = lambda request: answers.pop(0) if is_window(request) else CLOSES
    for quote in said:
        memory.extract(told(("Ana", f"{quote}.")))
    assert {item["text"] for item in memory.items()} == {f"{text}." for text in said}
