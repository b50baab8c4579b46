"""Slots: what a subject has one value of at a time, such as a home, an employer or a price.

Tables of words only; which words stand where is read from the parsed sentence (app/extraction/statements.py).
"""

from enum import StrEnum

from app.domain.words import words


class Value(StrEnum):
    """Kind that a slot's value must be of, so that a statement fills it."""

    PLACE = "place"
    ORGANIZATION = "organization"
    PERSON = "person"
    NAME = "name"
    NUMBER = "number"
    DATE = "date"
    DURATION = "duration"
    ANY = "any"


# Verb and preposition ("" for an object without one) → slot. "moved" and the like count in the past, too (`CHANGES`).
VERBS: dict[tuple[str, str], str] = {
    ("live", "in"): "home", ("live", "at"): "home", ("reside", "in"): "home", ("reside", "at"): "home",
    ("move", "to"): "home", ("move", "into"): "home", ("relocate", "to"): "home", ("settle", "in"): "home",
    ("base", "in"): "home", ("dwell", "in"): "home", ("emigrate", "to"): "home",
    ("work", "at"): "employer", ("work", "for"): "employer", ("employ", "by"): "employer", ("employ", "at"): "employer",
    ("hire", "by"): "employer",
    ("work", "as"): "occupation", ("promote", "to"): "occupation", ("serve", "as"): "occupation",
    ("cost", ""): "price", ("price", "at"): "price",
    ("marry", ""): "partner", ("married", "to"): "partner", ("engaged", "to"): "partner", ("date", ""): "partner",
    ("own", "by"): "owner", ("belong", "to"): "owner", ("acquire", "by"): "owner", ("buy", "by"): "owner",
    ("lead", "by"): "leader", ("run", "by"): "leader", ("head", "by"): "leader", ("manage", "by"): "boss",
    ("report", "to"): "boss",
    ("reschedule", "to"): "date", ("reschedule", "for"): "date", ("postpone", "to"): "date", ("postpone", "until"): "date",
    ("schedule", "for"): "date", ("schedule", "on"): "date", ("move", "on"): "date", ("push", "to"): "date",
    ("plan", "for"): "date", ("set", "for"): "date", ("delay", "to"): "date", ("delay", "until"): "date",
    ("be", "on"): "date", ("be", "in"): "date", ("be", "at"): "date", ("take place", "on"): "date",
    ("start", "on"): "date", ("start", "in"): "date", ("begin", "on"): "date", ("start", "at"): "date",
    ("begin", "at"): "date", ("happen", "on"): "date",
    ("close", "at"): "closing time", ("open", "at"): "opening time",
    ("write", "in"): "language", ("run", "on"): "platform", ("upgrade", "to"): "version", ("use", ""): "",
    ("keep", "in"): "place", ("store", "in"): "place", ("deploy", "in"): "place", ("park", "in"): "place",
    ("turn", ""): "age", ("weigh", ""): "weight", ("earn", ""): "salary",
    ("listen", "on"): "port", ("take", ""): "duration", ("last", ""): "duration",
}  # fmt: skip
# Noun → slot, for "my address is …", "the price of … is …"; a noun alone is its own slot.
_KINDS = {
    "employer": "employer",
    "occupation": "job occupation profession title position",
    "price": "price cost",
    "salary": "salary wage",
    "partner": "partner wife husband girlfriend boyfriend spouse fiancé fiancée",
    "leader": "head lead leader",
    "boss": "boss manager supervisor",
    "chair": "chair chairman chairwoman",
    "head teacher": "headteacher principal",
    "date": "deadline date",
    "birthday": "birthday",
    "home": "home residence",
}
_ALONE = words(
    "owner port version password address age name surname nickname size capacity limit quota budget weight height code url "
    "domain hostname ip key pin number phone email e-mail dentist doctor gp therapist landlord landlady coach trainer "
    "accountant lawyer timeout threshold branch region default maintainer status diet usual seat room colour color language "
    "major thesis bank provider gate terminal platform rent fee fare rate hometown ceo director president captain mayor"
)
NOUNS: dict[str, str] = {noun: noun for noun in _ALONE} | {
    n: slot for slot, nouns in _KINDS.items() for n in words(nouns)
}
FAVOURITE = frozenset({"favourite", "favorite", "preferred", "favourites", "go-to"})
VALUES: dict[str, Value] = {
    "home": Value.PLACE,
    "employer": Value.ORGANIZATION,
    "price": Value.NUMBER,
    "salary": Value.NUMBER,
    "rent": Value.NUMBER,
    "fee": Value.NUMBER,
    "fare": Value.NUMBER,
    "rate": Value.NUMBER,
    "partner": Value.PERSON,
    "leader": Value.NAME,
    "boss": Value.NAME,
    "chair": Value.NAME,
    "head teacher": Value.NAME,
    "owner": Value.NAME,
    "date": Value.DATE,
    "birthday": Value.DATE,
    "opening time": Value.NUMBER,
    "closing time": Value.NUMBER,
    "age": Value.NUMBER,
    "language": Value.NAME,
    "platform": Value.NAME,
    "version": Value.NUMBER,
    "number": Value.NUMBER,
    "phone": Value.NUMBER,
    "port": Value.NUMBER,
    "duration": Value.DURATION,
    "timeout": Value.DURATION,
    "weight": Value.NUMBER,
} | dict.fromkeys(
    words(
        "dentist doctor gp therapist landlord landlady coach trainer accountant lawyer maintainer bank provider surname "
        "nickname ceo director president captain mayor"
    ),
    Value.NAME,
)
# Slots that may have several values, unless one is said to have changed.
SEVERAL = frozenset({"platform", "language", "place"})
# Verbs whose object has one such subject: "Kofi owns the billing service".
OF_OBJECT: dict[str, str] = {"own": "owner", "lead": "leader", "head": "leader", "chair": "leader"}
# Verbs that give their object another value: "we upgraded the shop to PHP 8.4".
OF_CHANGED_OBJECT: dict[str, str] = {"upgrade": "platform", "migrate": "platform", "port": "platform"}
# Verbs of change: in the past tense they say how things are now.
CHANGES = words(
    "move relocate settle emigrate switch change become marry rename upgrade migrate promote reschedule postpone "
    "push delay extend shift raise lower increase reduce cut hire start begin turn acquire buy rise go drop fall bump"
)
# Verbs that end a state (verb, particle) → the slots that they end.
ENDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("quit", ""): ("employer", "occupation"),
    ("leave", ""): ("employer", "occupation", "home", "partner"),
    ("resign", ""): ("employer", "occupation"),
    ("retire", ""): ("employer", "occupation"),
    ("fire", ""): ("employer", "occupation"),
    ("lay", "off"): ("employer", "occupation"),
    ("break", "up"): ("partner",),
    ("split", "up"): ("partner",),
    ("divorce", ""): ("partner",),
    ("divorced", ""): ("partner",),
    ("separated", ""): ("partner",),
    ("cancel", ""): ("date",),
    ("call", "off"): ("date",),
    ("move", "out"): ("home",),
    ("drop", "out"): (),
}
# Verbs that end what one does with a thing → the verbs of what ends.
_OWNING = ("have", "own", "drive", "ride", "use", "keep", "rent")
LOSES: dict[tuple[str, str], tuple[str, ...]] = {
    ("sell", ""): _OWNING,
    ("lose", ""): _OWNING,
    ("give", "away"): _OWNING,
    ("cancel", ""): ("have", "use", "go", "subscribe", "pay"),
    ("drop", ""): ("learn", "study", "take", "play", "practise", "do", "attend"),
    ("ditch", ""): (*_OWNING, "wear", "watch"),
    ("give", "up"): ("drink", "eat", "smoke", "play", "have", "use", "take", "do", "go", "practise"),
    ("quit", ""): ("drink", "eat", "smoke", "play", "use", "do"),
    ("drop", "out"): ("study", "attend", "go"),
}
# Verbs whose date changes with "to": "they moved my appointment to Monday".
MOVES = frozenset({"move", "reschedule", "postpone", "push", "shift", "delay", "extend", "bring"})
# "I switched from Slack to Zoom", "we replaced Slack with Zoom" → the verbs of what ends.
SWITCHES = frozenset({("switch", ""), ("change", ""), ("transfer", ""), ("migrate", "")})
REPLACES = frozenset({("replace", ""), ("swap", ""), ("exchange", "")})
SWITCHED = ("use", "bank", "study", "work", "have", "own", "drive", "ride", "eat", "drink", "play", "take", "run")
# Verbs whose complement ends: "stopped smoking".
STOPS = frozenset({("stop", ""), ("quit", ""), ("give", "up"), ("cease", ""), ("finish", "")})

# Predicates of imported facts, which come without their sentence.
_PREDICATES: dict[str, str] = {
    "lives in": "home", "living in": "home", "moved to": "home", "resides in": "home", "relocated to": "home",
    "is based in": "home", "now lives in": "home",
    "works at": "employer", "works for": "employer", "is employed by": "employer",
    "works as": "occupation", "costs": "price", "is priced at": "price",
    "is married to": "partner", "is engaged to": "partner",
    "is owned by": "owner", "belongs to": "owner", "is led by": "leader", "reports to": "boss", "is managed by": "boss",
}  # fmt: skip


def kind_of(key: str) -> str:
    """Return the kind of a fact's slot: "number" of "ana|number|phone"."""
    return key.partition("|")[2].partition("|")[0]


def slot_of(predicate: str | None) -> str | None:
    """Return the slot that a bare predicate names ("lives_in"); None for most predicates."""
    return _PREDICATES.get(" ".join((predicate or "").replace("_", " ").casefold().split()))
