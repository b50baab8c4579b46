"""Lines for a prompt, from results."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.retrieval import Provenance, RetrievalResult, RetrievalStatus, RetrievedItem, RetrievedRawData, Strategy
from app.retrieval.context import context_lines

DAY = datetime(2026, 1, 2, tzinfo=UTC)


def item(
    id_: str, text: str, source: str, *, quote: str = "", conflicts_with: list[str] | None = None
) -> RetrievedItem:
    return RetrievedItem(
        id=id_, text=text, vector_score=0.5, final_score=1, category="profile", observed_at=DAY, occurred_at=None,
        metadata={}, provenance=[Provenance(raw_data_id=source, quote=quote)], path=[], path_text="",
        conflicts_with=conflicts_with or [], speaker="Ana",
    )  # fmt: skip


def raw(id_: str, text: str, **more: Any) -> RetrievedRawData:
    return RetrievedRawData(
        raw_data_id=id_, caption=text, max_score=1, item_ids=[], type="CONVERSATION", source_client="api", metadata={},
        start_time=DAY, end_time=DAY, created_at=DAY, text=text, speaker="Ana", **more,
    )  # fmt: skip


def lines(items: list[RetrievedItem], raw_data: list[RetrievedRawData]) -> list[str]:
    result = RetrievalResult(
        status=RetrievalStatus.SUCCESS, strategy=Strategy.DEEP, query="?", items=items, raw_data=raw_data
    )
    return [line.text for line in context_lines(result)]


def test_a_message_and_its_facts_are_one_line() -> None:
    facts = [
        item("2", "Ana: My dog hates rain.", "m", quote="My dog hates rain"),
        item("1", "Ana: I moved to Braga", "m", quote="I moved to Braga"),
    ]
    assert lines(facts, [raw("m", "I moved to Braga, and My dog hates rain.")]) == [
        "Ana: I moved to Braga; My dog hates rain."
    ]
    assert lines([facts[0], facts[0]], []) == ["Ana: My dog hates rain."]


@pytest.mark.parametrize(
    "said", ["Got it.", "OK, thanks!", "Where do you live?", "どこに住んでいますか？", "Hm", "谢谢！", "👍"]
)
def test_what_says_nothing_is_left_out(said: str) -> None:
    assert lines([], [raw("m", said)]) == []


@pytest.mark.parametrize(
    "said",
    ["Call me at 5.", "I'm pregnant!", "I quit smoking", "Soy vegetariana.", "Vivo en Madrid.", "好的，我住在北京。"],
)
def test_what_says_something_stays(said: str) -> None:
    assert lines([], [raw("m", said)]) == [f"Ana: {said}"]


def test_questions_that_became_items_are_left_out() -> None:
    assert lines([item("1", "Ana: Do you like it?", "m"), item("2", "Ana: I do.", "n")], []) == ["Ana: I do."]


def test_outdated_messages_are_left_out_unless_a_fact_of_theirs_is_there() -> None:
    old = raw("m", "I live in Faro, near the sea.", outdated=True)
    assert lines([], [old]) == []
    assert lines([item("1", "Ana: I live in Faro", "m")], [old]) == ["Ana: I live in Faro"]


def test_the_newer_of_two_that_contradict_each_other_is_first_and_both_are_marked() -> None:
    result = RetrievalResult(
        status=RetrievalStatus.SUCCESS,
        strategy=Strategy.DEEP,
        query="?",
        items=[
            item("1", "Ana: Nox is a dog.", "a"),
            item("2", "Ana: It rains.", "b"),
            item("3", "Ana: Nox is a cat.", "c", conflicts_with=["1", "9"]),
        ],
    )
    found = context_lines(result)
    assert [(line.text, line.contradicts, line.contradicted) for line in found] == [
        ("Ana: Nox is a cat.", ["1"], False),
        ("Ana: Nox is a dog.", [], True),
        ("Ana: It rains.", [], False),
    ]


def test_only_the_speakers_name_is_taken_away() -> None:
    facts = [item("1", "The meeting starts at 10:00.", "m"), item("2", "The meeting starts at 10:30 on Fridays.", "m")]
    assert lines(facts, []) == ["The meeting starts at 10:00. The meeting starts at 10:30 on Fridays."]


def test_long_messages_are_cut_at_a_word() -> None:
    (line,) = lines([], [raw("m", "word " * 200)])
    assert line.endswith("word …")
    assert len(line) < 420
