"""The time span that a question names, if any."""

import re
from datetime import datetime, timedelta

from msgspec import Struct

from app.extraction.dates import time_spans

_LAST_DAYS = re.compile(
    r"\b(?:last|past) (?P<number>\d{1,3}|few|couple of|two|three|four|five|six|seven) (?P<unit>day|week|month)s?\b",
    re.IGNORECASE | re.ASCII,
)
_LAST_DAYS_CHINESE = re.compile(r"(?:最近|过去)(?P<number>\d{1,3})天")
_RECENTLY = re.compile(r"\brecent(?:ly)?\b|\blately\b|最近", re.IGNORECASE)
_DAYS = {"day": 1, "week": 7, "month": 30}
_WORDS = {"few": 3, "couple of": 2, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}
_RECENT_DAYS = 7  # "recently", "lately"


class QuestionTime(Struct, frozen=True, kw_only=True):
    """A half-open interval [start, end)."""

    start: datetime
    end: datetime


def question_time(text: str, clock: datetime) -> QuestionTime | None:
    """The first time expression of a question, resolved against the clock; "recently" is the last seven days."""
    if match := _LAST_DAYS.search(text):
        number = match["number"].lower()
        days = (int(number) if number.isdigit() else _WORDS[number]) * _DAYS[match["unit"].lower()]
        return QuestionTime(start=clock - timedelta(days=days), end=clock)
    if match := _LAST_DAYS_CHINESE.search(text):
        return QuestionTime(start=clock - timedelta(days=int(match["number"])), end=clock)
    for span in time_spans(text, clock):
        return QuestionTime(start=span.time.start, end=span.time.end)
    if _RECENTLY.search(text):
        return QuestionTime(start=clock - timedelta(days=_RECENT_DAYS), end=clock)
    return None
