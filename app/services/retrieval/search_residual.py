"""Searching with the residual question: the question without the entity names that it is linked to."""

from collections.abc import Sequence
from datetime import UTC, datetime

from app.domain.concurrency import siblings
from app.domain.retrieval import Question
from app.graph import search
from app.graph.database import Database
from app.models.ports import Embedder
from app.observability.stages import Attempt
from app.retrieval.hits import ResidualQuery
from app.retrieval.linking import LinkedEntity, masked
from app.retrieval.recorder import TraceRecorder
from app.retrieval.stage_names import FACTS_BY_VECTOR
from app.services.retrieval.direct_channels import hit_candidates
from app.services.retrieval.stages import finished_stage

_WIDTH = 30


class SearchResidual:
    """Needs only the links, so it runs beside the channels. If it fails, it is recorded as degraded."""

    def __init__(self, db: Database, embedder: Embedder) -> None:
        self._db = db
        self._embedder = embedder

    async def __call__(
        self,
        memory_id: str,
        question: Question,
        query: str,
        linked: Sequence[LinkedEntity],
        recorder: TraceRecorder,
    ) -> ResidualQuery | None:
        """Return None if no name can be removed, or if the search fails."""
        text = masked(query, linked)
        if text == query:
            return None
        started = datetime.now(UTC)
        found: ResidualQuery | None = None
        with Attempt(f"{FACTS_BY_VECTOR}/without-names") as attempt:
            found = await self._search(memory_id, question, text)
        facts, raw_data = (found.facts, found.raw_data) if found else ([], [])
        recorder.add(
            finished_stage(
                started,
                FACTS_BY_VECTOR,
                failed=attempt.failed,
                counts=(None, len(facts) + len(raw_data), len(facts) + len(raw_data)),
                attributes={"without_names": text},
                candidates=hit_candidates(FACTS_BY_VECTOR, facts),
            )
        )
        return found

    async def _search(self, memory_id: str, question: Question, text: str) -> ResidualQuery:
        chosen = question.filter
        async with siblings() as group:
            by_word = group.create_task(
                search.matching(self._db, memory_id, text, knowledge_filter=chosen, limit=_WIDTH)
            )
            vector = (await self._embedder.embed_query(text)).tolist()
            facts, raw_data = await search.nearest(
                self._db, memory_id, vector, knowledge_filter=chosen, limit=_WIDTH, with_text=question.trace
            )
        facts_by_word, raw_by_word = by_word.result()
        return ResidualQuery(
            rest=True,
            vector=vector,
            facts=facts,
            raw_data=raw_data,
            facts_by_word=facts_by_word,
            raw_by_word=raw_by_word,
        )
