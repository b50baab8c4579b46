"""Who may do what: API keys with a right, bound to users and agents."""

import re
from collections.abc import Sequence
from contextvars import ContextVar
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from app.domain.errors import InvalidInput
from app.domain.scope import MemoryScope

MAX_NAME_CHARACTERS = 100
# A pattern is an exact name, or a beginning with * at its end.
_PATTERN = re.compile(r"[^*]*\*?")


class Right(StrEnum):
    """Each right includes those before it."""

    READ = "read"
    WRITE = "write"
    FORGET = "forget"
    ADMIN = "admin"

    def includes(self, other: "Right") -> bool:
        order = list(Right)
        return order.index(self) >= order.index(other)


class ApiKey(Struct, frozen=True, kw_only=True):
    """A key without its secret. `users` and `agents`: patterns of what it reaches; empty means all. Times in UTC."""

    id: str
    name: str
    right: Right
    users: Sequence[str] = ()
    agents: Sequence[str] = ()
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class Caller(Struct, frozen=True, kw_only=True):
    """Whoever sends a request. `expires_at`: of the key, if it has an end."""

    name: str
    right: Right
    users: Sequence[str] = ()
    agents: Sequence[str] = ()
    expires_at: datetime | None = None

    def reaches(self, scope: MemoryScope) -> bool:
        return _matches(scope.user_id, self.users) and _matches(scope.agent_id, self.agents)

    @property
    def is_bound(self) -> bool:
        return bool(self.users or self.agents)


# Without keys everybody on this machine may do everything.
OWNER = Caller(name="", right=Right.ADMIN)
# Where there are keys: whoever has sent none. The patterns match no name.
NOBODY = Caller(name="", right=Right.READ, users=("",), agents=("",))
caller: ContextVar[Caller] = ContextVar("caller", default=OWNER)


def check_patterns(field: str, patterns: Sequence[str]) -> None:
    """Raises InvalidInput for an empty pattern and for * elsewhere than at the end."""
    for pattern in patterns:
        if not pattern.strip() or not _PATTERN.fullmatch(pattern):
            raise InvalidInput({field: f"'{pattern}' must be a name, or the beginning of names followed by *"})


def _matches(name: str, patterns: Sequence[str]) -> bool:
    if not patterns:
        return True
    return any(name.startswith(p[:-1]) if p.endswith("*") else name == p for p in patterns)
