"""The guard of every route: the API key or, if none is set, local access only."""

import hmac
from collections.abc import Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from app.api.local_access import LocalAccess
from app.domain.errors import Unauthorized

# Health says nothing about memories.
HEALTH_PATHS = ("/live", "/ready", "/health", "/open/v1/health")
# Pages without data; /api/v2 has guards of its own.
_PATHS_WITHOUT_KEY = ("/schema", "/static", "/api/v2")


Guard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], None]


def access_guard(api_key: str, local: LocalAccess) -> Guard:
    """Require the key or, if it is empty, a local client. Health is open to everybody."""

    def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        path = connection.url.path
        if path.rstrip("/") in HEALTH_PATHS:
            return
        if not api_key:
            local.check(connection.headers)
            return
        needs_key = not asks_for_methods(connection) and not path.startswith(_PATHS_WITHOUT_KEY)
        if needs_key and not sends_key(connection, api_key):
            raise Unauthorized

    return guard


def asks_for_methods(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """True for OPTIONS, which needs no key: it only tells the methods of a path."""
    return connection.scope.get("method") == "OPTIONS"


def sends_key(connection: ASGIConnection[Any, Any, Any, Any], api_key: str) -> bool:
    """True if the request carries the key, as Bearer or as X-Api-Key."""
    bearer = sends_as(connection, "authorization", f"Bearer {api_key}")
    return bearer or sends_as(connection, "x-api-key", api_key)


def sends_as(connection: ASGIConnection[Any, Any, Any, Any], header: str, expected: str) -> bool:
    """Return True if a header has this value. Takes the same time for every wrong value."""
    return hmac.compare_digest(connection.headers.get(header, "").encode(), expected.encode())
