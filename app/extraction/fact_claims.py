"""Claims of facts: names for the words of a statement, and the fact's slot, value and ending with them."""

from collections.abc import Sequence

from msgspec.structs import replace

from app.domain.knowledge import Fact, Granularity, TimeSpan
from app.domain.names import MAX_NAME_CHARACTERS, entity_key
from app.extraction.clauses import clauses
from app.extraction.dates import DatedSpan, time_spans
from app.extraction.grammar import Parse, parse
from app.extraction.language import is_english
from app.extraction.references import People
from app.extraction.standing import Tense
from app.extraction.statements import Statement, statement

# Software is spoken of without an article: "Production runs on Postgres 16".
_OF_SYSTEMS = frozenset({"platform", "port", "version"})


class Names:
    """Names and noun phrases as values: "I" is the speaker, "my boss" is the speaker's boss, without an article."""

    def __init__(self, grammar: Parse | None, people: People) -> None:
        self._grammar = grammar
        self._people = people

    def of(self, positions: Sequence[int] | None) -> str | None:
        """Return None for a pronoun that is not known to mean anybody."""
        grammar = self._grammar
        if grammar is None or not positions:
            return None
        words = [grammar.words[p] for p in positions]
        if len(words) == 1 and words[0].tag in {"PRP", "PRP$", "WP", "DT", "EX", "WDT"}:
            return self._people.meant_by(words[0].text)
        named_ = next(
            (grammar.words[a] for p in positions for a in grammar.children(p, "appos") if grammar.words[a].is_name),
            None,
        )
        if named_ is not None and not any(w.is_name for w in words):
            return named_.text
        first = 0
        owner = None
        if words[0].tag == "PRP$":
            owner = self._people.meant_by(words[0].text)
            if owner is None:
                return None
            first = 1
        elif words[0].tag == "DT" and len(words) > 1:
            first = 1
        text = grammar.text[words[first].start : words[-1].end] if first < len(words) else ""
        text = f"{owner}'s {text}".strip() if owner and text else owner or text
        return text[:MAX_NAME_CHARACTERS].strip() or None

    def in_full(self, positions: Sequence[int]) -> str | None:
        """Return "Ana's cousin Maria" for "my cousin Maria", since a teacher may be called Maria, too; None for others."""
        grammar = self._grammar
        if grammar is None or not positions or grammar.words[positions[0]].tag != "PRP$":
            return None
        named_ = [a for p in positions for a in grammar.children(p, "appos") if grammar.words[a].is_name]
        named_ += [p for p in positions if grammar.words[p].is_name and grammar.children(p, "compound", "nmod")]
        owner = self._people.meant_by(grammar.words[positions[0]].text)
        if not named_ or owner is None:
            return None
        end = max(positions[-1], named_[0])
        return f"{owner}'s {grammar.said(range(positions[1], end + 1))}" if end > positions[0] else None

    def time_of(self, positions: Sequence[int], times: Sequence[DatedSpan]) -> TimeSpan | None:
        """Return the time that these words name."""
        grammar = self._grammar
        if grammar is None or not positions:
            return None
        start, end = grammar.words[positions[0]].start, grammar.words[positions[-1]].end
        return next((span.time for span in times if span.start < end and start < span.end), None)

    def has_name(self, positions: Sequence[int]) -> bool:
        return self._grammar is not None and any(self._grammar.words[p].is_name for p in positions)

    def is_definite(self, positions: Sequence[int]) -> bool:
        """Return True for one certain thing: a name, "the …", "my …", a pronoun that is known."""
        grammar = self._grammar
        if grammar is None or not positions:
            return False
        words = [grammar.words[p] for p in positions]
        first = words[0]
        return (
            first.lower in {"the", "this", "that", "our", "my", "his", "her", "their", "your", "its"}
            or first.tag == "PRP"
            or any(w.is_name for w in words)
        )


def claims_of(
    read: Statement | None, names: Names, subject: str | None, times: Sequence[DatedSpan], *, title: str | None = None
) -> dict[str, object]:
    """Return the fields of a fact that say what is so now, and what is over. `title`: of the document that says so: what it
    does not name is its own, as in "the price"; `times`: of the sentence.
    """
    if read is None:
        return {}
    found: dict[str, object] = {}
    if read.slot:
        positions = read.owner or read.subject or []
        whose = names.in_full(positions) or (names.of(positions) if read.owner else subject)
        definite = names.is_definite(positions) or read.subject == [] or read.slot in _OF_SYSTEMS
        value = _value(read.slot, names.of(read.value), names.time_of(read.value, times))
        if definite and whose and value:
            owner = whose if title is None or names.has_name(positions) else f"{title} {whose}"
            found |= {"slot": f"{entity_key(owner)}|{read.slot}", "value": value, "changes": read.changes}
    if read.ending and subject:
        whose = names.in_full(read.subject or []) or subject
        owner = whose if title is None or names.has_name(read.subject or []) else f"{title} {whose}"
        found["ending"] = replace(read.ending, slots=[f"{entity_key(owner)}|{slot}" for slot in read.ending.slots])
    return found


def _value(slot: str, said: str | None, time: TimeSpan | None) -> str | None:
    """Return what fills a slot; of a day, its ISO date, which "tomorrow" and "20 March" have in common."""
    kind = slot.partition("|")[0]
    if kind not in {"date", "birthday"}:
        return said
    if time is None or time.granularity not in {Granularity.DAY, Granularity.MONTH}:
        return None
    day = f"{time.start:%Y-%m-%d}" if time.granularity is Granularity.DAY else f"{time.start:%Y-%m}"
    return day[5:] if kind == "birthday" else day


def holding_now(fact: Fact, read: Statement | None) -> Fact:
    """Let what is so now hold from when it was told, although it is about another day: "my wedding is on 12 June"."""
    if fact.slot is None or fact.time is None or read is None or fact.valid_at is not None:
        return fact
    now = read.tense is Tense.PRESENT or fact.time.start > fact.observed_at
    return replace(fact, valid_at=fact.observed_at) if now else fact


def with_claims(facts: Sequence[Fact]) -> list[Fact]:
    """Return facts that a model has written, with what their English text asserts to be so now, and what it says is over."""
    english = [i for i, fact in enumerate(facts) if is_english(fact.text)]
    found = list(facts)
    for i, grammar in zip(english, parse([facts[i].text for i in english]), strict=True):
        fact = facts[i]
        times = time_spans(fact.text, fact.observed_at, grammar)
        # A sentence with two statements says which is meant by its subject.
        for clause in clauses(grammar):
            read = statement(grammar, clause)
            names = Names(grammar, People())
            subject = names.of(read.subject) if read.subject else None
            claims = claims_of(read, names, subject, times)
            whose = entity_key(fact.subject) if fact.subject else None
            of_subject = subject is not None and whose in {None, entity_key(subject)}
            of_slot = whose is not None and str(claims.get("slot", "")).startswith(f"{whose}|")
            if claims and (of_subject or of_slot):
                found[i] = holding_now(replace(fact, **claims), read)
                break
    return found
