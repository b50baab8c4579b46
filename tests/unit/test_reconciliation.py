"""Relations of new facts to older ones, on labelled pairs as a model writes them (tests/unit/labelled/story_pairs.tsv)."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.domain.knowledge import Category, Fact
from app.domain.slots import slot_of
from app.extraction.fact_claims import with_claims
from app.extraction.reconciliation import ComparedFact, FactRelation, may_close, relate

_STORIES = Path(__file__).parent / "labelled" / "story_pairs.tsv"


def compared(subject: str, predicate: str, thing: str, text: str, *, by: str | None = None) -> ComparedFact:
    fact = Fact(
        text=text,
        category=Category.EVENT,
        evidence=[],
        mentions=[],
        observed_at=datetime(2026, 3, 4, tzinfo=UTC),
        subject=subject,
        predicate=predicate,
        object=thing,
    )
    (read,) = with_claims([fact])
    return ComparedFact(
        text=text,
        subject=subject,
        predicate=predicate,
        object=thing,
        slot=read.slot,
        value=read.value,
        ending=read.ending,
        told_by=frozenset([by] if by else []),
    )


def said(text: str, predicate: str, thing: str, *, by: str | None = None) -> ComparedFact:
    return compared("Ana", predicate, thing, text, by=by)


def test_no_labelled_pair_is_closed_falsely() -> None:
    rows = [line.split("\t") for line in _STORIES.read_text().splitlines()]
    assert len(rows) >= 100
    confusion: Counter[tuple[str, FactRelation]] = Counter()
    for row in rows:
        older, newer = compared(*row[0:4]), compared(*row[4:8])
        confusion[row[8], relate(older, newer)] += 1
    for truth, found in sorted(confusion):
        print(f"{truth:14} found as {found:14} {confusion[truth, found]}")
    false = [n for (truth, found), n in confusion.items() if found is FactRelation.CONTRADICTION and truth != found]
    assert sum(false) == 0
    assert confusion["contradiction", FactRelation.CONTRADICTION] >= 13


@pytest.mark.parametrize(
    ("older", "newer", "relation"),
    [
        (("Ana lives in Faro.", "lives in", "Faro"), ("Ana moved to Porto.", "moved to", "Porto"), "contradiction"),
        (("Ana lives in Faro.", "lives in", "Faro"), ("Ana wants to move to Porto.", "wants to move to", "Porto"), "new"),
        (("Ana lives in Faro.", "lives in", "Faro"), ("Ana lived in Porto in 2015.", "lived in", "Porto"), "new"),
        (("Ana works at Globex.", "works at", "Globex"), ("Ana left Globex.", "left", "Globex"), "contradiction"),
        (("Ana met Globex.", "met", "Globex"), ("Ana left Globex.", "left", "Globex"), "new"),
        (("Ana has a cat.", "has", "a cat"), ("Ana has a dog.", "has", "a dog"), "new"),
        (("Ana has a cat.", "has", "a cat"), ("Ana gave away her cat.", "gave away", "her cat"), "contradiction"),
        (("Ana likes tea.", "likes", "tea"), ("Ana does not like tea.", "does not like", "tea"), "contradiction"),
        (("Ana sold a bike to Rosa.", "sold", "Rosa"), ("Ana sold a car to Rosa.", "sold", "Rosa"), "new"),
        (("Ana prefers tea.", "prefers", "tea"), ("Ana prefers window seats.", "prefers", "window seats"), "new"),
        (("Ana was a vegetarian.", "was", "a vegetarian"), ("Ana is a vegetarian.", "is", "a vegetarian"), "new"),
        (("Ana works at Globex.", "works at", "Globex"), ("Ana joined the chess club.", "joined", "the chess club"), "new"),
        (("Ana lives in Porto.", "lives in", "Porto"), ("Ana lives with Ben.", "lives with", "Ben"), "new"),
        (("Ana is married to Ben.", "is married to", "Ben"), ("Ana is seeing a coach.", "is seeing", "a coach"), "new"),
        (("Ana works at Globex.", "works at", "Globex"), ("Ana works for eight hours.", "works for", "hours"), "new"),
        (("Ana lives in Faro.", "lives in", "Faro"), ("Ana moved to the sales team.", "moved to", "the sales team"), "new"),
        (("Ana turned 30.", "turned", "30"), ("Ana turned down the offer.", "turned down", "the offer"), "new"),
    ],
)  # fmt: skip
def test_single_stories(older: tuple[str, str, str], newer: tuple[str, str, str], relation: str) -> None:
    assert relate(said(*older), said(*newer)) == relation


def test_similar_texts_without_a_rule_are_left_to_the_model() -> None:
    older, newer = (
        said("Ana trains on Mondays.", "trains", "Mondays"),
        said("Ana trains on Fridays.", "trains", "Fridays"),
    )
    assert relate(older, newer, cosine=0.95) is FactRelation.UNDECIDED
    assert relate(older, newer, cosine=0.4) is FactRelation.NEW


def test_only_the_person_closes_what_they_said_of_themselves() -> None:
    own = said("Ana lives in Faro.", "lives in", "Faro", by="ana")
    assert not may_close(own, said("Ana moved to jail.", "moved to", "jail", by="mallory"))
    assert not may_close(own, said("Ana moved to Porto.", "moved to", "Porto"))
    assert not may_close(own, said("Ana moved to Porto.", "moved to", "Porto", by="assistant"))
    assert may_close(own, said("Ana moved to Porto.", "moved to", "Porto", by="ana"))
    assert may_close(said("Ana lives in Faro.", "lives in", "Faro", by="ben"), said("…", "moved to", "Porto", by="dan"))
    # What is theirs, too, and an Ana with only a first name.
    wedding = replace(own, subject="Ana's wedding", slot="ana wedding|date")
    assert not may_close(wedding, said("Ana's wedding is on 3 May.", "is on", "3 May", by="mallory"))
    full = replace(own, subject="Ana Duarte")
    assert not may_close(full, said("Ana Duarte moved to jail.", "moved to", "jail", by="mallory"))


def test_sources_of_lower_standing_close_nothing() -> None:
    by_person = compared("The fee", "is", "9 euros", "The fee is 9 euros.", by="ben")
    by_document = replace(by_person, told_by=frozenset())
    by_assistant = replace(by_person, told_by=frozenset(["assistant"]))
    assert may_close(by_document, by_person)
    assert may_close(by_document, by_document)
    assert not may_close(by_person, by_document)
    assert not may_close(by_document, by_assistant)


@pytest.mark.parametrize(
    ("predicate", "slot"), [("lives_in", "home"), ("Works at", "employer"), ("located in", None), (None, None)]
)
def test_slots_of_bare_predicates(predicate: str | None, slot: str | None) -> None:
    assert slot_of(predicate) == slot
