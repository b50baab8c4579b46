"""The guard of every route: a key that may do it or, where no key is set, local access only."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from app.api.browser import PREFIX as BROWSER_TEXTS
from app.api.local_access import LocalAccess
from app.api.rights import right_of
from app.domain.access import NOBODY, Caller, Right, caller
from app.domain.errors import Forbidden, NotFound
from app.domain.scope import MemoryScope
from app.services.access.keys import Keys

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]

# Health says nothing about memories.
HEALTH_PATHS = ("/live", "/ready", "/health", "/open/v1/health")
# Pages without data; /api/v2 has guards of its own. The explorer's address of Neo4j Browser is not among them.
_WITHOUT_KEY = re.compile(r"/(?:(?:schema|static|api/v2)(?:/.*)?|explore(?:/(?:[a-z]+\.(?:js|css))?)?)")


def access_guard(keys: Keys, local: LocalAccess) -> Guard:
    """Require a key with the route's right or, where there are no keys, a local client. Health and the texts for Neo4j
    Browser are open to everybody.
    """

    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        # A mounted ASGI handler sees only the rest of its path, which says nothing.
        path = connection.url.path if isinstance(handler, HTTPRouteHandler) else ""
        if path.rstrip("/") in HEALTH_PATHS or path.startswith(f"{BROWSER_TEXTS}/"):
            return
        if not await keys.are_needed():
            local.check(connection.headers)
            return
        if _WITHOUT_KEY.fullmatch(path) or asks_for_methods(connection):
            caller.set(NOBODY)
            return
        admit(await keys.check(sent_key(connection)), right_of(handler))

    return guard


def admit(found: Caller, right: Right) -> None:
    """Make the caller known to the handler. Raises Forbidden without the right."""
    if not found.right.includes(right):
        raise Forbidden(f"This needs a key with the right '{right}'; this one has '{found.right}'")
    caller.set(found)


def check_reach(scope: MemoryScope) -> MemoryScope:
    """Return the scope. Raises Forbidden, alike for memories that exist and that do not, if the caller's key is bound to
    others.
    """
    if not caller.get().reaches(scope):
        raise Forbidden("This key is bound to other users or agents")
    return scope


def check_operation(operation_id: str, memory_id: str) -> None:
    """Raises NotFound for another memory's operation, as for an unknown one."""
    if not caller.get().reaches(MemoryScope.of(memory_id)):
        raise NotFound(f"There is no operation {operation_id}")


def asks_for_methods(connection: Connection) -> bool:
    """True for OPTIONS, which needs no key: it only tells the methods of a path."""
    return connection.scope.get("method") == "OPTIONS"


def sent_key(connection: Connection) -> str:
    """The key of the request, sent as Bearer or as X-Api-Key; empty without one."""
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    if scheme.casefold() == "bearer" and key.strip():
        return key.strip()
    return connection.headers.get("x-api-key", "")
