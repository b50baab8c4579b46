"""The Idempotency-Key header."""

from typing import Annotated

import msgspec
from litestar.params import HeaderParameter

from app.domain.idempotency import MAX_KEY_CHARACTERS, Idempotency
from app.domain.ids import digest

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=1,
        max_length=MAX_KEY_CHARACTERS,
        description="The same request with the same key is done once and answered alike for 24 hours; another one is a 409.",
    ),
]


def idempotency_of(key: str | None, route: str, body: object) -> Idempotency | None:
    """`route` tells requests with equal bodies apart."""
    if key is None:
        return None
    text = msgspec.json.encode(body, order="deterministic").decode()
    return Idempotency(key=key, request_hash=digest(route, text))
