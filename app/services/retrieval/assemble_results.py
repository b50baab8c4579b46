"""Load texts, sources, paths and raw data for ranked ids."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from app.domain.retrieval import PathStep, Provenance, RetrievedItem, RetrievedRawData
from app.graph import raw_data, search
from app.graph.database import Database
from app.graph.raw_data import RawDataRow
from app.graph.search import FactDetails
from app.retrieval.captions import caption_of
from app.retrieval.fusion import reciprocal_rank_fusion
from app.retrieval.paths import PathFact, readable

_RAW_DATA_WEIGHTS = {"items": 1.0, "vector": 1.0, "keyword": 1.0}


class AssembledResults(Struct, frozen=True, kw_only=True):
    items: list[RetrievedItem]
    raw_data: list[RetrievedRawData]


class Ranking(Struct, frozen=True, kw_only=True):
    """Result of a strategy. `raw_data`: scores, best first; None: fuse them from the items and `raw_rankings`."""

    items: Sequence[tuple[str, float]]
    similarities: Mapping[str, float]
    raw_rankings: Mapping[str, Sequence[str]] = {}
    raw_data: Mapping[str, float] | None = None
    paths: Mapping[str, Sequence[PathStep]] = {}


class AssembleResults:
    """Two round trips: one for the facts with their evidence, one for the raw data."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def __call__(
        self, memory_id: str, ranked: Ranking, *, raw_limit: int, as_of: datetime | None = None
    ) -> AssembledResults:
        paths = {id_: list(ranked.paths.get(id_, [])) for id_, _ in ranked.items}
        on_paths = {
            step_id for path in paths.values() for step in path for step_id in (step.from_fact_id, step.to_fact_id)
        }
        wanted = dict.fromkeys([*paths, *sorted(id_ for id_ in on_paths if id_)])
        facts = await search.fact_details(self._db, memory_id, [int(id_) for id_ in wanted], as_of=as_of)
        statements = {
            str(f.id): PathFact(text=f.text, subject=f.subject, predicate=f.predicate, object=f.object)
            for f in facts.values()
        }
        items: list[RetrievedItem] = []
        item_ids: dict[str, list[str]] = {}
        for id_, score in ranked.items:
            if (fact := facts.get(int(id_))) is None:
                continue
            path = paths[id_]
            items.append(
                _item(
                    fact,
                    score=score,
                    similarity=ranked.similarities.get(id_, 0.0),
                    path=path,
                    path_text=readable(path, statements),
                )
            )
            for evidence in fact.evidence:
                ids = item_ids.setdefault(evidence["rawDataId"], [])
                if id_ not in ids:
                    ids.append(id_)
        order = list(_raw_data_scores(ranked, item_ids).items())[:raw_limit]
        rows = await raw_data.details(self._db, memory_id, [id_ for id_, _ in order], as_of=as_of)
        return AssembledResults(
            items=_newer_first(items, {str(f.id): {str(o) for o in f.conflicts_with} for f in facts.values()}),
            raw_data=[_raw_data(rows[id_], score, item_ids.get(id_, [])) for id_, score in order if id_ in rows],
        )


def _newer_first(items: Sequence[RetrievedItem], older_than: Mapping[str, set[str]]) -> list[RetrievedItem]:
    """Put a fact before the older ones that it contradicts, with the score of the first of them."""
    ordered: list[RetrievedItem] = []
    for item in items:
        older = older_than.get(item.id, set())
        place = next((i for i, earlier in enumerate(ordered) if earlier.id in older), None)
        if place is None:
            ordered.append(item)
        else:
            ordered.insert(place, replace(item, final_score=ordered[place].final_score))
    return ordered


def _raw_data_scores(ranked: Ranking, item_ids: Mapping[str, Sequence[str]]) -> Mapping[str, float]:
    if ranked.raw_data is not None:
        return ranked.raw_data
    return reciprocal_rank_fusion({"items": list(item_ids), **ranked.raw_rankings}, _RAW_DATA_WEIGHTS)


def _item(fact: FactDetails, *, score: float, similarity: float, path: list[PathStep], path_text: str) -> RetrievedItem:
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
        path=path,
        path_text=path_text,
        valid_at=fact.valid_at,
        invalid_at=fact.invalid_at,
        speaker=raw_data.speaker_of(fact.evidence[0]) if fact.evidence else None,
        said_at=datetime.fromtimestamp(fact.evidence[0]["at"], UTC) if fact.evidence else None,
        conflicts_with=[str(id_) for id_ in fact.conflicts_with],
    )


def _raw_data(row: RawDataRow, score: float, item_ids: Sequence[str]) -> RetrievedRawData:
    return RetrievedRawData(
        raw_data_id=row.id,
        caption=caption_of(
            caption=row.caption, speaker=row.speaker, title=row.title, text=row.text, window=row.window_caption
        ),
        max_score=score,
        item_ids=list(item_ids),
        type=str(row.type),
        source_client=row.source_client,
        metadata=row.metadata,
        start_time=row.occurred_at,
        end_time=row.ended_at or row.occurred_at,
        created_at=row.created_at,
        text=row.text,
        speaker=row.speaker,
        outdated=row.outdated,
    )
