"""Time expressions, resolved against the clock of the message that used them.

English, explicit dates of some other languages, and common Chinese expressions. Weeks start on Monday (ISO 8601), days at
midnight in the clock's own zone. Intervals are half-open. "On Friday" is the nearest Friday in the direction of its clause's
tense; without a tense it is no date, since a wrong date is worse than none.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct

from app.domain.knowledge import Granularity, TimeSpan
from app.domain.words import words
from app.extraction.english import MONTHS, NUMBER_WORDS, WEEKDAYS
from app.extraction.grammar import Parse
from app.extraction.language import language_of
from app.extraction.months import MONTH_NUMBER, OTHER_MONTHS
from app.extraction.no_dates import is_announced, is_no_date
from app.extraction.standing import Tense, clause_tense

_NUMBERS = NUMBER_WORDS | {"a": 1, "an": 1, "couple": 2, "few": 3}
OTHER_DAYS = {
    "gestern": -1, "vorgestern": -2, "morgen": 1, "übermorgen": 2, "heute": 0, "ayer": -1, "anteayer": -2, "mañana": 1,
    "hoy": 0, "hier": -1, "avant-hier": -2, "demain": 1, "aujourd'hui": 0, "ieri": -1, "domani": 1, "oggi": 0, "ontem": -1,
    "amanhã": 1, "hoje": 0, "gisteren": -1, "вчера": -1, "завтра": 1, "сегодня": 0,
}  # fmt: skip
_MORNING_AFTER = words("jeden guten am heute gestern diesen den elke goede goeden 's de la esta cada una buena")
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}

_MONTH = rf"(?P<month>{'|'.join(MONTHS)}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.?"
_DAY = r"(?P<day>3[01]|[12]?\d)(?:st|nd|rd|th)?"
_FIRST = r"(?P<first>3[01]|[12]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:1\d|20|21)\d\d)"
_WEEKDAY = rf"(?P<weekday>{'|'.join(WEEKDAYS)})"
_NUMBER_WORD = (
    "an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|twenty|thirty|"
    "(?:a )?couple(?: of)?|(?:a )?few"
)
_NUMBER = rf"(?P<number>\d\d?\d?|{_NUMBER_WORD})"
_UNIT = r"(?P<unit>day|week|month|year|hour|minute)s?"
_PAST_DAYS = {"week": 7, "month": 30, "year": 365}  # "the past week" ends today
_PLANNING = frozenset({"plan", "book", "schedule", "reserve", "arrange", "reschedule", "postpone"})
# What one has, gets or gives is for a day ahead, and one may have got it on a day before.
_FOR_LATER = words("ticket appointment invitation reservation booking slot seat voucher permit")
_FOR_LATER_VERBS = frozenset({"register", "enrol", "enroll"})
_MOVING = words("move extend postpone change shift push delay reschedule bring put")
_TO = frozenset({"to", "-", "–", "—", "until", "till", "through", "bis", "hasta", "au", "al"})

Resolved = tuple[datetime, datetime, Granularity]
# Matched text, clock, and whether the clause speaks of what is ahead (None: not known).
Resolver = Callable[[re.Match[str], datetime, bool | None], Resolved | None]


class DatedSpan(Struct, frozen=True, kw_only=True):
    """An expression at `text[start:end]` with its time span."""

    start: int
    end: int
    time: TimeSpan


def time_spans(text: str, clock: datetime, parse: Parse | None = None, *, ahead: bool | None = None) -> list[DatedSpan]:
    """Return all time expressions in order, without overlap; earlier rules in `_RULES` win.

    `parse`: the text's grammar, if it is English: it tells the direction, and which words are no dates. `ahead`: the
    direction to take without one.
    """
    found: list[DatedSpan] = []
    for pattern, resolve in _RULES:
        for match in pattern.finditer(text):
            if any(match.start() < other.end and other.start < match.end() for other in found):
                continue
            if parse is not None and (resolve is _resolve_other_word or is_no_date(parse, match)):
                continue
            if parse is not None and resolve is _resolve_ahead and not is_announced(parse, match):
                continue
            direction = _direction(parse, match) if parse is not None else ahead
            try:
                resolved = resolve(match, clock, direction)
            except (ValueError, OverflowError, KeyError):
                continue  # 31 April, out of datetime's range, or a letter that only case-folding matches (ſ, K)
            if resolved is None:
                continue
            start, end, granularity = resolved
            time = TimeSpan(expression=match.group().strip(), start=start, end=end, granularity=granularity)
            found.append(DatedSpan(start=match.start(), end=match.end(), time=time))
    return _joined(text, sorted(found, key=lambda span: span.start), parse)


def _joined(text: str, spans: list[DatedSpan], parse: Parse | None) -> list[DatedSpan]:
    """Join two days with "to" between them to one span; what was moved from one day to another is on the second."""
    found: list[DatedSpan] = []
    for span in spans:
        before = found[-1] if found else None
        if before is not None and _names_day_of(text, before, span):
            found[-1] = span
            continue
        if before is not None and parse is not None and text[before.end : span.start].strip() == "to":
            head = next((i for i, word in enumerate(parse.words) if word.end > span.start), None)
            if head is not None and any(parse.words[p].lemma in _MOVING for p in parse.above(head)):
                found[-1] = span
                continue
        if (
            before is not None
            and before.time.granularity is Granularity.DAY
            and span.time.granularity is Granularity.DAY
            and text[before.end : span.start].strip() in _TO
            and before.time.start < span.time.start
        ):
            time = TimeSpan(
                expression=text[before.start : span.end],
                start=before.time.start,
                end=span.time.end,
                granularity=Granularity.RANGE,
            )
            found[-1] = DatedSpan(start=before.start, end=span.end, time=time)
        else:
            found.append(span)
    return found


def _names_day_of(text: str, day: DatedSpan, date: DatedSpan) -> bool:
    """Return True for "Thursday, 12 March": the date is the second."""
    between = text[day.end : date.start].strip(" ,")
    weekday = day.time.expression.lower().split()[-1] in WEEKDAYS
    return weekday and between in {"", "the"} and any(c.isdigit() for c in date.time.expression)


def _direction(parse: Parse, match: re.Match[str]) -> bool | None:
    position = next((i for i, word in enumerate(parse.words) if word.end > match.start()), None)
    if position is None:
        return None
    while parse.words[position].relation in {"nummod", "compound", "nmod"} and parse.words[position].head != position:
        position = parse.words[position].head
    above = parse.words[parse.words[position].head]
    if above.lower in {"to", "until", "till"} and above.relation == "prep":
        return True  # "was moved to Friday"
    before = parse.words[position - 1].lower if position else ""
    if before == "since" or match.group().lower().startswith("since "):
        return False
    if before == "of" and "day" in match.re.groupindex:
        return None  # "the letter of 2 March"
    if match.string[match.end() :].lstrip("*_ ").startswith(":"):
        return None  # "18 March: log in" heads a plan as often as a report
    above = [parse.words[p] for p in parse.above(position)]
    if any(word.lemma in _PLANNING for word in above):
        return True  # "booked a flight for 12 June"
    if any(word.lemma in _FOR_LATER and word.is_noun for word in above):
        return True  # "got tickets for the concert on 12 June"
    verbs = [p for p in parse.above(position) if parse.words[p].is_verb]
    if not verbs and any(word.lower == "due" for word in above):
        return True  # "The report's due on 20 March": without a verb, if 's is taken for an owner's
    if verbs and (
        parse.words[verbs[0]].lemma in _FOR_LATER_VERBS
        or (parse.words[verbs[0]].lemma == "sign" and parse.child(verbs[0], "prt") is not None)
        or any(parse.words[o].lemma in _FOR_LATER for o in parse.children(verbs[0], "dobj"))
    ):
        # "… for the concert on 12 June"; a weekday may be the day on which they were got.
        return True if "month" in match.re.groupindex else None
    if parse.words[0].lower in {"maybe", "perhaps"} and parse.child(parse.roots[0], "nsubj") is None:
        return None
    time = clause_tense(parse, position)
    return None if time is Tense.NONE else time is not Tense.PAST


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


def _day(start: datetime) -> Resolved:
    return start, start + timedelta(days=1), Granularity.DAY


def _week(start: datetime) -> Resolved:
    monday = start - timedelta(days=start.weekday())
    return monday, monday + timedelta(days=7), Granularity.WEEK


def _add_months(start: datetime, months: int) -> datetime:
    index = start.year * 12 + start.month - 1 + months
    return start.replace(year=index // 12, month=index % 12 + 1, day=1)


def _month(start: datetime) -> Resolved:
    first = start.replace(day=1)
    return first, _add_months(first, 1), Granularity.MONTH


def _year(start: datetime) -> Resolved:
    first = start.replace(month=1, day=1)
    return first, first.replace(year=first.year + 1), Granularity.YEAR


def _resolve_iso(match: re.Match[str], clock: datetime, ahead: bool | None) -> Resolved:
    year, month, day = int(match["y"]), int(match["m"]), int(match["d"] or 1)
    start = _midnight(clock).replace(year=year, month=month, day=day)
    return _day(start) if match["d"] else _month(start)


def _resolve_slashed(match: re.Match[str], clock: datetime, ahead: bool | None) -> Resolved | None:
    """13/06/2026; with both parts up to twelve it is not known which is the month."""
    one, two = int(match["one"]), int(match["two"])
    if one <= 12 and two <= 12 and one != two:
        return None
    day, month = (one, two) if one > 12 else (two, one)
    return _day(_midnight(clock).replace(year=int(match["year"]), month=month, day=day))


def _resolve_calendar_day(match: re.Match[str], clock: datetime, ahead: bool | None) -> Resolved | None:
    name = match["month"].lower()
    month, day = MONTH_NUMBER.get(name) or OTHER_MONTHS[name], int(match["day"])
    today = _midnight(clock)
    if match["year"]:
        return _day(today.replace(year=int(match["year"]), month=month, day=day))
    if ahead is None:
        return None
    start = today.replace(month=month, day=day)
    if ahead and start < today:
        start = start.replace(year=start.year + 1)
    elif not ahead and start > today:
        start = start.replace(year=start.year - 1)
    return _day(start)


def _resolve_days(match: re.Match[str], clock: datetime, ahead: bool | None) -> Resolved | None:
    """From 3 to 9 August, June 10-12."""
    last = _resolve_calendar_day(match, clock, ahead)
    if last is None or int(match["first"]) >= int(match["day"]):
        return None
    return last[0].replace(day=int(match["first"])), last[1], Granularity.RANGE


def _resolve_month(match: re.Match[str], clock: datetime, ahead: bool | None) -> Resolved:
    month = MONTH_NUMBER[match["month"].lower()]
    return _month(_midnight(clock).replace(year=int(match["year"]), month=month, day=1))


def _resolve_bare_month(match: re.Match[str], clock: datetime, ahead: bool | None) -> Resolved | None:
    if ahead is None:
        return None
    month = MONTH_NUMBER[match["month"].lower()]
    start = _midnight(clock).replace(month=month, day=1)
    if ahead and month < clock.month:
        start = start.replace(year=start.year + 1)
    elif not ahead and month > clock.month:
        start = start.replace(year=start.year - 1)
    return _month(start)


def _resolve_year(match: re.Match[str], clock: datetime, ahead: bool | None) -> Resolved | None:
    if ahead and match.group().lower().startswith("in ") and int(match["year"]) < clock.year:
        return None  # "My favourite character in 1984 is Julia"
    return _year(_midnight(clock).replace(year=int(match["year"]), month=1, day=1))


def _resolve_word(match: re.Match[str], clock: datetime, ahead: bool | None) -> Resolved:
    offsets = {
        "the day before yesterday": -2, "yesterday": -1, "last night": -1, "yesterday morning": -1, "tomorrow": 1,
        "the day after tomorrow": 2, "昨天": -1, "前天": -2, "明天": 1, "后天": 2, "昨日": -1, "明日": 1,
    }  # fmt: skip
    return _day(_midnight(clock) + timedelta(days=offsets.get(match.group().lower(), 0)))


def _resolve_other_word(match: re.Match[str], clock: datetime, ahead: bool | None) -> Resolved | None:
    word, before = match.group().lower(), match.string[: match.start()].lower().split()[-1:]
    if before and before[0] in _MORNING_AFTER and word in {"morgen", "mañana"}:
        return None  # "guten Morgen", "por la mañana"
    if word == "hier" and language_of(match.string) in {"de", "nl"}:
        return None  # German and Dutch for "here"
    return _day(_midnight(clock) + timedelta(days=OTHER_DAYS[match.group().lower()]))


def _resolve_ago(match: re.Match[str], clock: datetime, ahead: bool | None) -> Resolved:
    return _shifted(clock, -_number(match["number"]), match["unit"].lower())


def _resolve_ago_today(match: re.Match[str], clock: datetime, ahead: bool | None) -> Resolved | None:
    today, number = _midnight(clock), _number(match["number"])
    match match["unit"].lower():
        case "day" | "week" as unit:
            return _day(today - timedelta(**{f"{unit}s": number}))
        case "month" | "year" as unit:
            month = _add_months(today, -number * (12 if unit == "year" else 1))
            return _day(month.replace(day=today.day))
        case _:
            return None


def _resolve_ahead(match: re.Match[str], clock: datetime, ahead: bool | None) -> Resolved | None:
    if ahead is False:
        return None  # "learned it in three months": how long it took
    return _shifted(clock, _number(match["number"]), match["unit"].lower())


def _number(text: str) -> int:
    words = [word for word in text.lower().split() if word != "of"]
    return int(words[0]) if words[0].isdigit() else _NUMBERS[words[-1]]


def _shifted(clock: datetime, number: int, unit: str) -> Resolved:
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


def _resolve_relative(match: re.Match[str], clock: datetime, ahead: bool | None) -> Resolved | None:
    step = {"last": -1, "past": -1, "previous": -1, "this": 0, "next": 1, "coming": 1}[match["which"].lower()]
    what = match["what"].lower()
    today = _midnight(clock)
    if match["which"].lower() == "past" and what in _PAST_DAYS:
        return today - timedelta(days=_PAST_DAYS[what]), today + timedelta(days=1), Granularity.RANGE
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
        return _season(what, today, step, ahead)
    return _relative_month(MONTH_NUMBER[what], clock, step)


def _relative_month(month: int, clock: datetime, step: int) -> Resolved:
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


def _season(name: str, today: datetime, step: int, ahead: bool | None) -> Resolved:
    start = today.replace(month=_SEASONS[name], day=1)
    if step == 0 and start > today and (ahead is False or (name == "winter" and today.month < _SEASONS["spring"])):
        start = start.replace(year=start.year - 1)  # "this winter was brutal"
    if step < 0 and _add_months(start, 3) > today:
        start = start.replace(year=start.year - 1)
    elif step > 0 and start <= today:
        start = start.replace(year=start.year + 1)
    return start, _add_months(start, 3), Granularity.RANGE


def _resolve_weekday(match: re.Match[str], clock: datetime, ahead: bool | None) -> Resolved | None:
    if ahead is None:
        return None
    return _day(_relative_weekday(_midnight(clock), WEEKDAYS.index(match["weekday"].lower()), 1 if ahead else -1))


def _resolve_weekday_of_month(match: re.Match[str], clock: datetime, ahead: bool | None) -> Resolved | None:
    """The last Friday of this month, the first Monday of next month."""
    step = {"last": -1, "this": 0, "next": 1}[match["month"].lower()]
    first = _add_months(_midnight(clock), step)
    weekday = WEEKDAYS.index(match["weekday"].lower())
    days = [
        day
        for n in range(31)
        if (day := first + timedelta(days=n)) < _add_months(first, 1) and day.weekday() == weekday
    ]
    return _day(days[{"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}[match["which"].lower()]])


def _resolve_chinese(match: re.Match[str], clock: datetime, ahead: bool | None) -> Resolved:
    step = {"上": -1, "去": -1, "这": 0, "本": 0, "今": 0, "下": 1, "明": 1}[match["which"] or match["year_of"]]
    unit = {"周": "week", "星期": "week", "月": "month", "年": "year"}[match["unit"] or match["year_unit"]]
    return _shifted(clock, step, unit)


def _rule(pattern: str, resolve: Resolver) -> tuple[re.Pattern[str], Resolver]:
    return re.compile(pattern, re.IGNORECASE), resolve


_WHAT = "|".join(("weekend", "week", "month", "year", *WEEKDAYS, *_SEASONS, *MONTHS))
# Longer expressions first: later rules can't match what an earlier one has matched.
_RULES: tuple[tuple[re.Pattern[str], Resolver], ...] = (
    _rule(r"\b(?P<y>[12]\d{3})[-/](?P<m>0?[1-9]|1[0-2])(?:[-/](?P<d>3[01]|[12]\d|0?[1-9]))?\b", _resolve_iso),
    _rule(r"(?P<y>[12]\d{3})年(?P<m>1[0-2]|[1-9])月(?:(?P<d>3[01]|[12]\d|[1-9])[日号])?", _resolve_iso),
    _rule(r"\b(?P<d>3[01]|[12]\d|0?[1-9])\.(?P<m>1[0-2]|0?[1-9])\.(?P<y>(?:19|20|21)\d\d)\b", _resolve_iso),
    _rule(rf"\b(?P<one>3[01]|[12]\d|0?[1-9])/(?P<two>3[01]|[12]\d|0?[1-9])/{_YEAR}\b", _resolve_slashed),
    _rule(rf"\b(?P<which>first|second|third|fourth|last) {_WEEKDAY} (?:of|in) (?P<month>this|next|last) month\b",
          _resolve_weekday_of_month),
    _rule(rf"\b(?:from )?{_FIRST}(?: to | until | ?[-–] ?){_DAY} {_MONTH}(?:,? {_YEAR})?\b", _resolve_days),
    _rule(rf"\bbetween {_FIRST} and {_DAY} {_MONTH}(?:,? {_YEAR})?\b", _resolve_days),
    _rule(rf"\bbetween {_MONTH} {_FIRST} and {_DAY}(?:,? {_YEAR})?\b(?!\d)", _resolve_days),
    _rule(rf"\b(?:from )?{_MONTH} {_FIRST}(?: to | ?[-–] ?){_DAY}(?:,? {_YEAR})?\b(?!\d)", _resolve_days),
    _rule(rf"\b{_DAY}\.?(?: of)? {_MONTH}(?:,? {_YEAR})?\b", _resolve_calendar_day),
    _rule(rf"\b{_MONTH} (?:the )?{_DAY}(?:,? {_YEAR})?\b(?!\d)", _resolve_calendar_day),
    _rule(rf"\b(?P<day>3[01]|[12]\d|[1-9])\.?(?: de)? (?P<month>{'|'.join(OTHER_MONTHS)})(?:(?: de)? {_YEAR})?\b",
          _resolve_calendar_day),
    _rule(rf"\b{_NUMBER} {_UNIT} ago today\b", _resolve_ago_today),
    _rule(rf"\b{_NUMBER} {_UNIT} ago\b", _resolve_ago),
    _rule(rf"\bin {_NUMBER} {_UNIT}\b", _resolve_ahead),
    _rule(rf"\b{_NUMBER} {_UNIT} from now\b", _resolve_ahead),
    _rule(r"\bthe day (?:before yesterday|after tomorrow)\b", _resolve_word),
    _rule(rf"\b(?P<which>last|past|previous|this|next|coming) (?P<what>{_WHAT})\b", _resolve_relative),
    _rule(r"\b(?:last night|yesterday|tomorrow|tonight|today|this (?:morning|afternoon|evening))\b", _resolve_word),
    _rule(r"\b(?:esta (?:mañana|tarde|noche)|heute (?:morgen|früh|abend)|ce (?:matin|soir)|stamattina)\b", _resolve_word),
    _rule(rf"(?<![\w'’-])(?:{'|'.join(OTHER_DAYS)})(?![\w'’-])", _resolve_other_word),
    _rule(r"前天|昨天|昨日|今天|今日|明天|明日|后天", _resolve_word),
    # Not inside other words: 晚上月亮, 楼下周先生, 明月, 日本年糕.
    _rule(r"(?:(?P<which>(?<![晚早路身楼地天手街网])[上下]|这|(?<!日)本)个?(?P<unit>周(?![先围边])|星期|月(?![亮光饼球台])|年(?![糕级龄轻]))"
          r"|(?P<year_of>[去今明])(?P<year_unit>年)(?![糕级龄轻]))", _resolve_chinese),
    _rule(rf"\b{_MONTH},? {_YEAR}\b", _resolve_month),
    _rule(rf"\b(?:on|by|until|till|before|since|from|after) {_WEEKDAY}\b", _resolve_weekday),
    _rule(rf"\b{_WEEKDAY}\b(?! (?:and|or|to|through) \w+day\b)", _resolve_weekday),
    _rule(rf"\b(?:in|since|until|during|of|by) {_MONTH}(?![\w.]*\w)", _resolve_bare_month),
    _rule(rf"\b(?:in|since|until|during|by|from|of) {_YEAR}\b", _resolve_year),
)  # fmt: skip
