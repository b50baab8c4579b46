"""WhatsApp's exported chats: a text file, alone or in the archive it comes in."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from app.domain.bundle import BundleLine, RawDataLine
from app.domain.errors import SetupError
from app.domain.knowledge import RawDataType, Role
from app.importers.reading import Numbering, Reading, made_id, unpacked

# "[31/12/2023, 21:04:05] Ana: text" (iOS) or "12/31/23, 9:04 PM - Ana: text" (Android).
_HEAD = re.compile(
    r"^\u200e?(?P<bracket>\[?)(?P<a>\d{1,4})(?P<mark>[./-])(?P<b>\d{1,2})(?P=mark)(?P<c>\d{1,4})(?P<comma>,?)\s+"
    r"(?P<hour>\d{1,2})(?P<colon>[:.])(?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?\s*(?P<half>[ap]\.?\s?m\.?)?"
    r"(?(bracket)\]?)\s+(?P<dash>-?)\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
_SPACES = str.maketrans({"\u202f": " ", "\u00a0": " "})
# The mark before what WhatsApp itself wrote, such as "image omitted".
_OWN_WORDS = "\u200e"
_OMITTED = re.compile(r"^<[^<>\n]*>$|^(?:This message was deleted|You deleted this message)\.?$")
# In a notice such as: Ana changed the group name to "Trip: Lisbon". A person may have quotes in the name, but says more.
_QUOTES = re.compile(r"[\"“”„«»]")
_EDITED = re.compile(r"\s*\u200e?<This message was edited>$")
_YEAR_DIGITS = 4


def read_whatsapp(path: Path, reading: Reading) -> Iterator[BundleLine]:
    """Read messages; notices, deleted messages and pictures are left out.

    The order of day and month is told from the dates. Raises SetupError if they allow both.
    """
    chats = 0
    for name, data in unpacked(path, ".txt"):
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise SetupError(f"{name} is not text in UTF-8: {error}") from None
        entries = _entries(text)
        chats += bool(entries)
        yield from _messages(entries, reading)
    if not chats:
        raise SetupError("The file is no chat exported by WhatsApp: its first line must begin with a date and a time.")


def _entries(text: str) -> list[tuple[re.Match[str], list[str]]]:
    """Return (head, lines) of each entry. All heads of a file have the form of the first: another dated line is part of what
    somebody wrote. A text that does not begin with a head, such as an attached file, has no entries.
    """
    entries: list[tuple[re.Match[str], list[str]]] = []
    for line in text.splitlines():
        head = _HEAD.match(line.translate(_SPACES))
        if head and (not entries or _form(head) == _form(entries[0][0])):
            entries.append((head, [head["rest"]]))
        elif entries:
            entries[-1][1].append(line)
        elif line.strip():
            return []
    return entries


def _form(head: re.Match[str]) -> tuple[object, ...]:
    marks = [head[name] for name in ("bracket", "mark", "comma", "colon", "dash")]
    years = [len(head[name]) == _YEAR_DIGITS for name in "ac"]
    return (*marks, *years, head["second"] is None, head["half"] is None)


def _messages(entries: list[tuple[re.Match[str], list[str]]], reading: Reading) -> Iterator[RawDataLine]:
    if not entries:
        return
    order = reading.date_order or _date_order([head for head, _ in entries])
    previous: str | None = None
    numbered = Numbering()
    speakers = Counter(lines[0].partition(": ")[0] for _, lines in entries)
    for head, lines in entries:
        speaker, colon, first = lines[0].partition(": ")
        said = _EDITED.sub("", "\n".join([first, *lines[1:]])).strip()
        is_notice = not colon or speaker.startswith(_OWN_WORDS) or (speakers[speaker] == 1 and _QUOTES.search(speaker))
        if is_notice or said.startswith(_OWN_WORDS) or _OMITTED.match(said):
            reading.leave_out("notices, deleted messages and media")
            continue
        if not said:
            reading.leave_out("records without text")
            continue
        try:
            time = _time(head, order).replace(tzinfo=reading.zone)
        except ValueError:
            reading.leave_out("messages with an impossible date")
            continue
        # What the file says, not how it is read: with another time zone, the ids stay the same.
        id_ = numbered(made_id("whatsapp", *head.groups()[:-1], speaker, said))
        yield RawDataLine(
            id=id_,
            text=said,
            type=RawDataType.CONVERSATION,
            role=Role.USER,
            user_name=speaker.strip("\u200e\u202a\u202c ~"),
            occurred_at=time,
            previous=previous,
        )
        previous = id_


def _date_order(heads: list[re.Match[str]]) -> str:
    """Return ymd, dmy or mdy: the only order in which all dates exist, else the only one in which time never goes back."""
    if all(len(head["a"]) == _YEAR_DIGITS for head in heads):
        return "ymd"
    possible = {order: times for order in ("dmy", "mdy") if (times := _times(heads, order)) is not None}
    forward = [order for order, times in possible.items() if times == sorted(times)]
    found = list(possible) if len(possible) == 1 else forward
    if len(found) == 1 or (len(found) > 1 and possible["dmy"] == possible["mdy"]):
        return found[0]
    raise SetupError("The dates allow both orders of day and month: add --date-order dmy or --date-order mdy.")


def _times(heads: list[re.Match[str]], order: str) -> list[datetime] | None:
    try:
        return [_time(head, order) for head in heads]
    except ValueError:
        return None


def _time(head: re.Match[str], order: str) -> datetime:
    parts = dict(zip(order, (int(head[name]) for name in "abc"), strict=True))
    year = parts["y"] + (2000 if len(head["a" if order == "ymd" else "c"]) < _YEAR_DIGITS else 0)
    hour = int(head["hour"])
    if head["half"]:
        hour = hour % 12 + (12 if head["half"][0] in "pP" else 0)
    return datetime(year, parts["m"], parts["d"], hour, int(head["minute"]), int(head["second"] or 0))  # noqa: DTZ001 - the caller knows the zone
