"""Values of one slot: which can't both hold."""

import pytest

from app.extraction.places import are_apart
from app.extraction.values import differ


@pytest.mark.parametrize(
    ("slot", "old", "new", "expected"),
    [
        ("rent|rent", "1200 euros", "€1,200", False),
        ("rent|rent", "1200 euros", "1300 euros", True),
        ("rent|rent", "900 euros a month", "10800 euros a year", False),
        ("pass|price", "40 euros", "forty euros", False),
        ("film|duration", "90 minutes", "an hour and a half", False),
        ("plan|price", "12.50 euros", "12,50 euros", False),
        ("shop|opening time", "9", "9:00", False),
        ("shop|opening time", "9 am", "9:00", False),
        ("shop|opening time", "9:00", "10:00", True),
        ("shop|closing time", "9 pm", "21:00", False),
        ("shop|closing time", "20:00", "22:00", True),
        ("bus|hour", "half past 6", "6:30", False),
        ("ana|age", "forty-two", "42", False),
        ("tv|price", "$1,000.50", "1000.50 dollars", False),
        ("ana|number|phone", "0151-2345678", "01512345678", False),
        ("ana|number|phone", "0151 2345678", "0170 9876543", True),
        ("app|version", "3.1", "3.2", True),
        ("trip|date", "June 12", "2026-06-13", False),
        ("shop|closing time", "6 pm", "18:00", False),
        ("shop|closing time", "noon", "12:30", True),
        ("trip|date", "2026-05-12", "2026-05", False),
        ("trip|date", "2026-03-12", "2026-12-03", True),
        ("ana|birthday", "06-03", "06-04", True),
        ("ana|home", "Munich", "Germany", False),
        ("ana|home", "Lisbon", "Spain", True),
        ("ana|home", "Porto", "Porto, Portugal", False),
        ("ana|home", "Elm Street 5", "Leeds", None),
        ("ana|dentist", "Dr. Petrova", "Petrova", False),
        ("ana|dentist", "Dr. Petrova", "Dr. Haddad", True),
    ],
)
def test_values_are_compared_as_what_they_are(slot: str, old: str, new: str, expected: bool | None):
    assert differ(slot, old, new) is expected
    assert differ(slot, new, old) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Berlin", "Porto", True),
        ("Brooklyn", "New York", False),
        ("Austin", "Texas", False),
        ("Boston", "California", True),
        ("São Paulo", "sao paulo", False),
        ("Bath", "Bristol", None),
        ("Berlin", "Nowhereville", None),
    ],
)
def test_places_lie_apart_or_may_be_one_in_the_other(one: str, other: str, expected: bool | None):
    assert are_apart(one, other) is expected
    assert are_apart(other, one) is expected
