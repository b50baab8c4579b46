"""Uploaded files: a hostile one costs little time and memory, and the service goes on."""

import io
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from docx import Document
from pypdf import PdfWriter
from pypdf.generic import NameObject, StreamObject

from app.services.memanto.parse_file import CPU_SECONDS
from app.services.memanto.read_file import parse_apart

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[2]


def _docx(body: str, declarations: str = "") -> bytes:
    """Return a Word file whose document has this XML as its body."""
    template, changed = io.BytesIO(), io.BytesIO()
    Document().save(template)
    with zipfile.ZipFile(template) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == "word/document.xml":
                head, _, _ = content.decode().partition("<w:body>")
                start = head.index("<w:document")
                content = f"{head[:start]}{declarations}{head[start:]}<w:body>{body}</w:body></w:document>".encode()
            new.writestr(entry.filename, content)
    return changed.getvalue()


def _with_entry(archive: bytes, name: str, content: bytes) -> bytes:
    changed = io.BytesIO(archive)
    with zipfile.ZipFile(changed, "a", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr(name, content)
    return changed.getvalue()


def _xlsx(rows: int = 1, columns: int = 1) -> bytes:
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet()
    for _ in range(rows):
        sheet.append(["harbour"] * columns)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def _pdf_with_a_huge_stream() -> bytes:
    writer = PdfWriter()
    page = writer.add_blank_page(72, 72)
    stream = StreamObject()
    stream.set_data(b"(harbour) Tj " * 30_000_000)
    page[NameObject("/Contents")] = writer._add_object(stream.flate_encode())  # pyright: ignore[reportPrivateUsage]
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def _laughs() -> str:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    return f'<!DOCTYPE lolz [<!ENTITY l0 "lol">{entities}]>'


BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "1.5 million empty paragraphs": (".docx", lambda: _docx("<w:p/>" * 1_500_000)),
    "200 MB of zeros": (".docx", lambda: _with_entry(_docx("<w:p/>"), "word/media/image.png", bytes(200 << 20))),
    "a million runs": (".docx", lambda: _docx("<w:p>" + "<w:r><w:t>a</w:t></w:r>" * 1_000_000 + "</w:p>")),
    "entities of entities": (".docx", lambda: _docx("<w:p><w:r><w:t>&l11;</w:t></w:r></w:p>", _laughs())),
    "deep XML": (".docx", lambda: _docx("<w:p>" * 300_000)),
    "half a million cells": (".xlsx", lambda: _xlsx(rows=500, columns=1_000)),
    "a page that unpacks to 390 MB": (".pdf", _pdf_with_a_huge_stream),
    "deep JSON": (".json", lambda: b"[" * 5_000_000),
    "three million rows": (".csv", lambda: b"a\n" * 3_000_000),
    "one word of 15 MB": (".txt", lambda: b"a" * (15 << 20)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
async def test_a_bomb_is_refused_or_read_within_the_limits(name: str) -> None:
    suffix, make = BOMBS[name]
    content = make()
    assert len(content) < 16 << 20, "larger than the service accepts"
    started = time.monotonic()
    parsed = await parse_apart(content, suffix)
    print(f"{name}: {len(content)} bytes, {time.monotonic() - started:.1f} s, {parsed.refusal or len(parsed.parts)}")
    assert time.monotonic() - started < 3 * CPU_SECONDS + 10


@pytest.mark.skipif(sys.platform != "linux", reason="macOS refuses the limit on memory")
@pytest.mark.parametrize(
    ("wanted", "error"), [("bytearray(2 << 30)", "MemoryError"), ("open('x', 'w', 1).write('x\\n')", "OSError")]
)
def test_the_process_gets_no_more_memory_and_writes_no_file(wanted: str, error: str, tmp_path: Path) -> None:
    code = f"from app.services.memanto import parse_file; parse_file.limit_this_process(); {wanted}"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode != 0
    assert error in ended.stderr


async def test_refusals_say_what_is_too_much() -> None:
    name, make = BOMBS["1.5 million empty paragraphs"]
    assert "XML tags" in (await parse_apart(make(), name)).refusal
    name, make = BOMBS["200 MB of zeros"]
    assert "unpacks to more than 128 MiB" in (await parse_apart(make(), name)).refusal
    assert "20000 parts" in (await parse_apart(b"harbour " * 4_000_000, ".txt")).refusal


@pytest.mark.parametrize(
    ("suffix", "content"),
    [(".docx", b"PK"), (".xlsx", b"no zip"), (".pdf", b"%PDF-"), (".json", b"{"), (".txt", b"\xff")],
)
async def test_broken_files_are_no_files_of_their_type(suffix: str, content: bytes) -> None:
    parsed = await parse_apart(content, suffix)
    assert (parsed.readable, parsed.refusal) == (False, "")


async def test_secrets_of_the_service_are_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "x" * 40)
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    assert (await parse_apart(b"The harbour is old.", ".txt")).parts == ["The harbour is old."]
