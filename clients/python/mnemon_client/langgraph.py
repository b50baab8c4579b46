"""For LangGraph: a store, and nodes that recall and remember. Needs `mnemon-client[langgraph]`."""

import asyncio
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, cast

from langchain_core.messages import AnyMessage
from langgraph.store.base import (
    BaseStore,
    GetOp,
    Item,
    ListNamespacesOp,
    MatchCondition,
    Op,
    PutOp,
    Result,
    SearchItem,
    SearchOp,
)

from mnemon_client.answers import FoundItem, RawData, Retrieval
from mnemon_client.async_client import AsyncMemory
from mnemon_client.calls import Message
from mnemon_client.client import Memory, Mnemon

_KEY, _VALUE = "store_key", "store_value"
_DEFAULT_AGENT = "default"
_PAGE = 100
_TEXT_FIELDS = ("text", "content", "memory")


class MnemonStore(BaseStore):
    """A store whose search is the memory's: by meaning, by words, and over the graph's hops.

    A namespace is (user,) or (user, agent). What is put is kept with its key and value, and facts are extracted from its
    text: the field `text`, `content` or `memory`, else the value as JSON. A search also finds what was said in
    conversations; such a result has the fact's id as key and its text, speaker and path as value. Filters compare fields
    of the value. Raises MnemonError, and ValueError for another namespace.
    """

    __slots__ = ("_mnemon",)

    def __init__(self, mnemon: Mnemon) -> None:
        self._mnemon = mnemon

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        return [self._run(op) for op in ops]

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        return await asyncio.to_thread(self.batch, list(ops))

    def _run(self, op: Op) -> Result:
        match op:
            case GetOp():
                return self._get(op)
            case SearchOp():
                return self._search(op)
            case PutOp():
                return self._put(op)
            case _:
                return self._list_namespaces(op)

    def _get(self, op: GetOp) -> Item | None:
        found = next(self._stored(op.namespace, _where("eq", op.key)), None)
        return None if found is None else _item(Item, found, op.namespace)

    def _put(self, op: PutOp) -> None:
        """Store the new value first, so that a refusal leaves the old one."""
        memory = self._memory(op.namespace)
        earlier = list(self._stored(op.namespace, _where("eq", op.key)))
        kept: list[str] = []
        if op.value is not None:
            if earlier and (earlier[0].metadata or {}).get(_VALUE) == op.value:
                return
            made = memory.remember_document(_text(op.value), metadata={_KEY: op.key, _VALUE: op.value})
            kept = made.raw_data_ids
            if made.operation_id:  # it takes longer
                added = self._mnemon.wait(made.operation_id).result
                kept = added.result.raw_data_ids if added and added.result else []
        outdated = [raw.id for raw in earlier if raw.id not in kept]
        if outdated:
            memory.forget(raw_data_ids=outdated)

    def _search(self, op: SearchOp) -> list[SearchItem]:
        wanted = op.offset + op.limit
        if op.query:
            limit = _PAGE if op.filter else min(_PAGE, wanted)
            rows: Iterable[SearchItem] = _found(
                self._memory(op.namespace_prefix).retrieve(op.query, limit=limit), op.namespace_prefix
            )
        else:
            rows = self._listed(op.namespace_prefix)
        kept = (row for row in rows if _passes(row.value, op.filter))
        return list(itertools.islice(kept, op.offset, wanted))

    def _listed(self, namespace: tuple[str, ...]) -> Iterator[SearchItem]:
        """Yield what was put, the last first; a long text is kept in several parts."""
        seen: set[str] = set()
        for raw in self._stored(namespace, _where("exists")):
            row = _item(SearchItem, raw, namespace)
            if row.key not in seen:
                seen.add(row.key)
                yield row

    def _list_namespaces(self, op: ListNamespacesOp) -> list[tuple[str, ...]]:
        found: dict[tuple[str, ...], None] = {}
        cursor: str | None = None
        while True:
            page = self._mnemon.memories(limit=_PAGE, cursor=cursor)
            for row in page.memories:
                namespace = (row.user_id, row.agent_id)
                if all(_matches(namespace, condition) for condition in op.match_conditions or ()):
                    found[namespace[: op.max_depth]] = None
            cursor = page.next_cursor
            if not cursor:
                return list(found)[op.offset : op.offset + op.limit]

    def _stored(self, namespace: tuple[str, ...], where: dict[str, Any]) -> Iterator[RawData]:
        memory = self._memory(namespace)
        cursor: str | None = None
        while True:
            page = memory.raw_data(limit=_PAGE, metadata_filter=where, cursor=cursor)
            yield from page.raw_data
            cursor = page.next_cursor
            if not cursor:
                return

    def _memory(self, namespace: tuple[str, ...]) -> Memory:
        if not 1 <= len(namespace) <= 2:
            raise ValueError(f"A namespace is (user,) or (user, agent), not {namespace!r}")
        return self._mnemon.memory(*(*namespace, _DEFAULT_AGENT)[:2])


class Node(Protocol):
    """A node of a graph whose state has LangChain's `messages`."""

    def __call__(self, state: Any) -> Any: ...


def recall_node(memory: Memory | AsyncMemory, *, max_tokens: int = 800, key: str = "context") -> Node:
    """Return a node that puts what the memory knows about the last message into the state's field `key`."""
    if isinstance(memory, AsyncMemory):

        async def arecall(state: Mapping[str, Any]) -> dict[str, Any]:
            query = _last_question(state)
            return {key: (await memory.context(query, max_tokens=max_tokens)).text if query else ""}

        return arecall

    def recall(state: Mapping[str, Any]) -> dict[str, Any]:
        query = _last_question(state)
        return {key: memory.context(query, max_tokens=max_tokens).text if query else ""}

    return recall


def remember_node(memory: Memory | AsyncMemory, *, speaker: str | None = None) -> Node:
    """Return a node that stores the last message of the user and what came after it. `speaker`: the user's name."""
    if isinstance(memory, AsyncMemory):

        async def aremember(state: Mapping[str, Any]) -> dict[str, Any]:
            if said := _last_exchange(state, speaker):
                await memory.remember_later(said)
            return {}

        return aremember

    def remember(state: Mapping[str, Any]) -> dict[str, Any]:
        if said := _last_exchange(state, speaker):
            memory.remember_later(said)
        return {}

    return remember


def _last_question(state: Mapping[str, Any]) -> str:
    return next((_said(message) for message in reversed(_messages(state)) if message.type == "human"), "")


def _last_exchange(state: Mapping[str, Any], speaker: str | None) -> list[Message]:
    messages = _messages(state)
    start = max((place for place, message in enumerate(messages) if message.type == "human"), default=len(messages))
    return [
        Message(text, role="assistant") if message.type == "ai" else Message(text, speaker=speaker)
        for message in messages[start:]
        if message.type in ("human", "ai") and (text := _said(message))
    ]


def _messages(state: Mapping[str, Any]) -> Sequence[AnyMessage]:
    return state["messages"]


def _said(message: AnyMessage) -> str:
    return str(message.text).strip()


def _text(value: Mapping[str, Any]) -> str:
    texts = (value.get(name) for name in _TEXT_FIELDS)
    return next((text for text in texts if isinstance(text, str) and text.strip()), None) or json.dumps(
        value, ensure_ascii=False
    )


def _where(operator: str, value: str | None = None) -> dict[str, Any]:
    return {"all": [{"path": _KEY, "op": operator, "value": value}]}


def _item(type_: type[Any], raw: RawData, namespace: tuple[str, ...]) -> Any:
    metadata = raw.metadata or {}
    return type_(
        key=metadata[_KEY],
        value=metadata[_VALUE],
        namespace=namespace,
        created_at=raw.created_at,
        updated_at=raw.created_at,
    )


def _found(retrieval: Retrieval, namespace: tuple[str, ...]) -> list[SearchItem]:
    """What was put once each, and other facts."""
    put = {raw.raw_data_id: raw for raw in retrieval.raw_data if _KEY in (raw.metadata or {})}
    rows: dict[str, SearchItem] = {}
    for item in retrieval.items:
        raw = next((put[quote.raw_data_id] for quote in item.provenance if quote.raw_data_id in put), None)
        metadata = (raw and raw.metadata) or {}
        time = raw.created_at if raw else item.observed_at
        row = SearchItem(
            namespace=namespace,
            key=metadata.get(_KEY, item.id),
            value=metadata.get(_VALUE) or _value(item),
            created_at=time,
            updated_at=time,
            score=item.final_score,
        )
        rows.setdefault(row.key, row)
    return list(rows.values())


def _value(item: FoundItem) -> dict[str, Any]:
    return {
        "text": item.text,
        "speaker": item.speaker,
        "observed_at": item.observed_at.isoformat(),
        "path": item.path_text,
    }


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": lambda one, other: one == other,
    "$ne": lambda one, other: one != other,
    "$gt": lambda one, other: one is not None and one > other,
    "$gte": lambda one, other: one is not None and one >= other,
    "$lt": lambda one, other: one is not None and one < other,
    "$lte": lambda one, other: one is not None and one <= other,
}


def _passes(value: Mapping[str, Any], filter_: Mapping[str, Any] | None) -> bool:
    return all(_compares(value.get(name), wanted) for name, wanted in (filter_ or {}).items())


def _compares(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return value == wanted
    operators = cast("dict[str, Any]", wanted)
    return all(_COMPARISONS[operator](value, other) for operator, other in operators.items())


def _matches(namespace: tuple[str, ...], condition: MatchCondition) -> bool:
    path = condition.path
    start = 0 if condition.match_type == "prefix" else len(namespace) - len(path)
    part = namespace[max(start, 0) : max(start, 0) + len(path)]
    return len(part) == len(path) and all(want in ("*", have) for want, have in zip(path, part, strict=True))
