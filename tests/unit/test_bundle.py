"""Lines of a bundle, and the set of ids of an upload."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.bundle import FactLine, InvalidLine, LineMention, RawDataLine, parse_line, write_line
from app.domain.id_set import IdSet
from app.graph.lucene import lucene_query


def parse(**line: Any) -> Any:
    return parse_line(msgspec.json.encode(line), dimension=2)


class TestLines:
    def test_lines_round_trip(self):
        line = parse(kind="rawData", id="a", text="x\ny", type="CONVERSATION", previous=None, metadata={"k": [1]})
        assert isinstance(line, RawDataLine)
        assert parse_line(write_line(line), dimension=2) == line
        assert write_line(line).count(b"\n") == 1

    def test_absent_is_not_null(self):
        assert parse(kind="rawData", id="a", text="x").previous is msgspec.UNSET
        assert parse(kind="rawData", id="a", text="x", previous=None).previous is None

    def test_a_mentions_role_is_inferred_from_the_fact(self):
        line = parse(
            kind="fact",
            id="f",
            text="A knows B",
            subject="a",
            object="B",
            entities=["A", "B", "C", {"name": "A", "role": "x"}],
        )
        assert isinstance(line, FactLine)
        assert [role for _, role, _ in line.mentions] == ["subject", "object", "mention", "x"]
        assert line.entities[-1] == LineMention(name="A", role="x")

    @pytest.mark.parametrize(
        "line",
        [
            {"kind": "fact", "id": "f", "text": " "},
            {
                "kind": "fact",
                "id": "f",
                "text": "x",
                "occurredStart": "2024-02-01T00:00:00Z",
                "occurredEnd": "2024-01-01T00:00:00Z",
            },
            {"kind": "fact", "id": "f", "text": "x", "rawData": [{"id": "r", "start": 3}]},
            {"kind": "fact", "id": "f", "text": "x", "observedAt": "2024-02-01T00:00:00"},
            {"kind": "fact", "id": "f", "text": "x", "links": [{"type": "OWNS", "to": "g"}]},
            {"kind": "rawData", "id": "", "text": "x"},
            {"kind": "rawData", "id": "r", "text": "x", "embedding": [1.0]},
            {"kind": "insight", "id": "i", "text": "x", "tier": "TWIG"},
        ],
    )
    def test_invalid_lines_are_refused(self, line: dict[str, Any]):
        with pytest.raises(InvalidLine):
            parse(**line)

    @given(st.binary(max_size=40))
    def test_any_bytes_raise_invalid_line(self, line: bytes):
        with pytest.raises(InvalidLine):
            parse_line(line, dimension=2)


class TestIdSet:
    @given(st.lists(st.text(max_size=4), max_size=60))
    def test_it_is_a_set(self, ids: list[str]):
        known, expected = IdSet(), set[str]()
        for id_ in ids:
            assert known.add(id_) == (id_ not in expected)
            expected.add(id_)
        assert all(id_ in known for id_ in expected)
        assert "not among them" not in known

    def test_it_keeps_all_ids_when_it_grows(self):
        known = IdSet()
        assert all(known.add(f"id {i}") for i in range(160_000))
        assert not any(known.add(f"id {i}") for i in range(0, 160_000, 997))
        assert "id 160000" not in known


class TestWordsOfOtherScripts:
    @pytest.mark.parametrize(
        ("text", "clauses"),
        [
            ("北京大学", '"北京" "京大" "大学"'),
            ("水", '"水"'),
            ("서울에서", '"서울에서" 서울*'),
            ("Anna's 猫", '"Anna" "猫"'),
            ("コーヒーを飲む", '"コーヒー" "を飲" "飲む"'),
        ],
    )
    def test_ideographs_become_bigrams(self, text: str, clauses: str):
        query = lucene_query("m", text)
        assert query is not None
        assert set(query.split("+(", 1)[1].removesuffix(")").split()) == set(clauses.split())
