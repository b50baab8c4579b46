"""Limits of each request (total time, number of uploads at once), and the answer when a stopping service ends it."""

import asyncio

from litestar.enums import ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send, WebSocketReceiveMessage

from app.domain.errors import NotReady, Overloaded, TimedOut

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
        self._receiving: set[object] = set()

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Raises TimedOut, Overloaded for an upload above the limit, and NotReady if the server cancels the request: it does
        so with requests that still run some seconds after it was told to stop.
        """
        handler = scope["route_handler"]
        limit = asyncio.timeout(self._seconds)
        uploads = isinstance(handler, HTTPRouteHandler) and handler.operation_id in UPLOADS
        upload = object()
        started = False
        if uploads:
            self._begin(upload)

        async def send_started(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                limit.reschedule(None)
            await send(message)

        async def receive_part() -> HTTPReceiveMessage | WebSocketReceiveMessage:
            message = await receive()
            if not uploads or limit.when() is None or limit.expired():
                return message
            if message["type"] == "http.request" and message["more_body"]:
                limit.reschedule(asyncio.get_running_loop().time() + self._seconds)
            else:
                limit.reschedule(None)
                self._receiving.discard(upload)
            return message

        try:
            async with limit:
                await next_app(scope, receive_part, send_started)
        except TimeoutError as error:
            if limit.expired():
                raise TimedOut(f"The request took longer than {self._seconds:g} seconds") from error
            raise
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if started or task is None or not task.cancelling():
                raise
            raise NotReady("The service is stopping; send this again, a change with the same Idempotency-Key") from None
        finally:
            self._receiving.discard(upload)

    def _begin(self, upload: object) -> None:
        if len(self._receiving) >= self._max_uploads:
            raise Overloaded("Too many files and bundles are being sent; send this one again later")
        self._receiving.add(upload)
