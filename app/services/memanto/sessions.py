"""Sessions of agents: one that lives at a time, and a signed token that stands for it."""

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

# Memanto's own lengths.
LIFETIME = timedelta(hours=6)
RENEWED_WITHIN = timedelta(minutes=30)
# For clients that never read the new token, so that they can finish what they are at.
_VALID_AFTER_RENEWAL = timedelta(minutes=5)
_ALGORITHM = "HS256"


class SessionWithToken(Struct, frozen=True, kw_only=True):
    """A session with the token that stands for it."""

    agent_id: str
    session: Session
    token: str


class CheckedSession(Struct, frozen=True, kw_only=True):
    """The session of a request; `new_token`: where it was renewed, the one to use from now on."""

    agent_id: str
    session_id: str
    new_token: str | None = None


def _is_valid_after_renewal(session: Session, now: datetime) -> bool:
    """Only for a session that was renewed: one that another activation has ended is terminated."""
    if session.status is not SessionStatus.EXPIRED or session.ended_at is None:
        return False
    return now < min(session.ended_at + _VALID_AFTER_RENEWAL, session.expires_at)


class Agents:
    """Agents by name. Each owns a memory, which is there before and after it."""

    def __init__(self, db: Database, accept_forget: AcceptForget) -> None:
        self._db = db
        self._accept_forget = accept_forget

    async def create(self, agent_id: str, *, pattern: AgentPattern, description: str | None) -> Agent:
        """Raises Conflict for one that is there."""
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
        """The id of the operation that forgets its memories, where they are to go. Raises NotFound."""
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
        """A new session; one that was open before ends. Raises NotFound for no such agent."""
        opened = await self._open(agent_id, renewed=None)
        if opened is None:
            raise AgentNotFound(f"Agent '{agent_id}' not found")
        return opened

    async def check(self, token: str, agent_id: str, *, trusted: bool, renew: bool = True) -> CheckedSession:
        """The session that the token stands for; one that is about to end is renewed, and one that has ended by itself too
        where the caller is `trusted` to activate. The token of a renewed session is valid for five minutes more, its own
        end at most. `agent_id`: whose it has to be. Raises SessionInvalid, SessionExpired, WrongAgent and NotFound.
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
            # Another request was faster, and has its answer with the new token.
            raise SessionInvalid
        return CheckedSession(agent_id=owner, session_id=opened.session.id, new_token=opened.token)

    async def end(self, agent_id: str) -> tuple[Session, datetime]:
        """The agent's session as it was, and when it ended. Raises NotFound."""
        memory_id, now = scope_of_agent(agent_id).memory_id, self._clock()
        agent = await agents.get(self._db, agent_id)
        session = await agents.session(self._db, memory_id, agent.session_id or "")
        if session is None or session.status is not SessionStatus.ACTIVE:
            raise SessionNotFound
        await agents.end_session(self._db, memory_id, session.id, now)
        return session, now

    async def latest(self) -> tuple[str, Session, timedelta]:
        """Agent, session and what is left of it: of the one that was begun last and is open. Raises NotFound."""
        found = await agents.last_open_session(self._db, self._clock())
        session = await agents.session(self._db, scope_of_agent(found.agent_id).memory_id, found.session_id)
        if session is None:
            raise SessionNotFound
        return found.agent_id, session, session.expires_at - self._clock()

    async def count(self, checked: CheckedSession, number: int) -> None:
        """Memories that the session has handed over."""
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
