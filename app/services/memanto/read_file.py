"""Store files as typed facts: their text, split at paragraphs or rows."""

import asyncio
import os
import sys
from pathlib import Path, PurePath
from typing import BinaryIO

import msgspec
from msgspec import Struct

import app
from app.domain.errors import BadRequest, InvalidInput
from app.domain.hidden_characters import visible
from app.domain.knowledge import Attribution, FactKind
from app.domain.scope import MemoryScope
from app.domain.secrets import redact
from app.domain.typed_facts import MAX_TITLE_CHARACTERS, NewTypedFact
from app.services.memanto.parse_file import CPU_SECONDS, READERS, ParsedFile
from app.services.memanto.submit_changes import SubmitChanges

SOURCE = "upload"
# Facts per operation.
_BATCH = 100
_AT_ONCE = 2
# More than the CPU's limit, since the machine may be busy.
_SECONDS = 3 * CPU_SECONDS


class FileReceipt(Struct, frozen=True, kw_only=True):
    name: str
    parts: int


class ReadFile:
    def __init__(self, submit_changes: SubmitChanges) -> None:
        self._submit_changes = submit_changes
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def __call__(self, scope: MemoryScope, name: str, file: BinaryIO) -> FileReceipt:
        """Store every part of the file as one fact. Raises BadRequest for an unsupported or unreadable file, and
        InvalidInput for one that holds too much.
        """
        short = visible(redact(PurePath(name.replace("\\", "/")).name or "file"))
        suffix = PurePath(short).suffix.lower()
        if suffix not in READERS:
            raise BadRequest(f"Unsupported file type '{suffix}'. Allowed: {', '.join(sorted(READERS))}")
        async with self._turns:
            parsed = await parse_apart(await asyncio.to_thread(file.read), suffix)
        if parsed.refusal:
            raise InvalidInput({"file": parsed.refusal})
        if not parsed.readable:
            raise BadRequest(f"The file can't be read as {suffix}")
        parts = parsed.parts
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


async def parse_apart(content: bytes, suffix: str) -> ParsedFile:
    """Parse the file in a process of its own, with little time and memory and without this process's environment."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "app.services.memanto.parse_file",
        suffix,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        # One thread: each of numpy's, which openpyxl loads, takes address space.
        env={"PYTHONPATH": str(Path(app.__path__[0]).parent), "OPENBLAS_NUM_THREADS": "1", **_kept_environment()},
    )
    try:
        async with asyncio.timeout(_SECONDS):
            output, _ = await process.communicate(content)
    except TimeoutError:
        return ParsedFile(refusal="takes too long to read")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        return ParsedFile(refusal="takes too much time or memory to read")
    return msgspec.json.decode(output, type=ParsedFile)


def _kept_environment() -> dict[str, str]:
    return {name: os.environ[name] for name in ("LANG", "LC_ALL", "TMPDIR") if name in os.environ}
