"""The scope of a memory: its user and agent."""

import hashlib

from msgspec import Struct


def _escape(part: str) -> str:
    return part.replace("%", "%25").replace(":", "%3A")


class MemoryScope(Struct, frozen=True, kw_only=True):
    """One user's memory with one agent: the tenant that nothing crosses."""

    user_id: str
    agent_id: str

    @property
    def memory_id(self) -> str:
        """`user:agent`, with `:` and `%` escaped in both parts, so that no two scopes share an id."""
        return user_prefix(self.user_id) + _escape(self.agent_id)

    @classmethod
    def of(cls, memory_id: str) -> "MemoryScope":
        """The scope with this id."""
        user, _, agent = memory_id.partition(":")
        return cls(user_id=_unescape(user), agent_id=_unescape(agent))


def user_prefix(user_id: str) -> str:
    """The beginning of the ids of all memories of a user, and of no other's."""
    return f"{_escape(user_id)}:"


def _unescape(part: str) -> str:
    return part.replace("%3A", ":").replace("%25", "%")


def memory_token(memory_id: str) -> str:
    """Return a word that identifies the memory and that every full-text analyzer keeps unchanged.

    `m` and up to 29 decimal digits (96 bits of SHA-256): analyzers don't split, stem or drop it.
    """
    digest = hashlib.sha256(memory_id.encode()).digest()
    return f"m{int.from_bytes(digest[:12], 'big')}"
