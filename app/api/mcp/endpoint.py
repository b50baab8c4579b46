"""The protocol over HTTP: stateless, JSON responses, at /mcp and /mcp/{userId}/{agentId}."""

from typing import Any
from urllib.parse import unquote

from litestar import asgi
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send
from mcp.server.mcpserver import MCPServer
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings

from app.api.checks import own_memory, scope_of
from app.api.mcp.server import memory
from app.domain.access import Right
from app.domain.errors import NotFound
from app.domain.limits import MAX_ID_CHARACTERS
from app.domain.scope import MemoryScope

PREFIX = "/mcp"
_BOTH = b"application/json, text/event-stream"


def session_manager(server: MCPServer[Any], *, max_body_bytes: int) -> StreamableHTTPSessionManager:
    """To be run for the application's lifetime. The guard of all routes checks Host and Origin, so this need not."""
    server.streamable_http_app(
        json_response=True,
        stateless_http=True,
        max_request_body_size=max_body_bytes,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    return server.session_manager


def handler(manager: StreamableHTTPSessionManager) -> ASGIRouteHandler:
    # Each tool checks its own right besides. A mount: paths of Litestar's (2.25) ASGI handlers can't have parameters.
    @asgi(PREFIX, is_mount=True, opt={"right": Right.READ}, copy_scope=True)
    async def mcp(scope: Scope, receive: Receive, send: Send) -> None:
        memory.set(_memory_of(scope["raw_path"]))
        if scope.get("method") != "POST":
            await _refuse(send)
            return
        headers = [(name, value) for name, value in scope["headers"] if name != b"accept"]
        # Some clients name none or one of the two types; all of them read JSON.
        scope["headers"] = [*headers, (b"accept", _BOTH)]
        await manager.handle_request(scope, receive, send)  # pyright: ignore[reportArgumentType] - the same ASGI types

    return mcp


def _memory_of(raw_path: bytes) -> MemoryScope:
    """Raises NotFound for another path, and what `scope_of` raises."""
    match [unquote(part) for part in raw_path.decode("ascii").rstrip("/").split("/")]:
        case ["", "mcp"]:
            return own_memory()
        case ["", "mcp", user_id, agent_id] if max(len(user_id), len(agent_id)) <= MAX_ID_CHARACTERS:
            return scope_of(user_id, agent_id)
        case _:
            raise NotFound(f"There is {PREFIX}, and {PREFIX}/{{userId}}/{{agentId}}")


async def _refuse(send: Send) -> None:
    await send({"type": "http.response.start", "status": 405, "headers": [(b"allow", b"POST")]})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
