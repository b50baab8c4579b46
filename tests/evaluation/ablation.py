"""Measures DEEP with one component disabled at a time, on the graph of the evaluated service."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from app.bootstrap import Runtime, create_retrieve_memory
from app.connections import neo4j_address
from app.domain.retrieval import Question, Strategy
from app.domain.scope import MemoryScope
from app.retrieval.pagerank import WalkWeights
from app.retrieval.ranking import RankingWeights
from app.services.retrieval.retrieve_deep import DeepWeights
from app.settings import load_settings
from tests.evaluation.datasets import Query

_RANKING, _WALK = RankingWeights(), WalkWeights()


class Variant(DeepWeights, frozen=True, kw_only=True):
    hops: int = 3


VARIANTS: dict[str, Variant] = {
    "all of it": Variant(),
    "− graph and second round": Variant(ranking=replace(_RANKING, graph=0, second_round=0)),
    "− graph (PageRank)": Variant(ranking=replace(_RANKING, graph=0)),
    "− second round": Variant(ranking=replace(_RANKING, second_round=0)),
    "− second round's own rule for messages": Variant(ranking=replace(_RANKING, second_round_facts=0)),
    "1 hop": Variant(hops=1),
    "2 hops": Variant(hops=2),
    "5 hops": Variant(hops=5),
    "− relation-aware edges": Variant(walk=replace(_WALK, relevance=0)),
    "− hub damping": Variant(walk=replace(_WALK, hub_damping=0)),
    "− similar names": Variant(walk=replace(_WALK, to_similar=0)),
    "− protected direct hit": Variant(ranking=replace(_RANKING, protected=0)),
    "− question without names": Variant(ranking=replace(_RANKING, asked=0, fact_asked=0)),
    "− BM25": Variant(ranking=replace(_RANKING, words=0, fact_words=0)),
    "− vector": Variant(ranking=replace(_RANKING, vector=0)),
    "− best fact": Variant(ranking=replace(_RANKING, best_fact=0)),
    "− neighbours": Variant(ranking=replace(_RANKING, neighbour=0, answer=0)),
    "− talk": Variant(ranking=replace(_RANKING, talk=0)),
    "− time": Variant(ranking=replace(_RANKING, time=0)),
}


class VariantAnswers:
    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    def rank(self, ids: Mapping[str, str], queries: Sequence[Query], *, limit: int) -> dict[str, dict[str, list[str]]]:
        """Return variant → question → raw data, best first."""
        return asyncio.run(self._rank(MemoryScope(user_id=ids["userId"], agent_id=ids["agentId"]), queries, limit))

    async def _rank(self, scope: MemoryScope, queries: Sequence[Query], limit: int) -> dict[str, dict[str, list[str]]]:
        settings = load_settings(os.environ, data_dir=self._data_dir, workers=0)
        async with Runtime(settings, neo4j_address(settings)) as runtime:
            return {
                name: {query.id: await _ask(runtime, scope, variant, query, limit) for query in queries}
                for name, variant in VARIANTS.items()
            }


async def _ask(runtime: Runtime, scope: MemoryScope, variant: Variant, query: Query, limit: int) -> list[str]:
    retrieve = create_retrieve_memory(runtime.db, runtime.embedder, variant)
    question = Question(text=query.query, strategy=Strategy.DEEP, limit=limit, hops=variant.hops)
    result = await retrieve(scope, question)
    return [raw.raw_data_id for raw in result.raw_data]
