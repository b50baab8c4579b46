"""Answers to the prompt that reads a window."""

from typing import Any

from tests.llm_server.server import LlmServer, Request

# The verdict that the first of the facts in question is over.
CLOSES = {"names": [], "facts": [{"question": 0, "relation": "contradiction"}]}


def fact(text: str, quote: str, *, index: int = 0, **more: Any) -> dict[str, Any]:
    row = {
        "text": text,
        "evidence": [{"message": index, "quote": quote}],
        "category": "event",
        "type": "FACT",
        "confidence": 0.9,
        "subject": None,
        "predicate": None,
        "object": None,
        "entities": [],
        "time": None,
    }
    return row | more


def answer(*facts: dict[str, Any], entities: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    return {"facts": list(facts), "entities": entities or [], "causes": [], "caption": None} | more


def entity(name: str, kind: str = "PERSON", *aliases: str) -> dict[str, Any]:
    return {"name": name, "type": kind, "aliases": list(aliases)}


def state(person: str, predicate: str, thing: str, quote: str, *, index: int = 0, **more: Any) -> dict[str, Any]:
    return fact(
        f"{person} {predicate} {thing}.", quote, index=index, subject=person, predicate=predicate, object=thing,
        **{"entities": [person], **more},
    )  # fmt: skip


def is_window(request: Request) -> bool:
    return request.instruction.startswith("You read messages")


def windows(llm: LlmServer) -> list[Request]:
    return [request for request in llm.requests if is_window(request)]


def reads_everything(request: Request) -> dict[str, Any]:
    """Answer with one fact per message, with the message's text; empty for other prompts."""
    if not is_window(request):
        return {"insights": [], "names": [], "facts": []}
    rows = request.untrusted
    facts = [
        fact(f"{row['speaker']} said: {row['text']}", row["text"], index=row["index"], entities=[row["speaker"]])
        for row in rows
    ]
    return answer(*facts, entities=[entity(row["speaker"]) for row in rows])


def answers_anything(request: Request) -> dict[str, Any]:
    """Answer every prompt in its form; a window, with one fact for each text in it."""
    facts = [
        fact(row["text"], row["text"], index=row["index"], kind="fact", title="It was said")
        for row in request.untrusted
        if {"index", "text"} <= row.keys()
    ]
    judged: dict[str, Any] = {"sufficient": True, "queries": [], "insights": [], "names": []}
    written: dict[str, Any] = {"answer": "It is so.", "used": [], "summary": "A day.", "themes": []}
    return answer(*(facts if is_window(request) else []), **judged, **written)
