"""For Neo4j Browser: a guide whose queries run there, those queries one by one, and a style."""

import html
import re
from functools import cache
from importlib.resources import files
from typing import Any

from litestar import Request, get
from litestar.params import FromPath
from litestar.response import Response

from app.domain.errors import NotFound

# Open to everybody: the texts have no data, and Browser's page is another site.
PREFIX = "/neo4j"
_FOLDER = files("graph_schema").joinpath("browser")
_QUERY = re.compile(r"<!-- query: (?P<name>[a-z-]+) -->")
_NAME = re.compile(r"[a-z-]+")
_RUNNABLE = '<pre class="pre-scrollable code runnable">{text}</pre>'


@get(f"{PREFIX}/guide.html", include_in_schema=False)
async def guide(request: Request[Any, Any, Any]) -> Response[str]:
    """The guide, with this service's own address for the style."""
    address = str(request.base_url).rstrip("/")
    return Response(guide_html().replace("{address}", html.escape(address)), media_type="text/html")


@get(f"{PREFIX}/style.grass", include_in_schema=False)
async def style() -> Response[str]:
    return Response(_read("style.grass"), media_type="text/plain")


@get(f"{PREFIX}/queries/{{name:str}}", include_in_schema=False)
async def query(name: FromPath[str]) -> Response[str]:
    stem = name.removesuffix(".cypher")
    if not _NAME.fullmatch(stem) or not _FOLDER.joinpath("queries", f"{stem}.cypher").is_file():
        raise NotFound(f"There is no query {stem[:64]!r}")
    return Response(_read("queries", f"{stem}.cypher"), media_type="text/plain")


@cache
def guide_html() -> str:
    """The guide with its queries filled in; `{address}` stands for the service's address."""
    return _QUERY.sub(lambda match: _runnable(match["name"]), _read("guide.html"))


def _runnable(name: str) -> str:
    return _RUNNABLE.format(text=html.escape(_read("queries", f"{name}.cypher").strip()))


def _read(*path: str) -> str:
    return _FOLDER.joinpath(*path).read_text(encoding="utf-8")


HANDLERS = [guide, style, query]
