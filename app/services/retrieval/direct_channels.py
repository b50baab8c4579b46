"""Channels without a graph walk, run concurrently: insights, facts and raw data by vector, word and time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from app.domain.concurrency import siblings
from app.domain.errors import Unavailable
from app.domain.retrieval import Question, Strategy, TraceCandidate
from app.graph import search
from app.graph.database import Database
from app.models.ports import Embedder
from app.observability.stages import Attempt
from app.retrieval.features import Hit, InsightHit
from app.retrieval.hits import SEED_FACTS, DirectHits
from app.retrieval.recorder import MAX_CANDIDATES, TraceRecorder
from app.retrieval.stage_names import (
    FACTS_BY_VECTOR,
    FACTS_BY_WORD,
    FACTS_IN_TIME,
    INSIGHTS_BY_VECTOR,
    RAW_DATA_BY_VECTOR,
    RAW_DATA_BY_WORD,
    StageName,
)
from app.retrieval.temporal import QuestionTime, question_time
from app.services.retrieval.stages import finished_stage

T = TypeVar("T")

_SECONDS = 5.0
# Memind's candidates a channel: twice its fifteen items in SIMPLE, fifty in DEEP.
_WIDTH = {Strategy.SIMPLE: 30, Strategy.DEEP: 50, Strategy.AUTO: 50}
_INSIGHTS = 5
# Memind's cap of its temporal channel.
_IN_TIME = 100


class DirectChannels:
    """A failing or slow channel yields nothing and is recorded as degraded. Raises Unavailable when all fail."""

    def __init__(self, db: Database, embedder: Embedder) -> None:
        self._db = db
        self._embedder = embedder

    async def __call__(self, memory_id: str, question: Question, query: str, recorder: TraceRecorder) -> DirectHits:
        db, chosen, traced = self._db, question.filter, question.trace
        width = _width(question)
        seeds = 0 if question.strategy is Strategy.SIMPLE else SEED_FACTS
        run = _ChannelRunner(recorder)
        time = question_time(query, datetime.now(UTC))
        # Full-text channels run while the question is being embedded. The embedding is no sibling: without it, they answer.
        embedding = asyncio.create_task(self._embed(query))
        try:
            async with siblings() as group:
                insights = group.create_task(
                    run.with_vector(
                        INSIGHTS_BY_VECTOR,
                        embedding,
                        lambda v: search.nearest_insights(db, memory_id, v, limit=_INSIGHTS),
                    )
                )
                by_vector = group.create_task(
                    run.with_vector(
                        FACTS_BY_VECTOR,
                        embedding,
                        lambda v: search.nearest_facts(
                            db, memory_id, v, knowledge_filter=chosen, limit=width, with_text=traced, seeds=seeds
                        ),
                    )
                )
                by_word = group.create_task(
                    run(
                        FACTS_BY_WORD,
                        search.match_facts(
                            db, memory_id, query, knowledge_filter=chosen, limit=width, with_text=traced
                        ),
                    )
                )
                in_time = group.create_task(
                    run(
                        FACTS_IN_TIME,
                        self._in_time(memory_id, question, time),
                        attributes={"constraint_present": time is not None},
                    )
                )
                raw_by_vector = group.create_task(
                    run.with_vector(
                        RAW_DATA_BY_VECTOR,
                        embedding,
                        lambda v: search.nearest_raw_data(
                            db, memory_id, v, knowledge_filter=chosen, limit=width, with_text=traced
                        ),
                    )
                )
                raw_by_word = group.create_task(
                    run(
                        RAW_DATA_BY_WORD,
                        search.match_raw_data(
                            db, memory_id, query, knowledge_filter=chosen, limit=width, with_text=traced
                        ),
                    )
                )
        finally:
            embedding.cancel()
        # If the question names no time, the temporal channel makes no query and can't fail.
        if run.failures >= run.calls - (time is None):
            raise Unavailable
        return DirectHits(
            vector=None if embedding.exception() else embedding.result(),
            # Insights have no category, time or metadata to filter by, so any filter excludes them.
            insights=insights.result() if chosen.is_open else [],
            by_vector=by_vector.result(),
            by_word=by_word.result(),
            in_time=in_time.result(),
            time=time,
            raw_by_vector=raw_by_vector.result(),
            raw_by_word=raw_by_word.result(),
        )

    async def _embed(self, query: str) -> list[float]:
        return (await self._embedder.embed_query(query)).tolist()

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
        name: StageName,
        embedding: asyncio.Task[list[float]],
        channel: Callable[[list[float]], Awaitable[list[T]]],
    ) -> list[T]:
        """Wait for the question's vector, then run the channel and start its stage."""
        await asyncio.wait({embedding})

        async def run() -> list[T]:
            return await channel(embedding.result())

        return await self(name, run())

    async def __call__(
        self,
        name: StageName,
        channel: Awaitable[list[T]],
        *,
        attributes: Mapping[str, object] | None = None,
    ) -> list[T]:
        self.calls += 1
        started = datetime.now(UTC)
        hits = list[T]()
        with Attempt(str(name)) as attempt:
            async with asyncio.timeout(_SECONDS):
                hits = await channel
        self.failures += attempt.failed
        self._recorder.add(
            finished_stage(
                started,
                name,
                failed=attempt.failed,
                counts=(None, len(hits), len(hits)),
                attributes=attributes,
                candidates=hit_candidates(name, hits),
            ),
        )
        return hits


def hit_candidates(name: StageName, hits: Sequence[object]) -> list[TraceCandidate]:
    found = [hit for hit in hits[:MAX_CANDIDATES] if isinstance(hit, Hit | InsightHit)]
    return [
        TraceCandidate(
            source_type=name.tier,
            id=str(hit.id),
            rank=rank,
            final_score=hit.score,
            vector_score=hit.score if name.method == "vector" else None,
            text=hit.text or "",
        )
        for rank, hit in enumerate(found, start=1)
    ]
