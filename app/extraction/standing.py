"""The standing of a clause: asserted, denied, unreal or reported; and the time that it speaks of."""

from enum import StrEnum

from app.domain.slots import CHANGES
from app.domain.words import words
from app.extraction.clauses import CONDITIONS, REPORTS, SUBJECTS, UNREAL_ABOVE, is_finite, is_spliced
from app.extraction.grammar import Parse

_FIRST_PERSON = frozenset({"i", "we"})
_OWN_VIEW = words("think believe guess reckon suspect suppose feel figure bet assume hear gather understand")
_UNREAL_NOUNS = words(
    "lie myth rumour rumor joke hoax dream idea plan chance possibility wish hope fiction prank fantasy"
)
_FICTION = words(
    "novel story dream game movie film book series show play tale comic fantasy nightmare episode manga rpg "
    "screenplay universe song poem lyrics fanfic sim simulation campaign roleplay"
)
_OTHER_WORLDS = frozenset({"perfect", "ideal", "another", "parallel", "alternate", "better", "different"})
_NOBODY = frozenset({"nobody", "none", "nothing", "neither", "no-one", "noone"})
_NEVER = frozenset({"never", "hardly", "barely", "scarcely", "neither", "nor"})
_QUOTES = frozenset({'"', "“", "”", "«", "»", "``", "''", "'", "‘", "’"})
_UNREAL_MODALS = frozenset({"could", "would", "might", "may", "should", "'d", "ought"})
_HEDGES = words("maybe perhaps possibly probably apparently supposedly allegedly seemingly presumably")
_MOTION = words("fly travel leave come go visit meet see arrive return drive get have do take give host run play")
_AHEAD = words(
    "plan want hope intend need decide promise expect aim wish prepare look schedule book tell ask remind invite urge beg "
    "advise order instruct"
)


class Standing(StrEnum):
    """Relation of a speaker to a statement. UNREAL: supposed, wished, asked, planned, imagined."""

    ASSERTED = "asserted"
    DENIED = "denied"
    UNREAL = "unreal"
    REPORTED = "reported"


class Tense(StrEnum):
    PAST = "past"
    PRESENT = "present"
    FUTURE = "future"
    NONE = "none"


def telling(parse: Parse, head: int) -> int:
    """Return the verb that says what is so, below the speaker's own view of it."""
    if not parse.words[head].is_verb:
        # "Heads up, everybody: the plan costs 15 euros now."
        head = next(
            (
                w
                for w in parse.below(head)
                if parse.words[w].relation in {"parataxis", "ccomp", "appos", "dep", "acl", "conj"}
                and is_finite(parse, w)
                and parse.child(w, *SUBJECTS) is not None
            ),
            head,
        )
    while True:
        word = parse.words[head]
        below = parse.child(head, "ccomp")
        if below is None or not parse.words[below].is_verb or not is_finite(parse, below):
            return head
        if word.lemma in _OWN_VIEW and _is_first_person(parse, head) and not _is_negated(parse, head):
            head = below
            continue
        return head


def _is_first_person(parse: Parse, verb: int) -> bool:
    subject = parse.child(verb, *SUBJECTS)
    return subject is not None and parse.words[subject].lower in _FIRST_PERSON


def standing(parse: Parse, verb: int) -> tuple[Standing, bool]:
    """Return how the speaker stands to what a verb says, and whether there is doubt ("maybe", "I think")."""
    if _is_fiction(parse) or _is_asked(parse, verb) or _is_sarcasm(parse):
        return Standing.UNREAL, False
    if _is_quoted(parse, verb) or _is_hearsay(parse, verb):
        return Standing.REPORTED, False
    hedged = False
    found = Standing.DENIED if _is_negated(parse, verb) else Standing.ASSERTED
    for position in (verb, *parse.above(verb)):
        if _is_unreal_itself(parse, position):
            return Standing.UNREAL, hedged
        hedged = hedged or any(parse.words[w].lower in _HEDGES for w in parse.children(position, "advmod"))
        if _stands_alone(parse, position):
            break
        if parse.words[position].relation not in _COMPLEMENTS:
            continue
        if _is_own_view(parse, position):
            hedged = True
            found = Standing.DENIED if _is_negated(parse, parse.words[position].head) else found
            continue
        governed = _governed(parse, position)
        if governed is Standing.UNREAL or governed is Standing.REPORTED:
            return governed, hedged
        found = governed or found
    return found, hedged


_COMPLEMENTS = frozenset({"ccomp", "xcomp", "acl", "relcl", "pcomp", "csubj", "advcl", "oprd"})
_UNTRUE = frozenset({"possible", "untrue", "false", "wrong", "unlikely"})


def _stands_alone(parse: Parse, position: int) -> bool:
    """Return True for a sentence's main verb, and for one beside it with a subject of its own."""
    word = parse.words[position]
    if word.head == position:
        return True
    if word.relation in {"conj", "parataxis"}:
        return parse.child(position, *SUBJECTS) is not None
    return word.relation == "ccomp" and is_spliced(parse, word.head, position)


def _is_own_view(parse: Parse, position: int) -> bool:
    head = parse.words[position].head
    return parse.words[head].lemma in _OWN_VIEW and _is_first_person(parse, head)


def _governed(parse: Parse, position: int) -> Standing | None:
    """Return the standing that the word above gives to its complement; None if it says nothing about it."""
    word = parse.words[position]
    above = parse.words[word.head]
    if above.lemma in UNREAL_ABOVE and word.relation != "advcl":
        return Standing.UNREAL
    if above.lemma in REPORTS and word.relation == "ccomp":
        return Standing.REPORTED
    if above.lemma in _UNREAL_NOUNS and word.relation in {"acl", "relcl", "ccomp"}:
        return Standing.UNREAL
    if (above.lemma == "be" and _unreal_subject(parse, word.head)) or (
        above.tag.startswith("JJ") and above.lemma in _UNTRUE
    ):
        return Standing.UNREAL
    return Standing.DENIED if word.relation in {"ccomp", "xcomp"} and _is_negated(parse, word.head) else None


def _unreal_subject(parse: Parse, verb: int) -> bool:
    below = [*parse.children(verb, "attr", "acomp", *SUBJECTS)]
    return any(parse.words[w].lemma in _UNREAL_NOUNS or parse.words[w].lower in _UNTRUE for w in below)


def _is_unreal_itself(parse: Parse, verb: int) -> bool:
    for child in parse.children(verb):
        word = parse.words[child]
        if word.relation == "aux" and word.tag == "MD" and word.lower in _UNREAL_MODALS:
            return True
        if word.relation in {"mark", "advmod"} and word.lower in CONDITIONS:
            return True
        if word.relation == "advcl" and any(parse.words[m].lower in CONDITIONS for m in parse.children(child, "mark")):
            return True
        if word.relation in {"advcl", "ccomp"} and word.lemma in UNREAL_ABOVE and _ends_at_colon(parse, child):
            return True  # "Picture this: …"
    if parse.words[verb].lower == "let" and parse.child(verb, "ccomp") is not None:
        return True
    return any(
        parse.words[w].lower == "upon" and parse.said(parse.below(w)).lower().startswith("upon a time")
        for w in parse.children(verb, "prep")
    )


def _ends_at_colon(parse: Parse, position: int) -> bool:
    after = parse.below(position)[-1] + 1
    return after < len(parse.words) and parse.words[after].text == ":"


def _is_fiction(parse: Parse) -> bool:
    """Return True for "In my novel, …", "In a perfect world, …", and for "No way that …"."""
    first = parse.words[0]
    noun = parse.child(0, "pobj")
    if parse.text.lower().startswith(("no way ", "hypothetically")):
        return True
    if first.lower not in {"in", "inside"} or first.relation != "prep" or noun is None:
        return False
    lemma = parse.words[noun].lemma
    below = {parse.words[w].lower for w in parse.children(noun)}
    return lemma in _FICTION or (lemma in {"world", "universe", "life"} and bool(below & _OTHER_WORLDS))


def _is_asked(parse: Parse, verb: int) -> bool:
    """Return True for a question without its mark: "did tom quit", "is colin my boss now"."""
    subject = parse.child(verb, "nsubj", "nsubjpass")
    first = min(
        [verb, *parse.children(verb, "aux", "auxpass", "advmod", "nsubj", "nsubjpass", "prep", "neg", "npadvmod")]
    )
    word = parse.words[first]
    return subject is not None and first < subject and (
        word.relation in {"aux", "auxpass"} or (first == verb and word.lemma == "be" and word.lower != "be")
    )  # fmt: skip


def _is_sarcasm(parse: Parse) -> bool:
    text = parse.text.lower()
    return text.endswith((" /s", " /j", " /jk")) or text.startswith(("yeah right", "yeah, right", "oh sure", "as if "))


def _is_quoted(parse: Parse, verb: int) -> bool:
    """Return True for a verb between quotation marks that stand inside the sentence."""
    marks = [p for p, word in enumerate(parse.words) if word.text in _QUOTES and word.tag != "POS"]
    before = [p for p in marks if p < verb]
    if len(before) % 2 == 0 or before[0] == 0:
        return False
    # The end may have been cut off: "Test prompt: 'I am 17".
    return len(marks) > len(before) or parse.words[before[-1] - 1].text == ":"


def _is_hearsay(parse: Parse, verb: int) -> bool:
    """Return True for "According to LinkedIn, …" and "Per the rumour mill, …"."""
    for preposition in parse.children(verb, "prep"):
        lower, noun = parse.words[preposition].lower, parse.child(preposition, "pobj")
        if lower == "according":
            return True
        if lower == "per" and any(parse.words[w].lemma in _UNREAL_NOUNS for w in parse.below(preposition)):
            return noun is not None
    return False


def _is_negated(parse: Parse, verb: int) -> bool:
    for child in parse.children(verb):
        word = parse.words[child]
        if word.relation == "neg" or word.lower in _NEVER:
            return True
        if word.relation == "advmod" and any(parse.words[w].lower in _NEVER | {"not"} for w in parse.children(child)):
            return True
        if word.relation in {"dobj", "attr"} and any(parse.words[w].lower == "neither" for w in parse.children(child)):
            return True
        if word.lower == "longer" and any(parse.words[w].lower == "no" for w in parse.children(child)):
            return True
        if word.relation in {"nsubj", "nsubjpass", "dobj", "attr"}:
            if word.lower in _NOBODY:
                return True
            if any(parse.words[d].lower in {"no", "neither"} for d in parse.children(child, "det", "neg")):
                return True
    return False


def is_over(parse: Parse, verb: int) -> bool:
    """Return True for "no longer", "not … anymore", "not … any longer"."""
    for child in parse.children(verb, "advmod", "npadvmod"):
        said = " ".join(parse.words[w].lower for w in parse.below(child))
        if said in {"no longer", "anymore", "any more", "any longer", "longer", "no more"}:
            return True
    return False


def clause_tense(parse: Parse, position: int) -> Tense:
    """Return the tense of the nearest clause that a word stands in."""
    for above in (position, *parse.above(position)):
        if parse.words[above].is_verb and (found := tense(parse, above)) is not Tense.NONE:
            return found
    return Tense.NONE


def tense(parse: Parse, verb: int) -> Tense:
    word = parse.words[verb]
    auxiliaries = [parse.words[a] for a in parse.children(verb, "aux", "auxpass")]
    said = {a.lower for a in auxiliaries}
    if said & {"will", "'ll", "shall", "wo", "gonna"} or ("going to" in parse.text.lower() and _goes_to(parse, verb)):
        return Tense.FUTURE
    if word.tag == "VB" and word.relation in {"xcomp", "ccomp"} and _goes_to(parse, verb):
        return Tense.FUTURE
    if any(a.tag == "VBD" for a in auxiliaries) or (word.tag == "VBD"):
        return Tense.PAST
    if any(a.tag in {"VBP", "VBZ"} for a in auxiliaries):
        if word.tag == "VBG" and (word.lemma in CHANGES or word.lemma in _MOTION):
            return Tense.FUTURE
        if word.tag == "VBN" and any(a.lemma == "have" for a in auxiliaries):
            return Tense.PAST
        return Tense.PRESENT
    if word.tag in {"VBZ", "VBP"}:
        return Tense.PRESENT
    if word.tag == "VBN" and not auxiliaries and word.relation in {"ROOT", "conj"}:
        # "Dyed my hair"; but "18 March: login implemented" is a heading of a plan as often as of a report.
        return Tense.PAST if parse.child(verb, *SUBJECTS) is None else Tense.NONE
    if word.tag == "MD" or any(a.tag == "MD" for a in auxiliaries):
        return Tense.FUTURE if said & {"can", "must"} else Tense.PRESENT
    above = word.head
    if (
        word.relation in {"xcomp", "ccomp", "advcl", "acl", "pcomp", "conj"}
        and above != verb
        and parse.words[above].is_verb
    ):
        inherited = tense(parse, above)
        if word.tag == "VB" and parse.words[above].lemma in _AHEAD:
            return Tense.FUTURE
        return inherited
    return Tense.NONE


def _goes_to(parse: Parse, verb: int) -> bool:
    word = parse.words[verb]
    if word.lemma == "go" and word.tag == "VBG" and parse.child(verb, "xcomp") is not None:
        return True
    above = parse.words[word.head]
    return word.relation == "xcomp" and above.lemma == "go" and above.tag == "VBG"
