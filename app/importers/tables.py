"""CSV and JSON lines: a message or a note in each record."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from app.domain.bundle import MAX_LINE_BYTES, BundleLine, RawDataLine
from app.domain.errors import SetupError
from app.domain.knowledge import RawDataType, Role
from app.importers.reading import ROLES, Numbering, Reading, decoded, made_id, text_of

csv.field_size_limit(MAX_LINE_BYTES)
# A field's usual names, the first that a record has.
_NAMES = {
    "text": ("text", "content", "message", "body", "note"),
    "speaker": ("speaker", "user", "author", "name", "from", "sender", "userName"),
    "role": ("role",),
    "time": ("time", "timestamp", "date", "datetime", "created_at", "createdAt", "occurredAt"),
    "title": ("title", "subject"),
    "id": ("id", "uuid"),
    "conversation": ("conversation", "conversation_id", "thread", "session", "session_id", "channel"),
}
FIELDS = tuple(_NAMES)
_DECODER = msgspec.json.Decoder(dict[str, Any])


def read_csv(path: Path, reading: Reading) -> Iterator[BundleLine]:
    """Read a table with a header. Commas, semicolons and tabs are told apart by the header."""
    with path.open("rb") as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        try:
            header = text.readline()
            text.seek(0)
            separator = max(",;\t", key=header.count)
            yield from _lines(csv.DictReader(text, delimiter=separator), reading)
        except (UnicodeDecodeError, csv.Error) as error:
            raise SetupError(f"{path} is not CSV in UTF-8: {error}") from None


def read_jsonl(path: Path, reading: Reading) -> Iterator[BundleLine]:
    """Read one JSON object a line."""
    with path.open("rb") as file:
        objects = (decoded(line, _DECODER, "JSON lines") for line in file if line.strip())
        yield from _lines(objects, reading)


def _lines(rows: Iterable[Mapping[Any, Any]], reading: Reading) -> Iterator[BundleLine]:
    names: dict[frozenset[Any], dict[str, str]] = {}
    previous: dict[str, str] = {}
    numbered = Numbering()
    for row in rows:
        columns = frozenset(row)
        if columns not in names:
            names[columns] = _column_names(row, reading)
        values = {field: row.get(column) for column, field in names[columns].items()}
        line = _line(values, reading, numbered, previous)
        if line is not None:
            yield line


def _line(
    values: Mapping[str, Any], reading: Reading, numbered: Numbering, previous: dict[str, str]
) -> RawDataLine | None:
    """`previous`: conversation → its last message."""
    text, named = text_of(values.get("text")), text_of(values.get("role")).lower()
    if not text:
        reading.leave_out("records without text")
        return None
    if named and named not in ROLES:
        reading.leave_out("messages of tools and systems")
        return None
    try:
        time = reading.time(values.get("time"))
    except (ValueError, TypeError, OverflowError, OSError):
        reading.leave_out("records whose time is neither ISO 8601 nor a number of seconds")
        return None
    role = ROLES.get(named)
    said_by = text_of(values.get("speaker"))
    speaker = said_by or (reading.speaker if role is Role.USER else None)
    is_message = bool(said_by or role)
    conversation = str(values.get("conversation") or "")
    # What the file says, not how it is read: with another time zone, the ids stay the same.
    id_ = numbered(made_id("row", conversation, values.get("id"), said_by, values.get("time"), text))
    line = RawDataLine(
        id=id_,
        text=text,
        type=RawDataType.CONVERSATION if is_message else RawDataType.DOCUMENT,
        role=role or (Role.USER if is_message else None),
        user_name=speaker or None,
        title=text_of(values.get("title")) or None,
        occurred_at=time,
        metadata={"conversation": conversation} if conversation else {},
        previous=previous.get(conversation) if is_message else None,
    )
    if is_message:
        previous[conversation] = id_
    return line


def _column_names(row: Mapping[Any, Any], reading: Reading) -> dict[str, str]:
    """Return column → field. Raises SetupError if the text's column can't be told."""
    lowered = {str(column).strip().lower(): column for column in row}
    found: dict[str, str] = {}
    for field, usual in _NAMES.items():
        asked = reading.columns.get(field)
        if asked is not None and asked not in row:
            raise SetupError(f"There is no column {asked!r}. There are: {', '.join(map(str, row))}.")
        column = asked or next((lowered[name.lower()] for name in usual if name.lower() in lowered), None)
        if column is not None:
            found.setdefault(column, field)
    if "text" not in found.values():
        raise SetupError(
            f"No column is the text's: name it with --column text=NAME. There are: {', '.join(map(str, row))}."
        )
    return found
