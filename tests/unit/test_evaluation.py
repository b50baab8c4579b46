"""The measures of ./scripts/evaluate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evaluation.baselines import Baselines
from tests.evaluation.metrics import mean, score


class TestScore:
    def test_recall_counts_what_is_found_within_the_cutoff(self):
        measured = score(["x", "a", "y", "z", "b"], ["a", "b", "c"])
        assert measured.recall == pytest.approx({2: 1 / 3, 5: 2 / 3, 10: 2 / 3, 20: 2 / 3})
        assert measured.complete == {5: 0.0, 10: 0.0}
        assert measured.mrr == 0.5

    def test_all_evidence_is_complete(self):
        assert score(["a", "b"], ["b", "a"]).complete == {5: 1.0, 10: 1.0}
        assert score([], ["a"]).mrr == 0.0

    @given(st.lists(st.sampled_from("abcdefgh"), unique=True), st.sets(st.sampled_from("abcdefgh"), min_size=1))
    def test_recall_never_falls_with_the_cutoff(self, ranking: list[str], evidence: set[str]):
        recall = list(score(ranking, evidence).recall.values())
        assert recall == sorted(recall)
        assert all(0 <= value <= 1 for value in recall)

    def test_the_mean_counts_every_question_once(self):
        both = mean([score(["a"], ["a"]), score(["b"], ["a"])])
        assert (both.recall[2], both.mrr) == (0.5, 0.5)


def test_the_baselines_find_by_word_and_by_vector():
    vectors = np.eye(3, dtype=np.float32)
    baselines = Baselines(["1", "2", "3"], ["harbours and ships", "a red kite", "mountain hut"], vectors)
    ranked = baselines.rank("kite", vectors[2], limit=2)
    assert ranked["BM25"][0] == "2"
    assert ranked["vector"][0] == "3"
    assert set(ranked["RRF(BM25, vector)"]) <= {"1", "2", "3"}
