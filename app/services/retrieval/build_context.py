"""Text for a prompt: what a memory knows about a question, within a number of tokens."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from app.domain.filters import KnowledgeFilter
from app.domain.retrieval import Question, RetrievalStatus, Strategy
from app.domain.scope import MemoryScope
from app.models.ports import Embedder
from app.retrieval.context import ContextLine, context_lines
from app.services.retrieval.retrieve import RetrieveMemory

DEFAULT_TOKENS = 800
# Results that lines are made of: 60 lines have about 1,500 tokens.
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
        min_cosine: float | None = None,
        as_of: datetime | None = None,
        form: ContextFormat = ContextFormat.MARKDOWN,
    ) -> Context:
        """Lines are added, the most useful first, as they fit; of a single line that does not fit, its beginning.

        `min_cosine`: None for the model's own. Raises Unavailable if all channels fail.
        """
        question = Question(text=query, strategy=strategy, filter=KnowledgeFilter(as_of=as_of), limit=_WIDTH)
        result = await self._retrieve_memory(scope, question)
        # What the question names is known; only then may it be put in words that are far from those of the answer.
        least = self._embedder.least_cosine if min_cosine is None else min_cosine
        near = result.names_entity or result.best_cosine is None or least is None or result.best_cosine >= least
        lines = context_lines(result) if near else []
        render = _markdown if form is ContextFormat.MARKDOWN else _json
        sources, tokens = self._fitting(lines, max_tokens, form)
        status = result.status if lines or result.status is RetrievalStatus.DEGRADED else RetrievalStatus.EMPTY
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
        render = _markdown_line if form is ContextFormat.MARKDOWN else _json_line
        # JSON's brackets.
        left = max_tokens - (0 if form is ContextFormat.MARKDOWN else 2)
        costs = self._embedder.token_counts([render(ContextSource(number=len(lines), line=line)) for line in lines])
        chosen: list[ContextSource] = []
        for line, cost in zip(lines, costs, strict=True):
            # One more for a line break or a comma.
            if cost + 1 <= left:
                chosen.append(ContextSource(number=len(chosen) + 1, line=line))
                left -= cost + 1
        if chosen or not lines:
            return chosen, max_tokens - left if chosen else 0
        return self._beginning(lines[0], render, left)

    def _beginning(
        self, line: ContextLine, render: Callable[[ContextSource], str], most: int
    ) -> tuple[list[ContextSource], int]:
        """Return as many of the line's first words as fit."""
        words = line.text.split()
        while len(words) > 1:
            words = words[: len(words) * 3 // 4]
            source = ContextSource(number=1, line=replace(line, text=f"{' '.join(words)} …"))
            (cost,) = self._embedder.token_counts([render(source)])
            if cost <= most:
                return [source], cost
        return [], 0


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
