"""What all readers share: options, what was left out, times, ids, files within an archive."""

import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, field, structs

from app.domain.bundle import BundleLine, InvalidLine, RawDataLine, parse_line, write_line
from app.domain.errors import SetupError
from app.domain.ids import digest
from app.domain.limits import MAX_TEXT_CHARACTERS

T = TypeVar("T")
# Epoch times above this are in milliseconds: in seconds, it is the year 5138.
_LARGEST_SECONDS = 1e11


class Reading(Struct, kw_only=True):
    """Options of a reader, and what it leaves out.

    `speaker`: name of the person whose assistant's chats these are. `zone`: of times without an offset. `date_order`:
    dmy or mdy. `columns`: a field's name → the name of its column. `left_out`: reason → number of records.
    """

    speaker: str | None = None
    zone: tzinfo = UTC
    date_order: str | None = None
    columns: dict[str, str] = {}
    left_out: Counter[str] = field(default_factory=Counter[str])

    def leave_out(self, reason: str) -> None:
        self.left_out[reason] += 1

    def time(self, value: Any) -> datetime | None:
        """Read ISO 8601 or a number of seconds or milliseconds since 1970; None for nothing. Raises ValueError."""
        if value is None or value == "":
            return None
        if isinstance(value, str) and not _is_number(value):
            time = datetime.fromisoformat(value.strip())
        else:
            number = float(value)
            time = datetime.fromtimestamp(number / 1000 if number > _LARGEST_SECONDS else number, tz=UTC)
        return time if time.tzinfo else time.replace(tzinfo=self.zone)

    def time_or_none(self, value: Any) -> datetime | None:
        """Like `time`, for a time that a record can do without: a wrong one is counted."""
        try:
            return self.time(value)
        except (ValueError, TypeError, OverflowError, OSError):
            self.leave_out("times that can't be read")
            return None


def made_id(*parts: object) -> str:
    """The same id for the same record, whenever and from whichever file it is read."""
    return digest("imported record", *(str(part) for part in parts))[:32]


def checked(lines: Iterable[BundleLine], reading: Reading) -> Iterator[bytes]:
    """Encode the lines; leave out those that the service would refuse. Long texts are split at line breaks."""
    for line in lines:
        for part in _within_limit(line):
            encoded = write_line(part)
            try:
                parse_line(encoded, dimension=0)
            except InvalidLine as error:
                reading.leave_out(f"records whose line {error}")
            else:
                yield encoded


def _within_limit(line: BundleLine) -> Iterator[BundleLine]:
    if not isinstance(line, RawDataLine) or len(line.text) <= MAX_TEXT_CHARACTERS:
        yield line
        return
    rest, number, previous = line.text, 0, line.previous
    while rest:
        end = len(rest)
        if end > MAX_TEXT_CHARACTERS:
            end = rest.rfind("\n", MAX_TEXT_CHARACTERS // 2, MAX_TEXT_CHARACTERS) + 1 or MAX_TEXT_CHARACTERS
        id_ = line.id if number == 0 else f"{line.id}-{number}"
        yield structs.replace(line, id=id_, text=rest[:end], previous=previous)
        rest, number, previous = rest[end:], number + 1, id_


def unpacked(path: Path, suffix: str) -> Iterator[tuple[str, bytes]]:
    """Yield the file, or each file with this suffix in a ZIP archive: (name, content)."""
    if not zipfile.is_zipfile(path):
        yield path.name, path.read_bytes()
        return
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if name.endswith(suffix):
                yield name, archive.read(name)


def decoded(data: bytes, decoder: msgspec.json.Decoder[T], what: str) -> T:
    """Decode JSON. Raises SetupError, which says what the file should be."""
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SetupError(f"The file is not {what}: {error}") from None


def pages(data: bytes, decoder: msgspec.json.Decoder[T], what: str) -> list[T]:
    """Decode a file of one JSON value, or of one on each line, such as the pages of an answer. Raises SetupError."""
    try:
        return [decoder.decode(data)]
    except msgspec.ValidationError as error:
        raise SetupError(f"The file is not {what}: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return [decoded(line, decoder, what) for line in data.splitlines() if line.strip()]


def text_of(value: Any) -> str:
    """The text, without surrounding white space; "" for anything else."""
    return value.strip() if isinstance(value, str) else ""


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
