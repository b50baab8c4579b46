"""`mnemon neo4j`: the managed database on its own, beside or without the service."""

import click

from app.cli.console import err, fetch_jars, out, step
from app.cli.options import data_dir_option, settings_from


@click.group()
def neo4j() -> None:
    """Run the managed Neo4j without the service."""


@neo4j.command()
@data_dir_option
def start(data_dir: str | None) -> None:
    """Start Neo4j in the background; it runs until 'mnemon neo4j stop'."""
    from app.neo4j_server.home import Neo4jHome
    from app.neo4j_server.server import ManagedNeo4j, running_server

    settings = settings_from(data_dir=data_dir)
    if state := running_server(Neo4jHome(settings.data_dir)):
        err.print(f"Neo4j runs already: {state.uri}")
        return
    jars = fetch_jars(settings.cache_dir, maven_url=settings.maven_url)
    server = ManagedNeo4j(settings.data_dir, jars, memory_mib=settings.neo4j_memory_mib)
    with step("Starting Neo4j"):
        state = server.start(detached=True)
    out.print(f"{state.uri}\n{state.browser_url}")


@neo4j.command()
@data_dir_option
def stop(data_dir: str | None) -> None:
    """Stop the Neo4j of this data folder and wait until it is gone."""
    from app.neo4j_server.home import Neo4jHome
    from app.neo4j_server.server import stop_server

    settings = settings_from(data_dir=data_dir)
    with step("Stopping Neo4j"):
        stopped = stop_server(Neo4jHome(settings.data_dir))
    out.print("stopped" if stopped else "not running")


@neo4j.command()
@data_dir_option
def status(data_dir: str | None) -> None:
    """Show if Neo4j is running; exit code 1 if not."""
    from app.neo4j_server.home import Neo4jHome
    from app.neo4j_server.server import running_server, server_memory_bytes

    home = Neo4jHome(settings_from(data_dir=data_dir).data_dir)
    state = running_server(home)
    if state is None:
        out.print("not running")
        raise SystemExit(1)
    out.print(
        f"running: process {state.pid}, {server_memory_bytes(state) >> 20} MiB\n"
        f"bolt:    {state.uri}\nbrowser: {state.browser_url}\nlogs:    {home.path / 'logs'}"
    )


@neo4j.command()
@data_dir_option
def uri(data_dir: str | None) -> None:
    """Print Neo4j's address, user and password, a line each."""
    from app.connections import neo4j_address

    address = neo4j_address(settings_from(data_dir=data_dir))
    out.print(f"{address.uri}\n{address.user}\n{address.password}", markup=False)
