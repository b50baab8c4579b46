"""Relations of new facts to older ones, measured on labelled stories (tests/unit/labelled, written for this)."""

from collections import Counter
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.domain.slots import Slot, slot_of
from app.extraction.reconciliation import ComparedFact, FactRelation, may_close, relate

_STORIES = Path(__file__).parent / "labelled" / "story_pairs.tsv"


def _stories() -> list[tuple[ComparedFact, ComparedFact, FactRelation]]:
    rows = [line.split("\t") for line in _STORIES.read_text().splitlines()]
    return [
        (
            ComparedFact(subject=row[0], predicate=row[1], object=row[2], text=row[3]),
            ComparedFact(subject=row[4], predicate=row[5], object=row[6], text=row[7]),
            FactRelation(row[8]),
        )
        for row in rows
    ]


def test_closings_have_high_precision_on_labelled_stories() -> None:
    stories = _stories()
    assert len(stories) >= 100
    confusion = Counter((truth, relate(older, newer)) for older, newer, truth in stories)
    for relation in (FactRelation.CONTRADICTION, FactRelation.REFINEMENT, FactRelation.DUPLICATE, FactRelation.NEW):
        right = confusion[relation, relation]
        said = sum(n for (_, found), n in confusion.items() if found is relation)
        truly = sum(n for (truth, _), n in confusion.items() if truth is relation)
        print(f"{relation:14} precision {right / said:.3f}  recall {right / truly:.3f}  of {truly}")
    closed = sum(n for (_, found), n in confusion.items() if found is FactRelation.CONTRADICTION)
    assert confusion[FactRelation.CONTRADICTION, FactRelation.CONTRADICTION] / closed >= 0.95
    assert confusion[FactRelation.CONTRADICTION, FactRelation.CONTRADICTION] >= 22
    # Apparent contradictions must leave both facts valid.
    assert confusion[FactRelation.NEW, FactRelation.CONTRADICTION] == 0
    assert confusion[FactRelation.NEW, FactRelation.DUPLICATE] == 0


def _said(text: str, predicate: str, thing: str, *, by: str | None = None) -> ComparedFact:
    return ComparedFact(
        text=text, subject="Ana", predicate=predicate, object=thing, told_by=frozenset([by] if by else [])
    )


@pytest.mark.parametrize(
    ("older", "newer", "relation"),
    [
        (("Ana lives in Faro.", "lives in", "Faro"), ("Ana moved to Porto.", "moved to", "Porto"), "contradiction"),
        (("Ana lives_in Faro.", "lives_in", "Faro"), ("Ana moved to Porto.", "moved_to", "Porto"), "contradiction"),
        (("Ana lives in Faro.", "lives in", "Faro"), ("Ana wants to move to Porto.", "wants to move to", "Porto"), "new"),
        (("Ana lives in Faro.", "lives in", "Faro"), ("Ana lived in Porto in 2015.", "lived in", "Porto"), "new"),
        (("Ana works at Globex.", "works at", "Globex"), ("Ana left Globex.", "left", "Globex"), "contradiction"),
        (("Ana met Globex.", "met", "Globex"), ("Ana left Globex.", "left", "Globex"), "new"),
        (("Ana has a cat.", "has", "a cat"), ("Ana has a dog.", "has", "a dog"), "new"),
        (("Ana has a cat.", "has", "a cat"), ("Ana gave away her cat.", "gave away", "her cat"), "contradiction"),
        (("Ana likes tea.", "likes", "tea"), ("Ana does not like tea.", "does not like", "tea"), "contradiction"),
        (("Ana sold a bike to Rosa.", "sold", "Rosa"), ("Ana sold a car to Rosa.", "sold", "Rosa"), "new"),
        (("Ana prefers tea over coffee.", "prefers", "tea over coffee"),
         ("Ana prefers coffee over tea.", "prefers", "coffee over tea"), "undecided"),
        (("Ana flew from Rome to Paris.", "flew", "Rome"), ("Ana flew from Paris to Rome.", "flew", "Rome"), "new"),
        (("Ana was a vegetarian.", "was", "a vegetarian"), ("Ana is a vegetarian.", "is", "a vegetarian"), "new"),
        (("Ana works at Globex.", "works at", "Globex"), ("Ana joined the chess club.", "joined", "the chess club"), "new"),
        (("Ana lives in Porto.", "lives in", "Porto"), ("Ana lives with Ben.", "lives with", "Ben"), "new"),
        (("Ana is married to Ben.", "is married to", "Ben"), ("Ana is seeing a coach.", "is seeing", "a coach"), "new"),
        (("Ana works as a nurse.", "works as", "a nurse"), ("Ana became a mother.", "became", "a mother"), "new"),
        (("Ana pays 900 for rent.", "pays", "900 for rent"), ("Ana pays 20 for the gym.", "pays", "20 for the gym"), "new"),
        (("Ana turned 30.", "turned", "30"), ("Ana turned down the offer.", "turned down", "the offer"), "new"),
        (("Ana owes Ben 5 euros.", "owes", "Ben"), ("Ana owes Ben 9 euros.", "owes", "Ben"), "new"),
    ],
)  # fmt: skip
def test_single_stories(older: tuple[str, str, str], newer: tuple[str, str, str], relation: str) -> None:
    assert relate(_said(*older), _said(*newer)) == relation


def test_similar_texts_without_a_rule_are_left_to_the_model() -> None:
    older, newer = (
        _said("Ana trains on Mondays.", "trains", "Mondays"),
        _said("Ana trains on Fridays.", "trains", "Fridays"),
    )
    assert relate(older, newer, cosine=0.9) is FactRelation.UNDECIDED
    assert relate(older, newer, cosine=0.4) is FactRelation.NEW


def test_hearsay_does_not_close_a_first_person_statement() -> None:
    own = _said("Ana lives in Faro.", "lives in", "Faro", by="ana")
    assert not may_close(own, _said("Ana moved to jail.", "moved to", "jail", by="mallory"))
    assert may_close(own, _said("Ana moved to Porto.", "moved to", "Porto", by="ana"))
    assert may_close(
        _said("Ana lives in Faro.", "lives in", "Faro", by="ben"), _said("…", "moved to", "Porto", by="dan")
    )
    # Also stated by Ana herself, and by an Ana with only a first name.
    both = replace(own, told_by=frozenset(["ben", "ana"]))
    assert not may_close(both, _said("Ana moved to jail.", "moved to", "jail", by="mallory"))
    full = replace(own, subject="Ana Duarte")
    assert not may_close(full, _said("Ana Duarte moved to jail.", "moved to", "jail", by="mallory"))


@pytest.mark.parametrize(
    ("predicate", "text", "slot"),
    [
        ("favorite color is", "", Slot("favourite", "color")),
        ("is", "Ana's favourite film is Ran.", None),
        ("prefers", "Ana prefers tea.", Slot("favourite")),
        ("located in", "Kew Gardens is located in England.", None),
        ("relocated to", "Ana relocated to Porto.", Slot("home")),
        ("worked at", "", None),
        (None, "Ana", None),
    ],
)
def test_slots(predicate: str | None, text: str, slot: Slot | None) -> None:
    assert slot_of(predicate, text) == slot
