"""The relation that a verb states: predicate and object."""

from app.domain.words import words
from app.extraction.clauses import is_time, noun_phrase
from app.extraction.grammar import Parse

# Prepositions of what is no object.
CAUSES = words("because due despite since after before during until till besides without except like than per via")


class Relation:
    """`predicate`: "lives_in"; `object`: positions of its words, `head` among them; `lemma`, `preposition`: its own."""

    def __init__(self, parse: Parse, verb: int) -> None:
        self.parse = parse
        self.verb = verb
        self.predicate: str | None = None
        self.object: list[int] = []
        self.lemma = parse.words[verb].lemma
        self.preposition = ""
        self.head: int | None = None
        self._find()

    def _find(self) -> None:
        parse, verb = self.parse, self.verb
        word = parse.words[verb]
        if not word.is_verb:
            return
        particle = parse.child(verb, "prt")
        parts = [_present(parse, verb)]
        if particle is not None:
            parts.append(parse.words[particle].lower)
        thing = parse.child(verb, "dobj", "attr", "oprd")
        described = parse.child(verb, "acomp")
        if word.lemma in {"start", "begin"} and (doing := parse.child(verb, "xcomp")) is not None:
            inner = Relation(parse, doing)
            self.lemma, self.preposition, self.head = inner.lemma, inner.preposition, inner.head
            self.predicate, self.object = inner.predicate and f"started_{inner.predicate}", inner.object
            return
        if described is not None and thing is None:
            parts.append(parse.words[described].lower)
            self.lemma = parse.words[described].lower
            thing = None
            place = self._prepositional(described)
            if place is None:
                self.object = noun_phrase(parse, described)
                parts.pop()
                self.lemma = word.lemma
                self.predicate = "_".join(parts)
                self.head = described
                return
        else:
            place = None if thing is not None else self._prepositional(verb)
        if thing is not None:
            self.head = thing
            if word.lemma == "be" and any(parse.words[d].lower in {"a", "an"} for d in parse.children(thing, "det")):
                parts.append("a")
            self.object = noun_phrase(parse, thing)
        elif place is not None:
            preposition, noun = place
            self.preposition = parse.words[preposition].lower
            parts.append(self.preposition)
            self.head = noun
            self.object = noun_phrase(parse, noun)
        self.predicate = "_".join(parts) if self.object or (word.tag in {"VBZ", "VBP"} and word.lemma != "be") else None

    def _prepositional(self, position: int) -> tuple[int, int] | None:
        """Return the first preposition with its noun; one that says when only if there is no other."""
        parse = self.parse
        found = [
            (p, noun)
            for p in parse.children(position, "prep", "agent", "dative")
            if (noun := parse.child(p, "pobj")) is not None and parse.words[p].lower not in CAUSES
        ]
        timeless = [pair for pair in found if not is_time(parse, pair[1])]
        # "From Monday the standup is at 9:45": what stands behind the verb comes first.
        return next(iter(sorted(timeless or found, key=lambda pair: pair[0] < position)), None)


def _present(parse: Parse, verb: int) -> str:
    """The verb as a predicate: "lives" in the present, otherwise as it is said."""
    word = parse.words[verb]
    if word.lemma == "be" or word.lower in {"'s", "'m", "'re", "is", "am", "are"}:
        return "is" if word.tag != "VBD" else "was"
    passive = parse.child(verb, "auxpass") is not None
    if passive:
        return f"is_{word.lower}"
    if word.tag in {"VBD", "VBN"}:
        return word.lower
    lemma = word.lemma
    if lemma == "have":
        return "has"
    if lemma.endswith(("s", "sh", "ch", "x", "z", "o")):
        return f"{lemma}es"
    if lemma.endswith("y") and lemma[-2:-1] not in set("aeiou"):
        return f"{lemma[:-1]}ies"
    return f"{lemma}s"
