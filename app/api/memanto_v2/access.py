"""Access: managing agents takes the API key or a local client; using a memory takes its session's token."""

from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from app.api.api_key import Connection, Guard, admit, asks_for_methods, check_reach, sent_key
from app.api.local_access import is_loopback
from app.api.memanto_v2.errors import PREFIX
from app.api.rights import right_of
from app.domain.access import Caller, Right, caller
from app.domain.agents import USER_ID, scope_of_agent
from app.domain.errors import Unauthorized
from app.services.access.keys import Keys
from app.services.memanto.sessions import LIFETIME, CheckedSession, Sessions

TOKEN_HEADER = "X-Session-Token"  # noqa: S105 - a name
COOKIE = "memanto_session_token"
_SESSION, _NEW_TOKEN = "memanto_session", "memanto_new_token"


def management_guard(keys: Keys) -> Guard:
    """Require a key (Bearer or X-Api-Key) with the route's right that reaches the agent or, where there are no keys, a
    client on this machine.
    """

    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        if asks_for_methods(connection):
            return
        if await keys.are_needed():
            admit(await keys.check(sent_key(connection)), right_of(handler))
            _check_agent(connection)
        elif not _is_local(connection):
            raise Unauthorized("Agents are managed from this machine only, as long as no API key is set")

    return guard


def _check_agent(connection: Connection) -> None:
    if agent_id := connection.path_params.get("agent_id"):
        check_reach(scope_of_agent(agent_id))


async def _manages(connection: Connection, keys: Keys) -> bool:
    """True if the request carries a key that may activate this agent or, where there are no keys, is local."""
    if not await keys.are_needed():
        return _is_local(connection)
    try:
        found = await keys.check(sent_key(connection))
    except Unauthorized:
        return False
    scope = scope_of_agent(connection.path_params["agent_id"])
    return found.right.includes(Right.WRITE) and found.reaches(scope)


def _is_local(connection: Connection) -> bool:
    """True for a client on this machine. The guard of every route has checked that it is no other site's page."""
    return connection.client is not None and is_loopback(connection.client.host)


def session_guard(sessions: Sessions, keys: Keys) -> Guard:
    """Require the token of the open session of the path's agent."""

    async def guard(connection: Connection, _: BaseRouteHandler) -> None:
        if asks_for_methods(connection):
            return
        token = connection.headers.get(TOKEN_HEADER, "") or connection.cookies.get(COOKIE, "")
        if not token:
            raise Unauthorized(f"Missing {TOKEN_HEADER} header: activate the agent to get a token")
        trusted = await _manages(connection, keys)
        checked = await sessions.check(token, connection.path_params["agent_id"], trusted=trusted)
        state = connection.scope.setdefault("state", {})
        state[_SESSION], state[_NEW_TOKEN] = checked, checked.new_token
        caller.set(_session_caller(checked))

    return guard


def own_session_guard(sessions: Sessions, keys: Keys) -> Guard:
    """Require management access or a token of the agent's session."""
    manage = management_guard(keys)

    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        token = connection.headers.get(TOKEN_HEADER, "") or connection.cookies.get(COOKIE, "")
        if asks_for_methods(connection) or not token or await _manages(connection, keys):
            await manage(connection, handler)
        else:
            checked = await sessions.check(token, connection.path_params["agent_id"], trusted=False, renew=False)
            caller.set(_session_caller(checked))

    return guard


def _session_caller(checked: CheckedSession) -> Caller:
    return Caller(name="session", right=Right.FORGET, users=(USER_ID,), agents=(checked.agent_id,))


def session_of(connection: Connection) -> CheckedSession:
    """Return the session that `session_guard` checked."""
    return connection.scope["state"][_SESSION]


def session_cookie(token: str, *, scheme: str) -> Cookie:
    """Return the session cookie for browsers: HttpOnly, SameSite=Strict."""
    age = int(LIFETIME.total_seconds())
    return Cookie(
        COOKIE, value=token, path=PREFIX, max_age=age, httponly=True, samesite="strict", secure=scheme == "https"
    )


def new_token_middleware(app: ASGIApp) -> ASGIApp:
    """Send the new token of a renewed session with the response."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not scope["path"].startswith(PREFIX):
            await app(scope, receive, send)
            return
        scope.setdefault("state", {})

        async def send_with_token(message: Message) -> None:
            token = scope["state"].get(_NEW_TOKEN)
            if message["type"] == "http.response.start" and token:
                headers = MutableScopeHeaders.from_message(message)
                headers[TOKEN_HEADER] = token
                headers.add("Set-Cookie", session_cookie(token, scheme=scope["scheme"]).to_header(header=""))
            await send(message)

        await app(scope, receive, send_with_token)

    return middleware
