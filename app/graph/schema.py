"""Migrations, indexes, and the embedding model of the stored vectors."""

import asyncio
import time
from collections.abc import Mapping, Sequence

from msgspec import Struct

from app.domain.errors import SetupError
from app.graph.database import Database
from graph_schema.elements import INDEXES
from graph_schema.migrations import Migration, definitions, migrations, vector_index_options

_ONLINE_SECONDS = 600
_POLL_SECONDS = 0.2


class IndexState(Struct, frozen=True, kw_only=True):
    name: str
    state: str
    percent: float


async def migrate(db: Database, *, dimension: int, up_to: int | None = None) -> list[str]:
    """Apply missing migrations in order, up to number `up_to`, and return their names. Raises SetupError if an applied
    migration was changed or is unknown.
    """
    applied = {row["version"]: (row["name"], row["checksum"]) for row in await db.read("system/applied_migrations")}
    wanted = [m for m in migrations() if up_to is None or m.version <= up_to]
    _check_applied(applied)
    new = [m for m in wanted if m.version not in applied]
    options = {"options": vector_index_options(dimension)}
    if not applied:
        await db.define_all(definitions(new), options)
        await _record(db, new)
    else:
        for migration in new:
            for text in migration.statements:
                await db.define(text, options)
            await _record(db, [migration])
    return [migration.name for migration in new]


def _check_applied(applied: Mapping[int, tuple[str, str]]) -> None:
    known = {migration.version: migration for migration in migrations()}
    if newer := [name for version, (name, _) in applied.items() if version not in known]:
        raise SetupError(f"This database was migrated by a newer Mnemon ({', '.join(newer)}): update Mnemon.")
    for version, (_, checksum) in applied.items():
        if known[version].checksum != checksum:
            raise SetupError(
                f"Migration {version} ({known[version].name}) differs from the one that was applied to this "
                "database: restore the file as it was released, and put changes into a new migration.",
            )


async def _record(db: Database, applied: Sequence[Migration]) -> None:
    await db.write(
        "system/record_migrations",
        migrations=[{"version": m.version, "name": m.name, "checksum": m.checksum} for m in applied],
    )


async def pending_migrations(db: Database) -> list[str]:
    applied = {row["version"] for row in await db.read("system/applied_migrations")}
    return [m.name for m in migrations() if m.version not in applied]


async def check_embedding(db: Database, *, model: str, dimension: int) -> None:
    """Record the model at the first start; later, raise SetupError if the vectors come from another one."""
    rows = await db.read("system/embedding")
    if not rows:
        await db.write("system/record_embedding", model=model, dimension=dimension)
        return
    stored = rows[0]
    if (stored["model"], stored["dimension"]) != (model, dimension):
        raise SetupError(
            f"The vectors in this database come from {stored['model']} ({stored['dimension']} dimensions), the "
            f"configured model is {model} ({dimension}). Set the old model again, or run 'mnemon reindex' to embed "
            "everything again.",
        )


async def drop_vector_indexes(db: Database) -> None:
    for name, kind in INDEXES.items():
        if kind == "VECTOR":
            await db.define(f"DROP INDEX {name} IF EXISTS", {})


async def create_vector_indexes(db: Database, *, dimension: int) -> None:
    """Create the vector indexes as their migration does, with this dimension."""
    migration = next(m for m in migrations() if m.name == "vector_indexes")
    for text in migration.statements:
        await db.define(text, {"options": vector_index_options(dimension)})


async def index_states(db: Database) -> dict[str, IndexState]:
    """Return the existing indexes of the schema by name; missing ones are left out."""
    rows = await db.read("system/indexes")
    return {
        row["name"]: IndexState(name=row["name"], state=row["state"], percent=row["populationPercent"] or 0.0)
        for row in rows
        if row["name"] in INDEXES
    }


async def wait_until_online(db: Database) -> None:
    """Wait until every index is ONLINE. Raises SetupError if one failed, is missing or takes too long."""
    deadline = time.monotonic() + _ONLINE_SECONDS
    while True:
        states = await index_states(db)
        if missing := sorted(INDEXES.keys() - states.keys()):
            raise SetupError(f"Indexes are missing: {', '.join(missing)}. Run 'mnemon migrate'.")
        if failed := sorted(s.name for s in states.values() if s.state == "FAILED"):
            raise SetupError(
                f"Indexes failed to build: {', '.join(failed)}. See Neo4j's debug.log; drop them and run 'mnemon migrate'."
            )
        waiting = [s for s in states.values() if s.state != "ONLINE"]
        if not waiting:
            return
        if time.monotonic() > deadline:
            raise SetupError(f"Indexes are still being built: {', '.join(s.name for s in waiting)}. Try again later.")
        await asyncio.sleep(_POLL_SECONDS)
