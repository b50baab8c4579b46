"""Agents that own a memory, and the sessions in which they use it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from app.domain.scope import MemoryScope

# User id of all agents' memories; both APIs read and write them under it.
USER_ID = "memanto"


class AgentPattern(StrEnum):
    SUPPORT = "support"
    PROJECT = "project"
    TOOL = "tool"


class SessionStatus(StrEnum):
    ACTIVE = "active"
    EXPIRED = "expired"
    TERMINATED = "terminated"


class Agent(Struct, frozen=True, kw_only=True):
    """`session_id`: id of the last session; `policy`: expiration policy as JSON, None if not set."""

    id: str
    pattern: AgentPattern
    description: str | None
    created_at: datetime
    last_session: datetime | None
    session_id: str | None
    session_count: int
    memory_count: int
    policy: Any = None


class Session(Struct, frozen=True, kw_only=True):
    """`current`: the agent's last session; `memories`: number of typed facts stored in it; `ended_at`: set if it was
    ended or replaced by a new session.
    """

    id: str
    status: SessionStatus
    started_at: datetime
    expires_at: datetime
    memories: int
    current: bool
    pattern: AgentPattern
    ended_at: datetime | None = None


def scope_of_agent(agent_id: str) -> MemoryScope:
    """Return the agent's memory: its id under the shared `USER_ID`."""
    return MemoryScope(user_id=USER_ID, agent_id=agent_id)


def namespace_of(agent_id: str) -> str:
    """Return the contract's name for an agent's memories."""
    return f"memanto_agent_{agent_id}"
