"""Guard for the server's API key, if one is set."""

import hmac
from collections.abc import Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from app.domain.errors import Unauthorized

# /api/v2 has guards of its own.
_OPEN_PATHS = ("/live", "/ready", "/health", "/open/v1/health", "/schema", "/static", "/api/v2")


def api_key_guard(api_key: str) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], None]:
    """Require the key except on `_OPEN_PATHS`; no check if the key is empty."""

    def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        if not api_key or asks_for_methods(connection) or connection.url.path.startswith(_OPEN_PATHS):
            return
        if not sends_key(connection, api_key):
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
