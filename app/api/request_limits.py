"""Limits of each request: its total time, and the number of uploads at once."""

import asyncio
from collections.abc import Callable

from litestar.enums import ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send, WebSocketReceiveMessage

from app.domain.errors import Overloaded, TimedOut

MAX_UPLOADS = 4
UPLOADS = ("importMemory", "uploadFile")


class RequestLimits(ASGIMiddleware):
    """`seconds`: until the response starts. An upload may take any time, as long as its next part arrives within as many
    seconds; once it has arrived, its own limits hold. `max_uploads`: bodies of imports and files that this process receives
    at once.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, *, seconds: float, max_uploads: int = MAX_UPLOADS) -> None:
        self._seconds = seconds
        self._max_uploads = max_uploads
        self._uploads = 0

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Raises TimedOut, and Overloaded for an upload above the limit."""
        handler = scope["route_handler"]
        limit = asyncio.timeout(self._seconds)
        uploads = isinstance(handler, HTTPRouteHandler) and handler.operation_id in UPLOADS
        has_arrived = self._upload() if uploads else None

        async def send_started(message: Message) -> None:
            if message["type"] == "http.response.start":
                limit.reschedule(None)
            await send(message)

        async def receive_part() -> HTTPReceiveMessage | WebSocketReceiveMessage:
            message = await receive()
            if has_arrived is None or limit.when() is None or limit.expired():
                return message
            if message["type"] == "http.request" and message["more_body"]:
                limit.reschedule(asyncio.get_running_loop().time() + self._seconds)
            else:
                limit.reschedule(None)
                has_arrived()
            return message

        try:
            async with limit:
                await next_app(scope, receive_part, send_started)
        except TimeoutError as error:
            if limit.expired():
                raise TimedOut(f"The request took longer than {self._seconds:g} seconds") from error
            raise
        finally:
            if has_arrived is not None:
                has_arrived()

    def _upload(self) -> Callable[[], None]:
        """Count an upload. Returns what ends it; calling that again changes nothing."""
        if self._uploads >= self._max_uploads:
            raise Overloaded("Too many files and bundles are being sent; send this one again later")
        self._uploads += 1
        open_ = [True]

        def end() -> None:
            if open_:
                open_.clear()
                self._uploads -= 1

        return end
