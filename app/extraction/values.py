"""Comparing two values of one slot: can both hold?"""

import re
from collections.abc import Callable

from app.domain.names import singular
from app.domain.scripts import LETTERS
from app.domain.slots import VALUES, Value, kind_of
from app.domain.words import words
from app.extraction.english import NUMBER_WORDS, TENS
from app.extraction.places import are_apart

_WORD = re.compile(LETTERS)
_NUMBER = re.compile(r"\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?")
_ISO = re.compile(r"(?:\d{4}-)?\d{2}(?:-\d{2})?")
_CLOCK = re.compile(r"(?P<hour>2[0-4]|[01]?\d)(?:[:.](?P<minute>[0-5]\d))?\s*(?P<half>[ap])?", re.IGNORECASE)
_PARTS = frozenset({"half", "quarter", "hundred", "thousand", "dozen", "million", "k"})
_CURRENCIES = {"€": "euro", "eur": "euro", "$": "dollar", "usd": "dollar", "£": "pound", "gbp": "pound"}
_SMALL = words("a an the my our his her their your its of in on at to for with and is now new per each every port")
_HOURS = frozenset({"hour", "opening time", "closing time"})
_DAYS = frozenset({"date", "birthday"})
_DIGITS = frozenset({"number", "phone"})
_AT_LEAST_DIGITS = 6  # of a phone number without its area
_QUANTITIES = frozenset({Value.NUMBER, Value.DURATION})


def differ(slot: str, old: str, new: str) -> bool | None:
    """Return True if the slot has another value now; None if that can't be told from the values: "Elm Street" and "Leeds".

    `slot`: the key of a fact's slot, "ana|home". "Porto" and "Porto, Portugal" are one value, told more exactly.
    """
    kind = kind_of(slot)
    compared: Callable[[str, str], bool | None] = _words_differ
    if kind in _DAYS:
        compared = _days_differ
    elif kind in _HOURS:
        compared = _hours_differ
    elif kind == "home":
        compared = _homes_differ
    elif kind in _DIGITS:
        compared = _digits_differ
    elif kind != "version" and VALUES.get(kind) in _QUANTITIES:
        compared = _quantities_differ
    return compared(old, new)


def content(text: str | None) -> set[str]:
    return {singular(w.casefold()) for w in _WORD.findall(text or "")} - _SMALL


def _words_differ(old: str, new: str) -> bool:
    left, right = content(old), content(new)
    return bool(left) and bool(right) and not left <= right and not right <= left


def _days_differ(old: str, new: str) -> bool:
    """Compare ISO dates; "2026-05" holds every day of May. Words, as an earlier version stored them, prove nothing."""
    if not _ISO.fullmatch(old) or not _ISO.fullmatch(new):
        return False
    return not old.startswith(new) and not new.startswith(old)


def _digits_differ(old: str, new: str) -> bool:
    """Compare phone numbers, written with or without spaces, signs and area."""
    left, right = (re.sub(r"\D", "", text) for text in (old, new))
    shorter, longer = sorted((left, right), key=len)
    if not shorter:
        return False
    return not longer.endswith(shorter) if len(shorter) >= _AT_LEAST_DIGITS else left != right


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
    return numbers + _named_numbers(re.findall(r"[a-z]+", lower)), units - NUMBER_WORDS.keys()


def _named_numbers(said: list[str]) -> list[float]:
    """Return the numbers that words name, "forty-two" as one."""
    found: list[float] = []
    before = ""
    for word in said:
        number = NUMBER_WORDS.get(word)
        if number is not None and before in TENS and number < 10:
            found[-1] += number
        elif number is not None:
            found.append(float(number))
        before = word
    return found


def number_of(word: str) -> int | None:
    """Return the number that an English word names, up to ninety."""
    return NUMBER_WORDS.get(word.casefold())


def _number(text: str) -> float:
    grouped = re.fullmatch(r"(\d{1,3}(?:[.,]\d{3})+)(?:[.,](\d{1,2}))?", text)
    if grouped is None:
        return float(text.replace(",", "."))
    return float(f"{re.sub(r'[.,]', '', grouped[1])}.{grouped[2] or 0}")


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
    if found is None or re.search(r"\b(?:past|to|half|quarter)\b", lower):
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if found["half"]:
        hour = hour % 12 + (12 if found["half"] == "p" else 0)
    return 60 * hour + minute, bool(found["half"]) or hour > 12 or found["hour"].startswith("0")
