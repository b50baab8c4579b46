import itertools
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.retrieval import TraceStage
from app.retrieval.admission import MAX_CHARACTERS, admitted
from app.retrieval.captions import CAPTION_CHARACTERS, caption_of
from app.retrieval.fusion import reciprocal_rank_fusion
from app.retrieval.linking import link_entities
from app.retrieval.merge import PROTECTED, interleave
from app.retrieval.recorder import MAX_STAGES, TraceRecorder
from app.retrieval.temporal import question_time
from app.retrieval.walk import Edge, Walk, specificity

NOW = datetime(2024, 3, 6, 12, tzinfo=UTC)
rankings = st.dictionaries(st.sampled_from("abcd"), st.lists(st.sampled_from("uvwxyz"), unique=True))
WEIGHTS = {"a": 1.5, "b": 1.0, "c": 1.1, "d": 0.3}


class TestFusion:
    @given(rankings, st.randoms())
    def test_the_order_of_the_rankings_changes_nothing(self, lists: dict[str, list[str]], rng: random.Random):
        shuffled = list(lists.items())
        rng.shuffle(shuffled)
        assert reciprocal_rank_fusion(lists, WEIGHTS) == reciprocal_rank_fusion(dict(shuffled), WEIGHTS)

    @given(rankings)
    def test_scores_fall_from_one_and_cover_every_id(self, lists: dict[str, list[str]]):
        fused = reciprocal_rank_fusion(lists, WEIGHTS)
        scores = list(fused.values())
        assert fused.keys() == {id_ for ids in lists.values() for id_ in ids}
        assert scores == sorted(scores, reverse=True)
        assert not scores or scores[0] == 1.0
        assert all(0 < score <= 1 for score in scores)

    def test_agreement_beats_one_first_place(self):
        fused = reciprocal_rank_fusion({"b": ["u", "v"], "c": ["w", "v"]}, {"b": 1.0, "c": 1.0})
        assert next(iter(fused)) == "v"


def edge(fact: str, entity: str, *sources: str, degree: int = 2, similarity: float = 0.5) -> Edge:
    return Edge(
        fact_id=fact,
        text=fact,
        similarity=similarity,
        entity_id=f"id-{entity}",
        entity_name=entity,
        degree=degree,
        source_ids=sources,
    )


class TestWalk:
    def test_a_chain_of_specific_names_is_followed_to_its_end(self):
        walk = Walk({"ab": 1.0}, {})
        for hop, (source, entity, target) in enumerate([("ab", "B", "bc"), ("bc", "C", "cd"), ("cd", "D", "de")], 1):
            assert [r.fact_id for r in walk.add_hop(hop, [edge(target, entity, source)])] == [target]
        assert [(s.hop, s.from_fact_id, s.entity, s.to_fact_id) for s in walk.path("de")] == [
            (1, "ab", "B", "bc"),
            (2, "bc", "C", "cd"),
            (3, "cd", "D", "de"),
        ]
        assert list(walk.ranking()) == ["bc", "cd", "de"]

    def test_a_specific_name_leads_further_than_a_common_one(self):
        walk = Walk({"s": 1.0}, {})
        walk.add_hop(1, [edge("far", "Hub", "s", degree=400), edge("near", "Rare", "s", degree=2)])
        ranking = walk.ranking()
        assert ranking["near"] > ranking["far"]

    def test_a_path_begins_at_a_named_entity_when_no_fact_led_there(self):
        walk = Walk({}, {"id-A": 1.0})
        walk.add_hop(1, [edge("x", "A")])
        (step,) = walk.path("x")
        assert step.from_fact_id is None
        assert step.entity == "A"

    def test_a_better_seed_gives_a_worse_one_a_path_but_no_second_expansion(self):
        walk = Walk({"top": 1.0, "low": 0.1}, {})
        reached = walk.add_hop(1, [edge("low", "B", "top", similarity=0.9)])
        assert [r.fact_id for r in reached] == ["low"]
        assert walk.frontier(reached, limit=5) == []
        assert len(walk.path("low")) == 1
        assert walk.path("top") == []

    @given(
        st.lists(
            st.tuples(st.sampled_from("abcdef"), st.sampled_from("PQR"), st.sampled_from("abcdef"), st.integers(2, 50)),
            max_size=25,
        ),
        st.integers(1, 4),
    )
    def test_paths_end_walks_stay_bounded_and_scores_in_range(
        self, rows: list[tuple[str, str, str, int]], frontier: int
    ):
        walk = Walk({"a": 1.0, "b": 0.5}, {})
        for hop in range(1, 5):
            edges = [edge(target, entity, source, degree=degree) for target, entity, source, degree in rows]
            assert len(walk.frontier(walk.add_hop(hop, edges), limit=frontier)) <= frontier
        for fact, score in walk.ranking().items():
            assert 0 <= score <= 1
            path = walk.path(fact)
            assert len(path) <= walk.size
            assert all(earlier.to_fact_id == later.from_fact_id for earlier, later in itertools.pairwise(path))

    @given(st.integers(0, 100_000))
    def test_specificity_falls_with_the_number_of_facts(self, degree: int):
        assert 0 < specificity(degree + 1) <= specificity(degree) <= 1


DIRECT = {f"d{i}": 1 - i / 100 for i in range(20)}
WALKED = {f"w{i}": 0.5 - i / 100 for i in range(20)}
NAMED: list[tuple[str, str, list[str]]] = [
    ("1", "Clara", []),
    ("2", "Initech", ["Initech Ltd"]),
    ("3", "Al", []),
    ("4", "Porto", ["Oporto"]),
]


class TestMerge:
    def test_the_best_direct_hits_keep_their_places(self):
        merged = [id_ for id_, _ in interleave(DIRECT, WALKED, limit=10)]
        assert merged[:PROTECTED] == list(DIRECT)[:PROTECTED]

    def test_the_walk_gets_its_share_of_a_short_answer(self):
        merged = [id_ for id_, _ in interleave(DIRECT, WALKED, limit=10)]
        assert len([id_ for id_ in merged if id_.startswith("w")]) >= 3

    @given(st.integers(1, 40))
    def test_scores_never_rise_and_no_id_comes_twice(self, limit: int):
        merged = interleave(DIRECT, WALKED | {"d1": 0.9}, limit=limit)
        assert len({id_ for id_, _ in merged}) == len(merged) == min(limit, 40)
        scores = [score for _, score in merged]
        assert scores == sorted(scores, reverse=True)


class TestLinking:
    def link(self, question: str) -> set[str]:
        return {e.name for e in link_entities(question, NAMED, limit=10)}

    def test_names_are_linked_as_words(self):
        assert self.link("Where does Clara's boss live?") == {"Clara"}
        assert "Al" not in self.link("Also general questions")

    def test_a_typo_and_an_alias_are_forgiven(self):
        assert "Initech" in self.link("Who runs Inittech?")
        assert "Porto" in self.link("Is it in Oporto?")

    def test_a_word_for_word_name_scores_one(self):
        assert link_entities("Clara", NAMED, limit=1)[0].score == 1.0


class TestTemporal:
    @pytest.mark.parametrize(
        ("question", "days"),
        [
            ("What happened in the last 10 days?", (10, 0)),
            ("What did she do lately?", (7, 0)),
            ("最近3天发生了什么？", (3, 0)),
            ("What about yesterday?", (1.5, 0.5)),
        ],
    )
    def test_questions_name_spans(self, question: str, days: tuple[float, float]):
        time = question_time(question, NOW)
        assert time is not None
        assert (NOW - time.start, NOW - time.end) == (timedelta(days=days[0]), timedelta(days=days[1]))

    def test_most_questions_name_none(self):
        assert question_time("Who is Clara's boss?", NOW) is None


class TestAdmission:
    @pytest.mark.parametrize("query", ["", "  ", "?!…", "a\x07b", "\x00abc"])
    def test_nothing_to_look_for_is_refused(self, query: str):
        assert admitted(query) is None

    @given(st.text())
    def test_what_is_admitted_is_short_and_has_a_letter(self, query: str):
        text = admitted(query)
        assert text is None or (len(text) <= MAX_CHARACTERS and any(c.isalnum() for c in text))


class TestRecorder:
    def test_stages_past_the_limit_are_dropped_and_that_is_said(self):
        recorder = TraceRecorder(NOW)
        for number in range(MAX_STAGES + 1):
            recorder.add(
                TraceStage(
                    stage="tier",
                    tier="item",
                    method="vector",
                    status="success",
                    started_at=NOW + timedelta(seconds=-number),
                    duration_millis=1,
                )
            )
        trace = recorder.finish(NOW)
        assert trace.truncated
        assert len(trace.stages) == MAX_STAGES
        assert trace.stages == sorted(trace.stages, key=lambda s: s.started_at)


class TestCaptions:
    @given(st.text())
    def test_a_caption_is_short(self, text: str):
        assert len(caption_of(caption=None, speaker=None, title=None, text=text)) <= CAPTION_CHARACTERS + 1

    def test_the_speaker_or_the_title_comes_first(self):
        assert caption_of(caption=None, speaker="Anna", title=None, text="Hi") == "Anna: Hi"
        assert caption_of(caption=None, speaker=None, title="Faro", text="A city.") == "Faro: A city."
        assert caption_of(caption="Stored", speaker="Anna", title=None, text="Hi") == "Stored"
