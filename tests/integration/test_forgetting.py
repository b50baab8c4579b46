"""Forgotten data are deleted everywhere; the rest looks as if they had never been sent."""

import json
import uuid
from typing import Any

import httpx
import pytest

from app.domain.forgetting import ForgetRequest
from app.domain.operations import OperationStatus
from app.domain.scope import MemoryScope
from app.graph.database import Database
from app.services.forgetting.forget import AcceptForget
from tests.api import NDJSON, Memory, conversation, message, told
from tests.integration.bench import Bench
from tests.memanto import Agent
from tests.service_process import ServiceProcess

pytestmark = pytest.mark.anyio


_NOT_SEARCHED = ("mediaJson", "metadataJson", "metadataTerms")


def another(memory: Memory, agent: str) -> Memory:
    return Memory(memory.http, MemoryScope(user_id=memory.scope.user_id, agent_id=agent))


async def places_of(db: Database, word: str) -> set[str]:
    """Return every "Label.property" and "TYPE.property" in the whole database that holds the word, in any case."""
    holds = (
        "UNWIND [key IN keys(p) WHERE key <> 'embedding'] AS key "
        "WITH kind, key, CASE WHEN p[key] IS :: LIST<ANY> THEN p[key] ELSE [p[key]] END AS values "
        "WHERE any(value IN values WHERE toLower(toString(value)) CONTAINS $word) "
        "RETURN DISTINCT kind + '.' + key AS place"
    )
    # No statement of the program reads so much.
    driver = db._driver  # pyright: ignore[reportPrivateUsage]
    places: set[str] = set()
    for start in (
        "MATCH (p) WITH p, labels(p)[0] AS kind ",
        "MATCH ()-[p]->() WITH p, type(p) AS kind ",
    ):
        found = await driver.execute_query(start + holds, word=word.lower())
        places |= {record["place"] for record in found.records}
    return places


def tell_in_ten_ways(memory: Memory, canary: str) -> None:
    memory.extract(
        told(("Ana", f"I sail a boat called {canary}."), ("Ana", f"{canary} is in Faro."), ("Ana", "I like tea."))
    )
    memory.extract(conversation(message("Nice boat.", name=f"Captain {canary}")))
    memory.extract({"type": "document", "title": f"Log of {canary}", "parsedText": "The harbour was calm."})
    memory.extract(
        {"type": "document", "title": "Log", "parsedText": "The sea was calm.", "metadata": {"ship": canary}}
    )
    memory.extract({"type": "tool_call", "calls": [{"toolName": "find", "input": {"ship": canary}, "output": "found"}]})
    source = {"type": "url", "url": f"https://example.org/{canary}.jpg"}
    photo = {"role": "USER", "content": [{"type": "text", "text": "Look!"}, {"type": "image", "source": source}]}
    memory.extract({"type": "conversation", "messages": [photo]})
    memory.data("async/add-message", message=message(f"{canary} waits in the buffer.", name="Ana"))
    memory.retrieve(f"Where is {canary}?", strategy="DEEP", persistTrace=True)
    for _ in range(2):
        memory.http.post(
            "/open/v1/memory/entities/split",
            json={**memory.ids, "entity": canary},
            headers={"Idempotency-Key": f"split {canary}"},
        ).raise_for_status()
    lines: list[dict[str, Any]] = [
        {"kind": "rawData", "id": "r1", "type": "DOCUMENT", "text": f"{canary} was built in 1990."},
        {
            "kind": "insight",
            "id": "i1",
            "tier": "ROOT",
            "name": "Boats",
            "text": f"{canary} is a boat.",
            "derivedFrom": [],
        },
    ]
    bundle = "\n".join(map(json.dumps, lines))
    imported = memory.http.post("/open/v1/memory/import", params=memory.ids, content=bundle, headers=NDJSON).json()
    memory.wait(imported["data"]["operationId"])


async def test_forgetting_everything_spares_other_memories(
    memory: Memory, db: Database, service: ServiceProcess
) -> None:
    canary = f"Zephyrine{uuid.uuid4().hex[:8]}"
    other = another(memory, "other")
    other.extract(told(("Ben", "I row a boat.")))
    kept = other.bundle("fact")
    tell_in_ten_ways(memory, canary)
    assert await places_of(db, canary)
    expected = memory.data("forget", everything=True, dryRun=True)
    receipt = memory.data("forget", everything=True)
    for label in ("RawData", "Fact", "Entity", "Insight", "Trace", "TraceStage", "IdempotencyRecord", "Operation"):
        assert receipt["nodes"][label] >= 1, label
    assert set(expected["nodes"]) == set(receipt["nodes"])
    assert receipt["relationships"]["EXTRACTED_FROM"] >= 3
    assert await places_of(db, canary) == set()
    for log in (service.log, *(service.data_dir / "neo4j" / "logs").glob("*.log")):
        assert canary.casefold() not in log.read_text(errors="replace").casefold(), log
    assert memory.items() == []
    assert memory.raw_data() == []
    assert memory.retrieve(canary)["rawData"] == []
    assert memory.http.get("/open/v1/memory/export", params=memory.ids).text == ""
    assert other.bundle("fact") == kept


async def test_forgetting_an_entity_deletes_everything_that_names_it(memory: Memory, db: Database) -> None:
    canary = f"Quillon{uuid.uuid4().hex[:8]}"
    tell_in_ten_ways(memory, canary)
    memory.wait(memory.data("async/commit")["operationId"])
    receipt = memory.data("forget", entity=canary)
    assert receipt["nodes"]["RawData"] >= 5
    # Media and metadata are not searched for the name: they must be forgotten by id.
    left = await places_of(db, canary)
    assert left <= {f"{label}.{key}" for label in ("RawData", "Fact") for key in _NOT_SEARCHED}, left
    ids = [row["id"] for row in memory.bundle("rawData") if canary.casefold() in json.dumps(row).casefold()]
    memory.data("forget", rawDataIds=ids)
    assert await places_of(db, canary) == set()
    assert any("tea" in item["text"] for item in memory.items())


@pytest.mark.parametrize(
    ("name", "text", "is_named"),
    [
        ("राम", "रामू paints boats.", False),
        ("มาน", "มานี paints boats.", False),
        ("علی", "علی‌رضا paints boats.", False),
        ("Ana", "❤️Ana paints boats.", True),
        ("Ana", "1️⃣Ana paints boats.", True),
        ("Ana", "Anaïs paints boats.", False),
    ],
)
def test_a_name_is_a_whole_word_of_its_script(memory: Memory, name: str, text: str, *, is_named: bool) -> None:
    memory.extract(told((name, "I play the oud."), ("Ben", text)))
    memory.data("forget", entity=name)
    memory.wait_until_idle()
    assert [row["text"] for row in memory.bundle("rawData")] == ([] if is_named else [text])


@pytest.mark.parametrize("everything", [True, False])
async def test_typed_facts_are_forgotten_too(http: httpx.Client, db: Database, *, everything: bool) -> None:
    canary = f"Zephyrine{uuid.uuid4().hex[:8]}"
    agent = Agent(http)
    agent.remember(f"Ana sails a boat called {canary}.")
    agent.remember("Ben likes tea.")
    agent.remember("The boat is red.", title=f"About {canary}", tags=[canary])
    edited = agent.remember(f"{canary} is in Faro.")
    agent.do(f"memories/{edited}", {"content": "The boat is in Porto."}, method="PATCH")
    agent.extract(("user", f"I own a boat called {canary}."))
    agent.do("upload-file", None, files={"file": ("a.txt", f"{canary} was built in 1990.".encode())})
    agent.do("remember/extract", {"messages": [{"role": "user", "content": canary}]}, headers={"Idempotency-Key": "k"})
    assert await places_of(db, canary)
    request: dict[str, Any] = {"everything": True} if everything else {"entity": canary}
    receipt = agent.memory.data("forget", **request)
    assert receipt["nodes"]["Fact"] >= 4
    agent.memory.wait_until_idle()
    assert await places_of(db, canary) == set()
    assert bool(agent.recent()) is not everything


LINES = [
    ("Ana", "I live in Faro."),
    ("Ben", "I grow plums in Lagos."),
    ("Ana", "I own a red kayak."),
    ("Ben", "Zelda visited Lagos."),
    ("Ana", "I play chess with Zelda."),
    ("Ben", "I sold a barge to Zelda."),
]


def shape(memory: Memory) -> dict[str, Any]:
    memory.wait_until_idle()
    raw = {row["id"]: row["text"] for row in memory.bundle("rawData")}
    return {
        "raw": [(row["text"], raw.get(row.get("previous"))) for row in memory.bundle("rawData")],
        "facts": sorted((f["text"], sorted(raw[e["id"]] for e in f["rawData"])) for f in memory.bundle("fact")),
        "entities": sorted((e["name"], sorted(e.get("aliases", []))) for e in memory.bundle("entity")),
        # Sort the sentences: their order depends on what was known when the insight was composed.
        "insights": sorted(
            (i["tier"], sorted(s.strip() for s in i["text"].split(": ", 1)[1].split(".")))
            for i in memory.bundle("insight")
        ),
    }


@pytest.mark.parametrize("gone", [[0], [2, 3], [5], [1, 3, 5]])
async def test_the_rest_looks_as_if_forgotten_messages_were_never_sent(memory: Memory, gone: list[int]) -> None:
    whole, part = another(memory, "whole"), another(memory, "part")
    times = [f"2024-03-{day:02d}T09:00:00Z" for day in range(4, 10)]
    messages = [message(text, name=name, at=at) for (name, text), at in zip(LINES, times, strict=True)]
    for said in messages:
        whole.extract(conversation(said))
    for number, said in enumerate(messages):
        if number not in gone:
            part.extract(conversation(said))
    ids = [row["id"] for row in whole.bundle("rawData")]
    whole.data("forget", rawDataIds=[ids[n] for n in gone])
    assert shape(whole) == shape(part)


async def test_an_answer_to_a_forgotten_question_is_extracted_again(memory: Memory) -> None:
    memory.extract(told(("Ben", "Did you see Zelda?"), ("Ana", "Yes, I met her in Faro.")))
    assert any("Zelda" in item["text"] for item in memory.items())
    memory.data("forget", rawDataIds=[memory.bundle("rawData")[0]["id"]])
    memory.wait_until_idle()
    assert all("Zelda" not in item["text"] for item in memory.items())
    assert any("Faro" in item["text"] for item in memory.items())


async def test_messages_sent_after_the_request_stay(bench: Bench, memory: Memory) -> None:
    await bench.accepted("I live in Faro.")
    scope, request = bench.scope, ForgetRequest(everything=True)
    operation_id = await AcceptForget(bench.runtime.db, bench.runtime.signals)(scope, request, None)
    await bench.accepted("I own a barge.")
    await bench.work()
    assert (await bench.operation(operation_id)).status is OperationStatus.SUCCEEDED
    assert [item["text"] for item in memory.items()] == ["Anna: I own a barge."]


async def test_the_same_message_sent_again_after_the_request_stays(bench: Bench, memory: Memory) -> None:
    await bench.lease()
    said = told(("Ana", "I live in Faro."))
    memory.data("async/extract", rawContent=said)
    await bench.work()
    forget = AcceptForget(bench.runtime.db, bench.runtime.signals)
    await forget(bench.scope, ForgetRequest(everything=True), None)
    memory.data("async/extract", rawContent=said)
    for _ in range(3):
        await bench.work()
    assert [item["text"] for item in memory.items()] == ["Ana: I live in Faro."]


async def test_a_forgotten_item_does_not_come_back_with_its_message(memory: Memory) -> None:
    memory.extract(told(("Ana", "I live in Faro."), ("Ben", "I row a boat.")))
    (item,) = [item for item in memory.items() if "Faro" in item["text"]]
    memory.data("forget", itemIds=[item["id"]])
    # The message next to a forgotten one is extracted again.
    (raw,) = [row for row in memory.bundle("rawData") if "boat" in row["text"]]
    memory.data("forget", rawDataIds=[raw["id"]])
    memory.wait_until_idle()
    assert memory.items() == []


async def test_a_fact_keeps_its_other_source(memory: Memory) -> None:
    memory.extract(conversation(message("I live in Faro.", name="Ana", at="2024-03-04T09:00:00Z")))
    memory.extract(conversation(message("Nice.", name="Ben", at="2024-03-04T10:00:00Z")))
    memory.extract(conversation(message("I live in Faro.", name="Ana", at="2024-03-05T09:00:00Z")))
    first, _, second = (row["id"] for row in memory.bundle("rawData"))
    memory.data("forget", rawDataIds=[first])
    memory.wait_until_idle()
    fact = next(row for row in memory.bundle("fact") if "Faro" in row["text"])
    assert [e["id"] for e in fact["rawData"]] == [second]
    assert memory.data("forget", rawDataIds=[second])["nodes"]["Fact"] == 1
    assert "Faro" not in {row["name"] for row in memory.bundle("entity")}


async def test_forgetting_a_fact_reopens_the_fact_it_closed(memory: Memory) -> None:
    memory.extract(conversation(message("I live in Faro.", name="Ana", at="2024-03-04T09:00:00Z")))
    memory.extract(conversation(message("I moved to Porto.", name="Ana", at="2024-05-04T09:00:00Z")))
    assert [item["text"] for item in memory.items()] == ["Ana: I moved to Porto."]
    memory.data("forget", timeRange={"from": "2024-05-01T00:00:00Z", "to": "2024-06-01T00:00:00Z"})
    assert [item["text"] for item in memory.items()] == ["Ana: I live in Faro."]


@pytest.mark.parametrize(("with_sources", "left"), [(False, 1), (True, 0)])
async def test_an_item_is_deleted_with_or_without_its_messages(
    memory: Memory, *, with_sources: bool, left: int
) -> None:
    memory.extract(told(("Ana", "I live in Faro.")))
    (item,) = memory.items()
    receipt = memory.data("forget", itemIds=[item["id"]], withSources=with_sources)
    assert receipt["nodes"]["Fact"] == 1
    assert memory.items() == []
    assert len(memory.raw_data()) == left


async def test_a_dry_run_changes_nothing(memory: Memory) -> None:
    memory.extract(told(*LINES))
    before = shape(memory)
    rehearsed = memory.data("forget", entity="Zelda", dryRun=True)
    assert rehearsed["dryRun"] is True
    assert shape(memory) == before
    receipt = memory.data("forget", entity="Zelda")
    assert (receipt["nodes"], receipt["relationships"]) == (rehearsed["nodes"], rehearsed["relationships"])
    assert memory.data("forget", rawDataIds=["unknown"])["nodes"] == {}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"entity": "Nobody"}, 404),
        ({"itemIds": ["x"]}, 400),
        ({"timeRange": {"from": "2024-03-04"}}, 400),
        ({"entity": ""}, 400),
    ],
)
async def test_invalid_selections_are_refused(memory: Memory, body: dict[str, Any], status: int) -> None:
    memory.extract(told(("Ana", "I live in Faro.")))
    assert memory.post("forget", **body).status_code == status
    assert len(memory.items()) == 1


async def test_the_receipt_is_kept_for_a_repeated_request(memory: Memory) -> None:
    memory.extract(told(("Ana", "I live in Faro.")))

    def forget() -> httpx.Response:
        return memory.http.post(
            "/open/v1/memory/forget", json={**memory.ids, "everything": True}, headers={"Idempotency-Key": "f"}
        )

    named = {**memory.ids, "entity": "Ana"}
    for _ in range(2):
        answer = memory.http.post("/open/v1/memory/forget", json=named, headers={"Idempotency-Key": "e"})
        assert answer.json()["data"]["nodes"]["Fact"] == 1
    memory.extract(told(("Ana", "I live in Faro.")))
    first = forget()
    assert first.json()["data"]["nodes"]["RawData"] == 1
    assert forget().json() == first.json()
    shown = memory.operation(first.json()["data"]["operationId"])
    assert shown["kind"] == "forget"
