"""For Memind's published Python client (0.2.0), which wants more than Memind's own server sends.

The client rejects every body without a top-level `code` ("success" if there is no error), but the contract forbids
that key. So only responses to this client get it, with `message` for errors.
"""

from typing import Any, cast

import msgspec
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

_USER_AGENT = b"memind-python/"


def published_client_middleware(app: ASGIApp) -> ASGIApp:
    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not _is_published_client(scope):
            await app(scope, receive, send)
            return
        start: Message | None = None
        body = b""

        async def send_with_code(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
            elif message["type"] == "http.response.body":
                body += message.get("body", b"")
                if not message.get("more_body", False) and start is not None:
                    sent = with_code(body)
                    MutableScopeHeaders.from_message(start)["content-length"] = str(len(sent))
                    await send(start)
                    await send({"type": "http.response.body", "body": sent, "more_body": False})

        await app(scope, receive, send_with_code)

    return middleware


def with_code(body: bytes) -> bytes:
    """The envelope with `code` (and, of an error, `message`) at the top; anything else unchanged."""
    try:
        envelope: Any = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body
    if type(envelope) is not dict:
        return body
    if "error" in envelope:
        error = cast("dict[str, Any]", envelope["error"])
        return msgspec.json.encode({"code": error.get("code"), "message": error.get("message"), **envelope})
    return msgspec.json.encode({"code": "success", **envelope})


def _is_published_client(scope: Scope) -> bool:
    return any(name.lower() == b"user-agent" and value.startswith(_USER_AGENT) for name, value in scope["headers"])
