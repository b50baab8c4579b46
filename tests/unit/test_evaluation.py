"""The measures of ./scripts/evaluate, its reports and its cache."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models.local.e5 import E5Embedder
from app.settings import load_settings
from tests.evaluation import report
from tests.evaluation.baselines import Baselines
from tests.evaluation.cached_vectors import CachedEmbedder
from tests.evaluation.datasets import Query
from tests.evaluation.metrics import answer_shares, estimate, score, summarise
from tests.evaluation.report import DatasetResult, Report


class TestScore:
    def test_recall_counts_what_is_found_within_the_cutoff(self):
        measured = score(["x", "a", "y", "z", "b"], ["a", "b", "c"])
        assert measured.recall == pytest.approx({2: 1 / 3, 5: 2 / 3, 10: 2 / 3, 20: 2 / 3})
        assert measured.complete == {5: 0.0, 10: 0.0}
        assert measured.mrr == 0.5

    def test_all_evidence_is_complete_and_some_is_any(self):
        assert score(["a", "b"], ["b", "a"]).complete == {5: 1.0, 10: 1.0}
        partly = score(["a", "x"], ["b", "a"])
        assert (partly.complete, partly.any) == ({5: 0.0, 10: 0.0}, {5: 1.0, 10: 1.0})
        assert score([], ["a"]).any == {5: 0.0, 10: 0.0}
        assert score([], ["a"]).mrr == 0.0

    @given(st.lists(st.sampled_from("abcdefgh"), unique=True), st.sets(st.sampled_from("abcdefgh"), min_size=1))
    def test_recall_never_falls_with_the_cutoff(self, ranking: list[str], evidence: set[str]):
        recall = list(score(ranking, evidence).recall.values())
        assert recall == sorted(recall)
        assert all(0 <= value <= 1 for value in recall)

    def test_the_mean_counts_every_question_once(self):
        both = summarise([score(["a"], ["a"]), score(["b"], ["a"])])
        assert (both.questions, both.recall[2].mean, both.mrr.mean) == (2, 0.5, 0.5)
        assert both.recall[2].error == pytest.approx(0.5)
        assert (both.answer, both.tokens) == (None, None)

    def test_the_standard_error_is_that_of_the_mean(self):
        assert estimate([1.0, 2.0, 3.0, 4.0]).error == pytest.approx(0.6455, abs=1e-4)
        assert estimate([3.0]).error == 0


class TestAnswer:
    def test_shares_of_its_words_are_counted_in_the_first_items(self):
        items = ["Lena edits travel books", "Halcyon Press moved to Trieste", "the harbour of Trieste"]
        assert answer_shares(items, "Trieste harbour") == {1: 0.0, 3: 1.0, 10: 1.0}
        assert answer_shares(items[:2], "the Trieste harbour") == {1: 0.0, 3: 0.5, 10: 0.5}

    def test_chinese_is_compared_by_pairs_of_characters(self):
        assert answer_shares(["他住在里斯本"], "里斯本")[1] == 1.0

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [(None, ""), (0, "0"), ("Trieste", "Trieste"), (["3 May", ["noon", "12 o'clock"]], "3 May noon")],
    )
    def test_it_may_be_a_number_parts_or_wordings(self, answer: Any, expected: str):
        assert Query(id="q", query="?", evidence=["e"], answer=answer).expected == expected

    def test_nothing_is_measured_without_words(self):
        assert answer_shares(["Lena"], "") == {}
        assert answer_shares([], "Lena") == {1: 0.0, 3: 0.0, 10: 0.0}


def _report(rankings: Mapping[str, list[str]]) -> Report:
    """Return a report of DEEP in which each question has the evidence "e"."""
    result = DatasetResult(
        ingest_seconds=1,
        raw_data=3,
        categories=dict.fromkeys(rankings, "single-hop"),
        scores={"DEEP": {id_: score(ranking, ["e"]) for id_, ranking in rankings.items()}},
        latency_millis={},
        graph={},
        hops_of_items={},
    )
    return Report(ingest="messages", datasets={"sample-1": result})


class TestReport:
    def test_what_was_written_is_read_again(self, tmp_path: Path):
        written = _report({"q1": ["e"], "q2": ["x"]})
        report.write(written, tmp_path / "out.json")
        assert report.read(tmp_path / "out.json") == written

    def test_changes_are_shown_with_the_questions_that_moved(self):
        before = _report({"q1": ["e"], "q2": ["e"], "q3": ["x"], "only-before": ["e"]})
        now = _report({"q1": ["e"], "q2": ["x"], "q3": ["x"]})
        with report.console.capture() as captured:
            report.show_changes(now, before)
        shown = captured.get()
        assert "-0.333 ±0.333" in shown
        assert "found less by DEEP (R@5), 1 questions: q2 1.00 → 0.00" in shown
        assert "found more" not in shown

    def test_another_way_of_ingesting_is_said(self):
        before = Report(ingest="bundle", datasets={})
        with report.console.capture() as captured:
            report.show_changes(_report({"q1": ["e"]}), before)
        assert "--ingest bundle" in captured.get()
        assert "none of these datasets" in captured.get()


@pytest.mark.anyio
async def test_cached_vectors_are_those_of_the_embedder(
    tmp_path: Path, embedder: E5Embedder, monkeypatch: pytest.MonkeyPatch
):
    cache_dir, file = load_settings(os.environ).cache_dir, tmp_path / "vectors.sqlite"
    texts = ["I live in Porto.", "住在波尔图", "I live in Porto."]
    cached = CachedEmbedder(cache_dir, file)
    first = await cached.embed(texts)
    assert np.array_equal(first, await embedder.embed(texts))
    assert np.array_equal(await cached.embed_query(texts[0]), await embedder.embed_query(texts[0]))
    await cached.close()

    again = CachedEmbedder(cache_dir, file)
    monkeypatch.delattr(E5Embedder, "plain_vectors")
    assert np.array_equal(await again.embed(texts), first)
    await again.close()


def test_the_baselines_find_by_word_and_by_vector():
    vectors = np.eye(3, dtype=np.float32)
    baselines = Baselines(["1", "2", "3"], ["harbours and ships", "a red kite", "mountain hut"], vectors)
    ranked = baselines.rank("kite", vectors[2], limit=2)
    assert ranked["BM25"][0] == "2"
    assert ranked["vector"][0] == "3"
    assert set(ranked["RRF(BM25, vector)"]) <= {"1", "2", "3"}
