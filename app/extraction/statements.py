"""Statements of an English sentence: who does what, in which time, and whether it is asserted."""

from msgspec import Struct

from app.domain.knowledge import Ending
from app.extraction.claims import Claims
from app.extraction.clauses import SUBJECTS, Clause, identity_phrase
from app.extraction.endings import Endings
from app.extraction.grammar import Parse
from app.extraction.relations import Relation
from app.extraction.standing import Standing, Tense, standing, telling, tense


class Statement(Struct, frozen=True, kw_only=True):
    """A clause's relation. `subject` and `object` are positions of their words; None for a subject that is not said.
    `owner`: positions of whom or what a slot belongs to, if that is not the subject: "Ana" in "Ana's boss is Ben". `changes`:
    it says that the value of its slot is another one now.
    """

    standing: Standing
    tense: Tense
    hedged: bool = False
    subject: list[int] | None = None
    predicate: str | None = None
    object: list[int] = []
    slot: str | None = None
    owner: list[int] | None = None
    value: list[int] = []
    changes: bool = False
    ending: Ending | None = None


def statement(parse: Parse, clause: Clause) -> Statement:
    """Read a clause. Looks through "I think (that) …" and "I am glad that …" to what is said to be so."""
    verb = telling(parse, clause.head)
    stands, hedged = standing(parse, verb)
    time = tense(parse, verb)
    subject, implied = _subject(parse, verb)
    relation = Relation(parse, verb)
    claims = Claims(relation)
    slot = owner = None
    value: list[int] = []
    ending = None
    if stands is Standing.ASSERTED and not hedged:
        slot, owner, value = claims.slot(time, subject or [])
    if stands in {Standing.ASSERTED, Standing.DENIED} and not hedged:
        ending = Endings(relation).ending(stands, time)
    holds = stands is Standing.ASSERTED and not hedged and time is not Tense.FUTURE
    return Statement(
        standing=stands,
        tense=time,
        hedged=hedged,
        subject=subject if subject or implied else None,
        predicate=relation.predicate if holds else None,
        object=relation.object,
        slot=slot,
        owner=owner,
        value=value,
        changes=stands is Standing.ASSERTED and not hedged and claims.changes(time, filled=slot is not None),
        ending=ending,
    )


def _subject(parse: Parse, verb: int) -> tuple[list[int], bool]:
    """Return the subject's words, and whether it is left out ("Moved to Lisbon last month"), as people do of themselves."""
    position = verb
    while True:
        subject = parse.child(position, *SUBJECTS)
        if subject is not None:
            # "Lukas and I": what the speaker says of both.
            first = next((c for c in parse.children(subject, "conj") if parse.words[c].lower == "i"), None)
            return ([first] if first is not None else identity_phrase(parse, subject)), False
        word = parse.words[position]
        if word.relation in {"conj", "xcomp"} and word.head != position:
            position = word.head
            continue
        first = next(
            (w for w in range(len(parse.words)) if parse.words[w].tag[0].isalpha() and parse.words[w].tag != "UH"), 0
        )
        # The parser takes "Sold the car" for "(is) sold".
        past = word.tag == "VBD" or (word.tag == "VBN" and parse.child(position, "dobj") is not None)
        return [], word.head == position and past and first == position
