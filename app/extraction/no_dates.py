"""Words that look like dates and are none: a person called May, a crowd of 1800, what happens every Friday."""

import re

from app.domain.words import words
from app.extraction.english import CALENDAR_WORDS, WEEKDAYS
from app.extraction.grammar import Parse, Word
from app.extraction.months import MONTH_NUMBER, OTHER_MONTHS
from app.extraction.standing import Tense, clause_tense, tense

# These months are other words, too.
_AMBIGUOUS_MONTHS = frozenset({"may", "march", "april", "august", "june", "mar", "jan", "sun"})

_HABIT_WORDS = words("always usually normally typically often rarely seldom regularly generally sometimes mostly never")
# A year "of" these is one: "the summer of 2019".
_PARTS_OF_TIME = CALENDAR_WORDS | words("spring summer autumn fall winter end beginning start middle year class season")
_ORDINALS = frozenset({"first", "second", "third", "fourth", "last", "every", "other"})
_DAY_WORDS = frozenset({*WEEKDAYS, "today", "yesterday", "tomorrow", "tonight"})
_ANY = frozenset({"every", "each", "most", "some", "a", "an"})
_AT_FIRST = frozenset({"originally", "initially", "formerly", "previously", "first"})
_PETS = words("cat dog horse parrot rabbit hamster pony bird puppy kitten goat donkey canary tortoise")
# A weekday before one of these is its day: "the Friday meeting".
_EVENTS = words(
    "morning afternoon evening night noon midnight lunch dinner brunch breakfast drinks meeting appointment call standup "
    "review demo release deploy deployment launch deadline flight train bus ferry trip party wedding funeral ceremony "
    "concert gig show game match race exam test quiz interview session shift class lesson lecture workshop visit delivery "
    "checkup dentist doctor date hearing vote election storm attack outage incident"
)
# "I read it in two days" took two days.
_LASTING = words("read write run cook finish do build paint learn clean solve make eat drink walk")
_YEAR_DIGITS = 4


def is_no_date(parse: Parse, match: re.Match[str]) -> bool:
    """Return True if the grammar shows that an expression, as `dates` matches it, is no date."""
    places = [i for i, word in enumerate(parse.words) if word.start < match.end() and match.start() < word.end]
    if not places:
        return False
    if _is_habit(parse, places[0]) or _is_part_of(parse, match, places) or _is_taken_back(parse, match, places):
        return True
    numbered = any(parse.words[p].text.isdigit() or parse.words[p].tag == "CD" for p in places)
    return any(
        _is_other_month(parse.words[p], numbered=numbered)
        or _is_count(parse, p, match)
        or _is_named_day(parse, p)
        or _is_repeated_day(parse, p, match)
        for p in places
    )


def _is_other_month(word: Word, *, numbered: bool) -> bool:
    """Return True for a month of another language, and for "may" as a verb or May as a person."""
    lower = word.lower.strip(".")
    if lower in OTHER_MONTHS and lower not in MONTH_NUMBER:
        return True
    if lower not in _AMBIGUOUS_MONTHS:
        return False
    spoken = word.tag in {"MD", "VB", "VBP", "VBZ", "VBD"}
    return spoken or not (numbered or (word.is_name and word.entity == "DATE"))


def _is_count(parse: Parse, position: int, match: re.Match[str]) -> bool:
    """Return True for "2000 euros", "march 20 kilometres", "a crowd of 1800"."""
    word = parse.words[position]
    if not word.text.isdigit():
        return False
    counted = parse.words[word.head]
    if len(word.text) < _YEAR_DIGITS:
        return word.relation == "nummod" and counted.tag == "NNS" and counted.start >= match.end()
    lower = counted.lower.strip(".")
    counts = word.relation == "nummod" and lower.isalpha() and lower not in CALENDAR_WORDS
    return len(word.text) == _YEAR_DIGITS and (counts or not _is_year(parse, position, match))


def _is_named_day(parse: Parse, position: int) -> bool:
    """Return True for Black Friday, a cat called Friday, and "Today" as a title."""
    word = parse.words[position]
    lower = word.lower
    if lower in WEEKDAYS and parse.words[word.head].lemma in {"call", "name", "nickname"}:
        return True
    following = parse.words[position + 1].lower if position + 1 < len(parse.words) else ""
    if lower == "yesterday" and following == "'s" and clause_tense(parse, position) is Tense.PRESENT:
        return True  # "yesterday's bread makes the best croutons"
    if lower in _DAY_WORDS - set(WEEKDAYS) and word.text[:1].isupper() and following == "by":
        return True  # a song of that name
    if not position or lower not in _DAY_WORDS or not word.text[:1].isupper():
        return False
    before = parse.words[position - 1]
    if lower in WEEKDAYS and before.lemma in _PETS and before.end + 1 == word.start:
        return True
    described = before.is_name and before.text[:1].isupper() and before.lower not in CALENDAR_WORDS
    return lower not in WEEKDAYS or (described and before.end + 1 == word.start)


def _is_repeated_day(parse: Parse, position: int, match: re.Match[str]) -> bool:
    """Return True for "every Monday and Thursday", "the first Monday of the month", "Friday is pizza day"."""
    word = parse.words[position]
    if word.lower not in WEEKDAYS:
        return False
    above = parse.words[word.head]
    first = word.relation == "nsubj" or (position == 0 and parse.child(word.head, "nsubj") is None)
    if first and above.lemma == "be" and above.tag == "VBZ" and above.head == word.head:
        return True
    of_list = word.head if word.relation == "conj" else position
    if any(parse.words[d].lower in _ANY for d in parse.children(of_list, "det")):
        return True
    before = parse.words[position - 1].lower if position else ""
    if before in _ORDINALS and not match.group().lower().startswith(before):
        return True
    # "Sunday papers", "the Saturday orchestra", "a Monday person"; but "the Friday meeting".
    return word.relation == "compound" and (above.tag == "NNS" or not _takes_place(parse, word.head))


def _takes_place(parse: Parse, noun: int) -> bool:
    """Return True for a part of the day and for what happens once."""
    return any(
        parse.words[part].lemma.lower() in _EVENTS or parse.words[part].lower in CALENDAR_WORDS
        for part in (noun, parse.words[noun].head)
    )


def _is_habit(parse: Parse, position: int) -> bool:
    """Return True for what happens again and again, or once in a life without a year: "usually on Sunday", "born in May"."""
    verbs = [p for p in parse.above(position) if parse.words[p].is_verb]
    if not verbs:
        return False
    if parse.words[verbs[0]].lemma == "bear":
        return not any(word.text.isdigit() and len(word.text) == 4 for word in parse.words)
    # "We usually ship within a week, the express option arrives in two days."
    spoken = [p for p, word in enumerate(parse.words) if word.is_verb and word.tag in {"VBP", "VBZ"}]
    often = any(parse.words[a].lower in _HABIT_WORDS for verb in spoken for a in parse.children(verb, "advmod", "neg"))
    return often and tense(parse, verbs[0]) is Tense.PRESENT and not parse.children(verbs[0], "aux")


def _is_part_of(parse: Parse, match: re.Match[str], places: list[int]) -> bool:
    """Return True for "the last year of school", "my last week at Siemens", "the next year we married"."""
    groups = match.re.groupindex
    before = parse.words[places[0] - 1] if places[0] else None
    after = parse.words[places[-1] + 1] if places[-1] + 1 < len(parse.words) else None
    if "which" in groups and "what" in groups and before is not None:
        which = match["which"].lower()
        if before.tag == "PRP$" or (before.lower == "the" and after is not None and after.lower in {"of", "at"}):
            return True
        if before.lower == "the" and which == "next" and clause_tense(parse, places[-1]) is Tense.PAST:
            return True
    text = match.string[max(match.start() - 12, 0) : match.end() + 12].lower()
    return "weekday" in groups and re.search(r"\bmonday (?:to|through|till|until|[-–]) ?friday\b", text) is not None


def _is_taken_back(parse: Parse, match: re.Match[str], places: list[int]) -> bool:
    """Return True for a day that is said not to be it ("not on Friday but on Saturday", "originally planned for 20 April") or
    to be like others ("even in January").
    """
    before = match.string[max(match.start() - 12, 0) : match.start()].lower()
    if re.search(r"\b(?:not(?: on| in| until)?|no) $", before):
        return True
    if before.endswith("even ") and clause_tense(parse, places[0]) is Tense.PRESENT:
        return True
    verb = next((p for p in parse.above(places[0]) if parse.words[p].is_verb), None)
    if verb is None:
        return False
    return any(parse.words[a].lower in _AT_FIRST for a in parse.children(verb, "advmod")) and any(
        word.start >= match.end() and word.is_verb for word in parse.words
    )


def _is_year(parse: Parse, position: int, match: re.Match[str]) -> bool:
    """Return False for a number after "of" or "from" that is no year: "a crowd of 1800", "from 2000 to 1500 seats"."""
    word = parse.words[position]
    head = parse.words[word.head]
    if head.lower == "of" and word.relation == "pobj" and match.group().lower().startswith("of"):
        return parse.words[head.head].lemma in _PARTS_OF_TIME
    if head.lower == "from" and match.group().lower().startswith("from"):
        later = re.match(r"\s*(?:to|until|till|[-–])\s*(\d{4})\b", match.string[match.end() :])
        return later is None or 1900 <= int(word.text) < int(later[1]) <= 2100
    return True


def is_announced(parse: Parse, match: re.Match[str]) -> bool:
    """Return True if "in 8 minutes" says when, not how long: something is said to come. Longer spans are taken as said."""
    position = next((i for i, word in enumerate(parse.words) if word.end > match.start()), 0)
    verb = next((p for p in parse.above(position) if parse.words[p].is_verb), position)
    auxiliaries = {parse.words[a].lower for a in parse.children(verb, "aux")}
    if match["unit"].lower() in {"minute", "hour"}:
        return bool(auxiliaries & {"will", "'ll", "shall"}) or parse.words[verb].tag == "VBG"
    lasts = parse.words[verb].lemma in _LASTING and not auxiliaries
    return not lasts and re.search(r"\b(?:times|once|twice)\s*$", match.string[: match.start()].lower()) is None
