"""The tools and resources, by the official SDK. Their texts are for language models, which read all of them in each turn."""

import functools
import logging
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from datetime import UTC, datetime, time
from importlib.metadata import version
from typing import Any, ParamSpec, TypedDict, TypeVar, cast

import msgspec
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp.server.mcpserver.tools import Tool
from mcp_types import ToolAnnotations
from msgspec import Struct

from app.api.api_key import admit
from app.api.memind_v1.context import BuildContextRequest, context_for
from app.api.memind_v1.exploring import ExplainedItemView, ItemSourceView, explained_item
from app.api.memind_v1.forgetting import ForgetMemoryRequest, forget_request
from app.api.memind_v1.handlers import Writing
from app.api.memind_v1.requests import ExtractMemoryRequest
from app.domain.access import Right, caller
from app.domain.errors import InvalidInput, MnemonError
from app.domain.scope import MemoryScope
from app.observability.logs import log_event, place_of
from app.services.forgetting.forget import AcceptForget
from app.services.retrieval.build_context import DEFAULT_TOKENS, BuildContext
from app.services.retrieval.explore import Explore
from graph_schema import description

_log = logging.getLogger(__name__)

# Of the request: over HTTP from its address or its key, over standard input and output for the whole process.
memory: ContextVar[MemoryScope] = ContextVar("memory")

_INSTRUCTIONS = (
    "Long-term memory. Call recall before answering about the user, people, places or earlier decisions; "
    "remember what is worth knowing later; cite sources by number."
)
# Characters of a source around its quote; a document may have 100,000.
_AROUND = 300
_DAY = len("2026-01-31")

P = ParamSpec("P")
R = TypeVar("R")


class RecallAnswer(TypedDict):
    status: str
    text: str
    sources: list[dict[str, Any]]


class OperationAnswer(TypedDict):
    status: str
    operation_id: str
    facts: list[str]


class ForgetAnswer(TypedDict):
    status: str
    counts: dict[str, int]


class MemoryTools(Struct, frozen=True, kw_only=True):
    """The use cases of the tools."""

    build_context: BuildContext
    explore: Explore
    writing: Writing
    accept_forget: AcceptForget


def create_server(use: MemoryTools) -> MCPServer[Any]:
    tools = [
        _tool(_recall(use), Right.READ, read_only=True),
        _tool(_explain(use), Right.READ, read_only=True),
        _tool(_remember(use), Right.WRITE, destructive=False),
        _tool(_forget(use), Right.FORGET, destructive=True),
    ]
    server: MCPServer[Any] = MCPServer("mnemon", instructions=_INSTRUCTIONS, version=version("mnemon"), tools=tools)
    _add_resources(server, use)
    return server


def _recall(use: MemoryTools) -> Callable[..., Awaitable[Any]]:
    async def recall(query: str, max_tokens: int = DEFAULT_TOKENS, as_of: str = "", deep: bool = False) -> RecallAnswer:
        """Look up what is known about a question: dated lines with sources, the most useful first; empty if nothing is.
        as_of: an ISO date, for what was known then. deep: follow links in any case.
        """
        request = msgspec.convert(
            {
                **_ids(),
                "query": query,
                "maxTokens": max_tokens,
                "asOf": _time(as_of),
                "strategy": "DEEP" if deep else "AUTO",
            },
            BuildContextRequest,
        )
        found = await context_for(use.build_context, request)
        sources = [
            {"n": s.number, "ids": s.item_ids} | ({"path": s.path_text} if s.path_text else {}) for s in found.sources
        ]
        return RecallAnswer(status=found.status, text=found.text, sources=sources)

    return recall


def _explain(use: MemoryTools) -> Callable[..., Awaitable[Any]]:
    async def explain(id: str) -> dict[str, Any]:  # noqa: A002 - the tool's argument
        """Tell where a fact of recall's sources comes from: the words, who said them and when, what it superseded."""
        found = await explained_item(use.explore, memory.get(), id)
        found.sources = [_shortened(source) for source in found.sources]
        return _without_empty(found)

    return explain


def _remember(use: MemoryTools) -> Callable[..., Awaitable[Any]]:
    async def remember(text: str, speaker: str = "") -> OperationAnswer:
        """Store what was said, in its own words; facts are extracted."""
        message = {"role": "USER", "content": [{"type": "text", "text": text}]} | (
            {"userName": speaker} if speaker else {}
        )
        content = {"type": "conversation", "messages": [message]}
        request = msgspec.convert({**_ids(), "sourceClient": "mcp", "rawContent": content}, ExtractMemoryRequest)
        operation = await use.writing.awaited(await use.writing.extract(request, None, awaited=True))
        facts = operation.result.fact_ids if operation.result else []
        return OperationAnswer(status=operation.status, operation_id=operation.id, facts=[str(id_) for id_ in facts])

    return remember


def _forget(use: MemoryTools) -> Callable[..., Awaitable[Any]]:
    async def forget(entity: str = "", ids: tuple[str, ...] = (), dry_run: bool = True) -> ForgetAnswer:
        """Delete all that names an entity, or facts by id, for good. Run dry first, tell the user the counts, ask."""
        data = msgspec.convert({**_ids(), "entity": entity or None, "itemIds": list(ids)}, ForgetMemoryRequest)
        scope, request = forget_request(data)
        if dry_run:
            return ForgetAnswer(status="dry run", counts=(await use.accept_forget.rehearse(scope, request)).nodes)
        operation = await use.writing.awaited(await use.accept_forget(scope, request, None))
        receipt = operation.result and operation.result.receipt
        status = f"{operation.status} as {operation.id}" if receipt is None else str(operation.status)
        return ForgetAnswer(status=status, counts=receipt.nodes if receipt else {})

    return forget


def _add_resources(server: MCPServer[Any], use: MemoryTools) -> None:
    @server.resource("memory://stats", mime_type="application/json")
    async def stats() -> str:
        """Counts of the memory, and the days of its first and last words."""
        try:
            admit(caller.get(), Right.READ)
            found = await use.explore.summary(memory.get())
        except MnemonError as error:
            raise ResourceError(error.message) from error
        return msgspec.json.encode(found).decode()

    @server.resource("memory://schema", mime_type="text/plain")
    async def schema() -> str:
        """The graph's labels, properties and relationships, for Cypher."""
        return description.text()


def _ids() -> dict[str, str]:
    scope = memory.get()
    return {"userId": scope.user_id, "agentId": scope.agent_id}


def _time(text: str) -> datetime | None:
    """A time, in UTC where it has no offset; a date means the end of that day."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput({"as_of": f"must be an ISO 8601 date or time, not {text[:64]!r}"}) from error
    if len(text) <= _DAY:
        found = datetime.combine(found, time.max)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _shortened(source: ItemSourceView) -> ItemSourceView:
    """The source with only what is said around its quote."""
    start, end = source.start or 0, source.end or 0
    first = max(start - _AROUND, 0)
    text = source.text[first : end + _AROUND]
    return msgspec.structs.replace(source, text=text, start=start - first, end=end - first)


def _without_empty(item: ExplainedItemView) -> dict[str, Any]:
    return {name: value for name, value in msgspec.to_builtins(item).items() if value != []}


def _tool(
    run: Callable[..., Awaitable[Any]], right: Right, *, read_only: bool = False, destructive: bool = False
) -> Tool:
    """Make a tool that checks the right of the request's key. Its schemas lose the titles that the SDK adds: they repeat
    the names, and models read all of it in each turn.
    """
    annotations = ToolAnnotations(read_only_hint=read_only, destructive_hint=destructive, open_world_hint=False)
    tool = Tool.from_function(_answering(run, right), annotations=annotations)
    tool.parameters = _without_titles(tool.parameters)
    if tool.fn_metadata.output_schema:
        tool.fn_metadata.output_schema = _without_titles(tool.fn_metadata.output_schema)
    return tool


def _without_titles(schema: Any) -> Any:
    if isinstance(schema, dict):
        rows = cast("dict[str, Any]", schema)
        return {k: _without_titles(v) for k, v in rows.items() if k != "title" or not isinstance(v, str)}
    return schema


def _answering(tool: Callable[P, Awaitable[R]], right: Right) -> Callable[P, Awaitable[R]]:
    """Tell expected errors to the model in their own words; log any other one by its place, without its words."""

    @functools.wraps(tool)
    async def run(*arguments: P.args, **named: P.kwargs) -> R:
        try:
            admit(caller.get(), right)
            return await tool(*arguments, **named)
        except InvalidInput as error:
            raise ToolError(error.fields) from error
        except MnemonError as error:
            raise ToolError(error.message) from error
        except msgspec.ValidationError as error:
            raise ToolError(str(error)) from error
        except Exception as error:
            log_event(_log, logging.ERROR, "a tool failed", tool=tool.__name__, place=place_of(error))
            raise ToolError("Internal error") from error

    return run
