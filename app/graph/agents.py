"""Agents and their sessions."""

from datetime import datetime

import msgspec
from msgspec import Struct

from app.domain.agents import Agent, AgentPattern, Session, SessionStatus, scope_of_agent
from app.domain.errors import AgentNotFound, NotFound
from app.domain.scope import MemoryScope
from app.graph.database import Database, Row


class OpenSession(Struct, frozen=True, kw_only=True):
    """The open session that was started last, over all agents."""

    agent_id: str
    session_id: str


async def session_secret(db: Database, *, fresh: str) -> str:
    """Return the stored secret that signs session tokens; `fresh` becomes it if there is none."""
    return (await db.write("system/session_secret", fresh=fresh))[0]["secret"]


async def create(db: Database, scope: MemoryScope, *, pattern: AgentPattern, description: str | None) -> bool:
    """Create an agent, and its memory if it is missing. Return False if the agent exists."""
    await db.write("leases/create", memoryId=scope.memory_id, userId=scope.user_id, agentId=scope.agent_id)
    rows = await db.write(
        "agents/create",
        memoryId=scope.memory_id,
        agentId=scope.agent_id,
        pattern=str(pattern),
        description=description,
    )
    return rows[0]["created"]


async def get(db: Database, agent_id: str, *, counted: bool = False) -> Agent:
    """Raises AgentNotFound."""
    rows = await db.read("agents/find", memoryId=scope_of_agent(agent_id).memory_id, counted=counted)
    if not rows:
        raise AgentNotFound(f"Agent '{agent_id}' not found")
    return _agent(rows[0])


async def every(db: Database, *, counted: bool) -> list[Agent]:
    return [_agent(row) for row in await db.read("system/agents", counted=counted)]


async def delete(db: Database, memory_id: str) -> None:
    await db.write("agents/delete", memoryId=memory_id)


async def activate(
    db: Database,
    memory_id: str,
    session_id: str,
    *,
    started_at: datetime,
    expires_at: datetime,
    renewed: str | None = None,
) -> bool:
    """Start a session. Return False if the agent is unknown or `renewed` is no longer its current session."""
    rows = await db.write(
        "agents/activate",
        memoryId=memory_id,
        sessionId=session_id,
        startedAt=started_at,
        expiresAt=expires_at,
        renewed=renewed,
    )
    return bool(rows)


async def session(db: Database, memory_id: str, session_id: str) -> Session | None:
    rows = await db.read("agents/session", memoryId=memory_id, sessionId=session_id)
    if not rows:
        return None
    row = rows[0]
    return Session(
        id=row["id"],
        status=SessionStatus(row["status"]),
        started_at=row["startedAt"],
        expires_at=row["expiresAt"],
        memories=row["memories"],
        current=row["current"],
        ended_at=row["endedAt"],
        pattern=AgentPattern(row["pattern"]),
    )


async def last_open_session(db: Database, now: datetime) -> OpenSession:
    """Raises NotFound."""
    rows = await db.read("system/last_session", now=now)
    if not rows:
        raise NotFound("No active session: activate an agent first")
    return OpenSession(agent_id=rows[0]["agentId"], session_id=rows[0]["id"])


async def end_session(db: Database, memory_id: str, session_id: str, ended_at: datetime) -> None:
    await db.write("agents/end_session", memoryId=memory_id, sessionId=session_id, endedAt=ended_at)


async def count_memories(db: Database, memory_id: str, session_id: str, number: int) -> None:
    """Add to the number of typed facts that the session stored."""
    await db.write("agents/count_memories", memoryId=memory_id, sessionId=session_id, number=number)


async def sessions_of_day(db: Database, memory_id: str, start: datetime, end: datetime) -> int:
    return (await db.read("agents/sessions_of_day", memoryId=memory_id, start=start, end=end))[0]["number"]


async def set_policy(db: Database, memory_id: str, policy_json: str) -> None:
    await db.write("agents/set_policy", memoryId=memory_id, policyJson=policy_json)


def _agent(row: Row) -> Agent:
    return Agent(
        id=row["agentId"],
        pattern=AgentPattern(row["pattern"]),
        description=row["description"],
        created_at=row["createdAt"],
        last_session=row["lastSession"],
        session_id=row["sessionId"],
        session_count=row["sessionCount"],
        memory_count=row["memoryCount"],
        policy=msgspec.json.decode(row["policyJson"]) if row["policyJson"] else None,
    )
