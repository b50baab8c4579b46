"""`mnemon backup` and `mnemon restore`."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from rich.progress import Progress

from app.cli.console import err, out
from app.connections import create_embedder, neo4j_address, open_database
from app.domain.errors import SetupError
from app.graph import backups, schema
from app.services.upkeep.backup import Manifest, restore_backup, write_backup
from app.settings import Settings
from graph_schema.migrations import migrations


async def back_up(settings: Settings, folder: Path) -> None:
    async with contextlib.aclosing(open_database(neo4j_address(settings))) as db:
        memories = await _shown("Backing up", write_backup(db, folder))
    out.print(f"{memories} memories in {folder}, {_bytes(folder) / 1e6:.1f} MB")


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


async def restore(settings: Settings, folder: Path, manifest: Manifest) -> None:
    """Migrate to the backup's schema version, load the data, then apply the later migrations."""
    embedder = create_embedder(settings)
    model, dimension = embedder.model, embedder.dimension
    await embedder.close()
    if (manifest.model, manifest.dimension) != (model, dimension):
        raise SetupError(
            f"The backup's vectors come from {manifest.model} ({manifest.dimension}); set MNEMON_EMBEDDING_MODEL to it, and "
            f"change to {model} with 'mnemon reindex' afterwards."
        )
    if manifest.schema > migrations()[-1].version:
        raise SetupError(f"The backup was made by a newer Mnemon (schema {manifest.schema}): restore it with that one.")
    async with contextlib.aclosing(open_database(neo4j_address(settings))) as db:
        await schema.migrate(db, dimension=dimension, up_to=manifest.schema)
        if await backups.memory_ids(db):
            raise SetupError("This database holds memories already: restore into an empty one (another --data-dir).")
        await schema.check_embedding(db, model=model, dimension=dimension)
        memories = await _shown("Restoring", restore_backup(db, folder, manifest))
        await schema.migrate(db, dimension=dimension)
        await schema.wait_until_online(db)
    out.print(f"{memories} memories restored from {folder}")


async def _shown(title: str, steps: AsyncIterator[tuple[int, int]]) -> int:
    done = 0
    with Progress(console=err) as progress:
        task = progress.add_task(title, total=None)
        async for done, total in steps:
            progress.update(task, completed=done, total=total)
    return done
