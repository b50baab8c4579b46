"""The local reader on labelled stories: what holds, what is closed, dates, speakers, names (see labelled/stories)."""

from collections import Counter

import pytest

from tests.unit.stories import Fault, faults, stories

# The smallest share of stories of a kind whose labels all hold.
_SHARES = {
    "closing": 0.85,
    "dates": 0.95,
    "dropped": 0.9,
    "entities": 0.95,
    "identifiers": 0.95,
    "injection": 1.0,
    "languages": 1.0,
    "speakers": 0.95,
    "standing": 0.95,
}


@pytest.fixture(scope="module")
def found() -> dict[str, list[list[Fault]]]:
    results: dict[str, list[list[Fault]]] = {}
    for kind, story in stories():
        results.setdefault(kind, []).append(list(faults(kind, story)))
    return results


def test_there_are_at_least_1500_stories():
    assert len(stories()) >= 1500


@pytest.mark.parametrize("kind", sorted(_SHARES))
def test_most_stories_of_each_kind_are_read_right(found: dict[str, list[list[Fault]]], kind: str):
    read = found[kind]
    right = sum(not of_story for of_story in read)
    print(f"{kind}: {right} of {len(read)}")
    for fault in (fault for of_story in read for fault in of_story):
        print(f"  {fault.label}: {fault.phrase!r} in {fault.told[:120]!r}: {fault.found[:160]}")
    assert right >= _SHARES[kind] * len(read)


def test_nothing_is_closed_falsely_and_no_date_is_invented(found: dict[str, list[list[Fault]]]):
    labels = Counter(fault.label for kind in found.values() for of_story in kind for fault in of_story)
    assert labels["false closing"] == 0
    assert labels["invented date"] == 0
    assert labels["flagged"] == 0
    assert labels["not_about"] == 0
