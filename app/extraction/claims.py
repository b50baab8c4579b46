"""What a clause claims to be so now, of which there is one at a time, and what it says is over."""

from app.domain.knowledge import Ending
from app.domain.slots import (
    CHANGES,
    ENDS,
    FAVOURITE,
    LOSES,
    NOUNS,
    OF_CHANGED_OBJECT,
    OF_OBJECT,
    STOPS,
    VALUES,
    VERBS,
    Value,
)
from app.domain.words import words
from app.extraction.clauses import DURATION_UNITS, SUBJECTS, is_definite, is_time, noun_phrase, value_phrase
from app.extraction.grammar import Parse
from app.extraction.places import is_place
from app.extraction.relations import CAUSES, Relation
from app.extraction.standing import Standing, Tense, is_over

_BESIDES = words(
    "also too additionally besides sometimes temporarily occasionally part-time weekends evenings almost nearly "
    "originally previously formerly once"
)
_VAGUE = words("one ones part thing bit moment memory way place")
_WHOLE = words("job work post position husband wife partner boyfriend girlfriend role spouse")

_ABOUT = frozenset({"about", "around", "roughly", "approximately", "almost", "nearly", "over", "under", "circa", "up"})
# A slot, whose it is (None: the subject's), and the positions of its value.
Filled = tuple[str | None, list[int] | None, list[int]]


class Claims:
    """Reads what one verb claims. The slots of its endings have no owner yet: "home"."""

    def __init__(self, relation: Relation) -> None:
        self._parse, self._verb = relation.parse, relation.verb
        self._lemma, self._preposition, self._head = relation.lemma, relation.preposition, relation.head
        self._object = relation.object

    def slot(self, tense: Tense, subject: list[int]) -> Filled:
        """Return the slot that is filled, whose it is (None: the subject's), and the value; only for what is so now, for
        good, and instead of what was.
        """
        parse, verb = self._parse, self._verb
        lemma = parse.words[verb].lemma
        changed = tense is Tense.PAST and (self._lemma in CHANGES or lemma in CHANGES)
        if not (tense is Tense.PRESENT or changed) or self._is_beside() or self._is_limited():
            return None, None, []
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
            return (OF_OBJECT[lemma], self._object, subject) if names else (None, None, [])
        slot = VERBS.get((self._lemma, self._preposition)) or VERBS.get((lemma, self._preposition))
        if slot == "home" and lemma in CHANGES and not is_place(parse.said(value_phrase(parse, self._head))):
            slot = "date" if is_time(parse, self._head) else None
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
        return (found[0], found[1], said) if said else (None, None, [])

    def _noun_slot(self, noun: int) -> tuple[str, list[int] | None] | None:
        """Return the slot that a noun names, and its owner; the whole phrase is the owner where it names no other."""
        parse = self._parse
        word = parse.words[noun]
        if word.tag not in {"NN", "NNP"}:
            return None
        described = [parse.words[w] for w in parse.children(noun, "amod", "compound", "nmod")]
        owner = self._owner(noun)
        definite = any(parse.words[d].lower == "the" for d in parse.children(noun, "det"))
        if any(d.lower in FAVOURITE for d in described) and word.lemma not in _VAGUE:
            topic = " ".join([*self._kind(noun), word.lemma])
            return f"favourite|{topic}", owner
        if word.lemma in NOUNS and (owner is not None or definite):
            slot = NOUNS[word.lemma]
            kind = " ".join(self._kind(noun))
            # "work phone" and "home phone", "monthly fee" and "annual fee" are two things.
            return (f"{slot}|{kind}" if kind else slot), owner
        return None

    def _kind(self, noun: int) -> list[str]:
        """Return the words that tell this noun from others of its kind: "work" in "my new work phone"."""
        parse = self._parse
        skipped = FAVOURITE | {"new", "current", "old", "present", "own", "exact", "very", "first", "-"}
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

    def _owner(self, noun: int) -> list[int] | None:
        parse = self._parse
        poss = parse.child(noun, "poss")
        if poss is not None:
            return noun_phrase(parse, poss)
        for preposition in parse.children(noun, "prep"):
            below = parse.child(preposition, "pobj")
            if below is not None and parse.words[preposition].lower in {"of", "for", "in", "at", "on"}:
                return noun_phrase(parse, below)
        return None

    def _changed_noun(self) -> Filled:
        """For "The fee has gone up to 35 euros", "we changed the password to bluefern", "the party was moved to May 3"."""
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
        if found is None and is_time(parse, below) and parse.words[noun].relation != "dobj":
            return "date", noun_phrase(parse, noun), value
        if found is None or not self._is_kind(VALUES.get(found[0].partition("|")[0], Value.ANY), below, found[0]):
            return None, None, []
        return found[0], found[1], value

    def _is_beside(self) -> bool:
        """Return True if the value comes beside another: "also", "part-time", "on weekends"."""
        parse = self._parse
        return any(parse.words[w].lower in _BESIDES for w in parse.below(self._verb)) or any(
            parse.words[w].lower in {"another", "second", "third", "additional"}
            for w in (parse.below(self._head) if self._head is not None else [])
        )

    def _is_limited(self) -> bool:
        """Return True if it is so only for a time: "for two weeks", "this week", "until Friday"."""
        parse = self._parse
        for child in parse.children(self._verb):
            word = parse.words[child]
            noun = parse.child(child, "pobj")
            if word.relation == "prep" and noun is not None:
                if word.lower in {"for", "during"} and parse.words[noun].lemma in DURATION_UNITS:
                    return True
                if word.lower in {"until", "till"} and self._preposition != word.lower:
                    return True
            if word.relation == "npadvmod" and any(
                parse.words[d].lower == "this" for d in parse.children(child, "det")
            ):
                return True
        return False

    def _is_kind(self, value: Value, head: int, slot: str) -> bool:
        parse = self._parse
        word = parse.words[head]
        below = [parse.words[w] for w in noun_phrase(parse, head)]
        match value:
            case Value.PLACE:
                # One lives in what bears a name, unless it is known for something else.
                if word.is_name and word.entity not in {"DATE", "TIME", "NORP", "ORG", "PRODUCT", "LANGUAGE"}:
                    return True
                return not parse.children(head, "det", "poss", "amod") and is_place(word.text)
            case Value.ORGANIZATION:
                person = word.entity == "PERSON" and self._preposition not in {"at", "by"}
                return word.is_name and not person and word.entity not in {"DATE", "TIME", "NORP"}
            case Value.PERSON | Value.NAME:
                return any(w.is_name for w in below) and not is_time(parse, head)
            case Value.NUMBER:
                if any(w.lower in _ABOUT for w in (parse.words[p] for p in parse.below(head))):
                    return False
                return any(any(c.isdigit() for c in w.text) or w.tag == "CD" for w in below)
            case Value.DATE:
                return is_time(parse, head)
            case _:
                return not is_time(parse, head) or "date" in slot

    def ending(self, standing: Standing, tense: Tense) -> Ending | None:
        """Return what the statement says is over; None for most."""
        parse, verb = self._parse, self._verb
        word = parse.words[verb]
        if not word.is_verb:
            return None
        if standing is Standing.DENIED:
            over = is_over(parse, verb)
            if tense is not Tense.PRESENT or (word.lemma == "be" and not over):
                return None
            slot = VERBS.get((self._lemma, self._preposition))
            said = self.whole_object()
            if slot:
                return Ending(slots=[slot], object=said)
            return Ending(verbs=[word.lemma], object=said) if said or over else None
        described = parse.child(verb, "acomp")
        if described is not None and tense in {Tense.PAST, Tense.PRESENT} and word.lemma in {"get", "be", "become"}:
            slots = ENDS.get((parse.words[described].lower, ""))
            return Ending(slots=list(slots), object=self._other()) if slots else None
        # "We are divorced", "I am fired": done.
        done = word.tag == "VBN" and parse.child(verb, "auxpass") is not None and tense is Tense.PRESENT
        if tense is not Tense.PAST and not done and word.lower != "quit":
            return None
        particle = parse.child(verb, "prt")
        key = (word.lemma, parse.words[particle].lower if particle is not None else "")
        doing = parse.child(verb, "xcomp", "ccomp")
        if key in STOPS:
            if doing is not None and parse.words[doing].tag == "VBG":
                return Ending(verbs=[parse.words[doing].lemma], object=Claims(Relation(parse, doing)).whole_object())
            thing = parse.child(verb, "dobj")
            if thing is not None and parse.words[thing].lower.endswith("ing"):
                stem = parse.words[thing].lower.removesuffix("ing")
                return Ending(verbs=[stem, f"{stem}e"])  # smoking: smok or smoke
        slots = self._left(ENDS.get(key))
        lost = LOSES.get(key, ())
        if lost and (thing := parse.child(verb, "dobj")) is not None and parse.words[thing].lemma != "job":
            return Ending(
                slots=slots.slots if slots else [], verbs=list(lost), object=parse.said(value_phrase(parse, thing))
            )
        return slots

    def _left(self, slots: tuple[str, ...] | None) -> Ending | None:
        """Name what was left: an organisation or a person by name; "my job" is whatever job it was."""
        if not slots:
            return None
        parse, verb = self._parse, self._verb
        things = [*parse.children(verb, "dobj"), *self._below_prepositions(verb)]
        things += [noun for thing in things for noun in self._below_prepositions(thing)]
        named = [t for t in things if parse.words[t].is_name and not is_time(parse, t)]
        if named:
            return Ending(slots=list(slots), object=parse.said(value_phrase(parse, named[0])))
        common = [t for t in things if not is_time(parse, t)]
        if common:
            whole = parse.words[common[0]].lemma in _WHOLE and parse.child(common[0], "poss") is not None
            return Ending(slots=list(slots)) if whole else None
        if parse.words[verb].lemma == "leave":
            return None
        return Ending(slots=list(slots), object=self._other())

    def _below_prepositions(self, position: int) -> list[int]:
        parse = self._parse
        return [
            noun
            for p in parse.children(position, "prep", "agent")
            if parse.words[p].lower in {"from", "with", "at", "as", "of", "to"}
            and (noun := parse.child(p, "pobj")) is not None
        ]

    def _other(self) -> str | None:
        """Return the other of two in the subject: Lukas, in "Lukas and I broke up"."""
        parse = self._parse
        subject = parse.child(self._verb, "nsubj", "nsubjpass")
        if subject is None or not parse.children(subject, "conj"):
            return None
        return parse.words[subject].text if parse.words[subject].is_name or parse.words[subject].tag == "NN" else None

    def whole_object(self) -> str | None:
        """Return the object with what belongs to it, and the first thing after a preposition, without times."""
        parse, verb = self._parse, self._verb
        parts = [parse.said(value_phrase(parse, self._head, whole=True))] if self._head is not None else []
        for noun in self._below_prepositions(verb) + [
            n for p in parse.children(verb, "prep") if (n := parse.child(p, "pobj")) is not None
        ]:
            pronoun = parse.words[noun].tag == "PRP"
            if (
                noun != self._head
                and not is_time(parse, noun)
                and not pronoun
                and parse.words[parse.words[noun].head].lower not in CAUSES
            ):
                parts.append(parse.said(value_phrase(parse, noun)))
        return " ".join(dict.fromkeys(parts)) or None


def _with_region(parse: Parse, value: list[int]) -> list[int]:
    """Add what says where a place is: "Porto, Portugal"."""
    last = value[-1]
    while last + 2 < len(parse.words) and parse.words[last + 1].text == "," and is_place(parse.words[last + 2].text):
        last += 2
    return list(range(value[0], last + 1))
