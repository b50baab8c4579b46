"""`mnemon doctor`: every part checked, every fault with its fix."""

import shutil

from msgspec import Struct

from app.cli.console import out
from app.connections import Neo4jAddress, create_embedder, create_language_model, neo4j_address, open_database
from app.domain.errors import MnemonError
from app.graph import operations, schema
from app.graph.database import Database
from app.models.openai.rungs import RungMemory
from app.neo4j_server.home import Neo4jHome
from app.private_folder import is_open_to_others
from app.prompts.ping import PING
from app.settings import Settings
from graph_schema.elements import INDEXES

_MIN_VERSION = (2026, 1)
_MIN_DISK_BYTES = 2 << 30


class Finding(Struct, frozen=True, kw_only=True):
    """`fix` is empty where nothing is wrong."""

    name: str
    state: str
    fix: str = ""


async def examine(settings: Settings) -> bool:
    """Print all findings. Returns True if none is a fault."""
    findings = [_disk(settings), *_folders(settings)]
    try:
        address = neo4j_address(settings)
    except MnemonError as error:
        findings.append(Finding(name="connection", state=error.message, fix="Start it: ./scripts/serve"))
    else:
        findings += await _database(settings, address)
    for finding in findings:
        mark = "[red]FAULT[/red]" if finding.fix else "[green]ok[/green]   "
        out.print(f"{mark} {finding.name}: ", end="")
        out.print(finding.state, markup=False)
        if finding.fix:
            out.print(f"      fix: {finding.fix}", markup=False)
    return not any(finding.fix for finding in findings)


def _disk(settings: Settings) -> Finding:
    folder = next(p for p in (settings.data_dir.resolve(), *settings.data_dir.resolve().parents) if p.exists())
    free = shutil.disk_usage(folder).free
    fix = "" if free > _MIN_DISK_BYTES else "Free disk space: Neo4j needs at least 2 GiB to work and to checkpoint."
    return Finding(name="disk", state=f"{free / (1 << 30):.1f} GiB free at {folder}", fix=fix)


def _folders(settings: Settings) -> list[Finding]:
    """Check that other users of this machine can't read the managed database."""
    folder = Neo4jHome(settings.data_dir).path
    if not settings.manages_neo4j or not folder.exists():
        return []
    if is_open_to_others(folder):
        return [Finding(name="data folder", state=f"{folder} is open to other users", fix=f"Run: chmod 700 {folder}")]
    return [Finding(name="data folder", state=f"{folder}, for its owner only")]


async def _database(settings: Settings, address: Neo4jAddress) -> list[Finding]:
    db = open_database(address)
    try:
        try:
            version = (await db.read("system/version", timeout_seconds=5))[0]
        except MnemonError as error:
            fix = f"Check that Neo4j runs at {address.uri} and that user and password are right."
            return [Finding(name="connection", state=error.message, fix=fix)]
        return [
            Finding(name="connection", state=address.uri),
            _version(version["version"], version["edition"]),
            await _schema(db),
            await _indexes(db),
            await _embedding(db, settings),
            await _language_model(settings),
            await _worker(db),
        ]
    finally:
        await db.aclose()


def _version(version: str, edition: str) -> Finding:
    parts = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    fix = "" if parts >= _MIN_VERSION else "Mnemon needs Neo4j 2026.01 or newer (filtered vector search)."
    return Finding(name="version", state=f"Neo4j {version} {edition}", fix=fix)


async def _schema(db: Database) -> Finding:
    pending = await schema.pending_migrations(db)
    state = f"{len(pending)} migrations missing: {', '.join(pending)}" if pending else "all migrations applied"
    return Finding(name="schema", state=state, fix="Run: mnemon migrate" if pending else "")


async def _indexes(db: Database) -> Finding:
    states = await schema.index_states(db)
    if missing := sorted(INDEXES.keys() - states.keys()):
        return Finding(name="indexes", state=f"missing: {', '.join(missing)}", fix="Run: mnemon migrate")
    if failed := sorted(s.name for s in states.values() if s.state == "FAILED"):
        fix = "Drop them in Neo4j Browser (DROP INDEX name) and run: mnemon reindex"
        return Finding(name="indexes", state=f"failed: {', '.join(failed)}", fix=fix)
    if building := [f"{s.name} {s.percent:.0f}%" for s in states.values() if s.state != "ONLINE"]:
        return Finding(name="indexes", state=f"being built: {', '.join(building)}", fix="Wait until they are built.")
    return Finding(name="indexes", state=f"all {len(states)} online")


async def _embedding(db: Database, settings: Settings) -> Finding:
    embedder = create_embedder(settings)
    try:
        stored = (await db.read("system/embedding"))[:1]
        if stored and (stored[0]["model"], stored[0]["dimension"]) != (embedder.model, embedder.dimension):
            state = (
                f"stored {stored[0]['model']} ({stored[0]['dimension']}), set {embedder.model} ({embedder.dimension})"
            )
            return Finding(name="embedding", state=state, fix="Set the old model again, or run: mnemon reindex")
        vectors = await embedder.embed(["Is anybody there?"])
        return Finding(name="embedding", state=f"{embedder.model}, {vectors.shape[1]} dimensions")
    except MnemonError as error:
        fix = "Check OPENAI_BASE_URL, OPENAI_API_KEY and MNEMON_EMBEDDING_MODEL."
        return Finding(name="embedding", state=error.message, fix=fix)
    finally:
        await embedder.close()


async def _language_model(settings: Settings) -> Finding:
    """Send the model a short prompt, to see that it answers and in which output format."""
    model = create_language_model(settings)
    if model is None:
        return Finding(name="language model", state="none set: the local rules extract")
    try:
        await model.ask(PING, "Are you there?")
        rung = RungMemory(settings.cache_dir).get(model.endpoint, model.model)
        return Finding(name="language model", state=f"{model.model} at {model.endpoint}, answers as {rung}")
    except MnemonError as error:
        fix = "Check OPENAI_BASE_URL, OPENAI_API_KEY and MNEMON_LLM_MODEL (none turns it off)."
        return Finding(name="language model", state=f"{model.model} at {model.endpoint}: {error.message}", fix=fix)
    finally:
        await model.close()


async def _worker(db: Database) -> Finding:
    backlog = await db.read("system/backlog")
    waiting, oldest = backlog[0]["waiting"], backlog[0]["oldestSeconds"] or 0
    counts = await operations.counts_by_status(db)
    state = f"{waiting} memories wait, the longest for {oldest:.0f} s; operations: " + (
        ", ".join(f"{number} {status}" for status, number in sorted(counts.items())) or "none"
    )
    stuck = waiting > 0 and oldest > 60
    fix = "No worker seems to run: start one with 'mnemon work', or serve with MNEMON_WORKERS ≥ 1." if stuck else ""
    return Finding(name="worker", state=state, fix=fix)
