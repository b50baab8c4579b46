"""The requests, each as a value that both clients can send."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Struct

from mnemon_client import answers

T = TypeVar("T")
Strategy = Literal["SIMPLE", "DEEP", "AUTO"]


class Call(Struct, Generic[T], frozen=True, kw_only=True):
    """`answer`: type of the response's `data`, or of all of it unless `enveloped`. `key`: an idempotency key, with which a
    repeated write changes nothing. `content`: JSON lines, or the file that has them.
    """

    method: str
    path: str
    answer: type[T]
    query: dict[str, Any] | None = None
    body: dict[str, Any] | None = None
    content: bytes | Path | None = None
    key: str | None = None
    enveloped: bool = True


class Ids(Struct, frozen=True):
    """A memory belongs to a user and one of their agents."""

    user: str
    agent: str

    @property
    def fields(self) -> dict[str, str]:
        return {"userId": self.user, "agentId": self.agent}


class Message(Struct, frozen=True):
    """A message of a conversation. `role`: user or assistant. `at`: with an offset; without it, now."""

    text: str
    speaker: str | None = None
    role: Literal["user", "assistant"] = "user"
    at: datetime | None = None

    def on_the_wire(self) -> dict[str, Any]:
        content = [{"type": "text", "text": self.text}]
        return {"role": self.role.upper(), "content": content} | _given(userName=self.speaker, timestamp=self.at)


class TimeRange(Struct, frozen=True):
    """Both ends may be left out. Both are inclusive, except that forgetting stops before `end`."""

    start: datetime | None = None
    end: datetime | None = None

    def on_the_wire(self) -> dict[str, Any]:
        return _given(**{"from": self.start, "to": self.end})


def remember(ids: Ids, messages: Sequence[Message], *, source_client: str | None = None) -> Call[answers.Extraction]:
    """Store messages and extract facts from them before the answer. If that takes longer than the service waits, the answer
    has an `operation_id` to wait for.
    """
    return _write(
        ids, "sync/extract", answers.Extraction, rawContent=_conversation(messages), sourceClient=source_client
    )


def remember_later(
    ids: Ids, messages: Sequence[Message], *, source_client: str | None = None
) -> Call[answers.Accepted]:
    """Store messages; facts are extracted after the answer."""
    return _write(
        ids, "async/extract", answers.Accepted, rawContent=_conversation(messages), sourceClient=source_client
    )


def remember_document(
    ids: Ids, text: str, *, title: str | None = None, metadata: Mapping[str, Any] | None = None
) -> Call[answers.Extraction]:
    """Store a document and extract facts from it before the answer, as `remember` does."""
    content = {"type": "document", "parsedText": text} | _given(title=title, metadata=metadata)
    return _write(ids, "sync/extract", answers.Extraction, rawContent=content)


def add_message(ids: Ids, message: Message) -> Call[answers.Accepted]:
    """Add a message of a running conversation. It is found at once; facts are extracted when the conversation pauses."""
    return _write(ids, "async/add-message", answers.Accepted, message=message.on_the_wire())


def commit(ids: Ids) -> Call[answers.Extraction]:
    """Extract now what was added."""
    return _write(ids, "sync/commit", answers.Extraction)


def retrieve(
    ids: Ids,
    query: str,
    *,
    strategy: Strategy | None = None,
    limit: int | None = None,
    hops: int | None = None,
    as_of: datetime | None = None,
    trace: bool = False,
    persist_trace: bool = False,
    reasoning: bool = False,
    categories: Sequence[str] | None = None,
    time_range: TimeRange | None = None,
    metadata_filter: Mapping[str, Any] | None = None,
) -> Call[answers.Retrieval]:
    """Find facts, best first, with their sources and the path that the walk took to them.

    `strategy`: SIMPLE, DEEP (walks the graph), or AUTO, the default. `hops`: of DEEP, 1 to 6. `as_of`: what was known then.
    """
    return _read(
        ids,
        "retrieve",
        answers.Retrieval,
        query=query,
        strategy=strategy,
        limit=limit,
        hops=hops,
        asOf=as_of,
        trace=trace or None,
        persistTrace=persist_trace or None,
        reasoning=reasoning or None,
        categories=categories,
        timeRange=time_range and time_range.on_the_wire(),
        metadataFilter=metadata_filter,
    )


def context(
    ids: Ids,
    query: str,
    *,
    max_tokens: int | None = None,
    strategy: Strategy | None = None,
    as_of: datetime | None = None,
    min_score: float | None = None,
) -> Call[answers.Context]:
    """Get text for a prompt about a question: the most useful first, nothing twice, empty if nothing is near enough.

    `max_tokens`: 800 unless given. `min_score`: cosine that the nearest fact must have, -1 to 1.
    """
    return _read(
        ids,
        "context",
        answers.Context,
        query=query,
        maxTokens=max_tokens,
        strategy=strategy,
        asOf=as_of,
        minScore=min_score,
    )


def items(
    ids: Ids,
    *,
    limit: int | None = None,
    cursor: str | None = None,
    categories: Sequence[str] | None = None,
    time_range: TimeRange | None = None,
    metadata_filter: Mapping[str, Any] | None = None,
    as_of: datetime | None = None,
    with_closed: bool = False,
) -> Call[answers.Items]:
    """List facts, the last observed first, up to 100 at a time. `with_closed`: also those that hold no more."""
    return _read(
        ids,
        "items/query",
        answers.Items,
        limit=limit,
        cursor=cursor,
        categories=categories,
        timeRange=time_range and time_range.on_the_wire(),
        metadataFilter=metadata_filter,
        asOf=as_of,
        withClosed=with_closed or None,
    )


def raw_data(
    ids: Ids,
    *,
    limit: int | None = None,
    cursor: str | None = None,
    types: Sequence[str] | None = None,
    time_range: TimeRange | None = None,
    metadata_filter: Mapping[str, Any] | None = None,
    with_text: bool = False,
) -> Call[answers.RawDataPage]:
    """List messages and documents, the last first, up to 100 at a time. `with_text`: as `segment`."""
    return _read(
        ids,
        "raw-data/query",
        answers.RawDataPage,
        limit=limit,
        cursor=cursor,
        types=types,
        timeRange=time_range and time_range.on_the_wire(),
        metadataFilter=metadata_filter,
        include={"segment": True} if with_text else None,
    )


def explain(ids: Ids, item_id: str) -> Call[answers.ExplainedItem]:
    """Get a fact with its words, entities, what it superseded and what contradicts it."""
    return _get(ids, f"items/{_part(item_id)}", answers.ExplainedItem)


def entity(ids: Ids, entity_id: str) -> Call[answers.Entity]:
    """Get an entity with the last facts that mention it."""
    return _get(ids, f"entities/{_part(entity_id)}", answers.Entity)


def map(ids: Ids, *, limit: int | None = None) -> Call[answers.Map]:  # noqa: A001 - the route's name
    """Get the entities that are mentioned most, and their edges."""
    return _get(ids, "map", answers.Map, limit=limit)


def trace(ids: Ids, trace_id: str) -> Call[answers.StoredTrace]:
    """Get a trace that `retrieve(persist_trace=True)` kept."""
    return _get(ids, f"traces/{_part(trace_id)}", answers.StoredTrace)


def merge(ids: Ids, entity: str, into: str) -> Call[answers.Entity]:
    """Say that two names mean the same; `split` takes it back."""
    return _write(ids, "entities/merge", answers.Entity, entity=entity, into=into)


def split(ids: Ids, entity: str) -> Call[answers.Entity]:
    """Separate an entity from the names that were said to mean the same."""
    return _write(ids, "entities/split", answers.Entity, entity=entity)


def forget(
    ids: Ids,
    *,
    entity: str | None = None,
    item_ids: Sequence[str] = (),
    raw_data_ids: Sequence[str] = (),
    time_range: TimeRange | None = None,
    everything: bool = False,
    with_sources: bool = False,
    dry_run: bool = False,
) -> Call[answers.Receipt]:
    """Delete for good, with all that was derived from it. `with_sources`: also the messages that the items were read from.
    `dry_run`: only count.
    """
    return _write(
        ids,
        "forget",
        answers.Receipt,
        entity=entity,
        itemIds=item_ids or None,
        rawDataIds=raw_data_ids or None,
        timeRange=time_range and time_range.on_the_wire(),
        everything=everything or None,
        withSources=with_sources or None,
        dryRun=dry_run or None,
    )


def operations(
    ids: Ids,
    *,
    status: str | None = None,
    kind: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Call[answers.Operations]:
    """List a memory's operations, the last first, up to 100 at a time."""
    return _get(ids, "operations", answers.Operations, status=status, kind=kind, limit=limit, cursor=cursor)


def retry_failed(ids: Ids) -> Call[answers.Retried]:
    """Try again what could not be extracted."""
    return _write(ids, "operations/retry", answers.Retried)


def operation(operation_id: str) -> Call[answers.Operation]:
    """Get an operation's state and progress."""
    return _call(f"/open/v1/memory/operations/{_part(operation_id)}", answers.Operation)


def cancel(operation_id: str) -> Call[answers.Operation]:
    """Ask an operation to stop; what it has stored stays searchable."""
    return _change(operation_id, "cancel")


def retry(operation_id: str) -> Call[answers.Operation]:
    """Try a failed operation again."""
    return _change(operation_id, "retry")


def memories(
    *, search: str | None = None, limit: int | None = None, cursor: str | None = None
) -> Call[answers.Memories]:
    """List the memories that the key reaches, with counts. `search`: part of a user's or agent's id."""
    return _call("/open/v1/memories", answers.Memories, **_given(search=search, limit=limit, cursor=cursor))


def whoami() -> Call[answers.Identity]:
    """Get what the key may do."""
    return Call(method="GET", path="/whoami", answer=answers.Identity, enveloped=False)


def graph_schema() -> Call[answers.GraphSchema]:
    """Get the graph's schema as text, for language models that write Cypher."""
    return _call("/open/v1/graph/schema", answers.GraphSchema)


def import_bundle(
    ids: Ids, lines: bytes | Path, *, partial: bool = False, extract: bool = False
) -> Call[answers.Accepted]:
    """Import a bundle, given or in a file: the service checks every line and imports after the answer.

    `partial`: leave out invalid lines instead of refusing all. `extract`: read what comes without facts.
    """
    return Call(
        method="POST",
        path="/open/v1/memory/import",
        answer=answers.Accepted,
        query=ids.fields | {"partial": _lower(partial), "extract": _lower(extract)},
        content=lines,
        key=_new_key(),
    )


def export(ids: Ids, *, embeddings: bool) -> Call[None]:
    """Export a memory; the answer is streamed."""
    return Call(
        method="GET",
        path="/open/v1/memory/export",
        answer=type(None),
        query=ids.fields | {"embeddings": _lower(embeddings)},
    )


def _conversation(messages: Sequence[Message]) -> dict[str, Any]:
    return {"type": "conversation", "messages": [message.on_the_wire() for message in messages]}


def _call(path: str, answer: type[T], **query: Any) -> Call[T]:
    return Call(method="GET", path=path, answer=answer, query=query)


def _get(ids: Ids, path: str, answer: type[T], **query: Any) -> Call[T]:
    return _call(f"/open/v1/memory/{path}", answer, **ids.fields, **_given(**query))


def _read(ids: Ids, path: str, answer: type[T], **body: Any) -> Call[T]:
    return Call(method="POST", path=f"/open/v1/memory/{path}", answer=answer, body=ids.fields | _given(**body))


def _write(ids: Ids, path: str, answer: type[T], **body: Any) -> Call[T]:
    return msgspec.structs.replace(_read(ids, path, answer, **body), key=_new_key())


def _change(operation_id: str, what: str) -> Call[answers.Operation]:
    path = f"/open/v1/memory/operations/{_part(operation_id)}/{what}"
    return Call(method="POST", path=path, answer=answers.Operation, key=_new_key())


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _part(text: str) -> str:
    return quote(text, safe="")


def _lower(value: bool) -> str:
    return str(value).lower()


def _new_key() -> str:
    return uuid.uuid4().hex
