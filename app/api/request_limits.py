"""Limits of each request: its total time, and the number of uploads at once."""

import asyncio
import contextlib
from collections.abc import Generator

from litestar.enums import ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send, WebSocketReceiveMessage

from app.domain.errors import Overloaded, TimedOut

IMPORT = "importMemory"
MAX_UPLOADS = 4
_UPLOADS = (IMPORT, "uploadFile")


class RequestLimits(ASGIMiddleware):
    """`seconds`: until the response starts; a body of an import may take any time, as long as its next part arrives within
    as many seconds. `max_uploads`: imports and files that this process takes at once; counted before their body is read.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, *, seconds: float, max_uploads: int = MAX_UPLOADS) -> None:
        self._seconds = seconds
        self._max_uploads = max_uploads
        self._uploads = 0

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Raises TimedOut, and Overloaded for an upload above the limit."""
        handler = scope["route_handler"]
        name = handler.operation_id if isinstance(handler, HTTPRouteHandler) else None
        limit = asyncio.timeout(self._seconds)

        async def send_started(message: Message) -> None:
            if message["type"] == "http.response.start":
                limit.reschedule(None)
            await send(message)

        async def receive_part() -> HTTPReceiveMessage | WebSocketReceiveMessage:
            message = await receive()
            if limit.when() is not None and not limit.expired():
                limit.reschedule(asyncio.get_running_loop().time() + self._seconds)
            return message

        try:
            async with limit:
                with self._upload() if name in _UPLOADS else contextlib.nullcontext():
                    await next_app(scope, receive_part if name == IMPORT else receive, send_started)
        except TimeoutError as error:
            if limit.expired():
                raise TimedOut(f"The request took longer than {self._seconds:g} seconds") from error
            raise

    @contextlib.contextmanager
    def _upload(self) -> Generator[None]:
        if self._uploads >= self._max_uploads:
            raise Overloaded("Too many files and bundles are being sent; send this one again later")
        self._uploads += 1
        try:
            yield
        finally:
            self._uploads -= 1
