"""X-Request-Id: accepted from the client or generated; always returned."""

import re
import uuid

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from app.observability.context import logging_for

HEADER = "X-Request-Id"
_MAX_CHARACTERS = 64
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def clean_request_id(value: str) -> str:
    """Control characters become `_`; cut to 64 characters; a new UUID when nothing is left."""
    return _CONTROL.sub("_", value)[:_MAX_CHARACTERS].strip() or str(uuid.uuid4())


def request_id_middleware(app: ASGIApp) -> ASGIApp:
    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        sent = next((value for name, value in scope["headers"] if name.lower() == HEADER.lower().encode()), b"")
        request_id = clean_request_id(sent.decode("latin-1"))

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableScopeHeaders.from_message(message)[HEADER] = request_id
            await send(message)

        with logging_for(request_id=request_id):
            await app(scope, receive, send_with_id)

    return middleware
