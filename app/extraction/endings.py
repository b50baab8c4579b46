"""Endings: reading from a clause that something is over."""

from app.domain.knowledge import Ending
from app.domain.slots import ENDS, LOSES, REPLACES, STOPS, SWITCHED, SWITCHES, VERBS
from app.domain.words import words
from app.extraction.clauses import identity_phrase, is_definite, is_time, value_phrase
from app.extraction.limits import is_taken_back, limits_ending
from app.extraction.places import is_place
from app.extraction.relations import CAUSES, Relation
from app.extraction.standing import Standing, Tense, is_over

_WHERE = frozenset({"in", "at"})
# Before what is left: "from Siemens", "with Ben".
_LEFT = frozenset({"from", "with", "at", "as", "of", "to"})
# "I quit my job" ends whatever job it was.
_WHOLE = words("job work post position husband wife partner boyfriend girlfriend role spouse")


class Endings:
    """Reads what one verb ends. Its slots have no owner yet: "home"."""

    def __init__(self, relation: Relation) -> None:
        self._parse, self._verb = relation.parse, relation.verb
        self._lemma, self._preposition, self._head = relation.lemma, relation.preposition, relation.head

    def ending(self, standing: Standing, tense: Tense) -> Ending | None:
        """Return what the statement says is over; None for most."""
        parse, verb = self._parse, self._verb
        word = parse.words[verb]
        denied = standing is Standing.DENIED
        if not word.is_verb or limits_ending(parse, verb, denied=denied):
            return None
        if not denied and is_taken_back(parse, verb):
            return None
        if denied:
            return self._denied(is_over(parse, verb)) if tense is Tense.PRESENT else None
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
            if doing is not None and parse.words[doing].tag == "VBG" and not limits_ending(parse, doing, denied=True):
                return Ending(verbs=[parse.words[doing].lemma], object=Endings(Relation(parse, doing)).whole_object())
            thing = parse.child(verb, "dobj")
            if thing is not None and parse.words[thing].lower.endswith("ing"):
                if limits_ending(parse, thing, denied=True):
                    return None  # "I quit smoking for two years"
                stem = parse.words[thing].lower.removesuffix("ing")
                return Ending(verbs=[stem, f"{stem}e"])  # smoking: smok or smoke
        if (switched := self._switched(key)) is not None:
            return switched
        slots = self._left(ENDS.get(key))
        # "I quit Chrome to free some memory": it will be started again.
        closed = key == ("quit", "") and any(
            parse.words[a].lower == "to"
            for c in parse.children(verb, "advcl", "xcomp")
            for a in parse.children(c, "aux")
        )
        lost = () if closed else LOSES.get(key, ())
        thing = parse.child(verb, "dobj")
        if thing is None and key == ("give", "up"):
            thing = next((n for p in parse.children(verb, "prep") if (n := parse.child(p, "pobj")) is not None), None)
        # "I sold a bike for him" is another bike; "I gave up yoga".
        bare = key in {("give", "up"), ("quit", "")} and thing is not None and not parse.children(thing, "det")
        if lost and thing is not None and parse.words[thing].lemma != "job" and (bare or is_definite(parse, thing)):
            # "my subscription to Netflix" is not the one to the newspaper.
            given = key[0] in {"sell", "give"}  # "to my neighbour" is no part of what is sold
            object_ = (
                " ".join([parse.said(identity_phrase(parse, thing)), *self._places()]) if given else self.whole_object()
            )
            return Ending(slots=slots.slots if slots else [], verbs=list(lost), object=object_)
        return slots

    def _switched(self, key: tuple[str, str]) -> Ending | None:
        """For "I switched from Slack to Zoom", "we replaced Slack with Zoom", "she stepped down as treasurer"."""
        parse, verb = self._parse, self._verb
        said = {parse.words[p].lower: parse.child(p, "pobj") for p in parse.children(verb, "prep")}
        down = any(parse.words[w].lower == "down" for w in parse.children(verb, "advmod", "prt"))
        if key[0] == "step" and down and (role := said.get("as")) is not None:
            return Ending(verbs=["be"], object=parse.said(value_phrase(parse, role)))
        thing = said.get("from") if key in SWITCHES and said.get("to") is not None else None
        if key in REPLACES and (said.get("with") or said.get("for")) is not None:
            thing = parse.child(verb, "dobj")
        if thing is None or is_time(parse, thing) or not (parse.words[thing].is_noun or parse.words[thing].is_name):
            return None
        return Ending(verbs=list(SWITCHED), object=parse.said(identity_phrase(parse, thing)))

    def _denied(self, over: bool) -> Ending | None:
        """For "I no longer live in Lisbon", "I don't have a dog"; not for "I don't have to go" and "I don't live alone"."""
        parse, verb = self._parse, self._verb
        lemma = parse.words[verb].lemma
        said = self.whole_object()
        if (lemma == "be" and not (over and said)) or any(w > verb for w in parse.children(verb, "xcomp", "ccomp")):
            return None
        slot = VERBS.get((self._lemma, self._preposition))
        if slot:
            return Ending(slots=[slot], object=said) if said else None
        return Ending(verbs=[lemma], object=said, exact=not over) if said or over else None

    def _left(self, slots: tuple[str, ...] | None) -> Ending | None:
        """Name what was left: an organisation or a person by name; "my job" is whatever job it was."""
        if not slots:
            return None
        parse, verb = self._parse, self._verb
        if len(parse.children(verb, "dobj")) > 1:
            return None
        things = [*parse.children(verb, "dobj"), *self._below_prepositions(verb)]
        things += [noun for thing in things for noun in self._below_prepositions(thing)]
        named = [t for t in things if parse.words[t].is_name and not is_time(parse, t)]
        if named:
            place = parse.words[verb].lemma == "leave" and is_place(parse.words[named[0]].text)
            if place and "for good" not in parse.said(parse.below(verb)).lower():
                return None  # "I left Berlin at noon", "… yesterday": for a day, or for ever
            return Ending(slots=list(slots), object=parse.said(value_phrase(parse, named[0])))
        common = [t for t in things if not is_time(parse, t)]
        if common:
            whole = parse.words[common[0]].lemma in _WHOLE and parse.child(common[0], "poss") is not None
            # "my job at the bakery" is no other job.
            where = parse.said(value_phrase(parse, common[1])) if len(common) > 1 else None
            return Ending(slots=list(slots), object=where) if whole else None
        if parse.words[verb].lemma == "leave":
            return None
        return Ending(slots=list(slots), object=self._other())

    def _below_prepositions(self, position: int, prepositions: frozenset[str] = _LEFT) -> list[int]:
        parse = self._parse
        return [
            noun
            for p in parse.children(position, "prep", "agent")
            if parse.words[p].lower in prepositions and (noun := parse.child(p, "pobj")) is not None
        ]

    def _places(self) -> list[str]:
        """Return the names after "in" and "at": "I sold my flat in Nice" is not the one in Lyon."""
        parse = self._parse
        return [
            parse.said(value_phrase(parse, noun))
            for noun in self._below_prepositions(self._verb, _WHERE)
            if parse.words[noun].is_name and not is_time(parse, noun)
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
