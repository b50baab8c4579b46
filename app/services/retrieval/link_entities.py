"""Linking a question to the memory's entities."""

from datetime import UTC, datetime

from app.domain.concurrency import siblings
from app.domain.retrieval import TraceCandidate
from app.graph import search
from app.graph.database import Database
from app.observability.stages import Attempt
from app.retrieval.linking import LinkedEntity, link_entities, name_keys
from app.retrieval.recorder import TraceRecorder
from app.retrieval.stage_names import LINKED_ENTITIES
from app.services.retrieval.stages import finished_stage

_MAX_LINKED = 8
_NEARLY_NAMED = 30


class LinkEntities:
    """Never raises for a failing look-up: it is recorded as degraded, and nothing is linked."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def __call__(self, memory_id: str, query: str, recorder: TraceRecorder) -> list[LinkedEntity]:
        started = datetime.now(UTC)
        linked: list[LinkedEntity] = []
        found = 0
        with Attempt(str(LINKED_ENTITIES)) as attempt:
            async with siblings() as group:
                named = group.create_task(search.named_entities(self._db, memory_id, name_keys(query)))
                near = group.create_task(search.match_entities(self._db, memory_id, query, limit=_NEARLY_NAMED))
            candidates = {candidate.id: candidate for candidate in [*named.result(), *near.result()]}
            found = len(candidates)
            linked = link_entities(query, candidates.values(), limit=_MAX_LINKED)
        recorder.add(
            finished_stage(
                started,
                LINKED_ENTITIES,
                failed=attempt.failed,
                counts=(None, found, len(linked)),
                candidates=[
                    TraceCandidate(source_type="entity", id=e.id, rank=rank, final_score=e.score, text=e.name)
                    for rank, e in enumerate(linked, start=1)
                ],
            )
        )
        return linked
