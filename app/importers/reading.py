"""Shared by all readers: options, what was left out, times, ids, files within an archive."""

import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, field, structs

from app.domain.bundle import (
    BundleLine,
    EntityLine,
    EvidenceLine,
    FactLine,
    InsightLine,
    InvalidLine,
    LineMention,
    RawDataLine,
    parse_line,
    write_line,
)
from app.domain.errors import SetupError
from app.domain.ids import digest
from app.domain.knowledge import Role
from app.domain.limits import MAX_TEXT_CHARACTERS
from app.domain.secrets import redact, redacted

T = TypeVar("T")
# Epoch times above this are in milliseconds: in seconds, it is the year 5138.
_LARGEST_SECONDS = 1e11
_LEAST_SECONDS = 1e8  # 1973
# ISO 8601 without hyphens: 20240131.
_BASIC_DATE = re.compile(r"(?:19|20)\d{6}")


# Whose words a message has; others are of tools and systems.
ROLES = {
    **dict.fromkeys(("user", "human"), Role.USER),
    **dict.fromkeys(("assistant", "ai", "model", "bot"), Role.ASSISTANT),
}


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
        """Read ISO 8601 or a number of seconds or milliseconds since 1970; None for nothing. Raises ValueError.

        Small numbers are refused: they are years or a spreadsheet's days, not seconds.
        """
        if value is None or value == "":
            return None
        text = str(value).strip()
        try:
            number = float(text)
        except ValueError:
            number = None
        if number is None or _BASIC_DATE.fullmatch(text):
            time = datetime.fromisoformat(text)
        elif number < _LEAST_SECONDS:
            raise ValueError(f"{text} is no time")
        else:
            time = datetime.fromtimestamp(number / 1000 if number > _LARGEST_SECONDS else number, tz=UTC)
        return time if time.tzinfo else time.replace(tzinfo=self.zone)

    def time_or_none(self, value: Any) -> datetime | None:
        """Like `time`, for a time that a record can do without: a wrong one is counted."""
        try:
            return self.time(value)
        except (ValueError, TypeError, OverflowError, OSError):
            self.leave_out("times that can't be read (the record is kept)")
            return None


def made_id(*parts: object) -> str:
    """Return an id that depends only on the record, not on the file or the time of reading."""
    return digest("imported record", *(str(part) for part in parts))[:32]


class Numbering:
    """Tells equal records of a file apart by their order."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def __call__(self, id_: str) -> str:
        number = self._seen[id_] = self._seen.get(id_, -1) + 1
        return id_ if number == 0 else f"{id_}-{number}"


def with_source(fact: FactLine) -> Iterator[BundleLine]:
    """Yield the fact. One that cites nothing comes after a document of its own words, which is then its source."""
    if not fact.raw_data:
        source = RawDataLine(
            id=made_id("source", fact.id),
            text=fact.text,
            occurred_at=fact.observed_at or fact.created_at,
            source_client=fact.extractor,
        )
        yield source
        fact = structs.replace(fact, raw_data=[EvidenceLine(id=source.id)])
    yield fact


def checked(lines: Iterable[BundleLine], reading: Reading) -> Iterator[bytes]:
    """Encode the lines. Secrets are redacted, long texts split at line breaks, and what the service would refuse left out."""
    last_part: dict[str, str] = {}
    for line in lines:
        for part in _within_limit(_redacted(line), last_part):
            encoded = write_line(part)
            try:
                parse_line(encoded, dimension=0)
            except InvalidLine as error:
                reading.leave_out(f"records whose line {error}")
            else:
                yield encoded


def _redacted(line: BundleLine) -> BundleLine:
    match line:
        case RawDataLine():
            return structs.replace(
                line,
                text=redact(line.text),
                title=_clean(line.title),
                caption=_clean(line.caption),
                user_name=_clean(line.user_name),
                metadata=redacted(line.metadata),
            )
        case EntityLine():
            return structs.replace(line, name=redact(line.name), aliases=[redact(alias) for alias in line.aliases])
        case FactLine():
            return _redacted_fact(line)
        case InsightLine():
            return structs.replace(line, text=redact(line.text), name=redact(line.name), entity=_clean(line.entity))


def _redacted_fact(line: FactLine) -> FactLine:
    """A fact in whose text something is redacted keeps no other field that may repeat it."""
    text = redact(line.text)
    line = structs.replace(line, metadata=redacted(line.metadata))
    if text != line.text:
        cited = [structs.replace(evidence, quote=None) for evidence in line.raw_data]
        return structs.replace(
            line, text=text, raw_data=cited, subject=_clean(line.subject), predicate=None, object=None, entities=[]
        )
    evidence = [structs.replace(cited, quote=_clean(cited.quote)) for cited in line.raw_data]
    mentions = [LineMention(name=redact(name), role=role, confidence=share) for name, role, share in line.mentions]
    ends = {name: _clean(getattr(line, name)) for name in ("subject", "predicate", "object")}
    return structs.replace(line, raw_data=evidence, entities=mentions, **ends)


def _clean(text: str | None) -> str | None:
    return text and redact(text)


def _within_limit(line: BundleLine, last_part: dict[str, str]) -> Iterator[BundleLine]:
    """Yield the line, or its parts. `last_part`: id of a text → id of its last part, which the next message follows."""
    if not isinstance(line, RawDataLine):
        yield line
        return
    previous = last_part.get(line.previous, line.previous) if isinstance(line.previous, str) else line.previous
    rest, number, id_ = line.text, 0, line.id
    while len(rest) > MAX_TEXT_CHARACTERS:
        end = rest.rfind("\n", MAX_TEXT_CHARACTERS // 2, MAX_TEXT_CHARACTERS) + 1 or MAX_TEXT_CHARACTERS
        yield structs.replace(line, id=id_, text=rest[:end], previous=previous)
        rest, number, previous = rest[end:], number + 1, id_
        id_ = last_part[line.id] = f"{line.id}-{number}"
    yield structs.replace(line, id=id_, text=rest, previous=previous)


def unpacked(path: Path, suffix: str) -> Iterator[tuple[str, bytes]]:
    """Yield the file, or each file with this suffix in a ZIP archive: (name, content)."""
    if not zipfile.is_zipfile(path):
        yield path.name, path.read_bytes()
        return
    try:
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if name.endswith(suffix):
                    yield name.rpartition("/")[2], archive.read(name)
    except (zipfile.BadZipFile, zlib.error, RuntimeError) as error:  # RuntimeError: the archive is encrypted
        raise SetupError(f"{path} can't be unpacked: {error}") from None


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
