"""Read files as typed facts: their text, split at paragraphs or rows."""

import asyncio
import csv
import io
import itertools
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import BinaryIO, cast

import docx
import msgspec
import openpyxl
import pypdf
from msgspec import Struct

from app.domain.errors import BadRequest, TooLarge
from app.domain.knowledge import Attribution, FactKind
from app.domain.scope import MemoryScope
from app.domain.secrets import redact
from app.domain.typed_facts import MAX_TITLE_CHARACTERS, NewTypedFact
from app.services.memanto.submit_changes import SubmitChanges

SOURCE = "upload"
_PART_CHARACTERS = 1500
_MAX_PARTS = 20_000
# Office files are zip archives: the limit on their unpacked size guards against zip bombs.
_MAX_UNPACKED_BYTES = 128 << 20
# Facts per operation.
_BATCH = 100


class FileReceipt(Struct, frozen=True, kw_only=True):
    name: str
    parts: int


class ReadFile:
    def __init__(self, submit_changes: SubmitChanges) -> None:
        self._submit_changes = submit_changes

    async def __call__(self, scope: MemoryScope, name: str, file: BinaryIO) -> FileReceipt:
        """Store every part of the file as one fact. Raises BadRequest for an unsupported or unreadable file, and
        TooLarge.
        """
        short = redact(PurePath(name.replace("\\", "/")).name or "file")
        suffix = PurePath(short).suffix.lower()
        if suffix not in _READERS:
            raise BadRequest(f"Unsupported file type '{suffix}'. Allowed: {', '.join(sorted(_READERS))}")
        parts = await asyncio.to_thread(_read, file, suffix)
        memories = [
            NewTypedFact(
                content=text,
                kind=FactKind.ARTIFACT,
                title=f"{short} ({number} of {len(parts)})"[-MAX_TITLE_CHARACTERS:],
                source=SOURCE,
                provenance=Attribution.IMPORTED,
            )
            for number, text in enumerate(parts, start=1)
        ]
        # Don't wait for a file of several batches: the worker stores its facts after the response.
        for start in range(0, len(memories), _BATCH):
            await self._submit_changes.stated(scope, memories[start : start + _BATCH], awaited=len(memories) <= _BATCH)
        return FileReceipt(name=short, parts=len(parts))


def _read(file: BinaryIO, suffix: str) -> list[str]:
    try:
        parts = list(itertools.islice(_parts(_READERS[suffix](file)), _MAX_PARTS + 1))
    except TooLarge:
        raise
    except Exception as error:
        # The parsers raise many exception types; all of them mean that the file is unreadable.
        raise BadRequest(f"The file can't be read as {suffix}") from error
    if len(parts) > _MAX_PARTS:
        raise TooLarge(f"The file has more than {_MAX_PARTS} parts")
    return parts


def _parts(blocks: Iterable[str]) -> Iterator[str]:
    """Join consecutive blocks into parts of at most 1,500 characters; split longer blocks at white space."""
    part = ""
    for block in blocks:
        for piece in _pieces(" ".join(block.split())):
            if part and len(part) + len(piece) + 1 > _PART_CHARACTERS:
                yield part
                part = ""
            part = f"{part}\n{piece}" if part else piece
    if part:
        yield part


def _pieces(text: str) -> Iterator[str]:
    while len(text) > _PART_CHARACTERS:
        cut = text.rfind(" ", _PART_CHARACTERS // 2, _PART_CHARACTERS)
        cut = cut if cut > 0 else _PART_CHARACTERS
        yield text[:cut].strip()
        text = text[cut:].strip()
    if text:
        yield text


def _text(file: BinaryIO) -> Iterator[str]:
    # Redact before splitting: half a key is no longer recognized as one.
    yield from redact(file.read().decode("utf-8-sig")).split("\n\n")


def _rows(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Format each row as "header: value; …", so that it makes sense on its own."""
    header: list[str] | None = None
    for row in rows:
        cells = ["" if cell is None else str(cell).strip() for cell in row]
        if not any(cells):
            continue
        if header is None:
            header = cells
            continue
        names = [*header, *([""] * (len(cells) - len(header)))]
        yield "; ".join(f"{n}: {c}" if n else c for n, c in zip(names, cells, strict=False) if c)
    if header is not None:
        yield "Columns: " + ", ".join(name for name in header if name)


def _csv(file: BinaryIO) -> Iterator[str]:
    text = file.read().decode("utf-8-sig")
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(text[:4096], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    yield from _rows(csv.reader(io.StringIO(text), dialect))


def _json(file: BinaryIO) -> Iterator[str]:
    value: object = msgspec.json.decode(file.read())
    members = cast("list[object]", value) if isinstance(value, list) else [value]
    for member in members:
        yield (
            member if isinstance(member, str) else msgspec.json.format(msgspec.json.encode(member), indent=-1).decode()
        )


def _pdf(file: BinaryIO) -> Iterator[str]:
    for page in pypdf.PdfReader(file).pages:
        yield from redact(page.extract_text() or "").split("\n\n")


def _docx(file: BinaryIO) -> Iterator[str]:
    _check_unpacked(file)
    document = docx.Document(file)
    yield from redact("\n".join(paragraph.text for paragraph in document.paragraphs)).split("\n")
    for table in document.tables:
        yield from _rows([[cell.text for cell in row.cells] for row in table.rows])


def _xlsx(file: BinaryIO) -> Iterator[str]:
    _check_unpacked(file)
    workbook = openpyxl.load_workbook(file, read_only=True, data_only=True)
    for sheet in workbook.worksheets:
        yield from _rows(sheet.iter_rows(values_only=True))


def _check_unpacked(file: BinaryIO) -> None:
    with zipfile.ZipFile(file) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > _MAX_UNPACKED_BYTES:
            raise TooLarge
    file.seek(0)


_READERS: Mapping[str, Callable[[BinaryIO], Iterator[str]]] = {
    ".txt": _text,
    ".md": _text,
    ".csv": _csv,
    ".json": _json,
    ".pdf": _pdf,
    ".docx": _docx,
    ".xlsx": _xlsx,
}
