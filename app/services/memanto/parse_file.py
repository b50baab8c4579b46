"""Read one file as text in parts, in a process of its own that may use only so much time and memory.

`python -m app.services.memanto.parse_file .docx < file` writes a ParsedFile as JSON. The parsers of PDF and office files
are large and their input is a stranger's: whatever they do, the service goes on.
"""

import csv
import io
import itertools
import math
import resource
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import BinaryIO, cast

import msgspec
from msgspec import Struct

from app.domain.secrets import redact

CPU_SECONDS = 20
_MEMORY_BYTES = 1 << 30
_PART_CHARACTERS = 1500
_MAX_PARTS = 20_000
# Office files are zip archives of XML. A Word file is held in memory as a tree; text has some ten tags a line.
_MAX_UNPACKED_BYTES = 128 << 20
_MAX_TAGS = 1_000_000
_CHUNK_BYTES = 1 << 20


class TooMuch(Exception):
    """The file holds more than is read; the text says of what."""


class ParsedFile(Struct, frozen=True, kw_only=True):
    """`refusal`: why the file is not read; empty if it is. `readable`: False if it is no file of its type."""

    parts: list[str] = []
    refusal: str = ""
    readable: bool = True


def parse(file: BinaryIO, suffix: str) -> ParsedFile:
    try:
        parts = list(itertools.islice(_parts(READERS[suffix](file)), _MAX_PARTS + 1))
    except (TooMuch, MemoryError) as error:
        return ParsedFile(refusal=str(error) or "takes too much memory to read")
    except Exception:  # noqa: BLE001 - the parsers raise many types; all of them mean that the file is unreadable
        return ParsedFile(readable=False)
    if len(parts) > _MAX_PARTS:
        return ParsedFile(refusal=f"has more than {_MAX_PARTS} parts of {_PART_CHARACTERS} characters")
    return ParsedFile(parts=parts)


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
    """Cut the text, whose words are separated by single spaces, in linear time."""
    start = 0
    while len(text) - start > _PART_CHARACTERS:
        end = start + _PART_CHARACTERS
        cut = text.rfind(" ", start + _PART_CHARACTERS // 2, end)
        end = cut if cut > 0 else end
        yield text[start:end]
        start = end + 1 if text[end] == " " else end
    if start < len(text):
        yield text[start:]


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
    import pypdf  # noqa: PLC0415

    for page in pypdf.PdfReader(file).pages:
        yield from redact(page.extract_text() or "").split("\n\n")


def _docx(file: BinaryIO) -> Iterator[str]:
    import docx  # noqa: PLC0415 - each parser is loaded for its own files only

    _check_unpacked(file, max_tags=_MAX_TAGS)
    document = docx.Document(file)
    yield from redact("\n".join(paragraph.text for paragraph in document.paragraphs)).split("\n")
    for table in document.tables:
        yield from _rows([[cell.text for cell in row.cells] for row in table.rows])


def _xlsx(file: BinaryIO) -> Iterator[str]:
    import openpyxl  # noqa: PLC0415

    _check_unpacked(file)  # its rows are read one by one, so their number is no matter of memory
    workbook = openpyxl.load_workbook(file, read_only=True, data_only=True)
    for sheet in workbook.worksheets:
        yield from _rows(sheet.iter_rows(values_only=True))


def _check_unpacked(file: BinaryIO, *, max_tags: float = math.inf) -> None:
    """Raises TooMuch for an archive that unpacks to too many bytes or XML tags, whatever its directory says."""
    size = tags = 0
    with zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            with archive.open(entry) as unpacked:
                while chunk := unpacked.read(_CHUNK_BYTES):
                    size += len(chunk)
                    if entry.filename.endswith((".xml", ".rels")):
                        tags += chunk.count(b"<")
                    if size > _MAX_UNPACKED_BYTES:
                        raise TooMuch(f"unpacks to more than {_MAX_UNPACKED_BYTES >> 20} MiB")
                    if tags > max_tags:
                        raise TooMuch(f"has more than {max_tags} XML tags")
    file.seek(0)


READERS: Mapping[str, Callable[[BinaryIO], Iterator[str]]] = {
    ".txt": _text,
    ".md": _text,
    ".csv": _csv,
    ".json": _json,
    ".pdf": _pdf,
    ".docx": _docx,
    ".xlsx": _xlsx,
}


def limit_this_process() -> None:
    """Limit this process to little CPU and memory and to no file of its own. What breaks a limit ends it."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # macOS refuses it
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))


if __name__ == "__main__":
    limit_this_process()
    parsed = parse(io.BytesIO(sys.stdin.buffer.read()), sys.argv[1])
    sys.stdout.buffer.write(msgspec.json.encode(parsed))
