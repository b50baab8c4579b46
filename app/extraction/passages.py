"""Whose words the parts of a message are: the poster's own, quoted ones, a pasted transcript's, or nobody's (code, logs).

Layout and notation only: marks at the beginnings of lines, fences, time stamps.
"""

import re
from collections.abc import Collection, Iterator
from enum import StrEnum

from msgspec import Struct

from app.domain.words import words


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
    r"^(?:On .{4,60}, )?(?P<name>[^\W\d_][\w.'’ -]{0,40}?)(?: <[^>]+>)? (?:wrote|schrieb|escribió|a écrit)\s*:\s*$"
)
_LABELLED = re.compile(
    r"^[ \t]*(?:\[?\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?: ?[AaPp][Mm])?\]?[ \t]*-?[ \t]*)?"
    r"(?P<name>[^\W\d_a-z][\w.'’-]{0,24}(?: [^\W\d_a-z][\w.'’-]{0,24}){0,2}|(?<=\] )[a-z][\w.-]{0,24}):[ \t]+(?=\S)"
)
_LOG = re.compile(
    r"^[ \t]*(?:\[?\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}|\[?(?:TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL|CRITICAL)\b\]?[ :]|"
    r"Traceback \(most recent call last\)|[ \t]+(?:at \S+\(|File \")|[A-Z]\w*(?:Error|Exception|Warning):|\S+\[\d+\]:)"
)
# "# reboot" is a command of root's, "# Results" a heading of Markdown.
_COMMAND = re.compile(r"^[ \t]*(?:(?:\$|%|>>>|PS [A-Z]:\\.*>|\w+@[\w.-]+:\S*[$#])[ \t]+\S|#[ \t]+[a-z./])")
# Marks of headings and list items, which are no words.
_MARK = re.compile(r"^[ \t]*(?:#{1,6}|[-*+•]|\d{1,2}[.)])[ \t]+(?=\S)")
_FIRST_PERSON = re.compile(r"(?<![\w'’])(?:[Ii]|[Ii]['’](?:m|ve|ll|d)|[Mm]y|[Mm]e|[Ww]e|[Oo]ur)(?![\w'’])")
# Words before a colon that name no speaker.
_LABELS = words(
    "update note ps p.s edit fyi todo reminder question answer warning summary tldr tl;dr result results idea "
    "plan fact facts example tip btw ok okay hint problem issue solution status news goal goals subject re fwd "
    "date time place address name email e-mail phone step error info debug agenda title link source attention "
    "important conclusion decision action tomorrow today yesterday so and but also remember yes no wow hey hi "
    "hello thanks correction spoiler disclaimer context background"
)


def passages(text: str, *, people: Collection[str], poster: str | None) -> list[Passage]:
    """Cut a message into passages, in order and without gaps. `people`: the participants' names."""
    lines = list(_lines(text))
    known = {name.casefold() for name in people}
    labelled = [
        (match["name"], text[start + match.end() : end])
        for start, end in lines
        if (match := _LABELLED.match(text[start:end])) and not _is_heading(match["name"])
    ]
    # A label may be a heading: a transcript has a participant's name before a line, or somebody who says "I".
    speaks = any(_FIRST_PERSON.search(line) for _, line in labelled)
    speakers = {name for name, _ in labelled if speaks or name.casefold() in known}
    found: list[Passage] = []
    fenced = False
    wrote: str | None = None
    for start, end in lines:
        line = text[start:end]
        if _FENCE.match(line):
            found.append(Passage(start=start, end=end, origin=Origin.NOBODY))
            fenced = not fenced
            continue
        if fenced or _COMMAND.match(line) or _LOG.match(line):
            found.append(Passage(start=start, end=end, origin=Origin.NOBODY))
            continue
        if (said := _WROTE.match(line.strip())) is not None:
            wrote = said["name"]
            found.append(Passage(start=start, end=end, origin=Origin.NOBODY))
            continue
        if (mark := _QUOTE.match(line)) is not None:
            found.append(Passage(start=start + mark.end(), end=end, origin=Origin.QUOTED, speaker=wrote))
            continue
        if (mark := _MARK.match(line)) is not None:
            found.append(Passage(start=start + mark.end(), end=end))
            wrote = None
            continue
        label = _LABELLED.match(line)
        name = label["name"] if label else None
        if label is not None and name is not None and name in speakers:
            own = poster is not None and name.casefold() == poster.casefold()
            origin = Origin.OWN if own else Origin.QUOTED
            found.append(Passage(start=start + label.end(), end=end, origin=origin, speaker=None if own else name))
            continue
        if not line.strip():
            wrote = None
        if wrote is not None:
            found.append(Passage(start=start, end=end, origin=Origin.QUOTED, speaker=wrote))
            continue
        if found and found[-1].origin is Origin.OWN and found[-1].end == start:
            found[-1] = Passage(start=found[-1].start, end=end)
        else:
            found.append(Passage(start=start, end=end))
    return found


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end + 1
        yield start, end
        start = end


def _is_heading(name: str) -> bool:
    return name.casefold().rstrip(".") in _LABELS
