"""Idempotency keys: a repeated write is executed once."""

from msgspec import Struct

# Hours in which a repeated request gets the first one's answer.
KEPT_HOURS = 24
MAX_KEY_CHARACTERS = 255
REUSED = "This Idempotency-Key was used for another request"


class Idempotency(Struct, frozen=True, kw_only=True):
    """`key`: the client's Idempotency-Key; `request_hash`: hash of route and body."""

    key: str
    request_hash: str
