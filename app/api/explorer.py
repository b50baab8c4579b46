"""The explorer at /explore: a page without data. Its calls, also for its configuration, need a key where any call does."""

from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from litestar import Response, Router, get, static_files
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from app.domain.errors import NotFound

_FILES = files("app.explorer")
_TYPES = {".css": "text/css", ".js": "text/javascript"}
# Only this service's own files and calls; vis-network sets styles of its elements by script, which needs no exception.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class ExplorerConfig(Struct, kw_only=True):
    """`browser`: Neo4j Browser's address, if this service knows one."""

    browser: str | None


class ExplorerConfigAnswer(Struct, kw_only=True):
    data: ExplorerConfig


def handlers(browser_url: str | None) -> list[HTTPRouteHandler | Router]:
    """Handlers of the page, its files and vis-network, which comes inside the package pyvis."""

    @get("/explore", include_in_schema=False)
    async def explore() -> Response[str]:
        return _file("index.html", "text/html")

    @get("/explore/config.json", include_in_schema=False)
    async def config() -> Response[ExplorerConfigAnswer]:
        return Response(ExplorerConfigAnswer(data=ExplorerConfig(browser=browser_url)), headers=_HEADERS)

    @get("/explore/{name:str}", include_in_schema=False)
    async def part(name: FromPath[str]) -> Response[str]:
        kind = _TYPES.get(Path(name).suffix)
        if kind is None or name not in {entry.name for entry in _FILES.iterdir()}:
            raise NotFound(f"The explorer has no {name[:64]!r}")
        return _file(name, kind)

    return [explore, config, part, _vis_network()]


def _file(name: str, media_type: str) -> Response[Any]:
    return Response(_FILES.joinpath(name).read_text(encoding="utf-8"), media_type=media_type, headers=_HEADERS)


def _vis_network() -> Router:
    spec = find_spec("pyvis")  # not imported: the package itself needs IPython
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return static_files.create_static_files_router(
        path="/static/vis",
        directories=[Path(folder) / "lib" / "vis-9.1.2" for folder in spec.submodule_search_locations],
        include_in_schema=False,
    )
