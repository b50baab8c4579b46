"""LEAF insights: what is known of one entity, in a few sentences, each citing its fact."""

from collections.abc import Sequence

from msgspec import Struct

from app.domain.ids import stable_uuid
from app.extraction.insights import MIN_FACTS, READ_FACTS, compose_leaf
from app.graph import knowledge
from app.graph.database import Database, Step
from app.graph.knowledge import InsightRow
from app.models.ports import Embedder


class RefreshedInsights(Struct, frozen=True, kw_only=True):
    """The insights as they should be, and the steps that store them."""

    rows: list[InsightRow]
    steps: list[Step]


class RefreshInsights:
    """Composes the LEAF insight of every one of these entities that has enough facts; stores nothing itself."""

    def __init__(self, db: Database, embedder: Embedder) -> None:
        self._db = db
        self._embedder = embedder

    async def __call__(self, memory_id: str, entity_keys: Sequence[str]) -> RefreshedInsights:
        entities = await knowledge.entity_facts(self._db, memory_id, entity_keys, minimum=MIN_FACTS, limit=READ_FACTS)
        leaves = [(entity, leaf) for entity in entities if (leaf := compose_leaf(entity.name, entity.facts))]
        if not leaves:
            return RefreshedInsights(rows=[], steps=[])
        vectors = await self._embedder.embed([leaf.text for _, leaf in leaves])
        rows = [
            InsightRow(
                id=stable_uuid("insight", memory_id, entity.key),
                name=entity.name,
                text=leaf.text,
                entity_key=entity.key,
                fact_ids=leaf.fact_ids,
                embedding=vector,
            )
            for (entity, leaf), vector in zip(leaves, vectors.tolist(), strict=True)
        ]
        return RefreshedInsights(rows=rows, steps=[knowledge.save_insights(memory_id, rows)])
