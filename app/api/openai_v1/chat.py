"""The routes: they pass requests on, with the memory's context, and store what was said."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import unquote

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response import Stream

from app.api.checks import own_memory
from app.api.memind_v1.context import BuildContextRequest, BuildContextResponse, context_for
from app.api.memind_v1.handlers import Writing
from app.api.memind_v1.requests import AddMessageRequest, Message, TextBlock
from app.api.openai_v1.exchange import Reply, Said, said_in, with_context
from app.domain.errors import Unavailable
from app.domain.knowledge import Role
from app.domain.retrieval import RetrievalStatus
from app.domain.scope import MemoryScope
from app.models.openai.endpoint import Endpoint, EndpointAnswer
from app.observability.stages import STAGE_FAILURES
from app.services.retrieval.build_context import BuildContext

T = TypeVar("T")

PREFIX = "/v1"
# Whose memory, percent-encoded where it is not ASCII; without them, the one that the key is bound to, else the default one.
USER, AGENT = "X-Mnemon-User", "X-Mnemon-Agent"
# Of an answer: the facts in the context, and what went wrong with the memory while the chat went on.
ITEMS, WARNING = "X-Mnemon-Items", "X-Mnemon-Warning"

_SOURCE = "chat"
# The chat does not wait longer for its memory.
_CONTEXT_SECONDS = 5.0
_STORE_SECONDS = 5.0
_MAX_ITEMS = 50
_PASSED_ON = ("openai-",)
_PASSED_BACK = ("retry-after", "retry-after-ms", "openai-", "x-ratelimit-")

_background: set[asyncio.Task[Any]] = set()


class ChatController(Controller):
    path = PREFIX
    # Their description is OpenAI's.
    include_in_schema = False

    @get("/models", operation_id="listModels")
    async def models(self, request: Request[Any, Any, Any], endpoint: NamedDependency[Endpoint]) -> Response[bytes]:
        """List the models of the configured endpoint."""
        return await _unchanged(await endpoint.send("GET", "models", headers=_passed_on(request)))

    @get("/models/{model:path}", operation_id="getModel")
    async def model(
        self, request: Request[Any, Any, Any], endpoint: NamedDependency[Endpoint], model: FromPath[str]
    ) -> Response[bytes]:
        """Get a model of the configured endpoint."""
        return await _unchanged(await endpoint.send("GET", f"models{model}", headers=_passed_on(request)))

    @post("/chat/completions", operation_id="createChatCompletion", status_code=200)
    async def complete(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[dict[str, Any]],
        endpoint: NamedDependency[Endpoint],
        build_context: NamedDependency[BuildContext],
        writing: NamedDependency[Writing],
    ) -> Response[Any]:
        """Answer as the configured endpoint does, knowing what the memory knows about the user's last message."""
        user, agent = (unquote(request.headers.get(name, "")) for name in (USER, AGENT))
        scope = own_memory(user or None, agent or None)
        said = said_in(data)
        context = said and await _context_of(build_context, scope, said)
        body = with_context(data, said, context.text) if said and context and context.text else data
        content = msgspec.json.encode(body)
        answer = await endpoint.send("POST", "chat/completions", headers=_passed_on(request), content=content)
        if said is None or answer.status >= 400:
            return await _unchanged(answer)
        headers = _passed_back(answer) | _told(context)
        exchange = _Exchange(writing, scope, said, streamed=bool(data.get("stream")), waits=context is not None)
        if data.get("stream"):
            events = exchange.passed_on(answer)
            return Stream(events, status_code=answer.status, headers=headers, media_type=_media_type(answer))
        completion = await answer.read()
        if not await exchange.stored(completion):
            headers.setdefault(WARNING, "this exchange was not stored")
        return Response(completion, status_code=answer.status, headers=headers, media_type=_media_type(answer))


class _Exchange:
    """The user's message and the reply to it, which are stored once the reply is there. `waits`: until they are stored, as
    long as the database seems to answer.
    """

    def __init__(self, writing: Writing, scope: MemoryScope, said: Said, *, streamed: bool, waits: bool) -> None:
        self._writing = writing
        self._scope = scope
        self._said = said
        self._waits = waits
        self._asked_at = datetime.now(UTC)
        self._reply = Reply(streamed=streamed)
        self._storing: asyncio.Task[bool] | None = None

    async def stored(self, completion: bytes) -> bool:
        """Store both sides; return False if that failed, or is not waited for."""
        self._reply.read(completion)
        return await self._store_once()

    async def passed_on(self, answer: EndpointAnswer) -> AsyncIterator[bytes]:
        """Yield the events as they come. Both sides are stored before the last event is sent, or when the client leaves. If
        the endpoint breaks off, the last event is an error.
        """
        try:
            async for part in answer.parts():
                self._reply.read(part)
                if self._reply.is_over:
                    await self._store_once()
                yield part
        except Unavailable as error:
            STAGE_FAILURES.ended("chat/stream", error)
            event = {"error": {"message": error.message, "type": "server_error", "code": "dependency_unavailable"}}
            yield b"data: " + msgspec.json.encode(event) + b"\n\n"
        finally:
            # The client may have left, and a cancelled task can't wait.
            self._start_storing()
            _in_background(answer.close())

    async def _store_once(self) -> bool:
        storing = self._start_storing()
        return self._waits and await asyncio.shield(storing)

    def _start_storing(self) -> asyncio.Task[bool]:
        if self._storing is None:
            self._storing = _in_background(self._store())
        return self._storing

    async def _store(self) -> bool:
        self._reply.end()
        try:
            async with asyncio.timeout(_STORE_SECONDS):
                if self._said.is_new:
                    await self._add(Role.USER, self._said.text, self._said.speaker, self._asked_at)
                if self._reply.text:
                    await self._add(Role.ASSISTANT, self._reply.text, None, datetime.now(UTC))
        except Exception as error:  # noqa: BLE001 - the chat goes on without its memory; the failure is counted
            STAGE_FAILURES.ended("chat/store", error)
            return False
        STAGE_FAILURES.ended("chat/store", None)
        return True

    async def _add(self, role: Role, text: str, speaker: str | None, at: datetime) -> None:
        message = Message(role=role, content=[TextBlock(text=text)], timestamp=at, user_name=speaker)
        request = AddMessageRequest(
            user_id=self._scope.user_id, agent_id=self._scope.agent_id, message=message, source_client=_SOURCE
        )
        await self._writing.add_message(request, None)


async def _context_of(build_context: BuildContext, scope: MemoryScope, said: Said) -> BuildContextResponse | None:
    """Return what the memory knows; None if it can't be asked."""
    request = BuildContextRequest(user_id=scope.user_id, agent_id=scope.agent_id, query=said.question)
    try:
        async with asyncio.timeout(_CONTEXT_SECONDS):
            context = await context_for(build_context, request)
    except Exception as error:  # noqa: BLE001 - the chat goes on without its memory; the failure is counted
        STAGE_FAILURES.ended("chat/context", error)
        return None
    STAGE_FAILURES.ended("chat/context", None)
    return context


def _told(context: BuildContextResponse | None) -> dict[str, str]:
    """Return the headers that say what the memory added."""
    if context is None:
        return {WARNING: "the memory does not answer: this reply knows nothing of it"}
    ids = dict.fromkeys(id_ for source in context.sources for id_ in source.item_ids)
    headers = {ITEMS: ",".join(list(ids)[:_MAX_ITEMS])}
    if context.status is RetrievalStatus.DEGRADED:
        headers[WARNING] = "a channel of the memory failed: this reply may not know all of it"
    return headers


def _passed_on(request: Request[Any, Any, Any]) -> dict[str, str]:
    kept = {name: value for name, value in request.headers.items() if name.lower().startswith(_PASSED_ON)}
    return {**kept, "Content-Type": "application/json"}


def _passed_back(answer: EndpointAnswer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.lower().startswith(_PASSED_BACK)}


async def _unchanged(answer: EndpointAnswer) -> Response[bytes]:
    return Response(
        await answer.read(), status_code=answer.status, headers=_passed_back(answer), media_type=_media_type(answer)
    )


def _media_type(answer: EndpointAnswer) -> str:
    return answer.headers.get("content-type", "application/json")


def _in_background(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Start work that goes on when its request has ended."""
    task = asyncio.create_task(work)
    _background.add(task)
    task.add_done_callback(_background.discard)
    return task
