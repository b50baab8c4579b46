"""Whose words the parts of a message are: the poster's own, quoted ones, a pasted transcript's, or nobody's (code, logs).

Layout and notation only: marks at the beginnings of lines, fences, time stamps.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from app.domain.words import words
from app.extraction.english import CALENDAR_WORDS
from app.extraction.language import is_common_word
from app.extraction.places import is_place


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


_FENCE = re.compile(r"^[ \t]*(?:```|~~~)")
_QUOTE = re.compile(r"^[ \t]*>+ ?")
_WROTE = re.compile(
    r"^(?:On .{4,60}, )?(?P<name>[^\W\d_][\w.'’ -]{0,40}?)(?: <[^>]+>)? (?:wrote|schrieb|escribió|a écrit)\s*:$|"
    r"^(?:Am|Le|El|Em|Il) .{4,60} (?:schrieb|a écrit|escribió|escreveu) (?P<other>[^\W\d_][\w.'’ -]{0,40}?)(?: <[^>]+>)?\s*:$"
)
_CLOCK = r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?: ?[AaPp]\.?[Mm]\.?)?"
_STAMP = rf"(?:\[?(?:\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}},? +)?{_CLOCK}\]?[ \t]*[-–]?[ \t]*)"
_NAME = r"[^\W\d_a-z][\w.'’-]{0,24}(?: [^\W\d_a-z][\w.'’-]{0,24}){0,2}"
# "Tom: …", "[09:14] tom: …", "12/03/2026, 09:14 - Tom: …", "- Tom: …", "**Tom**: …", "<tom> …".
_LABELLED = re.compile(
    rf"^[ \t]*(?:[-*+•][ \t]+)?(?P<stamp>{_STAMP})?"
    rf"(?:(?:\*\*)?(?P<name>{_NAME}|(?<=[\]\d] )[a-z][\w.-]{{0,24}})(?:\*\*)?:(?:\*\*)?|<(?P<nick>[\w.-]{{1,25}})>)[ \t]+(?=\S)"
)
# "Tom Becker  10:14 AM", "tom — Today at 10:14", "Tom Becker, [03.03.26 14:20]", "TOM:": what follows is said by him.
_HEADING = re.compile(
    rf"^[ \t]*(?:(?P<name>[^\W\d_][\w.'’-]{{0,24}}(?: [^\W\d_a-z][\w.'’-]{{0,24}}){{0,2}})"
    rf"(?:,? {{1,4}}|[ \t]+[—–-][ \t]+)(?:(?:[Tt]oday|[Yy]esterday) at )?{_STAMP}|(?P<loud>[^\W\d_a-z]{{2,24}}):)[ \t]*$"
)
# "tom: i moved" and "Paris: I loved it" name somebody, or the matter: nobody is said to have said it.
_MATTER = re.compile(r"^[ \t]*(?:[-*+•][ \t]+)?(?P<name>[^\W\d_][\w.-]{1,24}):[ \t]+(?=\S)")
_HEADER = re.compile(
    r"^(?P<field>From|Von|De|Da|Van|To|An|Sent|Gesendet|Date|Datum|Subject|Betreff|Cc|Objet|Asunto)[ \t]*:[ \t]*(?P<value>.*)$"
)
_SENDER = frozenset({"From", "Von", "De", "Da", "Van"})
_ADDRESS = re.compile(r"\s*[<(\[].*$")
_LOG = re.compile(
    r"^[ \t]*(?:\[?\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?\]?[ \t]+"
    r"(?:[\[(<]|[A-Z]{4,}\b|[\w./-]+(?:\[\d+\])?:|[\w-]+=)|"
    r"[A-Z][a-z]{2} {1,2}\d{1,2} \d{2}:\d{2}:\d{2} \S|Author: .+<.+>|Date: {2,}\w{3} \w{3}|"
    r"Traceback \(most recent call last\)|[ \t]+(?:at \S+\(|File \")|[A-Z]\w*(?:Error|Exception|Warning):|\S+\[\d+\]:)"
)
# "WARNING: disk full"; but "WARNING: my dog bites" is somebody's.
_LEVEL = re.compile(r"^[ \t]*\[?(?:TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL|CRITICAL)\b\]?[ :]|^[ \t]*\[?\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")
# Lines of code: how they begin, or that they end with a brace or semicolon.
_CODE = re.compile(
    r"^[ \t]*(?:(?:def|class|async def)[ \t]+\w+.*:[ \t]*$|(?:import|from)[ \t]+[\w.]+(?:[ \t]+import\b.*|[ \t]*;)?$|"
    r"(?:const|let|var|function|public|private|static|return|export)\b.*[;{(=\"'].*$|#include\b|[\w.]+\(.*\)[ \t]*[;{][ \t]*$|"
    r"[\]})]+[;,]?[ \t]*$|[{\[][ \t]*$|[{\[]?[ \t]*\"[\w-]+\"[ \t]*:|\w+[ \t]*=[ \t]*\S.*;[ \t]*$)"
)
_COMMENT = re.compile(r"^[ \t]*(?:#|//|--|/\*|\*)")
_COMMIT = re.compile(r"commit [0-9a-f]{7,40}\b")
# "# reboot" is a command of root's, "# Results" a heading of Markdown.
_COMMAND = re.compile(r"^[ \t]*(?:(?:\$(?![ \t]+\d)|%|>>>|PS [A-Z]:\\.*>|\w+@[\w.-]+:\S*[$#])[ \t]+\S|#[ \t]+[a-z./])")
# Marks of headings and list items, which are no words.
_MARK = re.compile(r"^[ \t]*(?:#{1,6}|[-*+•]|\d{1,2}[.)])[ \t]+(?=\S)")
_QUOTED = re.compile(r"“[^“”]{3,2000}”|«[^«»]{3,2000}»|„[^„“”]{3,2000}[“”]|(?<!\w)\"[^\"]{3,2000}\"(?!\w)", re.DOTALL)
_FIRST_PERSON = re.compile(r"(?<![\w'’])(?:[Ii]|[Ii]['’](?:m|ve|ll|d)|[Mm]y|[Mm]e|[Ww]e|[Oo]ur)(?![\w'’])")
# Words before a colon that name no speaker.
_LABELS = words(
    "update note ps p.s edit fyi todo reminder question answer warning summary tldr tl;dr result results idea "
    "plan fact facts example tip btw ok okay hint problem issue solution status news goal goals subject re fwd "
    "date time place address name email e-mail phone step error info debug agenda title link source attention "
    "important conclusion decision action tomorrow today yesterday so and but also remember yes no wow hey hi "
    "hello thanks correction spoiler disclaimer context background pros cons breakfast lunch dinner brunch snack fears "
    "likes dislikes strengths weaknesses work home mood dream dreams thought thoughts health family hobbies food travel "
    "morning noon afternoon evening night before after then now here there first second third finally monday tuesday "
    "wednesday thursday friday saturday sunday"
)


class _Layout(Struct, kw_only=True):
    """What the lines so far tell of the next: `fenced` in code, `commit`: in the log of a repository, `after_code` behind a line of it, `wrote` for a quoted mail;
    `turn`: the last line's speaker, in a transcript; `mail`: the sender of a forwarded mail, to the end.
    """

    fenced: bool = False
    commit: bool = False
    after_code: bool = False
    wrote: str | None = None
    turn: Passage | None = None
    mail: str | None = None


def passages(text: str, *, people: Collection[str], poster: str | None) -> list[Passage]:
    """Cut a message into passages, in order and without gaps. `people`: the participants' names."""
    lines = list(_lines(text))
    speakers = _speakers(text, lines, people)
    alone = poster is not None and {name.casefold() for name in speakers} == {poster.casefold()}
    layout = _Layout()
    found: list[Passage] = []
    for number, (start, end) in enumerate(lines):
        passage = _passage(text, lines, number, layout, speakers, poster if alone else None)
        joined = found and passage.origin is Origin.OWN and found[-1].origin is Origin.OWN and passage.start == found[-1].end
        if joined and not _MARK.match(text[start:end]):
            found[-1] = Passage(start=found[-1].start, end=end)
        else:
            found.append(passage)
    return found


def _speakers(text: str, lines: Sequence[tuple[int, int]], people: Collection[str]) -> set[str]:
    """Return the names before lines that speak: a participant's, or somebody's who says "I". Other labels are headings."""
    known = {name.casefold() for name in people}
    labelled = [
        (name, text[start + match.end() : end])
        for start, end in lines
        if (match := _LABELLED.match(text[start:end]))
        and not _is_heading(name := match["name"] or match["nick"])
        and (match["stamp"] or name.casefold() in known or not is_place(name))
    ]
    speaks = any(_FIRST_PERSON.search(line) for _, line in labelled)
    return {name for name, _ in labelled if speaks or name.casefold() in known}


def _passage(
    text: str,
    lines: Sequence[tuple[int, int]],
    number: int,
    layout: _Layout,
    speakers: Collection[str],
    alone: str | None,
) -> Passage:
    """Return the passage of one line. `alone`: the poster, if all lines with a label have the poster's."""
    start, end = lines[number]
    line = text[start:end]
    nobody = Passage(start=start, end=end, origin=Origin.NOBODY)
    if _FENCE.match(line):
        layout.fenced = not layout.fenced
        return nobody
    layout.commit = _COMMIT.match(line) is not None or (layout.commit and (line[:1].isspace() or _LOG.match(line) is not None))
    code = _CODE.match(line) is not None
    comment = layout.after_code and _COMMENT.match(line) is not None
    layout.after_code = code or comment
    by_program = _LOG.match(line) or (
        (_LEVEL.match(line) or _COMMAND.match(line))
        and (line.lstrip()[:1] in {"$", ">", "P"} or not _FIRST_PERSON.search(line))
    )
    if layout.fenced or layout.commit or code or comment or by_program:
        return nobody
    if (header := _HEADER.match(line)) and any(_HEADER.match(text[s:e]) for s, e in _beside(lines, number)):
        if header["field"] in _SENDER:
            layout.mail = _ADDRESS.sub("", header["value"]).strip() or None
        return nobody
    if layout.mail is not None:
        return Passage(start=start, end=end, origin=Origin.QUOTED, speaker=layout.mail)
    if (said := _WROTE.match(line.strip())) is not None:
        layout.wrote = said["name"] or said["other"]
        return nobody
    if (mark := _QUOTE.match(line)) is not None:
        return Passage(start=start + mark.end(), end=end, origin=Origin.QUOTED, speaker=layout.wrote)
    if (label := _LABELLED.match(line)) is not None and (name := label["name"] or label["nick"]) in speakers:
        own = alone is not None and name.casefold() == alone.casefold()
        spoken = Passage(
            start=start + label.end(),
            end=end,
            origin=Origin.OWN if own else Origin.QUOTED,
            speaker=None if own else name,
        )
        layout.turn = None if own else Passage(start=0, end=0, origin=Origin.QUOTED, speaker=name if len(speakers) > 1 else None)
        return spoken
    if (heading := _HEADING.match(line)) is not None and _continues(text, lines, number):
        name = heading["name"] or heading["loud"]
        if not _is_heading(name):
            layout.turn = Passage(start=0, end=0, origin=Origin.QUOTED, speaker=name)
            return nobody
    if not line.strip() and not (number and _WROTE.match(text[slice(*lines[number - 1])].strip())):
        layout.wrote = layout.turn = None
    if (label := _MATTER.match(line)) is not None and _FIRST_PERSON.match(line, label.end()):
        name = label["name"]
        if not _is_heading(name) and not is_common_word(name, english=True) and (name.islower() or is_place(name)):
            return Passage(start=start, end=end, origin=Origin.QUOTED)
    if (mark := _MARK.match(line)) is not None:
        layout.wrote = layout.turn = None
        return Passage(start=start + mark.end(), end=end)
    if layout.wrote is not None:
        return Passage(start=start, end=end, origin=Origin.QUOTED, speaker=layout.wrote)
    if layout.turn is not None and (layout.turn.speaker is not None or _FIRST_PERSON.search(line)):
        return Passage(start=start, end=end, origin=Origin.QUOTED, speaker=layout.turn.speaker)
    return Passage(start=start, end=end)


def _beside(lines: Sequence[tuple[int, int]], number: int) -> Sequence[tuple[int, int]]:
    return [*lines[max(number - 2, 0) : number], *lines[number + 1 : number + 3]]


def _continues(text: str, lines: Sequence[tuple[int, int]], number: int) -> bool:
    """Return True if a line with words follows."""
    return number + 1 < len(lines) and bool(text[slice(*lines[number + 1])].strip())


def quoted_spans(text: str) -> list[tuple[int, int]]:
    """Return [start, end) of what stands in quotation marks, with them, and holds more than one sentence or a whole one."""
    return [match.span() for match in _QUOTED.finditer(text)]


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end + 1
        yield start, end
        start = end


def _is_heading(name: str) -> bool:
    lower = name.casefold().rstrip(".")
    return lower in _LABELS or lower in CALENDAR_WORDS
