"""Load texts, sources, paths and raw data for ranked ids."""

import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from app.domain.concurrency import siblings
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
    """Reads the facts with their evidence, and the raw data: side by side if their ranking is known, as in DEEP."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def __call__(
        self, memory_id: str, ranked: Ranking, *, raw_limit: int, as_of: datetime | None = None
    ) -> AssembledResults:
        paths = {id_: list(ranked.paths.get(id_, [])) for id_, _ in ranked.items}
        on_paths = {
            step_id for path in paths.values() for step in path for step_id in (step.from_fact_id, step.to_fact_id)
        }
        wanted = [int(id_) for id_ in dict.fromkeys([*paths, *sorted(id_ for id_ in on_paths if id_)])]
        db = self._db
        if ranked.raw_data is None:
            facts = await search.fact_details(db, memory_id, wanted, as_of=as_of)
            scores = _fused(ranked, _item_ids(ranked, facts), limit=raw_limit)
            rows = await raw_data.details(db, memory_id, list(scores), as_of=as_of)
        else:
            scores = dict(itertools.islice(ranked.raw_data.items(), raw_limit))
            async with siblings() as group:
                reading_facts = group.create_task(search.fact_details(db, memory_id, wanted, as_of=as_of))
                reading_rows = group.create_task(raw_data.details(db, memory_id, list(scores), as_of=as_of))
            facts, rows = reading_facts.result(), reading_rows.result()
        item_ids = _item_ids(ranked, facts)
        return AssembledResults(
            items=_newer_first(
                _items(ranked, facts, paths), {str(f.id): {str(o) for o in f.conflicts_with} for f in facts.values()}
            ),
            raw_data=[_raw_data(rows[id_], s, item_ids.get(id_, [])) for id_, s in scores.items() if id_ in rows],
        )


def _items(
    ranked: Ranking, facts: Mapping[int, FactDetails], paths: Mapping[str, list[PathStep]]
) -> list[RetrievedItem]:
    statements = {
        str(f.id): PathFact(text=f.text, subject=f.subject, predicate=f.predicate, object=f.object)
        for f in facts.values()
    }
    return [
        _item(
            facts[int(id_)],
            score=score,
            similarity=ranked.similarities.get(id_, 0.0),
            path=paths[id_],
            path_text=readable(paths[id_], statements),
        )
        for id_, score in ranked.items
        if int(id_) in facts
    ]


def _item_ids(ranked: Ranking, facts: Mapping[int, FactDetails]) -> dict[str, list[str]]:
    """Raw data → the ranked items that it is evidence of, best first."""
    found: dict[str, list[str]] = {}
    for id_, _ in ranked.items:
        fact = facts.get(int(id_))
        for evidence in fact.evidence if fact else ():
            ids = found.setdefault(evidence["rawDataId"], [])
            if id_ not in ids:
                ids.append(id_)
    return found


def _fused(ranked: Ranking, item_ids: Mapping[str, Sequence[str]], *, limit: int) -> dict[str, float]:
    fused = reciprocal_rank_fusion({"items": list(item_ids), **ranked.raw_rankings}, _RAW_DATA_WEIGHTS)
    return dict(itertools.islice(fused.items(), limit))


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
