"""Running the service in this process: database, API, worker, until a signal."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import Any, TypeVar, cast

import uvicorn
import uvloop
from msgspec import Struct

from app.api.http_protocol import UpgradeIgnoringProtocol
from app.bootstrap import Runtime, build_application, prepare_runtime
from app.cli.managed import exclusive, managed_neo4j
from app.connections import Neo4jAddress, external_neo4j, neo4j_address
from app.domain.errors import SetupError, Unavailable
from app.neo4j_server.home import Neo4jHome
from app.neo4j_server.server import ManagedNeo4j, running_server
from app.settings import Settings

_log = logging.getLogger(__name__)
_T = TypeVar("_T")
_POLL_SECONDS = 0.05
_GRACE_SECONDS = 5


class RunningService(Struct, frozen=True, kw_only=True):
    url: str
    neo4j: Neo4jAddress
    browser_url: str | None
    needs_key: bool

    @property
    def guided_browser_url(self) -> str:
        """Neo4j Browser's address, which opens the guide there. Before it is connected, it takes guides from localhost
        only; `dbms` spares choosing the address and typing the user.
        """
        guide = f"http://localhost:{self.url.rpartition(':')[2]}/neo4j/guide.html"
        return f"{_browser_address(self.browser_url, self.neo4j)}&cmd=guide&arg={guide}"


OnReady = Callable[[RunningService], Awaitable[bool]]
"""Called once the service is ready; returns True to keep serving."""


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling, which would end the process before Neo4j has stopped."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def run_service(settings: Settings, on_ready: OnReady) -> None:
    """Run until SIGTERM or SIGINT, or until `on_ready` returns False; then stop everything that was started here."""
    _check_port(settings.host, settings.port)
    with exclusive(settings), managed_neo4j(settings) as managed:
        uvloop.run(_serve(settings, managed, on_ready))


async def _serve(settings: Settings, managed: ManagedNeo4j | None, on_ready: OnReady) -> None:
    address = neo4j_address(settings) if settings.manages_neo4j else external_neo4j(settings)
    state = running_server(Neo4jHome(settings.data_dir)) if settings.manages_neo4j else None
    browser_url = state.browser_url if state else None
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with _watching(managed), Runtime(settings, address) as runtime:
        needs_key = await _unless(stopping, _prepare(runtime, address))
        if needs_key is not None:
            await _listen(runtime, stopping, on_ready, browser_url=browser_url, neo4j=address, needs_key=needs_key)


async def _unless(stopping: asyncio.Event, work: Awaitable[_T]) -> _T | None:
    """Run the work and return its result; when the service is to stop, cancel it and return None."""
    working, stopped = asyncio.ensure_future(work), asyncio.create_task(stopping.wait())
    await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not working.done():
        working.cancel()
        await asyncio.wait({working})
        return None
    return working.result()


async def _prepare(runtime: Runtime, address: Neo4jAddress) -> bool:
    """Bring the database up to date. Returns True if requests need a key."""
    try:
        await prepare_runtime(runtime)
        return await runtime.keys.are_needed()
    except Unavailable as error:
        raise SetupError(f"Neo4j does not answer at {address.uri}: start it, or correct MNEMON_NEO4J_URI.") from error


async def _listen(
    runtime: Runtime,
    stopping: asyncio.Event,
    on_ready: OnReady,
    *,
    browser_url: str | None,
    neo4j: Neo4jAddress,
    needs_key: bool,
) -> None:
    settings = runtime.settings
    server = _Server(
        uvicorn.Config(
            cast("Any", build_application(runtime, browser_url=_browser_address(browser_url, neo4j))),
            host=settings.host,
            port=settings.port,
            http=UpgradeIgnoringProtocol,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        ),
    )
    serving = asyncio.create_task(server.serve())
    telling = asyncio.create_task(_tell(server, stopping))
    while not server.started and not serving.done():
        await asyncio.sleep(_POLL_SECONDS)
    if server.started and server.servers and not stopping.is_set():
        service = RunningService(
            url=f"http://{_shown_host(settings.host)}:{_port_of(server)}",
            neo4j=neo4j,
            browser_url=browser_url,
            needs_key=needs_key,
        )
        await _until_over(server, serving, on_ready(service))
    await serving
    telling.cancel()
    if not server.started:
        raise SetupError("The service did not start: see the log lines above.")


async def _tell(server: uvicorn.Server, stopping: asyncio.Event) -> None:
    await stopping.wait()
    server.should_exit = True


async def _until_over(server: uvicorn.Server, serving: asyncio.Task[None], show: Awaitable[bool]) -> None:
    """Run `show` beside the server until one of them ends. Ignores errors of `show` once the server is stopping."""
    showing = asyncio.ensure_future(show)
    await asyncio.wait({serving, showing}, return_when=asyncio.FIRST_COMPLETED)
    stopped = server.should_exit
    if not showing.done():
        showing.cancel()
        await asyncio.wait({showing})
        return
    if stopped:
        showing.exception()
        return
    if showing.exception() is not None or not showing.result():
        server.should_exit = True
    else:
        await serving
    await showing


@contextlib.asynccontextmanager
async def _watching(managed: ManagedNeo4j | None) -> AsyncGenerator[None]:
    if managed is None:
        yield
        return
    watching = asyncio.create_task(managed.watch())
    try:
        yield
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching


def _browser_address(browser_url: str | None, neo4j: Neo4jAddress) -> str | None:
    """Neo4j Browser's address with this database chosen and the user typed."""
    return browser_url and f"{browser_url}?dbms={neo4j.uri.replace('://', f'://{neo4j.user}@')}"


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SetupError(
                f"Port {port} on {host} can't be listened on ({error.strerror}): name another --port or --host."
            ) from error


def _port_of(server: uvicorn.Server) -> int:
    """Return the port actually bound, also if port 0 was requested."""
    return int(server.servers[0].sockets[0].getsockname()[1])


def _shown_host(host: str) -> str:
    return "127.0.0.1" if host == "0.0.0.0" else f"[{host}]" if ":" in host else host  # noqa: S104 - compared only
