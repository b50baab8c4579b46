"""Agent sessions: one active session per agent, identified by a signed token."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import jwt
from msgspec import Struct

from app.domain.agents import Agent, AgentPattern, Session, SessionStatus, namespace_of, scope_of_agent
from app.domain.errors import (
    AgentExists,
    AgentNotFound,
    SessionExpired,
    SessionInvalid,
    SessionNotFound,
    WrongAgent,
)
from app.domain.forgetting import ForgetRequest
from app.graph import agents
from app.graph.database import Database
from app.services.forgetting.forget import AcceptForget

# The same durations as in Memanto's server.
LIFETIME = timedelta(hours=6)
RENEWED_WITHIN = timedelta(minutes=30)
# The old token stays valid this long, for clients that ignore the new one.
_VALID_AFTER_RENEWAL = timedelta(minutes=5)
_ALGORITHM = "HS256"


class SessionWithToken(Struct, frozen=True, kw_only=True):
    """A session and its token."""

    agent_id: str
    session: Session
    token: str


class CheckedSession(Struct, frozen=True, kw_only=True):
    """The session of a request; `new_token`: if the session was renewed, the token to use from now on."""

    agent_id: str
    session_id: str
    new_token: str | None = None


def _is_valid_after_renewal(session: Session, now: datetime) -> bool:
    """Return True shortly after a renewal. A session that another activation ended is TERMINATED, not EXPIRED."""
    if session.status is not SessionStatus.EXPIRED or session.ended_at is None:
        return False
    return now < min(session.ended_at + _VALID_AFTER_RENEWAL, session.expires_at)


class Agents:
    """Agents by name. An agent's memory exists independently of the agent."""

    def __init__(self, db: Database, accept_forget: AcceptForget) -> None:
        self._db = db
        self._accept_forget = accept_forget

    async def create(self, agent_id: str, *, pattern: AgentPattern, description: str | None) -> Agent:
        """Create an agent. Raises AgentExists."""
        if not await agents.create(self._db, scope_of_agent(agent_id), pattern=pattern, description=description):
            raise AgentExists(f"Agent '{agent_id}' already exists")
        return await self.get(agent_id)

    async def get(self, agent_id: str, *, counted: bool = True) -> Agent:
        """Raises NotFound."""
        return await agents.get(self._db, agent_id, counted=counted)

    async def every(self, *, counted: bool) -> list[Agent]:
        """Newest first."""
        return await agents.every(self._db, counted=counted)

    async def delete(self, agent_id: str, *, with_memories: bool) -> str | None:
        """Delete the agent. Returns the forget operation's id if its memories are deleted too. Raises NotFound."""
        await self.get(agent_id, counted=False)
        scope, operation_id = scope_of_agent(agent_id), None
        if with_memories:
            operation_id = await self._accept_forget(scope, ForgetRequest(everything=True), None)
        await agents.delete(self._db, scope.memory_id)
        return operation_id


class Sessions:
    """`secret`: signs the tokens, the same in every process of a service; `clock`: the time, in UTC."""

    def __init__(self, db: Database, secret: str, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._db = db
        self._secret = secret
        self._clock = clock

    async def activate(self, agent_id: str) -> SessionWithToken:
        """Open a session and end the previous one. Raises NotFound for an unknown agent."""
        opened = await self._open(agent_id, renewed=None)
        if opened is None:
            raise AgentNotFound(f"Agent '{agent_id}' not found")
        return opened

    async def check(self, token: str, agent_id: str, *, trusted: bool, renew: bool = True) -> CheckedSession:
        """Check a token and renew its session in its last 30 minutes, or after its end if the caller is `trusted` to
        activate agents. The old token then stays valid for five minutes, but not beyond its own end. `agent_id`: the
        agent that the session must belong to. Raises SessionInvalid, SessionExpired, WrongAgent and NotFound.
        """
        claims = self._claims(token)
        owner, session_id = claims["agent_id"], claims["session_id"]
        session = await agents.session(self._db, scope_of_agent(owner).memory_id, session_id)
        if session is None:
            raise SessionNotFound
        now = self._clock()
        remaining = session.expires_at - now
        if not session.current and _is_valid_after_renewal(session, now):
            if owner != agent_id:
                raise WrongAgent
            return CheckedSession(agent_id=owner, session_id=session_id)
        ended = remaining <= timedelta(0) or session.status is SessionStatus.EXPIRED
        if not session.current or session.status is SessionStatus.TERMINATED:
            raise SessionInvalid
        if ended and not trusted:
            raise SessionExpired
        if owner != agent_id:
            raise WrongAgent
        if remaining > RENEWED_WITHIN or not (renew or ended):
            return CheckedSession(agent_id=owner, session_id=session_id)
        opened = await self._open(owner, renewed=session_id)
        if opened is None:
            # A concurrent request has renewed the session; its response carries the new token.
            raise SessionInvalid
        return CheckedSession(agent_id=owner, session_id=opened.session.id, new_token=opened.token)

    async def end(self, agent_id: str) -> tuple[Session, datetime]:
        """End the agent's session. Returns the session as it was and its end time. Raises NotFound."""
        memory_id, now = scope_of_agent(agent_id).memory_id, self._clock()
        agent = await agents.get(self._db, agent_id)
        session = await agents.session(self._db, memory_id, agent.session_id or "")
        if session is None or session.status is not SessionStatus.ACTIVE:
            raise SessionNotFound
        await agents.end_session(self._db, memory_id, session.id, now)
        return session, now

    async def latest(self) -> tuple[str, Session, timedelta]:
        """Return agent, session and remaining time of the open session that started last. Raises NotFound."""
        found = await agents.last_open_session(self._db, self._clock())
        session = await agents.session(self._db, scope_of_agent(found.agent_id).memory_id, found.session_id)
        if session is None:
            raise SessionNotFound
        return found.agent_id, session, session.expires_at - self._clock()

    async def count(self, checked: CheckedSession, number: int) -> None:
        """Add to the number of memories that the session has stored."""
        memory_id = scope_of_agent(checked.agent_id).memory_id
        await agents.count_memories(self._db, memory_id, checked.session_id, number)

    async def _open(self, agent_id: str, *, renewed: str | None) -> SessionWithToken | None:
        memory_id, now = scope_of_agent(agent_id).memory_id, self._clock()
        session_id = f"sess_{secrets.token_hex(6)}"
        done = await agents.activate(
            self._db, memory_id, session_id, started_at=now, expires_at=now + LIFETIME, renewed=renewed
        )
        session = await agents.session(self._db, memory_id, session_id) if done else None
        if session is None:
            return None
        claims = {
            "agent_id": agent_id,
            "namespace": namespace_of(agent_id),
            "session_id": session_id,
            "started_at": session.started_at.isoformat(),
            "expires_at": session.expires_at.isoformat(),
        }
        token = jwt.encode(claims, self._secret, algorithm=_ALGORITHM)
        return SessionWithToken(agent_id=agent_id, session=session, token=token)

    def _claims(self, token: str) -> dict[str, str]:
        try:
            claims = jwt.decode(token, self._secret, algorithms=[_ALGORITHM])
        except jwt.PyJWTError as error:
            raise SessionInvalid from error
        if not all(isinstance(claims.get(name), str) for name in ("agent_id", "session_id")):
            raise SessionInvalid
        return claims
