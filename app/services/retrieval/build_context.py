"""Text for a prompt: what a memory knows about a question, within a number of tokens."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct

from app.domain.filters import KnowledgeFilter
from app.domain.retrieval import Question, RetrievalStatus, Strategy
from app.domain.scope import MemoryScope
from app.models.ports import Embedder
from app.retrieval.context import ContextLine, context_lines
from app.services.retrieval.retrieve import RetrieveMemory

DEFAULT_TOKENS = 800
# A question whose nearest fact or message is farther away is about nothing in the memory (docs/retrieval.md).
MIN_COSINE = 0.36
# Results that lines are made of; more than fit into most prompts.
_WIDTH = 60


class ContextFormat(StrEnum):
    MARKDOWN = "markdown"
    JSON = "json"


class ContextSource(Struct, frozen=True, kw_only=True):
    """A line with its number in the text."""

    number: int
    line: ContextLine


class Context(Struct, frozen=True, kw_only=True):
    """`text`: for the prompt, empty if nothing is near enough; `tokens`: of the text; `best_cosine`: of the question to the
    nearest fact or message; None if no vector was compared.
    """

    text: str
    tokens: int
    sources: list[ContextSource]
    strategy: Strategy
    status: RetrievalStatus
    best_cosine: float | None


class BuildContext:
    def __init__(self, retrieve_memory: RetrieveMemory, embedder: Embedder) -> None:
        self._retrieve_memory = retrieve_memory
        self._embedder = embedder

    async def __call__(
        self,
        scope: MemoryScope,
        query: str,
        *,
        strategy: Strategy = Strategy.AUTO,
        max_tokens: int = DEFAULT_TOKENS,
        min_cosine: float = MIN_COSINE,
        as_of: datetime | None = None,
        form: ContextFormat = ContextFormat.MARKDOWN,
    ) -> Context:
        """Lines are added, the most useful first, until the next one does not fit.

        Raises Unavailable if all channels fail.
        """
        question = Question(text=query, strategy=strategy, filter=KnowledgeFilter(as_of=as_of), limit=_WIDTH)
        result = await self._retrieve_memory(scope, question)
        # What the question names is known; only then may it be put in words that are far from those of the answer.
        near = result.names_entity or result.best_cosine is None or result.best_cosine >= min_cosine
        lines = context_lines(result) if near else []
        render = _markdown if form is ContextFormat.MARKDOWN else _json
        sources, tokens = self._fitting(lines, max_tokens, form)
        status = result.status if sources or result.status is RetrievalStatus.DEGRADED else RetrievalStatus.EMPTY
        return Context(
            text=render(sources),
            tokens=tokens,
            sources=sources,
            strategy=result.strategy,
            status=status,
            best_cosine=result.best_cosine,
        )

    def _fitting(
        self, lines: Sequence[ContextLine], max_tokens: int, form: ContextFormat
    ) -> tuple[list[ContextSource], int]:
        numbered = [ContextSource(number=n, line=line) for n, line in enumerate(lines, start=1)]
        render = _markdown_line if form is ContextFormat.MARKDOWN else _json_line
        # A line break or a comma each.
        costs = [count + 1 for count in self._embedder.token_counts([render(source) for source in numbered])]
        chosen: list[ContextSource] = []
        total = 0
        for source, cost in zip(numbered, costs, strict=True):
            if total + cost > max_tokens:
                break
            chosen.append(source)
            total += cost
        return chosen, total


def _markdown(sources: Sequence[ContextSource]) -> str:
    return "\n".join(map(_markdown_line, sources))


def _markdown_line(source: ContextSource) -> str:
    line = source.line
    mark = (
        " (newer than what it contradicts)"
        if line.contradicts
        else " (older; contradicted)"
        if line.contradicted
        else ""
    )
    return f"- [{source.number}] {line.at:%Y-%m-%d} {' '.join(line.text.split())}{mark}"


def _json(sources: Sequence[ContextSource]) -> str:
    return "[" + ",\n".join(map(_json_line, sources)) + "]" if sources else ""


def _json_line(source: ContextSource) -> str:
    line = source.line
    row: dict[str, object] = {"n": source.number, "on": f"{line.at:%Y-%m-%d}", "text": line.text}
    if line.contradicts:
        row["newer"] = True
    if line.contradicted:
        row["contradicted"] = True
    return msgspec.json.encode(row).decode()
