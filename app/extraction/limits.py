"""Limits of a statement, with which it does not say how things are as a whole: "on Mondays", "for students"."""

from app.domain.words import words
from app.extraction.clauses import DURATION_UNITS, SUBJECTS, is_time
from app.extraction.english import WEEKDAYS
from app.extraction.grammar import Parse

_BESIDES = words(
    "also too additionally besides sometimes temporarily occasionally part-time weekends evenings almost nearly "
    "originally previously formerly once only mostly mainly partly usually often rarely seldom briefly secretly "
    "officially technically basically practically much always"
)
# The beginning of something, its reason, and "at the moment" don't limit it.
_STARTS = frozenset({"since", "from", "starting", "effective"})
_REASONS = frozenset({"because", "due", "thanks", "despite", "owing"})
_NOW = frozenset({"moment", "present", "now"})
_THESE_DAYS = frozenset({"these days", "right now", "nowadays", "this time"})
_LASTING = frozenset({"for", "during", "until", "till", "throughout", "between", "per", "within"})
# Prepositions of what one may live or work beside, in or with.
_BESIDE_A_STATE = frozenset({"in", "at", "near", "with", "by", "as", "to", "for", "under", "above", "behind", "opposite",
                             "of", "into", "on", "around", "from", "next", "alongside", "outside"})  # fmt: skip
_BESIDE_A_CHANGE = frozenset({"in", "at", "near", "with", "as", "to", "for", "from", "into", "on"})
_STATES = frozenset({"home", "employer", "occupation", "partner"})
_DAYS = frozenset({"date", "schedule"})  # an hour may be so on some days only
_REASON_MARKS = frozenset({"because", "since", "as", "so", "although", "though", "but", "whereas"})
_CONDITION_MARKS = frozenset({"when", "whenever", "if", "unless", "until", "till", "while", "before", "after", "once"})
# One may do these at an hour, and go on with them the next day.
_FOR_A_WHILE = frozenset({"leave", "finish", "stop", "quit", "separate", "split", "cease"})
_DAILY = frozenset({"breakfast", "lunch", "dinner", "supper", "work", "school", "bed"})
_ONCE_MORE = frozenset({"again", "twice", "times"})
_RETURNING = words("return restart resume reopen rejoin resubscribe reinstall reactivate restore")
_GOING = words("move go come fly drive travel walk run send give hand sell take")
_BESIDE_A_VERB = frozenset({"prep", "npadvmod", "advmod"})
_CLOCK = frozenset(
    {"noon", "midnight", "morning", "evening", "afternoon", "tonight", "night", "o'clock", "am", "pm", "dawn"}
)


def limits_claim(parse: Parse, verb: int, value: int | None, slot: str, *, changed: bool) -> bool:
    """Return True if a claim is so only at some times, for some people, or once upon a time. `value`: the position of what
    fills the slot; `changed`: the claim is about a change that is over.
    """
    kind = slot.partition("|")[0]
    subject = parse.child(verb, *SUBJECTS)
    if _stands_under(parse, verb, subject):
        return True
    heads = [verb]
    # "… costs 7 euros for students": the limit may hang on the value.
    if kind not in _STATES and kind not in _DAYS and kind != "hour" and value is not None and value != verb:
        heads.append(value)
    for head in heads:
        for child in parse.children(head):
            below = parse.below(child)
            if value is not None and head == verb and value in below:
                continue
            if all(parse.words[w].tag in {"CD", "SYM", "HYPH", "."} or parse.words[w].text.isdigit() for w in below):
                continue  # more of a number
            if subject is not None and any(parse.words[w].text == ":" for w in range(below[-1] + 1, subject)):
                continue  # a heading
            first = subject is not None and child < subject
            if _limits(parse, child, kind, leading=first, changed=changed):
                return True
    return False


def _stands_under(parse: Parse, verb: int, subject: int | None) -> bool:
    """Return True for "On the night shift my boss is Ivo", where the parser takes the beginning for the main clause."""
    first = parse.words[0]
    above = first.head
    return (
        first.relation == "prep"
        and first.lower in {"on", "in", "at", "for", "during", "under"}
        and subject is not None
        and above < subject
        and parse.words[verb].head == above
        and not parse.words[above].is_verb
    )


def _limits(parse: Parse, child: int, kind: str, *, leading: bool, changed: bool) -> bool:
    word = parse.words[child]
    match word.relation:
        case "prep" | "agent":
            return _prepositional(parse, child, kind, leading=leading, changed=changed)
        case "npadvmod":
            said = parse.said(parse.below(child)).lower()
            return not changed and kind not in _DAYS and said not in _THESE_DAYS and word.lemma not in DURATION_UNITS
        case "advmod":
            return word.lower in _BESIDES or (word.lower == "ago" and not _is_counted(parse, child))
        case "advcl":
            marks = {parse.words[m].lower for m in parse.children(child, "mark", "advmod")}
            if marks & _REASON_MARKS:
                return False
            spliced = not marks and parse.child(child, *SUBJECTS) is not None
            return (leading and not spliced) or bool(marks & _CONDITION_MARKS)
        case _:
            return False


def _prepositional(parse: Parse, preposition: int, kind: str, *, leading: bool, changed: bool) -> bool:
    lower = parse.words[preposition].lower
    noun = parse.child(preposition, "pobj", "pcomp")
    if lower in _REASONS or lower == "per":
        return False
    if lower in _STARTS and (noun is None or is_when(parse, noun) or lower != "from"):
        return False
    if lower == "as" and any(parse.words[c].lower == "of" for c in parse.children(preposition)):
        return False
    if noun is not None and parse.words[noun].lemma in _NOW:
        return False
    if noun is not None and is_when(parse, noun):
        return lower in _LASTING or not (changed or kind in _DAYS)
    if leading or (kind not in _STATES and not changed):
        return True
    if changed and kind not in _STATES and lower == "for":
        return True
    return lower not in (_BESIDE_A_CHANGE if changed else _BESIDE_A_STATE)


def is_taken_back(parse: Parse, verb: int) -> bool:
    """Return True for what ended for a while: "I quit, then started again", "sold it and bought it back", "quit it twice"."""
    lost = parse.words[verb].lemma == "lose"
    return any(
        word.lower in _ONCE_MORE
        or word.lemma in _RETURNING
        or (
            word.lower in {"back", "over"}
            and parse.words[word.head].is_verb
            and parse.words[word.head].lemma not in _GOING
        )
        or (lost and word.lemma == "find")
        for word in parse.words[verb + 1 :]
    )


def limits_ending(parse: Parse, verb: int, *, denied: bool) -> bool:
    """Return True if a statement ends only a part, or what it says happened once: "I don't drink coffee after 4 pm", "I
    left Siemens at 8 pm", "we split up at the market".
    """
    for child in parse.children(verb):
        word = parse.words[child]
        noun = parse.child(child, "pobj") if word.relation == "prep" else None
        said = [parse.words[w] for w in parse.below(child)]
        if word.relation == "advmod" and (
            word.lower in _BESIDES or (denied and word.lower in {"alone", "really", "well"})
        ):
            return True
        timed = denied or parse.words[verb].lemma in _FOR_A_WHILE
        if timed and word.relation in _BESIDE_A_VERB and any(w.lower in _CLOCK or w.entity == "TIME" for w in said):
            return True
        if denied and word.relation == "npadvmod" and any(w.lower in {"this", "today", "every"} for w in said):
            return True
        if parse.words[verb].lemma == "leave" and (
            word.relation in {"dative", "prt", "oprd", "xcomp"} or word.lower == "out"
        ):
            return True  # "I left Marek a note", "I left him out"
        if word.relation == "advcl" and {parse.words[m].lower for m in parse.children(child, "advmod", "mark")} & (
            _CONDITION_MARKS - {"after", "before"}
        ):
            return True
        if denied and word.relation == "prep" and noun is None and word.lower not in _REASONS | {"since", "as"}:
            return True  # "… coffee from vending machines"
        if noun is None or word.lower in _STARTS | _REASONS:
            continue
        # "I no longer drink coffee after lunch"
        daily = word.lower in {"after", "before"} and (denied or parse.words[noun].lemma in _DAILY)
        if daily or (not denied and _is_for_a_while(parse, verb, child, noun)):
            return True
        if is_when(parse, noun):
            if denied and parse.words[noun].lemma not in _NOW:
                return True
        elif not denied and word.lower in {"in", "at", "on", "behind"} and not parse.words[noun].is_name:
            return True
    return False


def _is_for_a_while(parse: Parse, verb: int, preposition: int, noun: int) -> bool:
    """Return True for "I quit for a year" and "I sold it for my uncle"."""
    others = parse.words[verb].lemma == "sell" and (
        parse.child(noun, "poss") is not None or parse.words[noun].tag == "PRP"
    )
    return parse.words[preposition].lower == "for" and (others or is_when(parse, noun))


def is_when(parse: Parse, noun: int) -> bool:
    word = parse.words[noun]
    return (
        is_time(parse, noun)
        or word.lower in _CLOCK
        or word.lemma in {"weekday", "workday", "season", "spring", "autumn", "fall", "holiday", "weekend", "lunchtime"}
        or word.lower.rstrip("s") in WEEKDAYS
    )


def _is_counted(parse: Parse, ago: int) -> bool:
    """Return True for "two weeks ago", not for "years ago" and "long ago"."""
    return any(parse.words[w].relation in {"nummod", "det", "quantmod"} for w in parse.below(ago) if w != ago)
