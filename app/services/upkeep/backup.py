"""Backups: a folder with a manifest and one gzip file per memory. Each file is consistent while the service runs."""

import gzip
import hashlib
import io
import shutil
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from app.domain.errors import SetupError
from app.graph import backups
from app.graph.database import Database

FORMAT = 1
_MANIFEST = "manifest.json"


class MemoryFile(Struct, frozen=True, kw_only=True):
    file: str
    memory_id: str
    lines: int
    sha256: str


class Manifest(Struct, frozen=True, kw_only=True):
    """`schema`: number of the last migration of the database that was backed up."""

    format: int
    created_at: datetime
    schema: int
    model: str
    dimension: int
    memories: list[MemoryFile]


async def write_backup(db: Database, folder: Path) -> AsyncIterator[tuple[int, int]]:
    """Yield (memories written, total). The folder gets its name when complete. Raises SetupError if it exists.

    A memory is locked for writes while it is backed up, so its file is consistent; memories are independent.
    """
    embeddings = await db.read("system/embedding")
    if not embeddings:
        raise SetupError("This database is empty: no Mnemon has used it yet.")
    (embedding,) = embeddings
    migrations = await db.read("system/applied_migrations")
    partial = _new_folder(folder)
    files: list[MemoryFile] = []
    ids = await backups.memory_ids(db)
    yield 0, len(ids)
    for number, memory_id in enumerate(ids, start=1):
        files.append(await _write_memory(db, memory_id, partial / f"memory-{number:07d}.ndjson.gz"))
        yield number, len(ids)
    manifest = Manifest(
        format=FORMAT,
        created_at=datetime.now(UTC),
        schema=max(row["version"] for row in migrations),
        model=embedding["model"],
        dimension=embedding["dimension"],
        memories=files,
    )
    (partial / _MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
    partial.rename(folder)


def _new_folder(folder: Path) -> Path:
    """Create the folder that the backup grows in until it is complete."""
    if folder.exists():
        raise SetupError(f"{folder} exists already: name a new folder.")
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    return partial


async def _write_memory(db: Database, memory_id: str, path: Path) -> MemoryFile:
    encoder, count = msgspec.json.Encoder(), 0
    # No time stamp and no name in the header, so that equal memories give identical files.
    with path.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as file:
        async with aclosing(backups.lines(db, memory_id)) as lines:
            async for line in lines:
                file.write(encoder.encode(line) + b"\n")
                count += 1
    return MemoryFile(file=path.name, memory_id=memory_id, lines=count, sha256=_sha256(path))


def read_manifest(folder: Path) -> Manifest:
    """Read and verify a manifest. Raises SetupError if the backup is incomplete or damaged."""
    try:
        manifest = msgspec.json.decode((folder / _MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise SetupError(f"{folder} is no backup: {error}") from error
    if manifest.format != FORMAT:
        raise SetupError(f"{folder} has format {manifest.format}; this Mnemon reads format {FORMAT}.")
    for memory in manifest.memories:
        if not (folder / memory.file).is_file() or _sha256(folder / memory.file) != memory.sha256:
            raise SetupError(f"{folder / memory.file} is missing or damaged: nothing was restored.")
    return manifest


async def restore_backup(db: Database, folder: Path, manifest: Manifest) -> AsyncIterator[tuple[int, int]]:
    """Yield (memories restored, total). The database must not contain any memory."""
    decoder = msgspec.json.Decoder(backups.Line)
    for number, memory in enumerate(manifest.memories, start=1):
        restoring = backups.RestoreMemory(db, memory.memory_id)
        with gzip.open(folder / memory.file, "rb") as file:
            for line in io.BufferedReader(file):  # pyright: ignore[reportArgumentType] - gzip's file is a raw stream
                await restoring.add(decoder.decode(line))
        await restoring.finish()
        yield number, len(manifest.memories)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
