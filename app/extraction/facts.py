"""The local reader: facts from a window of raw data, in the words that were said."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from app.domain.knowledge import (
    Category,
    EntityMention,
    EntityType,
    Evidence,
    Fact,
    RawData,
    RawDataType,
    Role,
    TimeSpan,
)
from app.domain.names import MAX_NAME_CHARACTERS, entity_key
from app.domain.scripts import QUESTION_MARKS, is_unbounded
from app.domain.words import words
from app.extraction.clauses import CONDITIONS, Clause, clauses, states
from app.extraction.dates import DatedSpan, says_itself, time_spans, written
from app.extraction.english import QUESTION_WORDS, TENS
from app.extraction.entities import TextMention, find_mentions, names_inside
from app.extraction.fact_claims import Names, claims_of, holding_now
from app.extraction.grammar import Parse, parse
from app.extraction.instructions import gives_orders
from app.extraction.language import is_common_word, is_english
from app.extraction.passages import Origin, Passage, Quotations, passages
from app.extraction.places import is_place
from app.extraction.references import People, has_first_person, is_generic, named, unnamed_person
from app.extraction.sentences import Span, sentences
from app.extraction.standing import Standing
from app.extraction.statements import Statement, statement
from app.extraction.timeline import tells_something

MAX_FACT_CHARACTERS = 1000
MAX_MENTIONS = 12
_SHORT_ANSWER_WORDS = 6
_FEWEST_WORDS = 3
_PAUSES = (", ", "; ", " - ", " – ", " — ", "... ", "… ")
_CONFIDENT, _REPORTED, _HEDGED = 0.95, 0.85, 0.72
# Words of greetings and thanks, which state nothing.
_COURTESY = words(
    "thank thanks please hello hi hey congrats congratulation congratulations bye goodbye good great nice cool "
    "awesome amazing wonderful fantastic lovely sure sorry welcome yes no ok okay yeah wow haha lol agree know "
    "see sound glad"
)
# Two of these and of the others are wishes: "Happy birthday!", "No worries".
_WISHES = _COURTESY | words(
    "happy merry birthday christmas easter luck worry problem done deal point idea job morning evening night weekend day "
    "care love miss hope agreed definitely absolutely anytime exactly totally"
)
_ALWAYS = frozenset({"fyi", "btw", "omg", "lol", "ps"})
_EXCLAMATIONS = _ALWAYS | words("ok okay so well oh hey hi yeah yep yes no haha hmm wow also anyway")
_QUESTION_STARTS = QUESTION_WORDS | words(
    "could can would will should shall may do does did is are was were am have has had any anybody anyone"
)
_HABITS = words(
    "always usually often regularly daily weekly every never sometimes typically normally mornings evenings weekends"
)


_FIRST_TEXT = RawData(
    id="",
    content_id="",
    type=RawDataType.CONVERSATION,
    text="I live in Faro.",
    occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
)


class EarlierMessage(Struct, frozen=True, kw_only=True):
    """The previous message, needed for short answers."""

    text: str
    speaker: str | None


class _Part(Struct, kw_only=True):
    """A sentence, or the statement inside a question; `grammar` is set if it is English, `times` and `mentions` if it states
    something.
    """

    span: Span
    origin: Origin
    quoted: str | None
    grammar: Parse | None = None
    times: list[DatedSpan] = []
    mentions: list[TextMention] = []


def window_facts(messages: Sequence[RawData], before: EarlierMessage | None) -> list[Fact]:
    """Extract all facts of the window, in order, each with the exact position of its quote. Takes about a millisecond a
    sentence, in the calling thread.
    """
    people = {m.speaker for m in messages if m.speaker and m.user_name}
    if before and before.speaker:
        people.add(before.speaker)
    parts = [list(_parts(message, people)) for message in messages]
    _read_grammar([part for row in parts for part in row])
    known = {entity_key(p) for p in people}
    for row in parts:
        for part in row:
            known |= names_inside(part.span.text, part.grammar)
    facts: list[Fact] = []
    earlier = before
    for message, row in zip(messages, parts, strict=True):
        reader = _MessageReader(message, people=people, known=known, earlier=earlier)
        facts.extend(reader.facts(row))
        earlier = EarlierMessage(text=message.text, speaker=message.speaker)
    return facts


def load_reader() -> None:
    """Load what the reader needs, which the first text would wait for: grammar, stop words, places."""
    is_place("Faro")
    window_facts([_FIRST_TEXT], None)


def parsed_mentions(text: str) -> list[TextMention]:
    """The mentions of a text that is read by itself."""
    found = sentences(text)
    grammar = parse([s.text for s in found]) if is_english(text) else [None] * len(found)
    return [mention for s, g in zip(found, grammar, strict=True) for mention in find_mentions(s.text, g)]


def _parts(raw: RawData, people: set[str]) -> Iterator[_Part]:
    if raw.type is RawDataType.AGENT_TIMELINE and raw.role is None:
        return
    for passage in _passages(raw, people):
        if passage.origin is Origin.NOBODY:
            continue
        said = raw.text[passage.start : passage.end]
        quotations = Quotations(said)
        for sentence in sentences(said):
            span = _without_exclamation(sentence, passage.start)
            if raw.type is RawDataType.AGENT_TIMELINE and not tells_something(span.text, raw.role):
                continue
            inside = quotations.hold(sentence.start, sentence.end)
            origin = Origin.QUOTED if inside and passage.origin is Origin.OWN else passage.origin
            yield _Part(span=span, origin=origin, quoted=None if inside else passage.speaker)


def _without_exclamation(sentence: Span, offset: int) -> Span:
    """Leave out "fyi" and "ok," at the beginning, which the grammar takes for more than they are."""
    text, start = sentence.text, sentence.start
    while True:
        first, _, rest = text.partition(" ")
        if (
            not rest.strip()
            or first.rstrip(",").lower() not in _EXCLAMATIONS
            or not (first[-1] == "," or first.lower() in _ALWAYS)
        ):
            break
        start += len(text) - len(rest.lstrip())
        text = rest.lstrip()
    return Span(text=text, start=offset + start, end=offset + start + len(text))


def _passages(raw: RawData, people: set[str]) -> list[Passage]:
    if raw.type is RawDataType.AGENT_TIMELINE or raw.submitted:
        return [Passage(start=0, end=len(raw.text))]
    return passages(raw.text, people=people, poster=raw.speaker)


def _read_grammar(parts: Sequence[_Part]) -> None:
    """Parse what is English; of a question, find the part that is a statement."""
    english = [part for part in parts if is_english(part.span.text)]
    asked = [part for part in english if _asks(part.span.text)]
    inside = [(part, span) for part in asked for span in _pieces(part.span)]
    plain = [part for part in english if not _asks(part.span.text)]
    texts = [*(part.span.text for part in plain), *(span.text for _, span in inside)]
    read = parse(texts) if texts else []
    for part, grammar in zip(plain, read, strict=False):
        part.grammar = grammar
    for (part, span), grammar in zip(inside, read[len(plain) :], strict=True):
        found = clauses(grammar)
        # The longest piece that is a statement by itself, by its grammar or by the question that follows it.
        stated = found and all(states(grammar, clause) for clause in found)
        if part.grammar is None and (stated or _before_question(part.span, span)):
            part.span, part.grammar = span, grammar


def _asks(text: str) -> bool:
    return text.rstrip("\"'”’)*_~ ").endswith(QUESTION_MARKS)


def _pieces(span: Span) -> list[Span]:
    """Beginnings and ends of a question, cut at its pauses, the longest first."""
    cuts = sorted({at for pause in _PAUSES for at in _positions(span.text, pause)})
    text = span.text
    pieces = [(0, cut) for cut in reversed(cuts)] + [(cut, len(text)) for cut in cuts]
    found: list[Span] = []
    for start, end in pieces[:8]:
        piece = text[start:end]
        body = piece.strip(" ,;-–—.…")
        if len(body.split()) >= _FEWEST_WORDS and not _asks(body):
            begin = start + piece.index(body)
            found.append(Span(text=body, start=span.start + begin, end=span.start + begin + len(body)))
    return found


def _before_question(whole: Span, piece: Span) -> bool:
    """Return True for the beginning of a question if what follows its pause begins like one: "…, could someone help?"."""
    if piece.start != whole.start or len(piece.text.split()) <= _FEWEST_WORDS:
        return False
    first = piece.text.split()[0].lower()
    rest = whole.text[len(piece.text) :].strip(" ,;-–—.…").split(maxsplit=1)
    return bool(rest) and rest[0].lower() in _QUESTION_STARTS and first not in _QUESTION_STARTS | CONDITIONS | {"when"}


def _positions(text: str, pause: str) -> Iterator[int]:
    at = text.find(pause)
    while at >= 0:
        yield at
        at = text.find(pause, at + len(pause))


class _MessageReader:
    """Reads one raw data node, sentence by sentence."""

    def __init__(self, raw: RawData, *, people: set[str], known: set[str], earlier: EarlierMessage | None) -> None:
        self._raw = raw
        self._people = people
        self._known = known
        others = people - {raw.speaker}
        # With more than two people, "you" is ambiguous.
        self._addressee = next(iter(others)) if raw.speaker in people and len(others) == 1 else None
        self._referent: str | None = None
        self._question = _open_question(earlier, raw.speaker)
        self._orders = gives_orders(raw.text)

    def facts(self, parts: Sequence[_Part]) -> Iterator[Fact]:
        raw = self._raw
        if raw.type is RawDataType.AGENT_TIMELINE and raw.role is None:
            if (category := raw.metadata.get("noteCategory")) in set(Category):
                yield self._note(Category(category))
            return
        for part in parts:
            yield from self._sentence(part)
            self._question = None

    def _note(self, category: Category) -> Fact:
        """Return a note about an agent's work as one fact, word for word."""
        raw = self._raw
        mentions = find_mentions(raw.text, people=self._people, known=self._known)
        if (path := raw.metadata.get("path")) and isinstance(path, str):
            mentions = [*mentions, TextMention(name=path, entity_type=EntityType.OBJECT, start=-1, end=-1)]
        return Fact(
            text=raw.text,
            category=category,
            evidence=[Evidence(raw_data_id=raw.id, quote=raw.text, start=0, end=len(raw.text))],
            mentions=_entity_mentions(mentions),
            observed_at=raw.occurred_at,
            confidence=_CONFIDENT,
            metadata=dict(raw.metadata),
        )

    def _sentence(self, part: _Part) -> Iterator[Fact]:
        grammar, span = part.grammar, part.span
        answers = self._question if len(span.text.split()) <= _SHORT_ANSWER_WORDS and not _asks(span.text) else None
        found: list[tuple[Span, Clause | None]] = []
        if grammar is not None:
            found.extend(self._telling(grammar, span, anything=answers is not None))
        elif not _asks(span.text) and (answers or _says_something(span.text)):
            found.append((span, None))
        if not found:
            return
        # The clauses' words stand in their sentence, whose grammar knows them.
        part.times = time_spans(span.text, self._raw.occurred_at, grammar)
        part.mentions = find_mentions(span.text, grammar, people=self._people, known=self._known)
        for said, clause in found:
            yield self._fact(part, said, clause, answers)

    def _telling(self, grammar: Parse, sentence: Span, *, anything: bool) -> list[tuple[Span, Clause]]:
        """Return the clauses that tell something, with their place. One that tells nothing by itself ("and she was lovely")
        is said with the clause before it, or with the next. `anything`: each clause tells something.
        """
        found: list[tuple[Span, Clause]] = []
        waiting: int | None = None
        for clause in clauses(grammar):
            said = _clause_span(grammar, clause, sentence)
            if said is None or self._only_names_speaker(grammar, clause):
                continue
            if anything or _tells(grammar, clause, short=self._raw.role is Role.USER):
                found.append((_between(sentence, said.start if waiting is None else waiting, said.end), clause))
                waiting = None
            elif found:
                before, told = found.pop()
                found.append((_between(sentence, before.start, said.end), told))
            elif waiting is None:
                waiting = said.start
        return found

    def _only_names_speaker(self, grammar: Parse, clause: Clause) -> bool:
        """Return True for "I'm Marta" by Marta."""
        name = grammar.child(clause.head, "attr")
        if name is None or self._raw.speaker is None or not has_first_person(grammar):
            return False
        return entity_key(grammar.words[name].text) in entity_key(self._raw.speaker).split()

    def _fact(self, part: _Part, said: Span, clause: Clause | None, answers: str | None) -> Fact:
        raw, grammar = self._raw, part.grammar
        own = part.origin is Origin.OWN
        speaker = raw.speaker if own else part.quoted
        people = People(
            speaker=speaker,
            addressee=self._addressee if own and not (grammar and is_generic(grammar)) else None,
            referent=self._referent,
        )
        read = statement(grammar, clause) if grammar and clause else None
        start, end = said.start - part.span.start, said.end - part.span.start
        time = next((s.time for s in part.times if start <= s.start < end), None)
        mentions = [m for m in part.mentions if start <= m.start < end]
        names = Names(grammar, people)
        claims = read if read and own and not self._orders else None
        words = f"{speaker}, asked “{answers}”" if answers and speaker else speaker or (raw.title if own else None)
        text = dated(said.text, time)
        shown = text if not words or (speaker is None and words.casefold() in text.casefold()) else f"{words}: {text}"
        subject = names.of(read.subject) if read and read.subject is not None else None
        if read and read.subject == [] and speaker:
            subject = speaker
        related = claims is not None and claims.standing is Standing.ASSERTED and subject is not None
        predicate = claims.predicate if claims and related else None
        thing = names.of(claims.object) if claims and predicate else None
        if (thing is None and claims and claims.object) or thing == subject:
            predicate = thing = None
        search = (
            _search_text(shown, said, grammar, people, time, part.span, speaker, answers, stands_alone=bool(predicate))
            if grammar
            else None
        )
        mentions = self._with_people(mentions, speaker, people, grammar, said, part.span)
        self._remember_person(mentions, grammar)
        fact = Fact(
            text=shown,
            search_text=search,
            category=_category(raw, said.text, time),
            evidence=[Evidence(raw_data_id=raw.id, quote=said.text, start=said.start, end=said.end)],
            mentions=_entity_mentions(mentions, subject if predicate else None, thing),
            observed_at=raw.occurred_at,
            subject=subject if predicate or (claims and (claims.ending or claims.slot)) else None,
            predicate=predicate,
            object=thing,
            time=time,
            confidence=_confidence(read, grammar),
            metadata=dict(raw.metadata) | ({"givesOrders": True} if self._orders else {}),
        )
        return holding_now(
            replace(fact, **claims_of(claims, names, subject, part.times, title=None if speaker else raw.title)), claims
        )

    def _with_people(
        self,
        mentions: list[TextMention],
        speaker: str | None,
        people: People,
        grammar: Parse | None,
        said: Span,
        sentence: Span,
    ) -> list[TextMention]:
        """Add whom the pronouns mean, and the speaker or the document's title, to the mentions of each fact."""
        raw = self._raw
        found = list(mentions)
        if grammar is not None:
            meant = {
                name
                for word in grammar.words
                if word.tag in {"PRP", "PRP$"}
                and said.start - sentence.start <= word.start < said.end - sentence.start
                and (name := people.meant_by(word.text))
            }
            found += [_absent(name, EntityType.PERSON) for name in sorted(meant)]
        if context := speaker or raw.title:
            special = raw.speaker is not None and raw.user_name is None and speaker == raw.speaker
            kind = EntityType.SPECIAL if special else EntityType.PERSON if speaker else EntityType.OTHER
            found = [m for m in found if entity_key(m.name) != entity_key(context) or m.start >= 0]
            found.append(_absent(context, kind))
        return found

    def _remember_person(self, mentions: Sequence[TextMention], grammar: Parse | None) -> None:
        """Set the person that "she" in the next sentence refers to: the only person named here except the speaker. Several
        names clear it, as somebody without a name does; no person keeps the previous one.
        """
        names = {
            m.name
            for m in mentions
            if m.entity_type in {EntityType.PERSON, EntityType.OTHER} and m.start >= 0 and m.name != self._raw.speaker
        }
        if grammar is not None and unnamed_person(grammar):
            self._referent = None
        else:
            self._referent = names.pop() if len(names) == 1 else self._referent if not names else None


def _absent(name: str, kind: EntityType) -> TextMention:
    """A mention of somebody whose name does not stand in the sentence."""
    return TextMention(name=name, entity_type=kind, start=-1, end=-1)


def _between(sentence: Span, start: int, end: int) -> Span:
    return Span(text=sentence.text[start - sentence.start : end - sentence.start], start=start, end=end)


def _clause_span(grammar: Parse, clause: Clause, sentence: Span) -> Span | None:
    """Return the clause as it stands, without the conjunction and pause between it and the next; None for nothing."""
    words = list(clause.words)
    while words and grammar.words[words[0]].tag in {"CC", ",", ":", "-LRB-"} and words[0] > 0:
        words.pop(0)
    last = len(grammar.words) - 1
    while words and words[-1] != last and grammar.words[words[-1]].tag in {"CC", ",", ":", "HYPH"}:
        words.pop()
    if not words:
        return None
    start, end = grammar.words[words[0]].start, grammar.words[words[-1]].end
    if words[0] == 0:
        start = 0
    if words[-1] == last:
        end = len(sentence.text)
    text = sentence.text[start:end].rstrip(" ,;:-–—")
    return Span(text=text, start=sentence.start + start, end=sentence.start + start + len(text)) if text else None


def _search_text(
    shown: str,
    said: Span,
    grammar: Parse,
    people: People,
    time: TimeSpan | None,
    sentence: Span,
    speaker: str | None,
    answers: str | None,
    *,
    stands_alone: bool,
) -> str | None:
    """Return the text with names for pronouns, and without its speaker if it states a relation (`stands_alone`); None if
    that is the text.
    """
    start, end = said.start - sentence.start, said.end - sentence.start
    clause = Parse(
        grammar.text[start:end],
        [
            replace(w, start=w.start - start, end=w.end - start)
            for w in grammar.words
            if start <= w.start and w.end <= end
        ],
    )
    if not clause.words:
        return None
    text = named(clause, people)
    text = dated(text, time)
    if stands_alone and not answers:
        return text
    if text == dated(said.text, time):
        return None
    if answers or speaker is None:
        return f"{shown.removesuffix(dated(said.text, time))}{text}"
    return text if speaker in text else f"{speaker}: {text}"


def _open_question(earlier: EarlierMessage | None, speaker: str | None) -> str | None:
    """Return the last sentence of another speaker's message if it is a question."""
    if earlier is None or earlier.speaker == speaker:
        return None
    last = sentences(earlier.text[-2 * MAX_FACT_CHARACTERS :])[-1:]
    return last[0].text if last and last[0].text.endswith(QUESTION_MARKS) else None


def _tells(grammar: Parse, clause: Clause, *, short: bool) -> bool:
    """Return True if a clause is more than a greeting or thanks. `short`: two words without a subject may be enough; not in
    documents and answers of assistants, where they are headings.
    """
    words = [
        grammar.words[w] for w in clause.words if grammar.words[w].text[0].isalnum() or grammar.words[w].text[0] == "'"
    ]
    content = [
        w
        for w in words
        if (w.is_noun or w.is_verb or w.tag.startswith(("JJ", "RB", "CD", "FW")))
        and w.lemma not in _COURTESY
        and (w.is_noun or w.tag == "CD" or w.lower in TENS or not is_common_word(w.lower, english=True))
    ]
    if len(words) >= _FEWEST_WORDS:
        return bool(content)
    # "Got engaged!", "Lactose intolerant."
    if len(words) != 2 or not content:
        return False
    alone = short and len(content) == 2 and not any(w.is_name or w.lemma in _WISHES for w in words[1:])
    return alone or grammar.child(clause.head, "nsubj") is not None


def _says_something(text: str) -> bool:
    """Return True if a text that is not English is more than an exclamation."""
    if is_unbounded(text):
        return len(text) >= 4
    words = [word.strip(".,!?'\"“”’()¡¿") for word in text.split()]
    # "Ich bin schon da" has common words only.
    return len(words) > _FEWEST_WORDS or (
        len(words) > 1 and any(len(w) > 1 and not is_common_word(w.lower()) for w in words)
    )


def dated(text: str, time: TimeSpan | None) -> str:
    """Append the date if the expression is relative: "… yesterday (7 May 2023)"."""
    if time is None or says_itself(time):
        return text
    body = text.rstrip(".!。！")
    return f"{body} ({written(time)}){text[len(body) :]}"


def undated(fact: Fact) -> Fact:
    """Remove the time and the date added by `dated`, for messages whose time is unknown."""
    if fact.time is None:
        return fact
    addition = f" ({written(fact.time)})"
    if says_itself(fact.time):
        return replace(fact, time=None)
    search = fact.search_text and fact.search_text.replace(addition, "", 1)
    return replace(fact, text=fact.text.replace(addition, "", 1), search_text=search, time=None)


def _category(raw: RawData, text: str, time: TimeSpan | None) -> Category:
    if raw.type is RawDataType.TOOL_CALL:
        return Category.TOOL
    words = set(text.lower().replace(",", " ").split())
    lower = text.lower()
    if raw.role is not None and any(
        cue in lower
        for cue in ("please always", "please never", "from now on", "don't ever", "always answer", "never answer")
    ):
        return Category.DIRECTIVE
    if "fixed by" in lower or "the fix was" in lower or "solved by" in lower or "resolved by" in lower:
        return Category.RESOLUTION
    if raw.type is RawDataType.AGENT_TIMELINE:
        return Category.EVENT
    if words & _HABITS and raw.role is Role.USER:
        return Category.BEHAVIOR
    return Category.EVENT if time is not None else Category.PROFILE


def _confidence(read: Statement | None, grammar: Parse | None) -> float:
    if read is not None and (read.hedged or read.standing is not Standing.ASSERTED):
        return _HEDGED
    return _CONFIDENT if grammar is not None and has_first_person(grammar) else _REPORTED


def _entity_mentions(
    mentions: Sequence[TextMention], subject: str | None = None, thing: str | None = None
) -> list[EntityMention]:
    found: dict[str, EntityMention] = {}
    roles = {entity_key(name): role for name, role in ((thing, "object"), (subject, "subject")) if name}
    for mention in mentions:
        key = entity_key(mention.name)
        if not key or key in found or len(key) > MAX_NAME_CHARACTERS:
            continue
        confidence = 0.6 if mention.entity_type is EntityType.CONCEPT else 0.9
        found[key] = EntityMention(
            name=mention.name,
            entity_type=mention.entity_type,
            role=roles.get(key, "mention"),
            confidence=confidence,
            introduced=mention.introduced,
        )
    return list(found.values())[:MAX_MENTIONS]
