"""A limit on requests a minute, for each key and client address."""

import hashlib
from typing import Any

from litestar import Request
from litestar.middleware import DefineMiddleware
from litestar.middleware.rate_limit import RateLimitConfig, get_remote_address

from app.api.api_key import HEALTH_PATHS, sent_key


def rate_limit(requests_per_minute: int) -> list[DefineMiddleware]:
    """Return the middleware that answers 429 above the limit; none for 0. Health is not counted.

    The count is each process's own. Responses carry RateLimit-Limit, -Remaining and -Reset (seconds).
    """
    if requests_per_minute < 1:
        return []
    config = RateLimitConfig(
        rate_limit=("minute", requests_per_minute),
        identifier_for_request=_identifier,
        exclude=[*(f"^{path}$" for path in HEALTH_PATHS), "^/static/(docs|vis)/"],
    )
    return [config.middleware]


def _identifier(request: Request[Any, Any, Any]) -> str:
    key = hashlib.sha256(sent_key(request).encode()).hexdigest()[:16]
    return f"{key} {get_remote_address(request)}"
