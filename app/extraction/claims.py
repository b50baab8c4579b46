"""Claims of a clause: slots, of which there is one value at a time, and what fills them now."""

from app.domain.slots import (
    CHANGES,
    FAVOURITE,
    MOVES,
    NOUNS,
    OF_CHANGED_OBJECT,
    OF_OBJECT,
    VALUES,
    VERBS,
    Value,
)
from app.domain.words import words
from app.extraction.clauses import SUBJECTS, identity_phrase, is_definite, is_time, noun_phrase, value_phrase
from app.extraction.grammar import Parse
from app.extraction.limits import is_when, limits_claim
from app.extraction.places import is_place
from app.extraction.relations import Relation
from app.extraction.standing import Tense

_VAGUE = words("one ones part thing bit moment memory way place")
# What is named so is a place to work at, no employer.
_SITES = words(
    "wharf street road square park airport station tower building plaza mall avenue lane bridge harbour harbor port quay "
    "island beach district quarter campus floor office"
)

_NOW = frozenset({"now", "currently", "instead"})
_OF_AN_OWNER = frozenset({"of", "for", "in", "at", "on"})
_PARTLY = frozenset({"in", "at", "on", "for", "during", "with"})
_ONE_DAY = frozenset({"today", "tomorrow", "tonight"})
_NEW = frozenset({"new", "current"})
# Of these, there was one, or will be one.
_OTHER_TIMES = frozenset({"old", "former", "previous", "ex", "next", "future", "last", "earlier", "upcoming", "late"})
_COLOURS = frozenset({"colour", "color"})
_ABOUT = frozenset({"about", "around", "roughly", "approximately", "almost", "nearly", "over", "under", "circa", "up"})
# A slot, whose it is (None: the subject's), and the positions of its value.
Filled = tuple[str | None, list[int] | None, list[int]]


class Claims:
    """Reads what one verb claims."""

    def __init__(self, relation: Relation) -> None:
        self._parse, self._verb = relation.parse, relation.verb
        self._lemma, self._preposition, self._head = relation.lemma, relation.preposition, relation.head

    def slot(self, tense: Tense, subject: list[int]) -> Filled:
        """Return the slot that is filled, whose it is (None: the subject's), and the value; only for what is so now, for
        good, and instead of what was.
        """
        changed = self._is_changed(tense)
        if not (tense is Tense.PRESENT or changed) or self._is_another():
            return None, None, []
        slot, owner, value = self._filled(tense, subject, changed=changed)
        if slot == "date" and value:
            slot = self._time_slot(value)
        if changed and slot == "hour" and self._is_once(value):
            return None, None, []
        if slot is None or limits_claim(self._parse, self._verb, self._head_of(value), slot, changed=changed):
            return None, None, []
        return slot, owner, self._with_unit(value)

    def _is_once(self, hour: list[int]) -> bool:
        """Return True for "Our standup tomorrow was moved to 11:00", "… in the Lisbon office": then or there only."""
        beside = [self._parse.words[w] for w in self._parse.below(self._verb) if w not in hour]
        somewhere = any(self._parse.words[p].lower in _PARTLY for p in self._parse.children(self._verb, "prep"))
        return somewhere or any(word.entity == "DATE" or word.lower in _ONE_DAY for word in beside)

    def _owning(self, preposition: int) -> int | None:
        """Return the noun after "of", "for", "in", "at" or "on" if it names no time."""
        noun = self._parse.child(preposition, "pobj")
        if noun is None or self._parse.words[preposition].lower not in _OF_AN_OWNER or is_time(self._parse, noun):
            return None
        return noun

    def _with_unit(self, value: list[int]) -> list[int]:
        """Add "a month" and "per seat" to a number."""
        parse = self._parse
        while value and value[-1] + 2 < len(parse.words):
            first, second = (parse.words[value[-1] + step] for step in (1, 2))
            if first.lower not in {"per", "a", "an", "each"} or second.tag != "NN":
                break
            value = [*value, value[-1] + 1, value[-1] + 2]
        return value

    def _time_slot(self, value: list[int]) -> str:
        """Return "hour" for "at 10:30", "schedule" for "on Tuesdays", "date" for a day."""
        said = [self._parse.words[w] for w in value]
        if any(w.lower.endswith("days") for w in said):
            return "schedule"
        short = all(w.text.isdigit() and len(w.text) < 3 for w in said)
        return "hour" if short or self._is_clock(value) else "date"

    def _is_clock(self, value: list[int]) -> bool:
        """Return True for "10:30" and "3 pm"."""
        said = [self._parse.words[w] for w in value]
        return any(":" in w.text or w.lower in {"am", "pm", "noon", "midnight", "o'clock"} for w in said)

    def changes(self, tense: Tense, *, filled: bool) -> bool:
        """Return True if something is said to be another way than before: "now", "since May", "we moved". `filled`: it fills
        a slot, and nothing limits it.
        """
        parse, verb = self._parse, self._verb
        if not filled and (tense is not Tense.PRESENT or limits_claim(parse, verb, self._head, "", changed=False)):
            return False
        if self._is_changed(tense) or any(parse.words[w].lower in _NOW for w in parse.children(verb, "advmod")):
            return True
        subject = parse.child(verb, *SUBJECTS)
        if subject is not None and any(parse.words[w].lower in _NEW for w in parse.below(subject)):
            return True
        starts = [w for w in parse.children(verb, "prep") if parse.words[w].lower in {"since", "from"}]
        return any(
            parse.words[noun].lower == "now" or is_when(parse, noun)
            for preposition in starts
            for noun in parse.children(preposition, "pobj", "pcomp")
        )

    def _is_changed(self, tense: Tense) -> bool:
        return tense is Tense.PAST and (self._lemma in CHANGES or self._parse.words[self._verb].lemma in CHANGES)

    def _head_of(self, value: list[int]) -> int | None:
        """Return the word of a value that stands above the others."""
        inside = set(value)
        return next((w for w in value if self._parse.words[w].head not in inside), None)

    def _filled(self, tense: Tense, subject: list[int], *, changed: bool) -> Filled:
        parse, verb = self._parse, self._verb
        lemma = parse.words[verb].lemma
        if (found := self._favourite(tense))[0] is not None:
            return found
        if changed and (found := self._changed_noun())[0] is not None:
            return found
        if self._head is None:
            return None, None, []
        if lemma == "be" and self._preposition == "" and self._lemma == "be":
            return self._copula(subject)
        if lemma in OF_OBJECT and (thing := parse.child(verb, "dobj")) is not None and is_definite(parse, thing):
            names = [w for w in subject if parse.words[w].is_name]
            return (OF_OBJECT[lemma], identity_phrase(parse, thing), subject) if names else (None, None, [])
        slot = VERBS.get((self._lemma, self._preposition)) or VERBS.get((lemma, self._preposition))
        if slot == "home" and lemma in CHANGES and not is_place(parse.said(value_phrase(parse, self._head))):
            slot = "date" if is_time(parse, self._head) else None
        if slot == "home" and self._is_group_change(subject):
            slot = None
        if slot == "employer" and is_time(parse, self._head):
            slot = "date" if self._lemma == "start" else None
        if not slot:
            return None, None, []
        if not self._is_kind(VALUES.get(slot, Value.ANY), self._head, slot):
            return None, None, []
        if slot == "date" and not any(parse.words[w].tag in {"NN", "NNS"} for w in subject):
            return None, None, []  # events have dates: "I'm in my thirties" is none
        value = value_phrase(parse, self._head)
        return slot, None, _with_region(parse, value) if slot == "home" else value

    def _is_group_change(self, subject: list[int]) -> bool:
        """Return True for "we moved to Aurora", a database perhaps, unless it is known to be a place."""
        parse, verb = self._parse, self._verb
        ours = any(parse.words[w].lower == "we" for w in subject)
        named = self._head is not None and parse.words[self._head].entity == "GPE"
        return ours and not named and parse.words[verb].lemma in CHANGES

    def _copula(self, subject: list[int]) -> Filled:
        """For "Ana's boss is Ben", "the port of the server is 22", "my favourite film is Ran", "Ben is the head of sales"."""
        parse, verb = self._parse, self._verb
        head = parse.child(verb, *SUBJECTS)
        if head is None or self._head is None:
            return None, None, []
        if (found := self._noun_slot(head)) is not None:
            slot, owner = found
            if not self._is_kind(VALUES.get(slot.partition("|")[0], Value.ANY), self._head, slot):
                return None, None, []
            return slot, owner, value_phrase(parse, self._head)
        # "Ben is the head of sales": the slot is the team's.
        attribute = self._head
        word = parse.words[attribute]
        if word.tag == "NN" and parse.words[head].is_name and is_definite(parse, attribute):
            found = self._noun_slot(attribute)
            if (
                found is not None
                and found[1]
                and VALUES.get(found[0].partition("|")[0], Value.NAME) in {Value.NAME, Value.PERSON}
            ):
                return found[0], found[1], subject
        return None, None, []

    def _favourite(self, tense: Tense) -> Filled:
        """For "My favourite ice cream is salted caramel now": what is liked may look like a verb."""
        parse, verb = self._parse, self._verb
        noun = parse.child(verb, "nsubj", "nsubjpass")
        is_ = verb if parse.words[verb].lemma == "be" else parse.child(verb, "auxpass", "aux")
        if noun is None or is_ is None or parse.words[is_].lemma != "be" or tense is not Tense.PRESENT or noun > is_:
            return None, None, []
        found = self._noun_slot(noun)
        if found is None or not found[0].startswith("favourite|"):
            return None, None, []
        said = [w for w in parse.below(verb) if w > is_ and parse.words[w].relation not in {"punct", "npadvmod"}
                and parse.words[w].lower not in {"now", "currently", "still"}]  # fmt: skip
        return (found[0], found[1], said) if self._is_liked(noun, said) else (None, None, [])

    def _is_liked(self, topic: int, said: list[int]) -> bool:
        """Return False for what only describes: "closed today", "on tour", "a nightmare"."""
        parse = self._parse
        if not said or parse.words[said[0]].lower in {"a", "an"} or parse.words[said[0]].tag in {"IN", "RB", "TO"}:
            return False
        if any(parse.words[w].text[:1].isupper() for w in said):
            return True
        coloured = parse.words[topic].lemma in _COLOURS and any(parse.words[w].tag == "JJ" for w in said)
        return coloured or any(parse.words[w].is_noun or parse.words[w].tag in {"CD", "VBG"} for w in said)

    def _noun_slot(self, noun: int) -> tuple[str, list[int] | None] | None:
        """Return the slot that a noun names, and its owner; the whole phrase is the owner where it names no other."""
        parse = self._parse
        word = parse.words[noun]
        if word.tag not in {"NN", "NNP"} or parse.children(noun, "relcl", "acl"):
            return None
        described = [parse.words[w] for w in parse.children(noun, "amod", "compound", "nmod")]
        if any(d.lower in _OTHER_TIMES for d in described):
            return None
        owner, after = self._owner(noun)
        definite = any(parse.words[d].lower == "the" for d in parse.children(noun, "det"))
        # "my work phone" and "my home phone", "my boss at the bakery" and "my boss at the museum" are two.
        kind = [*self._kind(noun), *(parse.said(parse.below(p)).lower() for p in after)]
        if any(d.lower in FAVOURITE for d in described) and word.lemma not in _VAGUE:
            return f"favourite|{' '.join([*kind, word.lemma])}", owner
        if word.lemma in NOUNS and (owner is not None or definite):
            slot = NOUNS[word.lemma]
            return (f"{slot}|{' '.join(kind)}" if kind else slot), owner
        return None

    def _kind(self, noun: int) -> list[str]:
        """Return the words that tell this noun from others of its kind: "work" in "my new work phone"."""
        parse = self._parse
        skipped = FAVOURITE | {"new", "current", "present", "own", "exact", "very", "first", "-"}
        found: list[str] = []
        owner = parse.child(noun, "poss")
        owners = set(parse.below(owner)) if owner is not None else set[int]()
        for position in noun_phrase(parse, noun):
            word = parse.words[position]
            if position in owners:
                continue
            if position >= noun:
                break
            if word.relation in {"amod", "compound", "nmod", "nummod"} and word.lower not in skipped:
                found.append(word.lower)
        return found

    def _owner(self, noun: int) -> tuple[list[int] | None, list[int]]:
        """Return whose a noun is, and the prepositions behind it that say something else."""
        parse = self._parse
        after = [p for p in parse.children(noun, "prep") if p > noun]
        poss = parse.child(noun, "poss")
        if poss is not None:
            return noun_phrase(parse, poss), after
        for preposition in after:
            below = parse.child(preposition, "pobj")
            if below is not None and parse.words[preposition].lower in _OF_AN_OWNER:
                return identity_phrase(parse, below), [p for p in after if p != preposition]
        return None, after

    def _changed_noun(self) -> Filled:
        """For "The fee has gone up to 35 euros", "we changed the password to bluefern", "the party was moved to May 3", "they
        moved my appointment to 3 pm".
        """
        parse, verb = self._parse, self._verb
        noun = parse.child(verb, "dobj")
        noun = noun if noun is not None else parse.child(verb, "nsubj", "nsubjpass")
        below = next(
            (
                target
                for p in (w for w in parse.below(verb) if parse.words[w].relation == "prep")
                if parse.words[p].lower in {"to", "until"} and (target := parse.child(p, "pobj")) is not None
            ),
            None,
        )
        if noun is None or below is None:
            return None, None, []
        value = value_phrase(parse, below)
        if (slot := OF_CHANGED_OBJECT.get(parse.words[verb].lemma)) and parse.words[noun].relation == "dobj":
            named = any(parse.words[w].is_name for w in value)
            return (slot, noun_phrase(parse, noun), value) if named else (None, None, [])
        found = self._noun_slot(noun)
        moved = parse.words[noun].relation != "dobj" or parse.words[verb].lemma in MOVES
        if found is None and moved and (is_time(parse, below) or self._is_clock(value)):
            return "date", identity_phrase(parse, noun), value
        if found is None or not self._is_kind(VALUES.get(found[0].partition("|")[0], Value.ANY), below, found[0]):
            return None, None, []
        if parse.words[noun].relation != "dobj":
            return found[0], found[1], value
        # "We raised the timeout on the gateway": it is the gateway's; "We raised the rate limit": not ours.
        beside = [t for p in parse.children(verb, "prep") if p > noun and (t := self._owning(p)) is not None]
        return found[0], found[1] or identity_phrase(parse, beside[0] if beside else noun), value

    def _is_another(self) -> bool:
        """Return True if the value comes beside another: "a second home", "another job"."""
        parse = self._parse
        return any(
            parse.words[w].lower in {"another", "second", "third", "additional"}
            for w in (parse.below(self._head) if self._head is not None else [])
        )

    def _is_kind(self, value: Value, head: int, slot: str) -> bool:
        parse = self._parse
        word = parse.words[head]
        below = [parse.words[w] for w in noun_phrase(parse, head)]
        if value is not Value.NUMBER and any(w.lower in {"a", "an"} for w in below) and self._preposition != "as":
            return False  # "my dentist is a lovely woman"
        match value:
            case Value.PLACE:
                # One lives in what bears a name, unless it is known for something else.
                if word.is_name and word.entity not in {"DATE", "TIME", "NORP", "ORG", "PRODUCT", "LANGUAGE"}:
                    return True
                return not parse.children(head, "det", "poss", "amod") and is_place(word.text)
            case Value.ORGANIZATION:
                person = word.entity == "PERSON" and self._preposition not in {"at", "by"}
                return (
                    word.is_name
                    and not person
                    and word.entity not in {"DATE", "TIME", "NORP"}
                    and word.lemma not in _SITES
                )
            case Value.PERSON | Value.NAME:
                return any(w.is_name and w.relation != "poss" for w in below) and not is_time(parse, head)
            case Value.DURATION:
                return is_time(parse, head) and any(w.tag == "CD" for w in below)
            case Value.NUMBER:
                if any(w.lower in _ABOUT for w in (parse.words[p] for p in parse.below(head))):
                    return False
                return any(any(c.isdigit() for c in w.text) or w.tag == "CD" for w in below)
            case Value.DATE:
                return is_time(parse, head)
            case _:
                return not is_time(parse, head) or "date" in slot or "address" in slot


def _with_region(parse: Parse, value: list[int]) -> list[int]:
    """Add what says where a place is: "Porto, Portugal"."""
    last = value[-1]
    while last + 2 < len(parse.words) and parse.words[last + 1].text == "," and is_place(parse.words[last + 2].text):
        last += 2
    return list(range(value[0], last + 1))
