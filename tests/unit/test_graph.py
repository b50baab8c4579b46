"""Statements, filters and full-text queries, without a database."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.filters import KnowledgeFilter, MetadataCondition, MetadataFilter, Operator
from app.graph.filters import filter_parameter
from app.graph.json_properties import from_json, metadata_terms, to_json
from app.graph.lucene import character_pairs, lucene_query
from app.graph.statements import statement, with_parameters
from graph_schema.elements import INDEXES, LABELS, RELATIONSHIP_TYPES
from graph_schema.migrations import definitions, migrations

CYPHER = Path(__file__).parents[2] / "app" / "graph" / "cypher"
NAMES = sorted(str(p.relative_to(CYPHER).with_suffix("")) for p in CYPHER.rglob("*.cypher"))
STATEMENTS = [name for name in NAMES if not name.startswith("fragments/")]


def body(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("//"))


@pytest.mark.parametrize("name", STATEMENTS)
class TestStatements:
    def test_the_header_names_exactly_the_parameters(self, name: str):
        text = statement(name)
        used = set(re.findall(r"\$(\w+)", body(text)))
        header = text.split("CYPHER 25")[0]
        assert used == set(re.findall(r"\$(\w+)", header)), "header and parameters differ"

    def test_it_has_a_header_and_pins_the_cypher_version(self, name: str):
        lines = statement(name).splitlines()
        assert lines[0].startswith("// ")
        assert "CYPHER 25" in lines
        assert ";" not in body(statement(name))

    def test_labels_relationships_and_indexes_are_in_the_schema(self, name: str):
        text = re.sub(r"'[^']*'", "''", body(statement(name)))
        for group in re.findall(r"\((?:\w+)?:([\w|]+)", text):
            assert set(group.split("|")) <= LABELS
        for group in re.findall(r"\[(?:\w+)?:([\w|]+)", text):
            assert set(group.split("|")) <= RELATIONSHIP_TYPES
        for index in re.findall(r"VECTOR INDEX (\w+)", text):
            assert INDEXES[index] == "VECTOR"
        for index in re.findall(r"queryNodes\('(\w+)'", body(statement(name))):
            assert INDEXES[index] == "FULLTEXT"


class TestSentParameters:
    def test_all_parameters_are_properties_of_one_map(self):
        text, sent = with_parameters("entities/named", {"memoryId": "m", "keys": ["ana"]})
        assert sent == {"p": {"memoryId": "m", "keys": ["ana"]}}
        assert set(re.findall(r"\$[\w.]+", text)) == {"$p.memoryId", "$p.keys"}

    def test_what_users_say_is_not_in_the_drivers_log(self):
        _, sent = with_parameters("entities/named", {"memoryId": "m", "keys": ["ana"]})
        assert "ana" not in repr(sent)

    @pytest.mark.parametrize("parameters", [{"memoryId": "m"}, {"memoryId": "m", "keys": [], "key": "ana"}])
    def test_a_missing_or_unknown_parameter_is_refused(self, parameters: dict[str, Any]):
        """In a map, Neo4j would take a missing one for null."""
        with pytest.raises(TypeError, match="entities/named takes"):
            with_parameters("entities/named", parameters)


# Statements over the whole database, or for one node with an unguessable id.
UNSCOPED = {"leases/claim", "operations/find_any", "operations/summary", "operations/totals"}


@pytest.mark.parametrize(
    "name", [n for n in STATEMENTS if not n.startswith(("audit/", "keys/", "system/")) and n not in UNSCOPED]
)
def test_every_statement_on_a_memory_names_it(name: str):
    assert "$memoryId" in body(statement(name))


def test_every_migration_makes_indexes_that_the_schema_lists():
    made: set[str] = set()
    for migration in migrations():
        for text in migration.statements:
            made |= set(re.findall(r"(?:INDEX|CONSTRAINT) (\w+) IF NOT EXISTS", text))
    assert made - {"migration_version"} == set(INDEXES)


def test_an_empty_database_gets_each_index_and_constraint_once():
    found = definitions(migrations())
    assert all(text.removeprefix("CYPHER 25\n").startswith("CREATE ") for text in found)
    names = [text.split(" IF NOT EXISTS")[0].split()[-1] for text in found]
    assert len(names) == len(set(names))
    assert INDEXES.keys() <= set(names)


class TestLucene:
    @given(st.text())
    def test_no_text_can_be_an_operator(self, text: str):
        query = lucene_query("m", text)
        if query is not None:
            clause = r'(?:"[^"\\]+"(?:\^3)?|[\uac00-\ud7a3]{2}\*)'
            words = query.split("+(", 1)[1].removesuffix(")")
            assert re.fullmatch(rf"{clause}(?: {clause})*", words)
            assert query.count("memoryToken") - words.count("memoryToken") == 1

    def test_text_without_words_gives_no_query(self):
        assert lucene_query("m", "?! _ …") is None

    def test_joined_words_are_asked_for_as_they_stand(self):
        query = lucene_query("m", "Is v2.3.1 at 10.0.0.7 Pat O'Brien's?")
        assert query is not None
        assert {'"v2.3.1"^3', '"10.0.0.7"^3', '"O\'Brien"^3'} <= set(query.replace("(", " ").split())

    @pytest.mark.parametrize("part", ["a", "1", "ab.", "ab'", "我", "aा", "กา", "กขa"])
    @pytest.mark.timeout(10)
    def test_the_longest_question_takes_linear_time(self, part: str):
        assert lucene_query("m", part * (100_000 // len(part)))

    def test_a_word_keeps_its_vowel_signs(self):
        query = lucene_query("m", "राम दिल्ली में")
        assert query is not None
        assert query.endswith('+("राम" "दिल्ली" "में")')

    def test_scripts_without_spaces_are_cut_into_pairs_with_their_marks(self):
        assert character_pairs("Ana: ที่นี่ 42") == "ที่นี่"
        assert character_pairs("กาแฟ") == "กา าแ แฟ"
        assert character_pairs("Ana lives in 東京.") is None
        query = lucene_query("m", "กาแฟ?")
        assert query is not None
        assert query.endswith('+("กา" "าแ" "แฟ")')

    def test_a_long_question_is_cut_to_lucenes_limit(self):
        query = lucene_query("m", " ".join(f"w{i}" for i in range(5000)))
        assert query is not None
        assert query.count('"') <= 2 * 64


metadata_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


class TestMetadata:
    @given(st.dictionaries(st.text(max_size=6), metadata_values, max_size=4))
    def test_json_round_trips(self, metadata: dict[str, Any]):
        assert from_json(to_json(metadata)) == metadata

    @given(st.dictionaries(st.text(max_size=3), st.text(max_size=4) | st.integers(), max_size=3), st.text(max_size=3))
    def test_equality_finds_exactly_the_keys_own_value(self, metadata: dict[str, Any], path: str):
        for value in {*map(str, metadata.values()), "x"}:
            condition = MetadataCondition(path=path, operator=Operator.EQ, values=(value,))
            expected = path in metadata and str(metadata[path]) == value
            assert matches(metadata, MetadataFilter(all=(condition,))) == expected

    @pytest.mark.parametrize(
        ("operator", "path", "values", "expected"),
        [
            (Operator.EXISTS, "tags", (), True),
            (Operator.EXISTS, "tag", (), False),
            (Operator.MISSING, "tag", (), True),
            (Operator.MISSING, "none", (), True),
            (Operator.MISSING, "tags", (), False),
            (Operator.IN, "level", ("1", "2"), True),
            (Operator.IN, "level", (), False),
            (Operator.CONTAINS, "tags", ("red",), True),
            (Operator.CONTAINS, "tags", ("re",), False),
            (Operator.CONTAINS, "title", ("arb",), True),
            (Operator.CONTAINS, "title", ("title",), False),
            (Operator.EQ, "done", ("true",), True),
        ],
    )
    def test_operators_mean_what_the_contract_says(
        self, operator: Operator, path: str, values: tuple[str, ...], expected: bool
    ):
        metadata = {"tags": ["red", "blue"], "level": 2, "title": "harbour", "done": True, "none": None}
        condition = MetadataCondition(path=path, operator=operator, values=values)
        assert matches(metadata, MetadataFilter(all=(condition,))) == expected
        assert matches(metadata, MetadataFilter(none=(condition,))) != expected


def matches(metadata: dict[str, Any], metadata_filter: MetadataFilter) -> bool:
    """Python version of the fragments' condition; an integration test checks the same cases in Neo4j."""
    terms = metadata_terms(metadata)
    parameter = filter_parameter(KnowledgeFilter(metadata=metadata_filter))

    def holds(c: dict[str, Any]) -> bool:
        found = any(
            t in c["exact"] or (t.startswith(c["prefix"]) and c["text"] in t[len(c["prefix"]) :]) for t in terms
        )
        return c["negated"] != found

    return all(any(map(holds, clause)) for clause in parameter["clauses"])
