"""Agents that own a memory, and the sessions in which they use it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from app.domain.scope import MemoryScope

# All agents' memories are of this user: what one of the two APIs writes to it, the other one reads.
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
    """`session_id`: of its last session; `policy`: of expiry, as JSON, None where none was set."""

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
    """`current`: it is its agent's last one; `memories`: that it has handed over; `ended_at`: of one that was ended or
    renewed.
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
    """An agent is a memory: the one of its name, of the user that all agents share."""
    return MemoryScope(user_id=USER_ID, agent_id=agent_id)


def namespace_of(agent_id: str) -> str:
    """Return the contract's name for an agent's memories."""
    return f"memanto_agent_{agent_id}"
