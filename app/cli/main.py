"""The console command `mnemon`. Commands import what they need, so that help and typing errors are answered at once."""

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from app.cli.client.commands import CLIENT_COMMANDS
from app.cli.console import err, out, step
from app.cli.keys import keys
from app.cli.neo4j import neo4j
from app.cli.options import data_dir_option, run_async, settings_from
from app.domain.errors import MnemonError, SetupError
from app.domain.scope import MemoryScope
from app.private_folder import OWNER_ONLY_UMASK
from app.settings import Settings

if TYPE_CHECKING:
    from app.cli.service import RunningService


_Command = TypeVar("_Command", bound=Callable[..., Any])


def _scoped(command: _Command) -> _Command:
    """Add the options that name a memory; by default the demo's."""
    agent = click.option("--agent", default="sample", show_default=True, help="The memory's agentId.")
    return click.option("--user", default="demo", show_default=True, help="The memory's userId.")(agent(command))


def _formatted(command: _Command) -> _Command:
    form = click.option(
        "--format",
        "form",
        type=click.Choice(["table", "csv", "json", "png", "svg"]),
        default="table",
        show_default=True,
        help="png and svg are plots.",
    )
    output = click.option(
        "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead."
    )
    return form(output(command))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mnemon")
def cli() -> None:
    """Mnemon: graph memory for AI agents, in Neo4j.

    Every setting is an environment variable too; the README lists them.
    """


cli.add_command(neo4j)
cli.add_command(keys)
for _command in CLIENT_COMMANDS:
    cli.add_command(_command)


@cli.command()
@click.option("--port", type=int, help="Port of the API (MNEMON_PORT; default 8366).")
@click.option("--host", help="Address to listen on (MNEMON_HOST; default 127.0.0.1).")
@data_dir_option
def serve(port: int | None, host: str | None, data_dir: str | None) -> None:
    """Serve the API, with Neo4j and a worker, until SIGTERM or Ctrl-C."""
    from app.cli.service import run_service

    settings = settings_from(port=port, host=host, data_dir=data_dir)

    async def keep_serving(service: "RunningService") -> bool:
        _announce(service)
        return True

    run_service(settings, keep_serving)


@cli.command()
@click.option("--port", type=int, help="Port of the API (MNEMON_PORT; default 8366, or a free one).")
@click.option("--exit", "exit_after", is_flag=True, help="Exit after the demo instead of continuing to serve.")
@data_dir_option
def demo(port: int | None, exit_after: bool, data_dir: str | None) -> None:
    """Store a sample conversation, show the graph, ask a few questions, and keep serving."""
    from app.cli.demo import show as show_demo
    from app.cli.service import run_service
    from app.neo4j_server.home import free_port

    settings = settings_from(port=port, data_dir=data_dir, log_level=os.environ.get("MNEMON_LOG_LEVEL", "WARNING"))
    if port is None:
        settings = settings_from(port=free_port(settings.port), data_dir=data_dir, log_level=settings.log_level)

    async def show(service: "RunningService") -> bool:
        await show_demo(service)
        if exit_after:
            out.print("\nWithout --exit, the service would keep running at:")
        _announce(service)
        if not exit_after:
            out.print("\nThe service keeps running. Press Ctrl-C to stop it.")
        return not exit_after

    run_service(settings, show)


@cli.command()
@data_dir_option
def work(data_dir: str | None) -> None:
    """Run workers only, beside API processes on the same Neo4j, until SIGTERM or Ctrl-C."""
    settings = settings_from(data_dir=data_dir)
    run_async(_work(settings))


async def _work(settings: Settings) -> None:
    import asyncio

    from app.bootstrap import Runtime, running_worker
    from app.connections import neo4j_address, prepare_schema

    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with Runtime(settings, neo4j_address(settings)) as runtime:
        await prepare_schema(runtime.db, runtime.embedder)
        lanes = max(settings.workers, 1)
        async with running_worker(runtime, lanes=lanes):
            err.print(f"Working with {lanes} lanes. Press Ctrl-C to stop.")
            await stopping.wait()


@cli.command()
@data_dir_option
def migrate(data_dir: str | None) -> None:
    """Bring the database's schema up to date."""
    from app.cli.managed import managed_neo4j

    settings = settings_from(data_dir=data_dir)
    with managed_neo4j(settings):
        run_async(_migrate(settings))


async def _migrate(settings: Settings) -> None:
    from app.connections import create_embedder, neo4j_address, open_database, prepare_schema

    embedder = create_embedder(settings)
    async with contextlib.aclosing(open_database(neo4j_address(settings))) as db:
        with step("Migrating"):
            applied = await prepare_schema(db, embedder)
    await embedder.close()
    out.print("\n".join(f"applied {name}" for name in applied) or "nothing to do")


@cli.command()
@data_dir_option
def reindex(data_dir: str | None) -> None:
    """Recompute all vectors with the configured model. Refused while a service runs on the same data."""
    from app.cli.managed import exclusive, managed_neo4j
    from app.cli.reindex import reindex_all

    settings = _existing(settings_from(data_dir=data_dir))
    with exclusive(settings), managed_neo4j(settings):
        run_async(reindex_all(settings))


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@data_dir_option
def backup(folder: Path, data_dir: str | None) -> None:
    """Back up all memories into a new FOLDER. The service may run meanwhile; each memory is consistent."""
    from app.cli.backup import back_up

    settings = _existing(settings_from(data_dir=data_dir))
    with _database(settings):
        run_async(back_up(settings, folder))


@cli.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@data_dir_option
def restore(folder: Path, data_dir: str | None) -> None:
    """Restore a backup's FOLDER into an empty database. Refused while a service runs on the same data."""
    from app.cli.backup import restore as restore_into
    from app.cli.managed import exclusive, managed_neo4j
    from app.services.upkeep.backup import read_manifest

    settings = settings_from(data_dir=data_dir)
    manifest = read_manifest(folder)
    with exclusive(settings), managed_neo4j(settings):
        run_async(restore_into(settings, folder, manifest))


def _existing(settings: Settings) -> Settings:
    """Raises SetupError for a data folder without a database."""
    if settings.manages_neo4j and not (settings.data_dir / "neo4j").is_dir():
        raise SetupError(f"There is no database in {settings.data_dir}: name another --data-dir.")
    return settings


@contextlib.contextmanager
def _database(settings: Settings) -> Generator[None]:
    """Use the database that is already running, or start our own while the block runs."""
    from app.cli.managed import exclusive, managed_neo4j
    from app.neo4j_server.home import Neo4jHome
    from app.neo4j_server.server import running_server

    if not settings.manages_neo4j or running_server(Neo4jHome(settings.data_dir)) is not None:
        yield
        return
    with exclusive(settings), managed_neo4j(settings):
        yield


@cli.command()
@click.argument("name", required=False)
@_scoped
@click.option("--since", metavar="WHEN", help="Only what is from then on: 2026-01-31, or a time.")
@_formatted
@click.option(
    "--all",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Answer all questions: a report in HTML with plots, and CSV files, in this folder.",
)
@data_dir_option
def analytics(
    name: str | None,
    user: str,
    agent: str,
    since: str | None,
    form: str,
    output: Path | None,
    folder: Path | None,
    data_dir: str | None,
) -> None:
    """Answer a question about a memory; without NAME, list the questions.

    The scripts are in scripts/analytics. Neo4j must run: with the service, or by 'mnemon neo4j start'.
    """
    from app.cli.analytics import commands

    asked = commands.MemoryQuestions(settings_from(data_dir=data_dir, log_level="CRITICAL"), _scope(user, agent), since)
    if folder is not None:
        if name is not None:
            raise click.UsageError("Give a NAME or --all, not both.")
        commands.report(asked, folder)
    elif name is None:
        commands.list_questions()
    else:
        commands.answer(asked, name, form=form, output=output)


@cli.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_scoped
@click.option("--since", metavar="WHEN", help="Value of $since: 2026-01-31, or a time.")
@_formatted
@data_dir_option
def cypher(
    file: Path, user: str, agent: str, since: str | None, form: str, output: Path | None, data_dir: str | None
) -> None:
    """Run a Cypher FILE that only reads, with $memory ('user:agent') and $since.

    For a plot, one of its first comment lines says what to draw: 'Plot: bars LABEL VALUE.' or 'Plot: lines TIME VALUE.'
    with columns' names.
    """
    from app.cli.analytics import commands

    asked = commands.MemoryQuestions(settings_from(data_dir=data_dir, log_level="CRITICAL"), _scope(user, agent), since)
    commands.answer(asked, file, form=form, output=output)


@cli.command()
@click.option("--user", default="default", show_default=True, help="The memory's userId.")
@click.option("--agent", default="default", show_default=True, help="The memory's agentId.")
@data_dir_option
def mcp(user: str, agent: str, data_dir: str | None) -> None:
    """Serve one memory by the Model Context Protocol on standard input and output, until that ends.

    Uses the Neo4j of a service that runs, or starts one. A running service has the same tools at /mcp/USER/AGENT.
    """
    from app.cli.mcp_stdio import serve_stdio

    settings = settings_from(data_dir=data_dir, log_level=os.environ.get("MNEMON_LOG_LEVEL", "WARNING"))
    with _database(settings):
        run_async(serve_stdio(settings, _scope(user, agent)))


def _scope(user: str, agent: str) -> MemoryScope:
    return MemoryScope(user_id=user, agent_id=agent)


@cli.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a SHELL, for its start file: eval "$(mnemon completion bash)"."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None, "one of the three"
    out.print(found(cli, {}, "mnemon", "_MNEMON_COMPLETE").source(), markup=False)


@cli.command()
@data_dir_option
def doctor(data_dir: str | None) -> None:
    """Check the installation and name the fix for each fault; exit code 1 when there is one."""
    from app.cli.doctor import examine

    settings = settings_from(data_dir=data_dir, log_level="CRITICAL")
    if not run_async(examine(settings)):
        raise SystemExit(1)


def _announce(service: "RunningService") -> None:
    out.print(f"\nAPI            {service.url}/open/v1", markup=False)
    out.print(f"API page       {service.url}/schema  (OpenAPI: {service.url}/schema/openapi.json)", markup=False)
    access = "with a key" if service.needs_key else "every program on this machine, without a key (docs/security.md)"
    out.print(f"access         {access}", markup=False)
    out.print(f"Explorer       {service.url}/explore", markup=False)
    if service.browser_url:
        out.print(f"Neo4j Browser  {service.guided_browser_url}", markup=False)
        # Standard output may be a log that others read.
        password = service.neo4j.password if out.is_terminal else "as printed by 'mnemon neo4j uri'"
        out.print(f"               user {service.neo4j.user}, password {password}", markup=False)
    out.print(f"Neo4j          {service.neo4j.uri}", markup=False)


def main() -> None:
    # Databases, backups and logs hold what people said.
    os.umask(OWNER_ONLY_UMASK)
    try:
        cli(standalone_mode=False)
    except MnemonError as error:
        err.print(f"mnemon: {error.message}", style="red", markup=False)
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(130)


if __name__ == "__main__":
    main()
