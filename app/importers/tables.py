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
from app.importers.reading import Reading, decoded, made_id, text_of

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
_ROLES = {"user": Role.USER, "human": Role.USER, "assistant": Role.ASSISTANT, "ai": Role.ASSISTANT}


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
    names: dict[str, str] | None = None
    previous: dict[str, str] = {}
    seen: dict[str, int] = {}
    for row in rows:
        if names is None or not names.keys() & row.keys():
            names = _column_names(row, reading)
        values = {field: row.get(column) for column, field in names.items()}
        text = text_of(values.get("text"))
        if not text:
            reading.leave_out("records without text")
            continue
        try:
            time = reading.time(values.get("time"))
        except (ValueError, TypeError, OverflowError, OSError):
            reading.leave_out("records whose time is neither ISO 8601 nor a number")
            continue
        role = _ROLES.get(text_of(values.get("role")).lower())
        speaker = text_of(values.get("speaker")) or (reading.speaker if role is Role.USER else None)
        is_message = bool(speaker or role)
        conversation = str(values.get("conversation") or "")
        id_ = str(values.get("id") or "") or _numbered(made_id("row", conversation, speaker, time, text), seen)
        yield RawDataLine(
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


def _numbered(id_: str, seen: dict[str, int]) -> str:
    """Tell equal records apart by their order."""
    number = seen[id_] = seen.get(id_, -1) + 1
    return id_ if number == 0 else f"{id_}-{number}"
