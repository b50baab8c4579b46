"""The `Allow` header of OPTIONS: every method of the path."""

from litestar import Litestar
from litestar.datastructures import MutableScopeHeaders
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Message, Receive, Scope, Send


def allowed_methods_middleware(application: Litestar, app: ASGIApp) -> ASGIApp:
    """Corrects Litestar's own `Allow`, which names only the first method of a path that several handlers share."""
    allowed = {
        route.path_format: ", ".join(sorted(route.methods))
        for route in application.routes
        if isinstance(route, HTTPRoute)
    }

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "OPTIONS":
            await app(scope, receive, send)
            return

        async def send_with_allow(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                methods = allowed.get(scope.get("path_template", ""))
                if "allow" in headers and methods:
                    headers["Allow"] = methods
            await send(message)

        await app(scope, receive, send_with_allow)

    return middleware
