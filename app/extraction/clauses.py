"""The clauses of an English sentence, and the words of its nouns and values."""

from collections.abc import Iterator

from msgspec import Struct

from app.domain.words import words
from app.extraction.english import MONTHS
from app.extraction.grammar import FINITE, Parse, Word

SUBJECTS = ("nsubj", "nsubjpass", "csubj", "expl")
# Complements of these are not said to be so.
UNREAL_ABOVE = words(
    "want wish hope plan intend dream dreamt consider imagine pretend suppose let doubt wonder ask need wait "
    "expect refuse decline fail try aim would fear worry promise offer agree decide think_of apply joke fancy "
    "picture prefer might threaten beg order advise recommend suggest propose invite urge lie deny hate_to forbid"
)
REPORTS = words(
    "say tell claim think believe assume hear report mention guess suspect feel reckon write insist announce "
    "swear bet read argue warn text post whisper shout explain figure gather understand say tweet email joke "
    "gossip call"
)
CONDITIONS = frozenset({"if", "unless", "whether", "lest", "suppose", "supposing", "imagine"})
DURATION_UNITS = words("second minute hour day week month year decade while night weekend summer winter")
_MOST_PHRASE_WORDS = 16
_FEWEST_CLAUSE_WORDS = 3
_OUTSIDE = frozenset({"relcl", "acl", "appos", "cc", "conj", "advcl", "ccomp", "npadvmod", "punct", "advmod", "prep"})
_DESCRIBING = words("det poss amod compound nummod nmod case quantmod advmod punct neg predet")


class Clause(Struct, frozen=True):
    """An independent clause: `head` is its verb (or its noun, without a verb); `words` are its positions, in order."""

    head: int
    words: list[int]


def clauses(parse: Parse) -> list[Clause]:
    """Return the independent clauses of a sentence, in order; each has a subject of its own and at least three words."""
    heads = [root for root in parse.roots if _is_content(parse, root)] or parse.roots
    found: list[int] = []
    for root in heads:
        found.append(root)
        found.extend(_joined(parse, root))
    cut = frozenset(found)
    parts = [Clause(head=head, words=parse.below(head, without=cut - {head})) for head in sorted(found)]
    return _contiguous(parse, parts)


def _joined(parse: Parse, head: int) -> Iterator[int]:
    """Yield the verbs that stand beside a verb with a subject of their own: "…, and my brother lives in Faro"."""
    for child in parse.children(head, "conj", "parataxis", "ccomp"):
        word = parse.words[child]
        if not word.is_verb or parse.child(child, *SUBJECTS) is None or not is_finite(parse, child):
            continue
        if word.relation == "ccomp" and not is_spliced(parse, head, child):
            continue
        yield child
        yield from _joined(parse, child)


def is_spliced(parse: Parse, head: int, child: int) -> bool:
    """Return True for two sentences with only a comma or semicolon between them."""
    if parse.child(child, "mark") is not None:
        return False
    inside = parse.below(child)
    # The first sentence is parsed as the complement of the second.
    edge = inside[-1] + 1 if child < head else inside[0] - 1
    paused = 0 <= edge < len(parse.words) and parse.words[edge].text in {",", ";", "-", "–", "—", "..."}
    orders = child < head and parse.child(head, *SUBJECTS) is None and parse.words[head].tag in {"VB", "VBP"}
    return paused and (orders or parse.words[head].lemma not in REPORTS | UNREAL_ABOVE)


def _contiguous(parse: Parse, parts: list[Clause]) -> list[Clause]:
    """Cut the sentence where a clause's first word stands, but not inside a quotation; if a part is too short, nowhere."""
    if len(parts) < 2:
        return [Clause(head=parts[0].head, words=list(range(len(parse.words))))] if parts else []
    first, *others = sorted(parts, key=lambda part: part.words[0])
    quoted = _quoted_words(parse)
    ordered = [first, *(part for part in others if part.words[0] not in quoted)]
    starts = [0, *(_start(parse, part) for part in ordered[1:])]
    ends = [*starts[1:], len(parse.words)]
    cut = [
        Clause(head=part.head, words=list(range(start, end)))
        for part, start, end in zip(ordered, starts, ends, strict=True)
    ]
    if any(len([w for w in c.words if parse.words[w].tag[0].isalpha()]) < _FEWEST_CLAUSE_WORDS for c in cut):
        return [Clause(head=parse.roots[0], words=list(range(len(parse.words))))]
    return cut


def _start(parse: Parse, part: Clause) -> int:
    """Return where a clause begins: behind the pause before its subject if it has taken words of the clause before that
    pause ("we left the Harcourt Street | flat last weekend, we live in …").
    """
    start = part.words[0]
    subject = parse.child(part.head, *SUBJECTS)
    if subject is None or start == 0 or any(_pauses(parse.words[w]) for w in (start - 1, start)):
        return start
    return next((w + 1 for w in range(subject - 1, start, -1) if _pauses(parse.words[w])), start)


def _pauses(word: Word) -> bool:
    return word.tag in {",", ":", "CC", "."} or word.text in {",", ";", "-", "–", "—"}


def _quoted_words(parse: Parse) -> frozenset[int]:
    """Return the positions of the words between quotation marks; behind the last mark if it is not closed."""
    found: set[int] = set()
    inside = False
    for position, word in enumerate(parse.words):
        if word.text in {'"', "“", "”", "„", "«", "»"}:
            inside = word.text in {"“", "„", "«"} or (word.text == '"' and not inside)
        elif inside:
            found.add(position)
    return frozenset(found)


def _is_content(parse: Parse, position: int) -> bool:
    return parse.words[position].tag[0].isalpha()


def is_finite(parse: Parse, verb: int) -> bool:
    return parse.words[verb].tag in FINITE or any(
        parse.words[aux].tag in FINITE for aux in parse.children(verb, "aux", "auxpass")
    )


def states(parse: Parse, clause: Clause) -> bool:
    """Return True if a clause of a question is a statement by itself: its subject stands before its verb, and no question
    word or "if" begins it.
    """
    words = [
        parse.words[w]
        for w in clause.words
        if parse.words[w].tag[0].isalpha() and parse.words[w].tag not in {"CC", "UH"}
    ]
    if len(words) < _FEWEST_CLAUSE_WORDS or words[0].tag in {"WP", "WRB", "WDT", "WP$", "MD", "TO"}:
        return False
    subject = parse.child(clause.head, *SUBJECTS)
    if subject is None or not is_finite(parse, clause.head):
        return False
    finite = min(
        (w for w in (clause.head, *parse.children(clause.head, "aux", "auxpass")) if parse.words[w].tag in FINITE),
        default=clause.head,
    )
    return subject < finite and words[0].lower not in CONDITIONS


def noun_phrase(parse: Parse, head: int) -> list[int]:
    """The words of a name or noun with what directly describes it, from left to right without a gap; without clauses."""
    left = head
    while left > 0 and _describes(parse, left - 1, head):
        left -= 1
    right = head
    for child in parse.children(head):
        if (
            child > head
            and parse.words[child].relation in {"prep", "case", "nummod", "compound"}
            and child == right + 1
        ):
            if parse.words[child].relation == "prep":
                noun = parse.child(child, "pobj")
                if noun is None or parse.words[child].lower != "of":
                    break
                right = noun_phrase(parse, noun)[-1]
            else:
                right = child
    return list(range(left, right + 1))[:_MOST_PHRASE_WORDS]


def identity_phrase(parse: Parse, head: int) -> list[int]:
    """The words of a noun with all that tells it from others of its kind: "the call with the bank", "the guy who fixed our
    roof"; a name needs no more than itself.
    """
    phrase = noun_phrase(parse, head)
    if parse.words[head].tag not in {"NN", "NNS"}:
        return phrase
    last = phrase[-1]
    while True:
        following = next(
            (
                parse.below(child)[-1]
                for inside in range(phrase[0], last + 1)
                for child in parse.children(inside, "prep", "relcl", "acl")
                if child > last
                and (parse.below(child)[0] == last + 1 or (parse.words[last + 1].text == "-" and child == last + 2))
            ),
            None,
        )
        if following is None:
            return list(range(phrase[0], last + 1))[:_MOST_PHRASE_WORDS]
        last = following


def _describes(parse: Parse, position: int, head: int) -> bool:
    word = parse.words[position]
    return (
        word.relation in _DESCRIBING
        and head in parse.above(position)
        and word.text not in {",", ";", ":", "(", ")", "“", "”", '"'}
    )


def value_phrase(parse: Parse, head: int, *, whole: bool = False) -> list[int]:
    """The words of a value without a gap: with numbers, hyphens, owners, and "of …"; `whole`: with every preposition."""
    kept = [head]
    open_ = [head]
    while open_:
        for child in parse.children(open_.pop()):
            word = parse.words[child]
            inside = word.relation not in _OUTSIDE or (word.relation == "punct" and word.text in {"-", "/", ".", ":"})
            if inside or (word.relation == "prep" and (whole or word.lower == "of") and child > head):
                kept.append(child)
                open_.append(child)
    first, last = min(kept), max(kept)
    # Numbers with hyphens are several words.
    while (
        last + 1 < len(parse.words)
        and parse.words[last + 1].start == parse.words[last].end
        and (parse.words[last + 1].text not in {".", ",", "!", "?", ";", ":", ")", "”", '"', "'s", "…"})
    ):
        last += 1
    while last + 1 < len(parse.words) and parse.words[last].text.isdigit() and parse.words[last + 1].text.isdigit():
        last += 1  # "0151 2345678"
    while (
        first > 0
        and parse.words[first - 1].end == parse.words[first].start
        and parse.words[first - 1].tag in {"CD", "HYPH", "SYM"}
    ):
        first -= 1
    return list(range(first, last + 1))


def is_definite(parse: Parse, noun: int) -> bool:
    return (
        parse.words[noun].is_name
        or parse.child(noun, "poss") is not None
        or any(parse.words[d].lower in {"the", "this", "that"} for d in parse.children(noun, "det"))
    )


def is_time(parse: Parse, position: int) -> bool:
    """Return True for a word that says when: a date, a weekday, a duration."""
    word = parse.words[position]
    if word.tag == "CD" and parse.words[word.head].lower == "at" and word.relation == "pobj":
        return True
    if word.lower.rstrip(".") in MONTHS and any(
        parse.words[c].text.isdigit() for c in parse.children(position, "nummod")
    ):
        return True
    return (word.entity in {"DATE", "TIME"} and not word.text.isdigit()) or word.lemma in DURATION_UNITS
