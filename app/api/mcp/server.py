"""The tools and resources, by the official SDK. Their texts are for language models, which read all of them in each turn."""

import functools
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from datetime import UTC, datetime, time
from importlib.metadata import version
from typing import Annotated, Any, ParamSpec, TypedDict, TypeVar

import msgspec
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp_types import ToolAnnotations
from msgspec import Struct
from pydantic import Field

from app.api.api_key import admit
from app.api.checks import check_time
from app.api.memind_v1.exploring import explained_item
from app.api.memind_v1.handlers import Writing
from app.api.memind_v1.requests import ExtractMemoryRequest
from app.domain.access import Right, caller
from app.domain.errors import InvalidInput, MnemonError
from app.domain.forgetting import ForgetRequest
from app.domain.ids import parse_fact_id
from app.domain.operations import Receipt
from app.domain.retrieval import Strategy
from app.domain.scope import MemoryScope
from app.domain.secrets import redact
from app.services.forgetting.forget import AcceptForget
from app.services.retrieval.build_context import DEFAULT_TOKENS, BuildContext
from app.services.retrieval.explore import Explore
from graph_schema import description

# Of the request: over HTTP from its address or its key, over standard input and output for the whole process.
memory: ContextVar[MemoryScope] = ContextVar("memory")

_INSTRUCTIONS = (
    "Long-term memory. Call recall before answering about the user, people, places or earlier decisions; "
    "remember what is worth knowing later; cite sources by number."
)

P = ParamSpec("P")
R = TypeVar("R")


class Recalled(TypedDict):
    text: str
    sources: list[dict[str, Any]]


class Remembered(TypedDict):
    status: str
    operation_id: str
    facts: list[str]


class Forgotten(TypedDict):
    dry_run: bool
    deleted: dict[str, int]


class MemoryTools(Struct, frozen=True, kw_only=True):
    """What the tools call."""

    build_context: BuildContext
    explore: Explore
    writing: Writing
    accept_forget: AcceptForget


def create_server(use: MemoryTools) -> MCPServer[Any]:
    server: MCPServer[Any] = MCPServer(
        "mnemon", instructions=_INSTRUCTIONS, version=version("mnemon"), log_level="WARNING"
    )
    _add_reading(server, use)
    _add_writing(server, use)
    _add_resources(server, use)
    return server


def _add_reading(server: MCPServer[Any], use: MemoryTools) -> None:
    @server.tool(annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False))
    @_tool(Right.READ)
    async def recall(
        query: str,
        max_tokens: Annotated[int, Field(ge=50, le=8000)] = DEFAULT_TOKENS,
        as_of: Annotated[str | None, Field(description="ISO 8601: what was known then")] = None,
        deep: Annotated[bool | None, Field(description="walk over links; default: automatic")] = None,
    ) -> Recalled:
        """What the memory knows about a question: dated lines with sources, best first; empty if nothing is near."""
        found = await use.build_context(
            memory.get(),
            redact(query),
            max_tokens=max_tokens,
            as_of=_time(as_of),
            strategy=Strategy.AUTO if deep is None else Strategy.DEEP if deep else Strategy.SIMPLE,
        )
        return Recalled(
            text=found.text,
            sources=[{"n": s.number, "ids": s.line.item_ids, "path": s.line.path_text} for s in found.sources],
        )

    @server.tool(annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False))
    @_tool(Right.READ)
    async def explain(id: str) -> dict[str, Any]:  # noqa: A002 - the tool's argument
        """Where a fact comes from: the words said, who and when, what it superseded or contradicts, earlier versions."""
        return msgspec.to_builtins(await explained_item(use.explore, memory.get(), id))


def _add_writing(server: MCPServer[Any], use: MemoryTools) -> None:
    @server.tool(annotations=ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False))
    @_tool(Right.WRITE)
    async def remember(
        text: str, speaker: Annotated[str | None, Field(description="who said it; default: the user")] = None
    ) -> Remembered:
        """Store a statement, in the words it was said in. Facts are extracted from it."""
        scope = memory.get()
        message = {"role": "USER", "content": [{"type": "text", "text": text}]} | (
            {"userName": speaker} if speaker else {}
        )
        request = msgspec.convert(
            {
                "userId": scope.user_id,
                "agentId": scope.agent_id,
                "sourceClient": "mcp",
                "rawContent": {"type": "conversation", "messages": [message]},
            },
            ExtractMemoryRequest,
        )
        operation = await use.writing.awaited(await use.writing.extract(request, None, awaited=True))
        facts = operation.result.fact_ids if operation.result else []
        return Remembered(status=operation.status, operation_id=operation.id, facts=[str(id_) for id_ in facts])

    @server.tool(annotations=ToolAnnotations(read_only_hint=False, destructive_hint=True, open_world_hint=False))
    @_tool(Right.FORGET)
    async def forget(
        entity: Annotated[str | None, Field(description="everything that names it")] = None,
        ids: Annotated[list[str] | None, Field(description="facts")] = None,
        dry_run: bool = True,
    ) -> Forgotten:
        """Delete for good. First run dry, tell the user what would go, and ask; then dry_run=false."""
        request = ForgetRequest(entity=entity, item_ids=[_fact_id(id_) for id_ in ids or []])
        if dry_run:
            receipt = await use.accept_forget.rehearse(memory.get(), request)
        else:
            operation = await use.writing.awaited(await use.accept_forget(memory.get(), request, None))
            receipt = (operation.result and operation.result.receipt) or Receipt()
        return Forgotten(dry_run=dry_run, deleted=receipt.nodes)


def _add_resources(server: MCPServer[Any], use: MemoryTools) -> None:
    @server.resource("memory://stats", mime_type="application/json")
    async def stats() -> str:
        """How much the memory holds, and since when."""
        scope = memory.get()
        try:
            admit(caller.get(), Right.READ)
            found = await use.explore.summary(scope)
        except MnemonError as error:
            raise ResourceError(error.message) from error
        return msgspec.json.encode(found).decode()

    @server.resource("memory://schema", mime_type="text/plain")
    async def schema() -> str:
        """The graph's labels, properties and relationships, for Cypher."""
        return description.text()


def _fact_id(text: str) -> int:
    found = parse_fact_id(text)
    if found is None:
        raise ToolError(f"{text[:64]!r} is no id of a fact: take those of recall's sources")
    return found


def _time(text: str | None) -> datetime | None:
    """A time, in UTC where it has no offset; a date means the end of that day."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ToolError(f"as_of is an ISO 8601 date or time, not {text[:64]!r}") from error
    if len(text) <= len("2026-01-31"):
        found = datetime.combine(found, time.max)
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return check_time("as_of", found).astimezone(UTC)


def _tool(right: Right) -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Awaitable[R]]]:
    """Check the right of the request's key; tell errors to the model in their own words."""

    def decorate(tool: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
        @functools.wraps(tool)
        async def run(*arguments: P.args, **named: P.kwargs) -> R:
            try:
                admit(caller.get(), right)
                return await tool(*arguments, **named)
            except InvalidInput as error:
                raise ToolError("; ".join(f"{field} {text}" for field, text in error.field_errors.items())) from error
            except MnemonError as error:
                raise ToolError(error.message) from error
            except msgspec.ValidationError as error:
                raise ToolError(str(error)) from error

        return run

    return decorate
