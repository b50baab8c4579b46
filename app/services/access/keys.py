"""API keys: made and revoked on the command line, checked at every request."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from app.domain.access import MAX_NAME_CHARACTERS, ApiKey, Caller, Right, check_patterns
from app.domain.errors import InvalidInput, Unauthorized, Unavailable
from app.domain.hidden_characters import has_hidden_characters
from app.graph import keys
from app.graph.database import Database

PREFIX = "mnk_"
_SECRET_BYTES = 32
_ID_BYTES = 6
# A revoked key works at most this long in a process that has just checked it.
CACHE_SECONDS = 5.0
_MAX_CACHED = 10_000
_USE_SECONDS = 60.0


class NewKey(Struct, frozen=True, kw_only=True):
    """A key and its secret, which is shown this once."""

    key: ApiKey
    secret: str


class _Known(Struct, frozen=True):
    key: ApiKey | None
    until: float


class Keys:
    """`first_key`: the setting MNEMON_API_KEY, an admin key that needs no database; empty for none."""

    def __init__(
        self, db: Database, *, first_key: str = "", clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._db = db
        self._first_key = first_key
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._needed: tuple[bool, float] | None = None
        self._used: dict[str, float] = {}

    async def create(
        self,
        *,
        name: str,
        right: Right,
        users: Sequence[str] = (),
        agents: Sequence[str] = (),
        expires_at: datetime | None = None,
    ) -> NewKey:
        """Raises InvalidInput for a bad name, pattern or end."""
        if not name.strip() or len(name) > MAX_NAME_CHARACTERS or has_hidden_characters(name):
            raise InvalidInput({"name": f"must have 1 to {MAX_NAME_CHARACTERS} visible characters"})
        check_patterns("user", users)
        check_patterns("agent", agents)
        if expires_at is not None and expires_at <= self._clock():
            raise InvalidInput({"expires": "must be in the future"})
        secret = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        key = await keys.create(
            self._db,
            key_id=f"key_{secrets.token_hex(_ID_BYTES)}",
            key_hash=_hash(secret),
            name=name,
            right=right,
            users=users,
            agents=agents,
            expires_at=expires_at,
        )
        return NewKey(key=key, secret=secret)

    async def every(self) -> list[ApiKey]:
        """Newest first, revoked and expired ones too."""
        return await keys.every(self._db)

    async def revoke(self, key_id: str) -> None:
        """Raises NotFound."""
        await keys.revoke(self._db, key_id)

    async def are_needed(self) -> bool:
        """Return True if the setting or a key that is not revoked exists. Raises Unavailable.

        An expired key counts: its end must not open the service.
        """
        if self._first_key:
            return True
        now = time.monotonic()
        if self._needed is not None and now < self._needed[1]:
            return self._needed[0]
        try:
            found = any(key.revoked_at is None for key in await keys.every(self._db))
        except Unavailable:
            if self._needed is None:
                raise
            found = self._needed[0]
        self._needed = (found, now + CACHE_SECONDS)
        return found

    async def check(self, secret: str) -> Caller:
        """Return who has this key. Raises Unauthorized, also for a revoked or expired one."""
        if self._first_key and hmac.compare_digest(secret.encode(), self._first_key.encode()):
            return Caller(name="MNEMON_API_KEY", right=Right.ADMIN)
        key = await self._find(secret)
        if key is None or not key.is_valid(self._clock()):
            raise Unauthorized
        await self._record_use(key)
        return Caller(name=key.name, right=key.right, users=key.users, agents=key.agents, expires_at=key.expires_at)

    async def _find(self, secret: str) -> ApiKey | None:
        if not secret.startswith(PREFIX):
            return None
        digest, now = _hash(secret), time.monotonic()
        known = self._known.get(digest)
        if known is None or now >= known.until:
            if len(self._known) >= _MAX_CACHED:
                self._known.clear()
            known = self._known[digest] = _Known(await keys.find(self._db, digest), now + CACHE_SECONDS)
        return known.key

    async def _record_use(self, key: ApiKey) -> None:
        now = time.monotonic()
        if now - self._used.get(key.id, -_USE_SECONDS) >= _USE_SECONDS:
            self._used[key.id] = now
            await keys.record_use(self._db, key.id)


def _hash(secret: str) -> str:
    """SHA-256 without salt suffices: the secret has 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()
