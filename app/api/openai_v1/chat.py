"""The routes: they forward requests with the memory's context, and store what was said."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote, unquote

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response import Stream

from app.api.checks import own_memory
from app.api.memind_v1.context import BuildContextRequest, BuildContextResponse, context_for
from app.api.memind_v1.handlers import Writing
from app.api.memind_v1.requests import AddMessageRequest, Message, TextBlock
from app.api.openai_v1.exchange import LastUserMessage, Reply, last_user_message, with_context
from app.domain.errors import Conflict, NotFound, Unavailable
from app.domain.ids import digest
from app.domain.knowledge import Role
from app.domain.retrieval import RetrievalStatus
from app.domain.scope import MemoryScope
from app.models.openai.endpoint import Endpoint, EndpointAnswer
from app.observability.stages import STAGE_FAILURES
from app.services.retrieval.build_context import BuildContext

T = TypeVar("T")

PREFIX = "/v1"
# Whose memory, percent-encoded; without them, the one that the key is bound to, else the default one.
USER, AGENT = "X-Mnemon-User", "X-Mnemon-Agent"
# "no": the exchange is not stored.
STORE = "X-Mnemon-Store"
# Of an answer: the facts in the context, and what went wrong with the memory while the chat went on.
ITEMS, WARNING = "X-Mnemon-Items", "X-Mnemon-Warning"

_SOURCE = "chat"
# The chat does not wait longer for its memory.
_CONTEXT_SECONDS = 5.0
_STORE_SECONDS = 5.0
_MAX_ITEMS = 50
_REQUEST_HEADERS = ("openai-",)
_RESPONSE_HEADERS = ("retry-after", "openai-", "x-ratelimit-")
# Answers of the endpoint that are about the service's own key.
_KEY_REFUSED = (401, 403)

_background: set[asyncio.Task[Any]] = set()


class ChatController(Controller):
    path = PREFIX
    # Their description is OpenAI's.
    include_in_schema = False

    @get("/models", operation_id="listModels")
    async def models(self, request: Request[Any, Any, Any], endpoint: NamedDependency[Endpoint]) -> Response[bytes]:
        """List the models of the configured endpoint."""
        answer = await _forwarded(await endpoint.send("GET", "models", headers=_request_headers(request)))
        answer.content = _listed(answer.content, endpoint)
        return answer

    @get("/models/{model:path}", operation_id="getModel")
    async def model(
        self, request: Request[Any, Any, Any], endpoint: NamedDependency[Endpoint], model: FromPath[str]
    ) -> Response[bytes]:
        """Get a model of the configured endpoint."""
        path = f"models/{_model_path(model)}"
        return await _forwarded(await endpoint.send("GET", path, headers=_request_headers(request)))

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
        asked_at = datetime.now(UTC)
        user, agent = (unquote(request.headers.get(name, "")) for name in (USER, AGENT))
        scope = own_memory(user or None, agent or None)
        endpoint.check_model(data.get("model"))
        message = last_user_message(data)
        context = message and await _context_of(build_context, scope, message)
        body = with_context(data, message, context.text) if message and context and context.text else data
        content = msgspec.json.encode(body)
        answer = await endpoint.send("POST", "chat/completions", headers=_request_headers(request), content=content)
        if answer.status >= 400:
            return await _forwarded(answer)
        headers = _response_headers(answer) | (_memory_headers(context) if message else {})
        exchange = _Exchange(
            writing,
            endpoint,
            scope,
            message,
            asked_at=asked_at,
            streamed=bool(data.get("stream")),
            stores=request.headers.get(STORE, "").lower() != "no",
            waits=message is None or context is not None,
        )
        if data.get("stream"):
            events = exchange.forwarded(answer)
            return Stream(events, status_code=answer.status, headers=headers, media_type=_media_type(answer))
        completion = await answer.read()
        if not await exchange.ended(completion):
            headers.setdefault(WARNING, "this exchange was not stored")
        return Response(completion, status_code=answer.status, headers=headers, media_type=_media_type(answer))


class _Exchange:
    """The user's message, if it has text, and the reply to it, which are stored once the reply is there.

    `waits`: until they are stored, as long as the database seems to answer.
    """

    def __init__(
        self,
        writing: Writing,
        endpoint: Endpoint,
        scope: MemoryScope,
        message: LastUserMessage | None,
        *,
        asked_at: datetime,
        streamed: bool,
        stores: bool,
        waits: bool,
    ) -> None:
        self._writing = writing
        self._endpoint = endpoint
        self._scope = scope
        self._message = message
        self._stores = stores
        self._waits = waits
        self._asked_at = asked_at
        self._reply = Reply(streamed=streamed)
        self._ending: asyncio.Task[bool] | None = None

    async def ended(self, completion: bytes) -> bool:
        """Store both sides; return False if that failed, or is not waited for."""
        self._reply.read(completion)
        return await self._end_once()

    async def forwarded(self, answer: EndpointAnswer) -> AsyncIterator[bytes]:
        """Yield the events as they come. Both sides are stored before the last event is sent, or when the client leaves. If
        the endpoint breaks off, the last event is an error.
        """
        try:
            async for part in answer.parts():
                self._reply.read(part)
                if self._reply.is_over:
                    await self._end_once()
                yield part
        except Unavailable as error:
            STAGE_FAILURES.ended("chat/stream", error)
            event = {"error": {"message": error.message, "type": "server_error", "code": "dependency_unavailable"}}
            yield b"data: " + msgspec.json.encode(event) + b"\n\n"
        finally:
            # The client may have left, and a cancelled task can't wait.
            self._start_ending()
            _in_background(answer.close())

    async def _end_once(self) -> bool:
        ending = self._start_ending()
        return self._waits and await asyncio.shield(ending)

    def _start_ending(self) -> asyncio.Task[bool]:
        if self._ending is None:
            self._ending = _in_background(self._end())
        return self._ending

    async def _end(self) -> bool:
        """Count the tokens and store what is new of both sides; return False if storing failed."""
        self._reply.end()
        self._endpoint.meter.add(self._reply.usage)
        if self._message is None or not self._stores:
            return True
        try:
            async with asyncio.timeout(_STORE_SECONDS):
                await self._store(self._message)
        except Exception as error:  # noqa: BLE001 - the chat goes on without its memory; the failure is counted
            STAGE_FAILURES.ended("chat/store", error)
            return False
        STAGE_FAILURES.ended("chat/store", None)
        return True

    async def _store(self, message: LastUserMessage) -> None:
        text = self._reply.text
        if message.is_new:
            await self._add(Role.USER, message.text, message.speaker, self._asked_at, message.key)
        if text:
            await self._add(Role.ASSISTANT, text, None, datetime.now(UTC), digest(message.key, text))

    async def _add(self, role: Role, text: str, speaker: str | None, at: datetime, key: str) -> None:
        """Store a message, unless the same conversation has stored it."""
        message = Message(role=role, content=[TextBlock(text=text)], timestamp=at, user_name=speaker)
        request = AddMessageRequest(
            user_id=self._scope.user_id, agent_id=self._scope.agent_id, message=message, source_client=_SOURCE
        )
        try:
            await self._writing.add_message(request, key)
        except Conflict:
            return  # sent again: only the time differs


async def _context_of(
    build_context: BuildContext, scope: MemoryScope, message: LastUserMessage
) -> BuildContextResponse | None:
    """Return what the memory knows; None if it can't be asked."""
    request = BuildContextRequest(user_id=scope.user_id, agent_id=scope.agent_id, query=message.question)
    try:
        async with asyncio.timeout(_CONTEXT_SECONDS):
            context = await context_for(build_context, request)
    except Exception as error:  # noqa: BLE001 - the chat goes on without its memory; the failure is counted
        STAGE_FAILURES.ended("chat/context", error)
        return None
    STAGE_FAILURES.ended("chat/context", None)
    return context


def _memory_headers(context: BuildContextResponse | None) -> dict[str, str]:
    """Return the headers that say what the memory added."""
    if context is None:
        return {WARNING: "the memory does not answer: this reply knows nothing of it"}
    ids = dict.fromkeys(id_ for source in context.sources for id_ in source.item_ids)
    headers = {ITEMS: ",".join(list(ids)[:_MAX_ITEMS])}
    if context.status is RetrievalStatus.DEGRADED:
        headers[WARNING] = "a channel of the memory failed: this reply may not know all of it"
    return headers


def _listed(models: bytes, endpoint: Endpoint) -> bytes:
    """Leave out of the endpoint's list what a request may not name."""
    try:
        listed = msgspec.json.decode(models, type=dict[str, Any])
        rows = [row for row in listed["data"] if endpoint.allows(row["id"])]
    except (msgspec.DecodeError, KeyError, TypeError):
        return models
    return msgspec.json.encode({**listed, "data": rows})


def _model_path(model: str) -> str:
    """Return a model's id, which may have slashes, as the end of a path. Raises NotFound for one that leaves it."""
    parts = model.removeprefix("/").split("/")
    if any(part in ("", ".", "..") or not part.isprintable() for part in parts):
        raise NotFound(f"There is no model {model!r}")
    return "/".join(quote(part, safe="") for part in parts)


def _request_headers(request: Request[Any, Any, Any]) -> dict[str, str]:
    kept = {name: value for name, value in request.headers.items() if name.lower().startswith(_REQUEST_HEADERS)}
    return {**kept, "Content-Type": "application/json"}


def _response_headers(answer: EndpointAnswer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.lower().startswith(_RESPONSE_HEADERS)}


async def _forwarded(answer: EndpointAnswer) -> Response[bytes]:
    """Return the endpoint's answer unchanged. Raises Unavailable if it refuses the service's own key."""
    content = await answer.read()
    if answer.status in _KEY_REFUSED:
        raise Unavailable("The language model's endpoint refuses this service's key; the operator must set another")
    return Response(
        content, status_code=answer.status, headers=_response_headers(answer), media_type=_media_type(answer)
    )


def _media_type(answer: EndpointAnswer) -> str:
    return answer.headers.get("content-type", "application/json")


def _in_background(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Start work that goes on when its request has ended."""
    task = asyncio.create_task(work)
    _background.add(task)
    task.add_done_callback(_background.discard)
    return task
