"""The speakers of a message's parts: the poster, somebody quoted or in a pasted transcript, or nobody (code, logs)."""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator
from enum import StrEnum

from msgspec import Struct

from app.domain.scripts import is_unbounded
from app.domain.words import words
from app.extraction.english import WEEKDAYS
from app.extraction.language import is_common_word
from app.extraction.layouts import (
    BLOCK,
    CODE,
    COMMAND,
    COMMENT,
    FENCE,
    FIRST_PERSON,
    FORWARDED,
    HEAD,
    LABEL,
    LIST_MARK,
    LOG,
    LOG_LEVEL,
    MAIL_HEADER,
    MATTER,
    PART,
    QUOTE_MARK,
    QUOTED,
    ROOT_COMMAND,
    SENDER,
    SPEAKER_LINE,
    SPEAKS,
    WROTE,
    is_heading,
)
from app.extraction.places import is_place
from app.extraction.surnames import is_person_label

_MYSELF = frozenset({"me", "myself", "i", "ich", "moi", "yo", "io", "我", "私", "僕", "俺", "나"})
_BEFORE_A_NAME = frozenset(WEEKDAYS) | words("on in at then so when yesterday today earlier later recently")
_PRONOUNS = words("i we you he she it they who which")


class Origin(StrEnum):
    """OWN: the poster's; QUOTED: somebody else's, repeated by the poster; NOBODY: code, logs, command lines."""

    OWN = "own"
    QUOTED = "quoted"
    NOBODY = "nobody"


class Passage(Struct, frozen=True, kw_only=True):
    """`text[start:end]` with its origin; `speaker`: who is named as having said it, for QUOTED."""

    start: int
    end: int
    origin: Origin = Origin.OWN
    speaker: str | None = None


def passages(text: str, *, people: Collection[str], poster: str | None) -> list[Passage]:
    """Cut a message into passages, in order and without gaps. `people`: the participants' names."""
    return _LineReader(text, people, poster).passages()


class Quotations:
    """Quotations in a text, with their marks."""

    def __init__(self, text: str) -> None:
        spans = [match.span() for match in QUOTED.finditer(text)]
        self._starts = [start for start, _ in spans]
        self._ends = [end for _, end in spans]

    def hold(self, start: int, end: int) -> bool:
        """Return True if `text[start:end]` stands inside one quotation."""
        last = bisect_right(self._starts, start) - 1
        return last >= 0 and end <= self._ends[last]


class _LineReader:
    """Reads a message line by line, and remembers what the lines so far tell of the next."""

    def __init__(self, text: str, people: Collection[str], poster: str | None) -> None:
        self._text = text
        self._lines = list(_lines(text))
        self._speakers = self._named_speakers(people)
        # A client may put the poster's name before each line.
        own = poster is not None and {name.casefold() for name in self._speakers} == {poster.casefold()}
        self._own_label = poster.casefold() if own and poster else None
        self._poster = poster
        self._fenced = self._in_block = self._after_code = False
        self._wrote: str | None = None  # the author of a quoted mail, until an empty line
        self._mail: str | None = None  # the sender of a forwarded mail, to the end
        self._in_turn = False  # behind a line with a label
        self._turn: str | None = None  # its speaker, if the lines behind it are this speaker's, too
        # One line in capitals is an exclamation; a play has several.
        self._is_play = sum(PART.match(self._head(n)) is not None for n in range(len(self._lines))) > 1

    def passages(self) -> list[Passage]:
        found: list[Passage] = []
        for number, (_, end) in enumerate(self._lines):
            passage = self._passage(number)
            own = passage.origin is Origin.OWN and found and found[-1].origin is Origin.OWN
            if own and passage.start == found[-1].end and not LIST_MARK.match(self._head(number)):
                found[-1] = Passage(start=found[-1].start, end=end)
            else:
                found.append(passage)
        return found

    def _line(self, number: int) -> str:
        start, end = self._lines[number]
        return self._text[start:end]

    def _head(self, number: int) -> str:
        """Return the beginning of a line."""
        start, end = self._lines[number]
        return self._text[start : min(end, start + HEAD)]

    def _named_speakers(self, people: Collection[str]) -> set[str]:
        """Return the names before lines that speak: a participant's, or somebody's who says "I"; others are headings."""
        known = {name.casefold() for name in people}
        labelled: list[tuple[str, str]] = []
        for number in range(len(self._lines)):
            line = self._line(number)
            if (label := LABEL.match(line[:HEAD])) is None or is_heading(name := _name_in(label)):
                continue
            # "Duncan: I restarted it" and "Porto: I loved it": a name of a place needs more than that.
            if label["stamp"] or label["nick"] or name.casefold() in known or not is_place(name):
                labelled.append((name, line[label.end() :]))
        # "备注：我明天不在" is a heading: several lines have to begin with names.
        wide = {name for name, _ in labelled if name in _MYSELF or is_person_label(name)}
        speaks = any(SPEAKS.search(line) for _, line in labelled)
        return {
            name
            for name, _ in labelled
            if name.casefold() in known or (speaks and (not is_unbounded(name) or (name in wide and len(wide) > 1)))
        }

    def _passage(self, number: int) -> Passage:
        readers = (self._by_program, self._of_mail, self._labelled, self._under_speaker, self._of_matter, self._listed)
        for read in readers:
            if (passage := read(number)) is not None:
                return passage
        return self._plain(number)

    def _by_program(self, number: int) -> Passage | None:
        line = self._head(number)
        if FENCE.match(line):
            self._fenced = not self._fenced
            return self._nobodys(number)
        of_log = LOG.match(line) is not None
        self._in_block = BLOCK.match(line) is not None or (self._in_block and (line[:1].isspace() or of_log))
        inside = self._after_code and (COMMENT.match(line) is not None or line[:2].isspace())
        code = CODE.match(line) is not None or inside
        self._after_code = code
        if self._fenced or self._in_block or code or of_log:
            return self._nobodys(number)
        if COMMAND.match(line):
            self._in_turn, self._turn = True, None  # what it prints
            return self._nobodys(number)
        if (LOG_LEVEL.match(line) or ROOT_COMMAND.match(line)) and not FIRST_PERSON.search(line):
            return self._nobodys(number)
        return None

    def _of_mail(self, number: int) -> Passage | None:
        line = self._head(number)
        if (header := MAIL_HEADER.match(line)) is not None and self._has_header_beside(number):
            if header["field"] in SENDER:
                self._mail = header["name"].strip() or None
            return self._nobodys(number)
        if FORWARDED.match(line):
            return self._nobodys(number)
        if self._mail is not None:
            return self._quoted(number, self._mail)
        if (said := WROTE.match(line.strip())) is not None and (author := _author(said)) is not None:
            self._wrote = author
            return self._nobodys(number)
        if (mark := QUOTE_MARK.match(line)) is not None:
            return self._quoted(number, self._wrote, after=mark.end())
        return None

    def _has_header_beside(self, number: int) -> bool:
        beside = [*range(max(number - 2, 0), number), *range(number + 1, min(number + 3, len(self._lines)))]
        return any(MAIL_HEADER.match(self._head(other)) for other in beside)

    def _labelled(self, number: int) -> Passage | None:
        label = LABEL.match(self._head(number))
        if label is None or (name := _name_in(label)) not in self._speakers:
            return None
        if name.casefold() == self._own_label:
            return Passage(start=self._lines[number][0] + label.end(), end=self._lines[number][1])
        if name.casefold() in _MYSELF:
            name = self._poster
        self._in_turn, self._turn = True, name if len(self._speakers) > 1 else None
        return self._quoted(number, name, after=label.end())

    def _under_speaker(self, number: int) -> Passage | None:
        line = self._head(number)
        followed = number + 1 < len(self._lines) and self._line(number + 1).strip()
        if not followed:
            return None
        if self._is_play and PART.match(line) and not is_heading(line.strip()):
            self._in_turn, self._turn = True, None
            return self._nobodys(number)
        if (found := SPEAKER_LINE.match(line)) is None:
            return None
        name = found["name"] or found["loud"] or found["stamped"]
        if is_heading(name):
            return None
        self._in_turn, self._turn = True, name
        return self._nobodys(number)

    def _of_matter(self, number: int) -> Passage | None:
        """Return a line as nobody's if its label may name who says it, or what it is about."""
        line = self._head(number)
        label = MATTER.match(line)
        if label is None or not FIRST_PERSON.match(line, label.end()):
            return None
        name = label["name"]
        if is_heading(name) or is_common_word(name, english=True) or not (name.islower() or is_place(name)):
            return None
        return self._quoted(number, None)

    def _listed(self, number: int) -> Passage | None:
        mark = LIST_MARK.match(self._head(number))
        if mark is None:
            return None
        self._wrote, self._in_turn = None, False
        return Passage(start=self._lines[number][0] + mark.end(), end=self._lines[number][1])

    def _plain(self, number: int) -> Passage:
        line = self._line(number)
        if not line.strip() and not (number and WROTE.match(self._head(number - 1).strip())):
            self._wrote, self._in_turn = None, False
        if self._wrote is not None:
            return self._quoted(number, self._wrote)
        if self._in_turn and (self._turn is not None or FIRST_PERSON.search(line)):
            return self._quoted(number, self._turn)
        return Passage(start=self._lines[number][0], end=self._lines[number][1])

    def _nobodys(self, number: int) -> Passage:
        start, end = self._lines[number]
        return Passage(start=start, end=end, origin=Origin.NOBODY)

    def _quoted(self, number: int, speaker: str | None, *, after: int = 0) -> Passage:
        start, end = self._lines[number]
        return Passage(start=start + after, end=end, origin=Origin.QUOTED, speaker=speaker)


def _author(said: re.Match[str]) -> str | None:
    """Return who "wrote:" what follows: Mark, for "Yesterday Mark wrote:"; None for "On Sunday I finally wrote:"."""
    found = (said["name"] or said["other"]).split()
    while found and found[0].lower() in _BEFORE_A_NAME:
        found.pop(0)
    return None if any(word.lower() in _PRONOUNS for word in found) else " ".join(found) or None


def _name_in(label: re.Match[str]) -> str:
    return label["name"] or label["nick"] or label["handle"] or label["wide"]


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end + 1
        yield start, end
        start = end
