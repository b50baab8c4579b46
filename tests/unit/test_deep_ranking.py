"""DEEP's ranking of literal hits, without a database."""

from datetime import UTC, datetime

import msgspec
import numpy as np

from app.domain.retrieval import TraceMerge
from app.retrieval.deep_ranking import DeepHits, RankedCandidates, candidate_facts, rank
from app.retrieval.features import FactFeatures, Hit, RawDataFeatures
from app.retrieval.hits import DirectHits, ResidualQuery, SecondRoundHits
from app.retrieval.pagerank import NodeMasses
from app.retrieval.ranking import RankingWeights

SISTER, WEATHER, JOB = "11", "12", "13"
# "Where does Ana's sister work?": SISTER is near the question, WEATHER hardly, JOB is reached by the walk alone.
QUESTION = [1.0, 0.0, 0.0]
HITS = DeepHits(
    direct=DirectHits(
        vector=QUESTION,
        insights=[],
        by_vector=[Hit(id=SISTER, score=0.8), Hit(id=WEATHER, score=0.1)],
        by_word=[Hit(id=SISTER, score=3.0)],
        in_time=[],
        time=None,
        raw_by_vector=[Hit(id="r1", score=0.8), Hit(id="r3", score=0.1)],
        raw_by_word=[Hit(id="r1", score=3.0)],
    ),
    asked=ResidualQuery(vector=[0.0, 1.0, 0.0]),
    mass=NodeMasses(facts={SISTER: 0.2, JOB: 0.3}, raw_data={"r1": 0.1, "r2": 0.2}),
    again=SecondRoundHits(),
)


def fact(id_: str, raw_id: str, *vector: float) -> FactFeatures:
    return FactFeatures(id=id_, raw_data_ids=[raw_id], vector=np.array(vector, dtype=np.float32))


def raw(id_: str, *vector: float, passes: bool = True) -> RawDataFeatures:
    features = np.array(vector, dtype=np.float32)
    return RawDataFeatures(
        id=id_, passes=passes, previous=None, next=None, asks=False, by_assistant=False, at=None, vector=features
    )


FACTS = {
    SISTER: fact(SISTER, "r1", 0.8, 0.6, 0.0),
    JOB: fact(JOB, "r2", 0.0, 0.0, 1.0),
    WEATHER: fact(WEATHER, "r3", 0.1, 0.0, 0.995),
}
RAW_DATA = {"r1": raw("r1", 0.8, 0.6, 0.0), "r2": raw("r2", 0.0, 0.0, 1.0), "r3": raw("r3", 0.1, 0.0, 0.995)}


def ranked(
    raw_data: dict[str, RawDataFeatures] = RAW_DATA, *, limit: int = 3, as_of: datetime | None = None
) -> RankedCandidates:
    return rank(HITS, FACTS, raw_data, RankingWeights(), limit=limit, as_of=as_of)


def test_candidates_are_what_was_found_and_what_the_graph_brought():
    assert candidate_facts(HITS.direct, HITS.asked, HITS.mass) == [SISTER, WEATHER, JOB]
    assert HITS.raw_data_ids(FACTS) == ["r1", "r3", "r2"]


def test_the_walk_brings_the_fact_that_answers_behind_the_best_direct_hit():
    assert list(ranked().items) == [SISTER, JOB, WEATHER]
    assert list(ranked(limit=2).items) == [SISTER, JOB]
    without_walk = rank(msgspec.structs.replace(HITS, mass=NodeMasses()), FACTS, RAW_DATA, RankingWeights(), limit=3)
    assert list(without_walk.items) == [SISTER, WEATHER, JOB]


def test_scores_lie_between_zero_and_one_and_fall():
    scores = list(ranked().items.values())
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert {id_: round(value, 3) for id_, value in ranked().similarities.items()} == {
        SISTER: 0.8,
        JOB: 0.0,
        WEATHER: 0.1,
    }


def test_raw_data_that_the_filter_excludes_stay_as_evidence_of_an_allowed_fact():
    excluded = {**RAW_DATA, "r2": raw("r2", 0.0, 0.0, 1.0, passes=False)}
    assert {c.id for c in ranked(excluded).candidates} == {"r1", "r2", "r3"}


def test_raw_data_after_as_of_are_no_candidates():
    later = {**RAW_DATA, "r2": raw("r2", 0.0, 0.0, 1.0, passes=False)}
    assert {c.id for c in ranked(later, as_of=datetime(2026, 3, 1, tzinfo=UTC)).candidates} == {"r1", "r3"}


def test_merge_counts_candidates_before_and_after_merging_and_their_lists():
    # Raw data: 2 by vector, 1 by word, 3 of the facts, 2 by the graph.
    assert ranked().merge == TraceMerge(input_count=8, output_count=3, source_count=4)
