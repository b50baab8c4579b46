"""Whether two values of one slot can't both hold."""

import re
from collections.abc import Callable

from app.domain.names import singular
from app.domain.slots import VALUES, Value
from app.domain.words import words
from app.extraction.places import are_apart

_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d{3})+(?!\d)|\d+(?:[.,]\d+)?")
_CLOCK = re.compile(r"(?P<hour>[01]?\d|2[0-4])(?:[:.](?P<minute>[0-5]\d))?\s*(?P<half>[ap])?", re.IGNORECASE)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
         "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")  # fmt: skip
_NUMBER_WORDS = {name: number for number, name in enumerate(_ONES, start=1)} | {
    name: 10 * number for number, name in enumerate(_TENS, start=2)
}
_PARTS = frozenset({"half", "quarter", "hundred", "thousand", "dozen", "million", "k"})
_CURRENCIES = {"€": "euro", "eur": "euro", "$": "dollar", "usd": "dollar", "£": "pound", "gbp": "pound"}
_SMALL = words("a an the my our his her their your its of in on at to for with and is now new per each every port")
_HOURS = frozenset({"hour", "opening time", "closing time"})
_DAYS = frozenset({"date", "birthday"})
_QUANTITIES = frozenset({Value.NUMBER, Value.DURATION})


def differ(slot: str, old: str, new: str) -> bool | None:
    """Return True if the slot has another value now; None if that can't be told from the values: "Elm Street" and "Leeds".

    `slot`: the key of a fact's slot, "ana|home". "Porto" and "Porto, Portugal" are one value, told more exactly.
    """
    kind = slot.partition("|")[2].partition("|")[0]
    compared: Callable[[str, str], bool | None] = _words_differ
    if kind in _DAYS:
        compared = _days_differ
    elif kind in _HOURS:
        compared = _hours_differ
    elif kind == "home":
        compared = _homes_differ
    elif VALUES.get(kind) in _QUANTITIES:
        compared = _quantities_differ
    return compared(old, new)


def content(text: str | None) -> set[str]:
    return {singular(w.casefold()) for w in _WORD.findall(text or "")} - _SMALL


def _words_differ(old: str, new: str) -> bool:
    left, right = content(old), content(new)
    return bool(left) and bool(right) and not left <= right and not right <= left


def _days_differ(old: str, new: str) -> bool:
    """ISO dates; "2026-05" holds every day of May."""
    return not old.startswith(new) and not new.startswith(old)


def _homes_differ(old: str, new: str) -> bool | None:
    return are_apart(old, new) if _words_differ(old, new) else False


def _quantities_differ(old: str, new: str) -> bool:
    """Return True for other numbers of the same units; "an hour and a half" can't be compared with "90 minutes"."""
    (left, left_units), (right, right_units) = _quantity(old), _quantity(new)
    if not left or not right or (left_units | right_units) & _PARTS:
        return False
    return left != right and (left_units <= right_units or right_units <= left_units)


def _quantity(text: str) -> tuple[list[float], set[str]]:
    lower = text.casefold()
    for sign, name in _CURRENCIES.items():
        lower = re.sub(rf"(?<![a-z]){re.escape(sign)}(?![a-z])", f" {name} ", lower)
    numbers = [_number(found) for found in _NUMBER.findall(lower)]
    units = {singular(w) for w in re.findall(r"[^\W\d_]+", lower)} - _SMALL
    numbers += [float(_NUMBER_WORDS[w]) for w in re.findall(r"[a-z]+", lower) if w in _NUMBER_WORDS]
    return numbers, units - _NUMBER_WORDS.keys()


def number_of(word: str) -> int | None:
    """Return the number that an English word names, up to ninety."""
    return _NUMBER_WORDS.get(word.casefold())


def _number(text: str) -> float:
    grouped = re.fullmatch(r"\d+(?:[.,]\d{3})+", text)
    return float(re.sub(r"[.,]", "", text) if grouped else text.replace(",", "."))


def _hours_differ(old: str, new: str) -> bool:
    left, right = _minutes(old), _minutes(new)
    if left is None or right is None:
        return False
    (one, exact), (other, exact2) = left, right
    return (one - other) % (24 * 60 if exact and exact2 else 12 * 60) != 0


def _minutes(text: str) -> tuple[int, bool] | None:
    """Return the minutes since midnight, and whether the half of the day is known; None without an hour."""
    lower = text.casefold()
    if "noon" in lower or "midnight" in lower:
        return (12 * 60 if "noon" in lower else 0), True
    found = _CLOCK.search(lower)
    if found is None:
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if found["half"]:
        hour = hour % 12 + (12 if found["half"] == "p" else 0)
    return 60 * hour + minute, bool(found["half"]) or hour > 12 or found["hour"].startswith("0")
