"""Pictures in messages: what a vision model says of them becomes text, with evidence like any other."""

import base64
from typing import Any

import pytest

from app.graph.database import Database
from tests.api import Memory, conversation
from tests.llm_server import LlmServer, Refusal, Request, Status
from tests.llm_server.answers import answer, fact, reads_everything

PIXEL = base64.b64encode(b"\x89PNG not really").decode()


def photo(text: str, *sources: dict[str, Any]) -> dict[str, Any]:
    blocks = [{"type": "image", "source": source} for source in sources]
    return {"role": "USER", "userName": "Ana", "content": [{"type": "text", "text": text}, *blocks]}


def embedded(media_type: str = "image/png") -> dict[str, Any]:
    return {"type": "base64", "media_type": media_type, "data": PIXEL}


def sees(llm: LlmServer, described: Any, extracted: Any = None) -> list[Request]:
    """Make the model answer with `described`; return the list that collects requests with pictures."""
    looked: list[Request] = []

    def respond(request: Request) -> Any:
        if request.instruction.startswith("You describe"):
            looked.append(request)
            return described
        if extracted is not None and request.instruction.startswith("You read messages"):
            return extracted
        return reads_everything(request)

    llm.respond = respond
    return looked


def test_a_pictures_description_is_found_and_cited(memory: Memory, llm: LlmServer) -> None:
    boat = fact("Ana's boat is called Kaya.", "the name Kaya on its bow", subject="Ana", entities=["Ana"])
    looked = sees(llm, {"descriptions": ["A red boat with the name Kaya on its bow.", "A beach."]}, answer(boat))
    memory.extract(conversation(photo("My boat!", embedded(), {"type": "url", "url": "https://example.org/beach.jpg"})))
    (request,) = looked
    assert request.body["model"] == "eyes"
    urls = [part["image_url"]["url"] for part in request.messages[1]["content"][1:]]
    assert urls == [f"data:image/png;base64,{PIXEL}", "https://example.org/beach.jpg"]
    (row,) = memory.bundle("rawData")
    assert "[image shows: A red boat with the name Kaya on its bow.]\n[image shows: A beach.]" in row["text"]
    (item,) = memory.retrieve("What is Ana's boat called?")["items"]
    assert item["provenance"][0]["quote"] == "the name Kaya on its bow"
    page = memory.http.get("/open/v1/memory/operations", params=memory.ids).json()["data"]["operations"]
    assert "describe-images@1" in page[0]["prompts"]


@pytest.mark.anyio
async def test_pictures_are_deleted_after_description(memory: Memory, llm: LlmServer, db: Database) -> None:
    sees(llm, {"descriptions": ["A boat."]})
    memory.extract(conversation(photo("My boat!", embedded())))
    rows = await db.read("raw_data/pictured", memoryId=memory.scope.memory_id, ids=[r["id"] for r in memory.raw_data()])
    assert rows == []


@pytest.mark.parametrize("refused", [Refusal(), Status(400, "unsupported image")])
def test_a_picture_that_the_model_refuses_keeps_its_metadata(
    memory: Memory, llm: LlmServer, refused: Refusal | Status
) -> None:
    looked = sees(llm, refused)
    result = memory.extract(conversation(photo("My boat!", embedded())))
    assert result["status"] == "SUCCESS"
    assert looked
    assert memory.bundle("rawData")[0]["text"] == "My boat!\n[image: image/png]"


def test_invalid_pictures_are_not_sent_to_the_model(memory: Memory, llm: LlmServer) -> None:
    looked = sees(llm, {"descriptions": ["?"]})
    sources = [embedded("application/pdf"), {"type": "url", "url": "file:///etc/passwd"}]
    memory.extract(conversation(photo("Look.", *sources)))
    assert not looked
