"""One key for the whole server, where one is set."""

import hmac
from collections.abc import Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from app.domain.errors import Unauthorized

# /api/v2 has guards of its own.
_OPEN_PATHS = ("/live", "/ready", "/health", "/open/v1/health", "/schema", "/static", "/api/v2")


def api_key_guard(api_key: str) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], None]:
    """Lets everything pass when the key is empty; else wants `Authorization: Bearer <key>` but for health and pages."""
    expected = f"Bearer {api_key}".encode()

    def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        if not api_key or connection.url.path.startswith(_OPEN_PATHS):
            return
        sent = connection.headers.get("authorization", "").encode()
        if not hmac.compare_digest(sent, expected):
            raise Unauthorized

    return guard
