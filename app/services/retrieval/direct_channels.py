"""The channels that need no walk: insights, facts and raw data by vector, by word and by time, side by side."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from msgspec import Struct

from app.domain.errors import Unavailable
from app.domain.retrieval import Question, Strategy, TraceCandidate
from app.graph import search
from app.graph.database import Database
from app.graph.search import Hit, InsightHit
from app.models.ports import Embedder
from app.observability.stages import Attempt
from app.retrieval.recorder import MAX_CANDIDATES, TraceRecorder
from app.retrieval.temporal import QuestionTime, question_time
from app.services.retrieval.stages import finished_stage

T = TypeVar("T")

_SECONDS = 5.0
# Memind's candidates a channel: twice its fifteen items in SIMPLE, fifty in DEEP.
_WIDTH = {Strategy.SIMPLE: 30, Strategy.DEEP: 50}
_INSIGHTS = 5
# Memind's cap of its temporal channel.
_IN_TIME = 100


class DirectHits(Struct, frozen=True, kw_only=True):
    """Hits of each channel, best first. `vector`: the question's, None if no model answered."""

    vector: list[float] | None
    insights: list[InsightHit]
    by_vector: list[Hit]
    by_word: list[Hit]
    in_time: list[Hit]
    time: QuestionTime | None
    raw_by_vector: list[Hit]
    raw_by_word: list[Hit]

    @property
    def similarities(self) -> dict[str, float]:
        """Fact → cosine to the question, of those that the vector channel found."""
        return {hit.id: hit.score for hit in self.by_vector}

    @property
    def is_empty(self) -> bool:
        return not (self.by_vector or self.by_word or self.in_time or self.raw_by_vector or self.raw_by_word)


class DirectChannels:
    """A failing or slow channel yields nothing and is recorded as degraded. Raises Unavailable when all fail."""

    def __init__(self, db: Database, embedder: Embedder) -> None:
        self._db = db
        self._embedder = embedder

    async def __call__(self, memory_id: str, question: Question, query: str, recorder: TraceRecorder) -> DirectHits:
        db, chosen, traced = self._db, question.filter, question.trace
        width = _width(question)
        run = _ChannelRunner(recorder)
        time = question_time(query, datetime.now(UTC))
        # Words are looked up while the model still reads the question.
        embedding = asyncio.create_task(self._embed(query))
        insights, by_vector, by_word, in_time, raw_by_vector, raw_by_word = await asyncio.gather(
            run.with_vector("insight", embedding, lambda v: search.nearest_insights(db, memory_id, v, limit=_INSIGHTS)),
            run.with_vector(
                "item",
                embedding,
                lambda v: search.nearest_facts(
                    db, memory_id, v, knowledge_filter=chosen, limit=width, with_text=traced
                ),
            ),
            run(
                "item",
                "keyword",
                search.match_facts(db, memory_id, query, knowledge_filter=chosen, limit=width, with_text=traced),
            ),
            run(
                "item",
                "temporal",
                self._in_time(memory_id, question, time),
                stage="channel",
                attributes={"constraintPresent": time is not None},
            ),
            run.with_vector(
                "raw_data",
                embedding,
                lambda v: search.nearest_raw_data(
                    db, memory_id, v, knowledge_filter=chosen, limit=width, with_text=traced
                ),
            ),
            run(
                "raw_data",
                "keyword",
                search.match_raw_data(db, memory_id, query, knowledge_filter=chosen, limit=width, with_text=traced),
            ),
        )
        # Without a time the temporal channel asks nothing, and can't fail.
        if run.failures >= run.calls - (time is None):
            raise Unavailable
        return DirectHits(
            vector=None if embedding.exception() else embedding.result(),
            # An insight has no category, time or metadata of its own that a filter could hold against it.
            insights=insights if chosen.is_open else [],
            by_vector=by_vector,
            by_word=by_word,
            in_time=in_time,
            time=time,
            raw_by_vector=raw_by_vector,
            raw_by_word=raw_by_word,
        )

    async def _embed(self, query: str) -> list[float]:
        return (await self._embedder.embed([query]))[0].tolist()

    async def _in_time(self, memory_id: str, question: Question, time: QuestionTime | None) -> list[Hit]:
        if time is None:
            return []
        return await search.facts_within(
            self._db,
            memory_id,
            start=time.start,
            end=time.end,
            knowledge_filter=question.filter,
            limit=_IN_TIME,
            with_text=question.trace,
        )


def _width(question: Question) -> int:
    """Return the candidates of a channel: at least as many as the answer may hold."""
    return max(_WIDTH[question.strategy], 2 * (question.limit or 0))


class _ChannelRunner:
    """Runs channels under a time limit and records each as a stage."""

    def __init__(self, recorder: TraceRecorder) -> None:
        self._recorder = recorder
        self.calls = 0
        self.failures = 0

    async def with_vector(
        self,
        tier: str,
        embedding: asyncio.Task[list[float]],
        channel: Callable[[list[float]], Awaitable[list[T]]],
    ) -> list[T]:
        """A channel that starts once the question's vector is there; its stage starts then, too."""
        await asyncio.wait({embedding})

        async def run() -> list[T]:
            return await channel(embedding.result())

        return await self(tier, "vector", run())

    async def __call__(
        self,
        tier: str,
        method: str,
        channel: Awaitable[list[T]],
        *,
        stage: str = "tier",
        attributes: Mapping[str, object] | None = None,
    ) -> list[T]:
        self.calls += 1
        started = datetime.now(UTC)
        hits = list[T]()
        with Attempt(f"{stage}/{tier}/{method}") as attempt:
            async with asyncio.timeout(_SECONDS):
                hits = await channel
        self.failures += attempt.failed
        self._recorder.add(
            finished_stage(
                started,
                stage,
                tier,
                method,
                failed=attempt.failed,
                counts=(None, len(hits), len(hits)),
                attributes=attributes,
                candidates=hit_candidates(tier, method, hits),
            ),
        )
        return hits


def hit_candidates(tier: str, method: str, hits: Sequence[object]) -> list[TraceCandidate]:
    found = [hit for hit in hits[:MAX_CANDIDATES] if isinstance(hit, Hit | InsightHit)]
    return [
        TraceCandidate(
            source_type=tier,
            id=str(hit.id),
            rank=rank,
            final_score=hit.score,
            vector_score=hit.score if method == "vector" else None,
            text=hit.text or "",
        )
        for rank, hit in enumerate(found, start=1)
    ]
