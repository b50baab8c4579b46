"""Sending a write twice without doing it twice."""

from msgspec import Struct

# As long as a client may repeat a request and get the first one's answer.
KEPT_HOURS = 24
MAX_KEY_CHARACTERS = 255
REUSED = "This Idempotency-Key was used for another request"


class Idempotency(Struct, frozen=True, kw_only=True):
    """`key`: what the client named the request; `request_hash`: of what it asks for, route and body."""

    key: str
    request_hash: str
