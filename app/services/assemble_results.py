"""From ranked ids to what an answer shows: texts, sources, paths, and the raw data behind them."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from app.domain.retrieval import Provenance, RetrievedItem, RetrievedRawData
from app.graph import raw_data, search
from app.graph.database import Database
from app.graph.raw_data import RawDataRow
from app.graph.search import FactDetails
from app.retrieval.captions import caption_of
from app.retrieval.fusion import reciprocal_rank_fusion
from app.retrieval.walk import Walk

_RAW_DATA_WEIGHTS = {"items": 1.0, "vector": 1.0, "keyword": 1.0}


class Assembled(Struct, frozen=True, kw_only=True):
    items: list[RetrievedItem]
    raw_data: list[RetrievedRawData]


class AssembleResults:
    """Two round trips: one for the facts with their evidence, one for the raw data."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def __call__(
        self,
        memory_id: str,
        ranked: Sequence[tuple[str, float]],
        *,
        similarities: Mapping[str, float],
        raw_rankings: Mapping[str, Sequence[str]],
        walk: Walk | None,
        raw_limit: int,
    ) -> Assembled:
        facts = await search.fact_details(self._db, memory_id, [int(id_) for id_, _ in ranked])
        scored = [(facts[int(id_)], score) for id_, score in ranked if int(id_) in facts]
        items = [_item(fact, score, similarities.get(str(fact.id), 0.0), walk) for fact, score in scored]
        item_ids: dict[str, list[str]] = {}
        for fact, _ in scored:
            for evidence in fact.evidence:
                ids = item_ids.setdefault(evidence["rawDataId"], [])
                if str(fact.id) not in ids:
                    ids.append(str(fact.id))
        rankings = {"items": list(item_ids), **raw_rankings}
        order = list(reciprocal_rank_fusion(rankings, _RAW_DATA_WEIGHTS).items())[:raw_limit]
        rows = await raw_data.details(self._db, memory_id, [id_ for id_, _ in order])
        return Assembled(
            items=items,
            raw_data=[_raw_data(rows[id_], score, item_ids.get(id_, [])) for id_, score in order if id_ in rows],
        )


def _item(fact: FactDetails, score: float, similarity: float, walk: Walk | None) -> RetrievedItem:
    return RetrievedItem(
        id=str(fact.id),
        text=fact.text,
        vector_score=max(similarity, 0.0),
        final_score=score,
        category=str(fact.category),
        observed_at=fact.observed_at,
        occurred_at=fact.occurred_at,
        metadata=fact.metadata,
        provenance=[Provenance(raw_data_id=e["rawDataId"], quote=e["quote"]) for e in fact.evidence],
        path=walk.path(str(fact.id)) if walk else [],
    )


def _raw_data(row: RawDataRow, score: float, item_ids: list[str]) -> RetrievedRawData:
    return RetrievedRawData(
        raw_data_id=row.id,
        caption=caption_of(caption=row.caption, speaker=row.speaker, title=row.title, text=row.text),
        max_score=score,
        item_ids=item_ids,
        type=str(row.type),
        source_client=row.source_client,
        metadata=row.metadata,
        start_time=row.occurred_at,
        end_time=row.ended_at or row.occurred_at,
        created_at=row.created_at,
    )
