"""The client for programs with an event loop."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import IO, Any, Concatenate, ParamSpec, Self, TypeVar

import httpx

from mnemon_client import calls
from mnemon_client.answers import Operation
from mnemon_client.calls import Call, Ids
from mnemon_client.transport import (
    DEFAULT_TIMEOUT_SECONDS,
    DEFAULT_TRIES,
    DEFAULT_URL,
    Patience,
    answer_of,
    download_of,
    error_of,
    headers_of,
    pause_before_next_try,
    request_of,
    unreachable,
    with_self,
)

P = ParamSpec("P")
T = TypeVar("T")
_PART_BYTES = 1 << 16


def _of_service(build: Callable[P, Call[T]]) -> "Callable[Concatenate[AsyncMnemon, P], Awaitable[T]]":
    @functools.wraps(build)
    async def method(self: "AsyncMnemon", *args: P.args, **options: P.kwargs) -> T:
        return await self.send(build(*args, **options))

    with_self(method, build)
    return method


def _of_memory(build: Callable[Concatenate[Ids, P], Call[T]]) -> "Callable[Concatenate[AsyncMemory, P], Awaitable[T]]":
    @functools.wraps(build)
    async def method(self: "AsyncMemory", *args: P.args, **options: P.kwargs) -> T:
        return await self.service.send(build(self.ids, *args, **options))

    return method


class AsyncMnemon:
    """Like `Mnemon`, for an event loop; tasks may share one."""

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        key: str | None = None,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        tries: int = DEFAULT_TRIES,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._own = http is None
        self._http = http or httpx.AsyncClient(base_url=url.rstrip("/"), timeout=timeout)
        self._headers = headers_of(key)
        self._tries = tries

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        if self._own:
            await self._http.aclose()

    def memory(self, user: str, agent: str = "default") -> "AsyncMemory":
        """Return one memory. It need not exist: its first message makes it."""
        return AsyncMemory(self, Ids(user, agent))

    async def send(self, call: Call[T]) -> T:
        """Send a call, and again where that may help."""
        tries = 0
        while True:
            tries += 1
            tried = await self._try(call)
            pause = pause_before_next_try(tries, tried) if tries < self._tries else None
            if pause is None:
                if isinstance(tried, httpx.Response):
                    return answer_of(call, tried)
                raise unreachable(self._http.base_url, tried) from tried
            await asyncio.sleep(pause)

    async def _try(self, call: Call[Any]) -> httpx.Response | httpx.TransportError:
        request = request_of(call, self._headers)
        with contextlib.ExitStack() as stack:
            if isinstance(call.content, Path):
                request["content"] = _parts(stack.enter_context(call.content.open("rb")))
            try:
                return await self._http.request(**request)
            except httpx.TransportError as error:
                return error

    async def wait(self, operation_id: str, *, timeout: float | None = None, poll_seconds: float = 0.5) -> Operation:
        """Wait until an operation has ended. Raises OperationFailedError if it failed, UnavailableError after `timeout`
        seconds.
        """
        patience = Patience(timeout)
        while not patience.is_over(operation := await self.operation(operation_id)):
            await asyncio.sleep(poll_seconds)
        return operation

    async def download(self, ids: Ids, file: Path, *, embeddings: bool = False) -> int:
        """Write a memory's bundle to a file, which is replaced once all of it is there. Return the number of lines."""
        lines = 0
        with download_of(file) as to:
            try:
                request = request_of(calls.export(ids, embeddings=embeddings), self._headers)
                async with self._http.stream(**request) as response:
                    if not response.is_success:
                        await response.aread()
                        raise error_of(response)
                    async for part in response.aiter_bytes():
                        await asyncio.to_thread(to.write, part)
                        lines += part.count(b"\n")
            except httpx.TransportError as error:
                raise unreachable(self._http.base_url, error) from error
        return lines

    operation = _of_service(calls.operation)
    cancel = _of_service(calls.cancel)
    retry = _of_service(calls.retry)
    memories = _of_service(calls.memories)
    whoami = _of_service(calls.whoami)
    graph_schema = _of_service(calls.graph_schema)


class AsyncMemory:
    """The memory that one agent has of one user."""

    def __init__(self, service: AsyncMnemon, ids: Ids) -> None:
        self.service = service
        self.ids = ids

    async def export(self, file: Path, *, embeddings: bool = False) -> int:
        """Write the memory as a bundle to a file and return the number of its lines."""
        return await self.service.download(self.ids, file, embeddings=embeddings)

    remember = _of_memory(calls.remember)
    remember_later = _of_memory(calls.remember_later)
    remember_document = _of_memory(calls.remember_document)
    add_message = _of_memory(calls.add_message)
    commit = _of_memory(calls.commit)
    retrieve = _of_memory(calls.retrieve)
    context = _of_memory(calls.context)
    items = _of_memory(calls.items)
    raw_data = _of_memory(calls.raw_data)
    explain = _of_memory(calls.explain)
    entity = _of_memory(calls.entity)
    map = _of_memory(calls.map)
    trace = _of_memory(calls.trace)
    merge = _of_memory(calls.merge)
    split = _of_memory(calls.split)
    forget = _of_memory(calls.forget)
    operations = _of_memory(calls.operations)
    retry_failed = _of_memory(calls.retry_failed)
    import_bundle = _of_memory(calls.import_bundle)


async def _parts(file: IO[bytes]) -> AsyncIterator[bytes]:
    while part := await asyncio.to_thread(file.read, _PART_BYTES):
        yield part
