"""Import and export of memory bundles over HTTP, into a real graph."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.ids import digest
from app.domain.scope import MemoryScope
from app.graph import imports
from app.graph.database import Database
from tests.api import NDJSON, Memory, conversation, message, told


def bundle(*lines: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def raw(id_: str, text: str = "Zoe dredged the harbour.", **more: Any) -> dict[str, Any]:
    return {"kind": "rawData", "id": id_, "type": "DOCUMENT", "text": text, "sequence": 0, **more}


def fact(id_: str, text: str, *raw_ids: str, **more: Any) -> dict[str, Any]:
    return {"kind": "fact", "id": id_, "text": text, "rawData": [{"id": r} for r in raw_ids], **more}


def post(memory: Memory, body: bytes | Iterator[bytes], **params: Any) -> httpx.Response:
    return memory.http.post("/open/v1/memory/import", params={**memory.ids, **params}, content=body, headers=NDJSON)


def import_bundle(memory: Memory, body: bytes, **params: Any) -> dict[str, Any]:
    response = post(memory, body, **params)
    assert response.status_code == 202, response.text
    assert response.json()["data"]["status"] == "accepted"
    return memory.wait(response.json()["data"]["operationId"])


def export(memory: Memory, **params: Any) -> list[dict[str, Any]]:
    response = memory.http.get("/open/v1/memory/export", params={**memory.ids, **params})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in response.content.split(b"\n") if line]


def other(memory: Memory, name: str) -> Memory:
    return Memory(memory.http, MemoryScope(user_id=memory.scope.user_id, agent_id=name))


STORY = bundle(
    raw("m1", "Marta's brother is Quirin.", type="CONVERSATION", role="USER", userName="Olga", sequence=0),
    raw("m2", "And where does he work?", type="CONVERSATION", role="ASSISTANT", sequence=1),
    raw("m3", "Quirin works at Zephyr Optics.", type="CONVERSATION", role="USER", userName="Olga", sequence=2),
    {"kind": "entity", "name": "Quirin", "entityType": "PERSON", "aliases": ["Q."]},
    fact(
        "f1",
        "Quirin is Marta's brother.",
        "m1",
        subject="Quirin",
        predicate="brother of",
        object="Marta",
        entities=["Quirin", "Marta"],
        observedAt="2024-03-04T09:00:00+01:00",
    ),
    {
        **fact("f2", "Quirin works at Zephyr Optics.", entities=["Quirin", {"name": "Zephyr Optics", "role": "place"}]),
        "rawData": [{"id": "m3", "quote": "works at Zephyr Optics"}],
        "confidence": 0.5,
        "category": "profile",
        "metadata": {"a": [1, None]},
        "links": [{"type": "FOLLOWS", "to": "f1"}],
    },
    {"kind": "insight", "id": "i1", "name": "Quirin", "text": "Brother, optician.", "derivedFrom": ["f1", "f2"]},
    {"kind": "insight", "id": "i2", "tier": "ROOT", "name": "All", "text": "A family.", "derivedFrom": ["i1"]},
)  # fmt: skip


class TestImport:
    def test_an_imported_bundle_answers_questions(self, memory: Memory):
        operation = import_bundle(memory, STORY)
        assert operation["status"] == "succeeded"
        assert operation["kind"] == "import"
        assert operation["progress"] == {"done": 11, "total": 11, "unit": "elements"}
        assert operation["imported"]["counts"] == {"rawData": 3, "entity": 1, "fact": 2, "insight": 2}
        answer = memory.retrieve("What is the employer of Marta's brother?", strategy="DEEP")
        assert {r["rawDataId"] for r in answer["rawData"]} == {"m1", "m2", "m3"}
        item = next(i for i in answer["items"] if "Zephyr" in i["text"])
        assert item["provenance"] == [{"rawDataId": "m3", "quote": "works at Zephyr Optics"}]
        assert {i["text"] for i in answer["insights"]} == {"Brother, optician.", "A family."}
        assert all(i["id"].isdigit() for i in answer["insights"])

    def test_an_import_continues_the_memorys_message_order(self, memory: Memory):
        memory.extract(told(("Anna", "I live in Faro.")))
        import_bundle(memory, STORY)
        memory.extract(conversation(message("I saw Quirin.", name="Anna", at="2025-01-01T10:00:00Z")))
        rows = [row for row in export(memory) if row["kind"] == "rawData"]
        assert [row["text"] for row in rows] == [
            "I live in Faro.",
            "Marta's brother is Quirin.",
            "And where does he work?",
            "Quirin works at Zephyr Optics.",
            "I saw Quirin.",
        ]
        assert [row.get("previous") for row in rows][2:] == ["m1", "m2", "m3"]

    def test_the_same_bundle_twice_changes_nothing(self, memory: Memory):
        import_bundle(memory, STORY)
        first = export(memory)
        import_bundle(memory, STORY)
        assert export(memory) == first

    def test_facts_may_come_before_their_sources(self, memory: Memory):
        assert import_bundle(memory, bundle(fact("f", "Zoe dredged it.", "r"), raw("r")))["status"] == "succeeded"
        assert export(memory)[-1]["rawData"][0]["id"] == "r"

    def test_facts_with_the_same_text_are_merged_with_both_sources(self, memory: Memory):
        lines = [
            raw("a"),
            raw("b", "Yes, Zoe did."),
            fact("1", "Zoe dredged it.", "a"),
            fact("2", "zoe dredged  it.", "b"),
        ]
        lines.append({"kind": "insight", "id": "i", "text": "Zoe.", "derivedFrom": ["1", "2"]})
        import_bundle(memory, bundle(*lines))
        (stored,) = [row for row in export(memory) if row["kind"] == "fact"]
        assert stored["id"] == "1"
        assert {e["id"] for e in stored["rawData"]} == {"a", "b"}
        assert export(memory)[-1]["derivedFrom"] == ["1", "1"]

    def test_an_upload_of_many_chunks_reports_progress_to_its_end(self, memory: Memory):
        lines = [raw(f"r{i}", f"Report {i} on the harbour.", sequence=i) for i in range(1200)]
        operation = import_bundle(memory, bundle(*lines))
        assert operation["progress"] == {"done": 1200, "total": 1200, "unit": "elements"}
        assert len([row for row in export(memory) if row["kind"] == "rawData"]) == 1200


WRONG: list[tuple[bytes, int, str]] = [
    (b"{not json", 2, "is not a JSON object"),
    (b'{"kind":"song"}', 2, "Invalid value 'song'"),
    (b'{"kind":"fact","id":"x"}', 2, "missing required field `text`"),
    (b'{"kind":"fact","id":"x","text":"a","confidence":2}', 2, "<= 1.0"),
    (b'{"kind":"fact","id":"x","text":"a","rawData":[{"id":"nowhere"}]}', 2, "'nowhere' are neither"),
    (b'{"kind":"insight","id":"x","text":"a","derivedFrom":["nothing"]}', 2, "'nothing' is no fact or insight"),
    (b'{"kind":"rawData","id":"r","text":"again"}', 2, "were on an earlier line"),
    (b'{"kind":"rawData","id":"x","text":"a","type":"CONVERSATION","previous":"nobody"}', 2, "'nobody' are neither"),
    (b'{"kind":"rawData","id":"x","text":"a\\u0000"}', 2, "contains NUL"),
    (b'{"kind":"entity","name":"?!"}', 2, "no letter or digit"),
    (b'{"kind":"rawData","id":"x","text":"a","embedding":[1,2]}', 2, "`embedding` has 2 numbers"),
]


class TestExtraction:
    NOTES = bundle(
        raw("n1", "Zoe works at Zephyr Optics.", title="Zoe"),
        raw("n2", "Ana lives in Braga.", type="CONVERSATION", role="USER", userName="Ana"),
        raw("n3", "Quirin lives in Porto."),
        fact("f3", "Quirin is in Porto.", "n3"),
    )

    def test_what_comes_without_facts_is_read(self, memory: Memory):
        imported = import_bundle(memory, self.NOTES, extract=True)
        assert imported["imported"]["counts"]["rawData"] == 3
        memory.wait_until_idle()
        texts = {item["text"] for item in memory.items()}
        assert "Quirin is in Porto." in texts
        assert any("Zephyr Optics" in text for text in texts)
        assert any("Braga" in text for text in texts)
        assert "Quirin lives in Porto." not in texts  # a fact of the bundle cites it
        (extraction,) = (row for row in operations_of(memory) if row["kind"] == "extract")
        assert extraction["progress"]["total"] == 2

    def test_it_is_read_once(self, memory: Memory):
        import_bundle(memory, self.NOTES)
        assert [item["text"] for item in memory.items()] == ["Quirin is in Porto."]
        for _ in range(2):
            import_bundle(memory, self.NOTES, extract=True)
            memory.wait_until_idle()
        assert len([row for row in operations_of(memory) if row["kind"] == "extract"]) == 1
        assert len(memory.items()) == 3

    def test_the_key_belongs_to_the_options_too(self, memory: Memory):
        headers = {**NDJSON, "Idempotency-Key": "k1"}
        codes = [
            memory.http.post(
                "/open/v1/memory/import", params={**memory.ids, "extract": extract}, content=self.NOTES, headers=headers
            ).status_code
            for extract in (True, True, False)
        ]
        assert codes == [202, 202, 409]


def operations_of(memory: Memory) -> list[dict[str, Any]]:
    return memory.http.get("/open/v1/memory/operations", params=memory.ids).json()["data"]["operations"]


class TestWrongLines:
    @pytest.mark.parametrize(("line", "number", "reason"), WRONG)
    def test_one_invalid_line_rejects_the_bundle_and_is_reported(
        self, memory: Memory, line: bytes, number: int, reason: str
    ):
        response = post(memory, bundle(raw("r")) + line + b"\n" + bundle(raw("s", "More.")))
        assert response.status_code == 400
        error = response.json()["error"]
        assert error["code"] == "validation_failed"
        assert error["details"]["errorCount"] == 1
        assert reason in error["details"]["fieldErrors"][f"line {number}"]
        assert export(memory) == []

    def test_partial_imports_the_valid_lines_and_reports_the_others(self, memory: Memory):
        lines = [b"{not json", *(line for line, _, _ in WRONG[4:6]), b'{"kind":"fact","id":"f","text":"Zoe dug."}']
        operation = import_bundle(memory, bundle(raw("r")) + b"\n".join(lines), partial="true")
        assert operation["imported"]["errorCount"] == 3
        assert [error["line"] for error in operation["imported"]["errors"]] == [2, 3, 4]
        assert operation["imported"]["counts"] == {"rawData": 1, "entity": 0, "fact": 1, "insight": 1}
        rows = [row for row in export(memory) if "id" in row]
        assert [row["id"] for row in rows] == ["r", "f", "x"]
        assert "derivedFrom" not in rows[-1]

    def test_a_raw_data_id_with_another_text_is_refused(self, memory: Memory):
        import_bundle(memory, bundle(raw("r")))
        response = post(memory, bundle(raw("r", "Something else.")))
        assert "with another text" in response.json()["error"]["details"]["fieldErrors"]["line 1"]

    @pytest.mark.parametrize("body", [b"", b"\n\n", b"[]"])
    def test_an_empty_bundle_is_refused(self, memory: Memory, body: bytes):
        assert post(memory, body).status_code == 400

    def test_an_endless_line_is_refused_without_buffering_it(self, memory: Memory):
        response = post(memory, (b"x" * (1 << 20) for _ in range(12)))
        assert response.status_code == 400
        assert "is longer than" in response.json()["error"]["details"]["fieldErrors"]["line 1"]

    def test_all_errors_are_counted_and_the_first_hundred_listed(self, memory: Memory):
        details = post(memory, b"?\n" * 250).json()["error"]["details"]
        assert details["errorCount"] == 250
        assert len(details["fieldErrors"]) == 100

    def test_ids_are_needed(self, memory: Memory):
        assert memory.http.post("/open/v1/memory/import", content=STORY, headers=NDJSON).status_code == 400


@pytest.mark.anyio
async def test_a_refused_upload_leaves_nothing_waiting(memory: Memory, db: Database):
    post(memory, STORY + b"?\n")
    assert await imports.next_chunks(db, memory.scope.memory_id, "any", limit=10) == []
    rows = await db.read("system/counts", memoryId=memory.scope.memory_id)
    assert all(row["number"] == 0 for row in rows[0]["nodes"])


class TestFoundByAttack:
    """Faults that a reviewer found."""

    def test_an_insight_may_come_before_its_sources(self, memory: Memory):
        lines = [{"kind": "insight", "id": "root", "tier": "ROOT", "text": "All.", "derivedFrom": ["i0", "i600"]}]
        lines += [{"kind": "insight", "id": f"i{i}", "text": f"Point {i}."} for i in range(601)]
        import_bundle(memory, bundle(raw("r"), *lines))
        (root,) = [row for row in export(memory) if row.get("id") == "root"]
        assert root["derivedFrom"] == ["i0", "i600"]

    @pytest.mark.parametrize("vector", [[0.0] * 384, [1e300] * 384])
    def test_a_vector_without_a_direction_is_refused(self, memory: Memory, vector: list[float]):
        response = post(memory, bundle(fact("f", "Zoe dug.", embedding=vector)))
        assert "can't be normalised" in response.json()["error"]["details"]["fieldErrors"]["line 1"]

    def test_a_vector_is_normalised_to_unit_length(self, memory: Memory):
        import_bundle(memory, bundle(fact("f", "Zoe dug.", embedding=[1000.0] + [0.0] * 383)))
        assert export(memory, embeddings="true")[0]["embedding"][0] == 1.0

    def test_raw_data_with_the_same_content_id_are_both_kept(self, memory: Memory):
        operation = import_bundle(memory, bundle(raw("a", contentId="C"), raw("b", contentId="C")))
        assert operation["status"] == "succeeded"
        assert [row["id"] for row in export(memory)] == ["a", "b"]

    @pytest.mark.parametrize("kind", ["fact", "insight"])
    def test_a_stored_id_with_another_text_is_refused(self, memory: Memory, kind: str):
        import_bundle(memory, bundle({"kind": kind, "id": "x", "text": "Zoe dug."}))
        response = post(memory, bundle({"kind": kind, "id": "x", "text": "Zoe rested."}))
        assert "with another text" in response.json()["error"]["details"]["fieldErrors"]["line 1"]

    def test_previous_may_name_a_stored_message(self, memory: Memory):
        one, two = (raw(f"m{i}", f"Message {i}.", type="CONVERSATION", sequence=i) for i in (1, 2))
        import_bundle(memory, bundle(one))
        import_bundle(memory, bundle({**two, "previous": "m1"}))
        assert [row.get("previous") for row in export(memory)] == [None, "m1"]

    def test_a_message_may_come_before_its_previous_message(self, memory: Memory):
        later = raw("m1", type="CONVERSATION", previous="m2", sequence=5)
        import_bundle(memory, bundle(later, raw("m2", "Two.", type="CONVERSATION", previous=None)))
        assert [(row["id"], row.get("previous")) for row in export(memory)] == [("m2", None), ("m1", "m2")]

    def test_a_byte_order_mark_and_crlf_are_accepted(self, memory: Memory):
        import_bundle(memory, b"\xef\xbb\xbf" + bundle(raw("a"), raw("b", "More.")).replace(b"\n", b"\r\n"))
        assert len(export(memory)) == 2

    @pytest.mark.anyio
    async def test_counts_of_mentions_and_evidence_are_right(self, memory: Memory, db: Database):
        memory.extract(told(("Anna", "Clara works at Initech. Clara likes tea."), ("Anna", "Clara lives in Faro.")))
        lines = [fact(f"f{i}", f"Clara saw ship {i}.", entities=["Clara"]) for i in range(5)]
        import_bundle(memory, bundle(*lines))
        found = await db.read(
            "exports/facts", memoryId=memory.scope.memory_id, after="", limit=500, withEmbeddings=False
        )
        named = sum("Clara" in [mention["name"] for mention in row["mentions"]] for row in found)
        rows = await db.read("entities/named", memoryId=memory.scope.memory_id, keys=["clara"])
        assert rows[0]["mentionCount"] == named >= 7

    @pytest.mark.anyio
    async def test_a_fact_without_a_vector_does_not_break_retrieval(self, memory: Memory, db: Database):
        import_bundle(memory, STORY)
        await db.define(
            "MATCH (f:Fact {memoryId: $id}) WHERE f.text STARTS WITH 'Quirin is' REMOVE f.embedding",
            {"id": memory.scope.memory_id},
        )
        for strategy in ("SIMPLE", "DEEP"):
            for more in ({}, {"asOf": "2100-01-01T00:00:00Z"}):
                assert memory.retrieve("Where does Quirin work?", strategy=strategy, **more)["status"] == "success"

    def test_as_of_shows_no_later_evidence(self, memory: Memory):
        lines = [
            raw("old", occurredAt="2014-01-01T00:00:00Z"),
            raw("new", "Zoe, again.", occurredAt="2023-01-01T00:00:00Z"),
        ]
        import_bundle(
            memory, bundle(*lines, fact("f", "Zoe dredged it.", "old", "new", firstObservedAt="2014-01-01T00:00:00Z"))
        )
        for strategy in ("SIMPLE", "DEEP"):
            answer = memory.retrieve("What did Zoe do?", strategy=strategy, asOf="2016-01-01T00:00:00Z")
            assert [p["rawDataId"] for p in answer["items"][0]["provenance"]] == ["old"]
            assert [r["rawDataId"] for r in answer["rawData"]] == ["old"]


class TestRoundTrip:
    def test_an_exported_memory_imports_as_an_equal_graph(self, memory: Memory):
        memory.extract(told(("Anna", "My sister Clara works at Initech since May 2021."), ("Anna", "Clara likes tea.")))
        memory.extract(
            {"type": "document", "title": "Porto", "parsedText": "Porto lies on the Douro.", "metadata": {"a": 1}}
        )
        first = export(memory)
        assert {row["kind"] for row in first} == {"rawData", "entity", "fact", "insight"}
        copy = other(memory, "copy")
        import_bundle(copy, bundle(*first))
        assert export(copy) == first
        assert graph(copy) == graph(memory)
        for strategy in ("SIMPLE", "DEEP"):
            mine, theirs = (m.retrieve("Where does Clara work?", strategy=strategy) for m in (memory, copy))
            assert [i["text"] for i in mine["items"]] == [i["text"] for i in theirs["items"]]
            assert [r["rawDataId"] for r in mine["rawData"]] == [r["rawDataId"] for r in theirs["rawData"]]

    def test_vectors_are_exported_on_request(self, memory: Memory):
        import_bundle(memory, STORY)
        lines = export(memory, embeddings="true")
        assert all(len(line["embedding"]) == 384 for line in lines)
        copy = other(memory, "copy")
        import_bundle(copy, bundle(*lines))
        assert export(copy, embeddings="true") == lines

    @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.data())
    def test_any_imported_bundle_is_exported_as_stored(self, memory: Memory, data: st.DataObject):
        lines = data.draw(bundles())
        name = digest(json.dumps(lines))[:16]
        stored = other(memory, name)
        import_bundle(stored, bundle(*lines))
        first = export(stored)
        copy = other(memory, name + "copy")
        import_bundle(copy, bundle(*first))
        assert export(copy) == first
        assert {row["id"] for row in first if row["kind"] == "rawData"} == {
            line["id"] for line in lines if line["kind"] == "rawData"
        }


def graph(memory: Memory) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in export(memory):
        counts[row["kind"]] = counts.get(row["kind"], 0) + 1
        for edge in ("rawData", "entities", "links", "derivedFrom"):
            counts[edge] = counts.get(edge, 0) + len(row.get(edge, []))
    return counts


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30).map("w{}".format)
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(lambda t: t.isoformat() + "+02:00")  # noqa: DTZ001


@st.composite
def bundles(draw: st.DrawFn) -> list[dict[str, Any]]:
    ids = [f"r{i}" for i in range(draw(st.integers(1, 4)))]
    kinds = st.sampled_from(["CONVERSATION", "DOCUMENT"])
    lines = [
        raw(
            id_,
            draw(TEXTS),
            type=draw(kinds),
            sequence=draw(st.integers(0, 9)),
            metadata=draw(st.dictionaries(TEXTS, st.none() | st.integers() | TEXTS, max_size=2)),
            occurredAt=draw(TIMES),
        )
        for id_ in ids
    ]
    lines.extend(
        [
            fact(
                f"f{number}",
                draw(TEXTS),
                *draw(st.lists(st.sampled_from(ids), unique=True, max_size=2)),
                entities=draw(st.lists(TEXTS, max_size=3)),
                subject=draw(st.none() | TEXTS),
                confidence=draw(st.sampled_from([0.3, 1.0])),
                observedAt=draw(TIMES),
                occurredAt=draw(st.none() | TIMES),
            )
            for number in range(draw(st.integers(0, 4)))
        ]
    )
    for number in range(draw(st.integers(0, 2))):
        known = [line["id"] for line in lines if line["kind"] == "fact"]
        points = draw(st.lists(st.sampled_from(known), max_size=2)) if known else []
        lines.append({"kind": "insight", "id": f"i{number}", "text": draw(TEXTS), "derivedFrom": points})
    return lines
