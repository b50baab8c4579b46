"""Time expressions, resolved against the clock of the message that used them.

English, and common Chinese ones. Weeks start on Monday (ISO 8601), days at midnight in the clock's own zone.
Intervals are half-open. "On Friday" is the nearest Friday in the direction of the sentence's tense.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct

from app.domain.knowledge import Granularity, TimeSpan
from app.extraction.english import MONTHS, NUMBER_WORDS, WEEKDAYS

_MONTH_NUMBER = (
    {name: i + 1 for i, name in enumerate(MONTHS)} | {name[:3]: i + 1 for i, name in enumerate(MONTHS)} | {"sept": 9}
)
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}

_MONTH = rf"(?P<month>{'|'.join(MONTHS)}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.?"
_DAY = r"(?P<day>3[01]|[12]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:1\d|20|21)\d\d)"
_WEEKDAY = rf"(?P<weekday>{'|'.join(WEEKDAYS)})"
_NUMBER_WORD = "an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:a )?couple(?: of)?|(?:a )?few"
_NUMBER = rf"(?P<number>\d\d?\d?|{_NUMBER_WORD})"
_UNIT = r"(?P<unit>day|week|month|year|hour|minute)s?"
_FUTURE = re.compile(
    r"\b(will|going to|gonna|plan(?:ning|s)? to|next|upcoming|'ll|tomorrow|about to|looking forward)\b", re.IGNORECASE
)

Resolver = Callable[[re.Match[str], datetime, bool], "tuple[datetime, datetime, Granularity] | None"]


class DatedSpan(Struct, frozen=True, kw_only=True):
    """An expression at `text[start:end]` with its time span."""

    start: int
    end: int
    time: TimeSpan


def time_spans(text: str, clock: datetime) -> list[DatedSpan]:
    """Return all time expressions in order, without overlap; earlier rules in `_RULES` win."""
    future = bool(_FUTURE.search(text))
    found: list[DatedSpan] = []
    for pattern, resolve in _RULES:
        for match in pattern.finditer(text):
            if any(match.start() < other.end and other.start < match.end() for other in found):
                continue
            try:
                resolved = resolve(match, clock, future)
            except (ValueError, OverflowError, KeyError):
                continue  # 31 April, out of datetime's range, or a letter that only case-folding matches (ſ, K)
            if resolved is None:
                continue
            start, end, granularity = resolved
            time = TimeSpan(expression=match.group().strip(), start=start, end=end, granularity=granularity)
            found.append(DatedSpan(start=match.start(), end=match.end(), time=time))
    return sorted(found, key=lambda span: span.start)


def written(time: TimeSpan) -> str:
    """The date in words, for people and for search: `7 May 2023`, `week of 1 May 2023`, `May 2023`, `2023`."""
    start = time.start
    match time.granularity:
        case Granularity.POINT | Granularity.DAY:
            return f"{start.day} {start:%B} {start.year}"
        case Granularity.WEEK:
            return f"week of {start.day} {start:%B} {start.year}"
        case Granularity.MONTH:
            return f"{start:%B} {start.year}"
        case Granularity.YEAR:
            return str(start.year)
        case Granularity.RANGE:
            last = time.end - timedelta(days=1)
            return f"{start.day} {start:%B} to {last.day} {last:%B} {last.year}"


def says_itself(time: TimeSpan) -> bool:
    """Return True if the expression names its year, so that it needs no clock."""
    return bool(re.search(r"\d{4}", time.expression))


def _midnight(clock: datetime) -> datetime:
    return clock.replace(hour=0, minute=0, second=0, microsecond=0)


def _day(start: datetime) -> tuple[datetime, datetime, Granularity]:
    return start, start + timedelta(days=1), Granularity.DAY


def _week(start: datetime) -> tuple[datetime, datetime, Granularity]:
    monday = start - timedelta(days=start.weekday())
    return monday, monday + timedelta(days=7), Granularity.WEEK


def _add_months(start: datetime, months: int) -> datetime:
    index = start.year * 12 + start.month - 1 + months
    return start.replace(year=index // 12, month=index % 12 + 1, day=1)


def _month(start: datetime) -> tuple[datetime, datetime, Granularity]:
    first = start.replace(day=1)
    return first, _add_months(first, 1), Granularity.MONTH


def _year(start: datetime) -> tuple[datetime, datetime, Granularity]:
    first = start.replace(month=1, day=1)
    return first, first.replace(year=first.year + 1), Granularity.YEAR


def _resolve_iso(match: re.Match[str], clock: datetime, future: bool) -> tuple[datetime, datetime, Granularity]:
    year, month, day = int(match["y"]), int(match["m"]), int(match["d"] or 1)
    start = _midnight(clock).replace(year=year, month=month, day=day)
    return _day(start) if match["d"] else _month(start)


def _resolve_calendar_day(
    match: re.Match[str], clock: datetime, future: bool
) -> tuple[datetime, datetime, Granularity]:
    month, day = _MONTH_NUMBER[match["month"].lower()], int(match["day"])
    today = _midnight(clock)
    if match["year"]:
        return _day(today.replace(year=int(match["year"]), month=month, day=day))
    start = today.replace(month=month, day=day)
    # Without a year: the nearest date in the direction of the sentence's tense.
    if future and start < today:
        start = start.replace(year=start.year + 1)
    elif not future and start > today + timedelta(days=31):
        start = start.replace(year=start.year - 1)
    return _day(start)


def _resolve_month(match: re.Match[str], clock: datetime, future: bool) -> tuple[datetime, datetime, Granularity]:
    month = _MONTH_NUMBER[match["month"].lower()]
    return _month(_midnight(clock).replace(year=int(match["year"]), month=month, day=1))


def _resolve_bare_month(match: re.Match[str], clock: datetime, future: bool) -> tuple[datetime, datetime, Granularity]:
    month = _MONTH_NUMBER[match["month"].lower()]
    start = _midnight(clock).replace(month=month, day=1)
    if future and month < clock.month:
        start = start.replace(year=start.year + 1)
    elif not future and month > clock.month:
        start = start.replace(year=start.year - 1)
    return _month(start)


def _resolve_year(match: re.Match[str], clock: datetime, future: bool) -> tuple[datetime, datetime, Granularity]:
    return _year(_midnight(clock).replace(year=int(match["year"]), month=1, day=1))


def _resolve_word(match: re.Match[str], clock: datetime, future: bool) -> tuple[datetime, datetime, Granularity]:
    offsets = {
        "the day before yesterday": -2, "yesterday": -1, "last night": -1, "yesterday morning": -1, "tomorrow": 1,
        "the day after tomorrow": 2, "昨天": -1, "前天": -2, "明天": 1, "后天": 2, "昨日": -1, "明日": 1,
    }  # fmt: skip
    return _day(_midnight(clock) + timedelta(days=offsets.get(match.group().lower(), 0)))


def _resolve_ago(match: re.Match[str], clock: datetime, future: bool) -> tuple[datetime, datetime, Granularity]:
    return _shifted(clock, -_number(match["number"]), match["unit"].lower())


def _resolve_ahead(match: re.Match[str], clock: datetime, future: bool) -> tuple[datetime, datetime, Granularity]:
    return _shifted(clock, _number(match["number"]), match["unit"].lower())


def _number(text: str) -> int:
    words = [word for word in text.lower().split() if word != "of"]
    return int(words[0]) if words[0].isdigit() else NUMBER_WORDS[words[-1]]


def _shifted(clock: datetime, number: int, unit: str) -> tuple[datetime, datetime, Granularity]:
    today = _midnight(clock)
    match unit:
        case "minute" | "hour":
            start = clock + timedelta(**{f"{unit}s": number})
            return start, start, Granularity.POINT
        case "day":
            return _day(today + timedelta(days=number))
        case "week":
            return _week(today + timedelta(weeks=number))
        case "month":
            return _month(_add_months(today, number))
        case _:
            return _year(today.replace(year=today.year + number, month=1, day=1))


def _resolve_relative(
    match: re.Match[str], clock: datetime, future: bool
) -> tuple[datetime, datetime, Granularity] | None:
    step = {"last": -1, "past": -1, "previous": -1, "this": 0, "next": 1, "coming": 1}[match["which"].lower()]
    what = match["what"].lower()
    today = _midnight(clock)
    if what == "week":
        return _week(today + timedelta(weeks=step))
    if what == "weekend":
        saturday = today - timedelta(days=today.weekday()) + timedelta(days=5)
        if step < 0 or (step > 0 and today.weekday() < 5):
            saturday += timedelta(weeks=step)
        elif step > 0:
            saturday += timedelta(weeks=1)
        return saturday, saturday + timedelta(days=2), Granularity.RANGE
    if what == "month":
        return _month(_add_months(today, step))
    if what == "year":
        return _year(today.replace(year=today.year + step, month=1, day=1))
    if what in WEEKDAYS:
        return _day(_relative_weekday(today, WEEKDAYS.index(what), step))
    if what in _SEASONS:
        return _season(what, today, step)
    return _relative_month(_MONTH_NUMBER[what], clock, step)


def _relative_month(month: int, clock: datetime, step: int) -> tuple[datetime, datetime, Granularity]:
    start = _midnight(clock).replace(month=month, day=1)
    if step < 0 and month >= clock.month:
        start = start.replace(year=start.year - 1)
    elif step > 0 and month <= clock.month:
        start = start.replace(year=start.year + 1)
    return _month(start)


def _relative_weekday(today: datetime, weekday: int, step: int) -> datetime:
    if step == 0:
        return today - timedelta(days=today.weekday()) + timedelta(days=weekday)
    ahead = (weekday - today.weekday()) % 7
    return today + timedelta(days=(ahead or 7) if step > 0 else ahead - 7)


def _season(name: str, today: datetime, step: int) -> tuple[datetime, datetime, Granularity]:
    start = today.replace(month=_SEASONS[name], day=1)
    if step < 0 and _add_months(start, 3) > today:
        start = start.replace(year=start.year - 1)
    elif step > 0 and start <= today:
        start = start.replace(year=start.year + 1)
    return start, _add_months(start, 3), Granularity.RANGE


def _resolve_weekday(match: re.Match[str], clock: datetime, future: bool) -> tuple[datetime, datetime, Granularity]:
    return _day(_relative_weekday(_midnight(clock), WEEKDAYS.index(match["weekday"].lower()), 1 if future else -1))


def _resolve_chinese(match: re.Match[str], clock: datetime, future: bool) -> tuple[datetime, datetime, Granularity]:
    step = {"上": -1, "去": -1, "这": 0, "本": 0, "今": 0, "下": 1, "明": 1}[match["which"]]
    unit = {"周": "week", "星期": "week", "月": "month", "年": "year"}[match["unit"]]
    return _shifted(clock, step, unit)


def _rule(pattern: str, resolve: Resolver) -> tuple[re.Pattern[str], Resolver]:
    return re.compile(pattern, re.IGNORECASE), resolve


_WHAT = "|".join(("weekend", "week", "month", "year", *WEEKDAYS, *_SEASONS, *MONTHS))
# Longer expressions first: later rules can't match what an earlier one has matched.
_RULES: tuple[tuple[re.Pattern[str], Resolver], ...] = (
    _rule(r"\b(?P<y>[12]\d{3})[-/](?P<m>0?[1-9]|1[0-2])(?:[-/](?P<d>3[01]|[12]\d|0?[1-9]))?\b", _resolve_iso),
    _rule(r"(?P<y>[12]\d{3})年(?P<m>1[0-2]|[1-9])月(?:(?P<d>3[01]|[12]\d|[1-9])[日号])?", _resolve_iso),
    _rule(rf"\b{_DAY}(?: of)? {_MONTH}(?:,? {_YEAR})?\b", _resolve_calendar_day),
    _rule(rf"\b{_MONTH} {_DAY}(?:,? {_YEAR})?\b(?!\d)", _resolve_calendar_day),
    _rule(rf"\b{_NUMBER} {_UNIT} ago\b", _resolve_ago),
    _rule(rf"\bin {_NUMBER} {_UNIT}\b", _resolve_ahead),
    _rule(rf"\b{_NUMBER} {_UNIT} from now\b", _resolve_ahead),
    _rule(r"\bthe day (?:before yesterday|after tomorrow)\b", _resolve_word),
    _rule(rf"\b(?P<which>last|past|previous|this|next|coming) (?P<what>{_WHAT})\b", _resolve_relative),
    _rule(r"\b(?:last night|yesterday|tomorrow|tonight|today|this (?:morning|afternoon|evening))\b", _resolve_word),
    _rule(r"前天|昨天|昨日|今天|今日|明天|明日|后天", _resolve_word),
    _rule(r"(?P<which>上|去|这|本|今|下|明)(?:个)?(?P<unit>周|星期|月|年)", _resolve_chinese),
    _rule(rf"\b{_MONTH},? {_YEAR}\b", _resolve_month),
    _rule(rf"\bon {_WEEKDAY}\b", _resolve_weekday),
    _rule(rf"\b(?:in|since|until|during|of|by) {_MONTH}(?![\w.]*\w)", _resolve_bare_month),
    _rule(rf"\b(?:in|since|until|during|by|from|of) {_YEAR}\b", _resolve_year),
)  # fmt: skip
