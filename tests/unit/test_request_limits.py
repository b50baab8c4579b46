"""The total time of a request, and the number of uploads at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest
from litestar import Litestar, Request, get, post
from litestar.response import Stream
from litestar.testing import TestClient

from app.api.envelope import EXCEPTION_HANDLERS
from app.api.request_limits import RequestLimits

SECONDS = 0.3


@get("/slow", operation_id="slow")
async def slow() -> str:
    await asyncio.sleep(60)
    return "late"


@get("/stream", operation_id="stream")
async def stream() -> Stream:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(4):
            await asyncio.sleep(SECONDS / 2)
            yield b"."

    return Stream(parts())


@post("/import", operation_id="importMemory", status_code=200)
async def take(request: Request[Any, Any, Any]) -> str:
    size = 0
    async for part in request.stream():
        size += len(part)
    return str(size)


def application(*, max_uploads: int = 2) -> Litestar:
    handlers: dict[Any, Any] = dict(EXCEPTION_HANDLERS)
    limits = RequestLimits(seconds=SECONDS, max_uploads=max_uploads)
    return Litestar([slow, stream, take], middleware=[limits], exception_handlers=handlers)


def test_a_request_that_takes_too_long_gets_503_and_when_to_try_again() -> None:
    with TestClient(application()) as http:
        answer = http.get("/slow")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "dependency_unavailable")
    assert "0.3 seconds" in answer.json()["error"]["message"]
    assert int(answer.headers["Retry-After"]) >= 1


def test_a_stream_may_take_longer_once_it_has_started() -> None:
    with TestClient(application()) as http:
        assert http.get("/stream").text == "...."


Receive = Callable[[], Awaitable[dict[str, Any]]]


async def nothing() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def request(app: Litestar, method: str, path: str, receive: Receive) -> list[dict[str, Any]]:
    """Return the messages of the answer to a body that comes from `receive`."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": [],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2),
    }  # fmt: skip
    await app(scope, receive, send)  # pyright: ignore[reportArgumentType]
    return sent


async def upload(app: Litestar, receive: Receive) -> int:
    """Return the status of the answer."""
    sent = await request(app, "POST", "/import", receive)
    (status,) = (message["status"] for message in sent if message["type"] == "http.response.start")
    return status


def test_a_request_that_the_server_cancels_gets_503_and_when_to_try_again() -> None:
    async def cancelled() -> list[dict[str, Any]]:
        running = asyncio.create_task(request(application(), "GET", "/slow", nothing))
        await asyncio.sleep(SECONDS / 3)
        running.cancel()
        return await running

    start, content = asyncio.run(cancelled())
    assert start["status"] == 503
    assert int(dict(start["headers"])[b"retry-after"]) >= 1
    error = msgspec.json.decode(content["body"])["error"]
    assert (error["code"], error["message"]) == (
        "runtime_unavailable",
        "The service is stopping; send this again, a change with the same Idempotency-Key",
    )


def body(*, parts: int = 1, pause: float = 0.0) -> Receive:
    sent = 0

    async def receive() -> dict[str, Any]:
        nonlocal sent
        await asyncio.sleep(pause)
        sent += 1
        return {"type": "http.request", "body": b"x", "more_body": sent < parts}

    return receive


@pytest.mark.parametrize(("pause", "parts", "status"), [(SECONDS / 3, 8, 200), (SECONDS * 3, 2, 503)])
def test_an_import_may_take_long_but_not_stop(pause: float, parts: int, status: int) -> None:
    """The parts of the first take more than twice the limit together; the second waits longer than the limit for one."""
    assert asyncio.run(upload(application(), body(parts=parts, pause=pause))) == status


def test_uploads_above_the_limit_get_429_until_one_has_ended() -> None:
    async def statuses() -> list[int]:
        app, go_on = application(max_uploads=1), asyncio.Event()

        async def held() -> dict[str, Any]:
            await go_on.wait()
            return {"type": "http.request", "body": b"x", "more_body": False}

        first = asyncio.create_task(upload(app, held))
        await asyncio.sleep(0)
        refused = await upload(app, body())
        go_on.set()
        return [refused, await first, await upload(app, body())]

    assert asyncio.run(statuses()) == [429, 200, 200]
