"""Access: managing agents takes the API key or a local client; using a memory takes its session's token."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from app.api.api_key import asks_for_methods, sends_key
from app.api.local_access import is_loopback
from app.api.memanto_v2.errors import PREFIX
from app.domain.errors import Unauthorized
from app.services.memanto.sessions import LIFETIME, CheckedSession, Sessions

TOKEN_HEADER = "X-Session-Token"  # noqa: S105 - a name
COOKIE = "memanto_session_token"
_SESSION, _NEW_TOKEN = "memanto_session", "memanto_new_token"

Connection = ASGIConnection[Any, Any, Any, Any]


def management_guard(api_key: str) -> Callable[[Connection, BaseRouteHandler], None]:
    """Require the API key (Bearer or X-Api-Key) or, if none is set, a client on this machine."""

    def guard(connection: Connection, _: BaseRouteHandler) -> None:
        if not asks_for_methods(connection) and not manages(connection, api_key):
            raise Unauthorized(
                "A valid API key is required: send it as 'Authorization: Bearer <key>' or 'X-Api-Key: <key>'"
                if api_key
                else "Agents are managed from this machine only, as long as MNEMON_API_KEY is not set"
            )

    return guard


def manages(connection: Connection, api_key: str) -> bool:
    return sends_key(connection, api_key) if api_key else _is_local(connection)


def _is_local(connection: Connection) -> bool:
    """True for a client on this machine. The guard of every route has checked that it is no other site's page."""
    return connection.client is not None and is_loopback(connection.client.host)


def session_guard(sessions: Sessions, api_key: str) -> Callable[[Connection, BaseRouteHandler], Awaitable[None]]:
    """Require the token of the open session of the path's agent."""

    async def guard(connection: Connection, _: BaseRouteHandler) -> None:
        if asks_for_methods(connection):
            return
        token = connection.headers.get(TOKEN_HEADER, "") or connection.cookies.get(COOKIE, "")
        if not token:
            raise Unauthorized(f"Missing {TOKEN_HEADER} header: activate the agent to get a token")
        trusted = manages(connection, api_key)
        checked = await sessions.check(token, connection.path_params["agent_id"], trusted=trusted)
        state = connection.scope.setdefault("state", {})
        state[_SESSION], state[_NEW_TOKEN] = checked, checked.new_token

    return guard


def own_session_guard(sessions: Sessions, api_key: str) -> Callable[[Connection, BaseRouteHandler], Awaitable[None]]:
    """Require management access or a token of the agent's session."""
    manage = management_guard(api_key)

    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        token = connection.headers.get(TOKEN_HEADER, "") or connection.cookies.get(COOKIE, "")
        if asks_for_methods(connection) or manages(connection, api_key) or not token:
            manage(connection, handler)
        else:
            await sessions.check(token, connection.path_params["agent_id"], trusted=False, renew=False)

    return guard


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
