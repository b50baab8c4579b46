import itertools
import random
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.domain.knowledge import EntityType
from app.domain.names import entity_key
from app.domain.retrieval import PathStep, TraceStage
from app.retrieval.admission import MAX_CHARACTERS, admitted
from app.retrieval.captions import CAPTION_CHARACTERS, caption_of
from app.retrieval.fusion import reciprocal_rank_fusion
from app.retrieval.linking import NameCandidate, link_entities, masked
from app.retrieval.paths import PathFact, readable
from app.retrieval.ranking import (
    FactSignals,
    RankingWeights,
    RawDataSignals,
    SecondRoundEntity,
    best_sources,
    rank_items,
    rank_raw_data,
    without_repetition,
)
from app.retrieval.recorder import MAX_STAGES, TraceRecorder
from app.retrieval.temporal import QuestionTime, question_time

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

    def test_two_good_ranks_beat_one_first_place(self):
        fused = reciprocal_rank_fusion({"b": ["u", "v"], "c": ["w", "v"]}, {"b": 1.0, "c": 1.0})
        assert next(iter(fused)) == "v"


class TestLinking:
    def link(self, question: str) -> set[str]:
        return {e.name for e in link_entities(question, NAMED, limit=10)}

    def test_names_are_linked_as_words(self):
        assert self.link("Where does Clara's boss live?") == {"Clara"}
        assert "Al" not in self.link("Also general questions")

    def test_a_typo_and_an_alias_are_forgiven(self):
        assert "Initech" in self.link("Who runs Inittech?")
        assert "Porto" in self.link("Is it in Oporto?")

    @pytest.mark.parametrize(
        ("question", "name"),
        [
            ("ฉันเคยอยู่ลำปางหรือเปล่า", "ลำปาง"),
            ("มานีทำงานที่ไหน", "มานี"),
            ("राम कहाँ रहता है?", "राम"),
            ("田中は元気ですか", "田中さん"),
        ],
    )
    def test_names_of_any_script_are_linked(self, question: str, name: str):
        stored = ["ลำปาง", "มานี", "มาน", "राम", "रोम", "田中さん"]
        candidates = [NameCandidate(id=name, key=entity_key(name), name=name) for name in stored]
        assert [e.name for e in link_entities(question, candidates, limit=10)] == [name]

    def test_an_exact_name_scores_one(self):
        (clara,) = link_entities("Does Clara sing?", NAMED, limit=1)
        assert (clara.score, clara.start, clara.end) == (1.0, 5, 10)

    def test_a_longer_name_excludes_shorter_names_inside_it(self):
        assert self.link("Who governs North Dakota today?") == {"North Dakota"}
        assert self.link("Who governs Dakota today?") == {"Dakota"}

    def test_words_that_only_look_like_entities_are_not_linked(self):
        assert self.link("Did she research the topic?") == set()
        assert self.link("Research is what she does") == set()

    def test_without_capitals_people_are_still_known(self):
        assert self.link("where does clara live") == {"Clara"}

    def test_names_of_scripts_without_spaces_are_found_inside(self):
        assert self.link("王小明在哪里工作？") == {"王小明"}

    @given(st.text(max_size=80))
    def test_links_never_overlap_and_lie_in_the_question(self, question: str):
        spans = sorted((e.start, e.end) for e in link_entities(question, NAMED, limit=10))
        assert all(0 <= start < end <= len(question) for start, end in spans)
        assert all(earlier[1] <= later[0] for earlier, later in itertools.pairwise(spans))

    def test_the_asked_part_is_the_question_without_names(self):
        question = "When did Clara's mother visit Porto with Al?"
        assert masked(question, link_entities(question, NAMED, limit=10)) == "When did mother visit with ?"
        assert masked("Clara?", link_entities("Clara?", NAMED, limit=10)) == "Clara?"


def named(id_: str, name: str, kind: EntityType = EntityType.PERSON, *aliases: str) -> NameCandidate:
    return NameCandidate(id=id_, key=entity_key(name), name=name, entity_type=kind, aliases=list(aliases))


NAMED = [
    named("1", "Clara"),
    named("2", "Initech", EntityType.ORGANIZATION, "Initech Ltd"),
    named("3", "Al"),
    named("4", "Porto", EntityType.PLACE, "Oporto"),
    named("5", "North Dakota", EntityType.PLACE),
    named("6", "Dakota", EntityType.PLACE),
    named("7", "research", EntityType.CONCEPT),
    named("8", "王小明"),
]


def raw(id_: str, vector: float = 0.0, **more: Any) -> RawDataSignals:
    values: dict[str, Any] = {"vector": vector, "asked": vector, "words": 0.0, "mass": 0.0, **more}
    return RawDataSignals(id=id_, **values)


def signals(id_: str, vector: float, *raw_ids: str, direct: bool = True) -> FactSignals:
    return FactSignals(id=id_, raw_data_ids=list(raw_ids), vector=vector, asked=vector, words=0.0, direct=direct)


CANDIDATES = [raw(f"c{i:02d}", vector=0.5 - i / 100) for i in range(20)]
WEIGHTS_OF_RANKING = RankingWeights()


def order(candidates: list[RawDataSignals], *facts: FactSignals, **more: Any) -> list[str]:
    arguments: dict[str, Any] = {"rounds": (), "time": None, **more}
    return list(
        rank_raw_data(candidates, facts, arguments["rounds"], WEIGHTS_OF_RANKING, time=arguments["time"]).scores
    )


class TestRanking:
    def test_a_clear_direct_hit_keeps_its_place_and_the_graph_lifts_the_rest(self):
        clear = replace(CANDIDATES[0], vector=0.8, asked=0.8)
        found = replace(CANDIDATES[-1], mass=0.2)
        assert order([clear, *CANDIDATES[1:-1], found])[:2] == ["c00", "c19"]

    def test_a_hit_among_equals_is_not_kept_in_first_place(self):
        equal = replace(CANDIDATES[1], vector=0.499, asked=0.499)
        found = replace(CANDIDATES[-1], mass=0.2)
        assert order([CANDIDATES[0], equal, *CANDIDATES[2:-1], found])[0] == "c19"

    def test_a_fact_lifts_its_source(self):
        facts = [signals("1", 0.9, "c15"), signals("2", 0.1, "c00")]
        assert order(CANDIDATES, *facts).index("c15") < order(CANDIDATES).index("c15")

    def test_the_message_after_a_question_that_fits_is_lifted(self):
        def place(*, asks: bool) -> int:
            first = replace(CANDIDATES[0], asks=asks, next="c18")
            answer = replace(CANDIDATES[18], previous="c00")
            return order([first, *CANDIDATES[1:18], answer, CANDIDATES[19]]).index("c18")

        assert place(asks=True) < place(asks=False)

    def test_what_an_assistant_said_comes_after_as_near_words_of_a_person(self):
        said = [replace(CANDIDATES[2], id=f"d{i}", by_assistant=i == 0) for i in range(2)]
        ranked = order([*CANDIDATES, *said])
        assert ranked.index("d1") < ranked.index("d0")

    def test_the_bonus_of_the_graph_has_a_limit(self):
        near = [raw("a", vector=0.9, mass=0.01), raw("b", vector=0.1, mass=1.0)]
        far = [replace(c, vector=0.1, asked=0.1) for c in CANDIDATES]
        for most, best in ((50.0, "b"), (WEIGHTS_OF_RANKING.graph_most, "a")):
            weights = replace(WEIGHTS_OF_RANKING, protected=0, graph_most=most)
            assert next(iter(rank_raw_data([*near, *far], (), (), weights, time=None).scores)) == best

    def test_the_time_that_a_question_names_counts(self):
        day = datetime(2024, 3, 4, tzinfo=UTC)
        then = [replace(c, at=day.timestamp() + i * 86400 * 10) for i, c in enumerate(CANDIDATES)]
        time = QuestionTime(start=day + timedelta(days=150), end=day + timedelta(days=151))
        assert order(then, time=time)[0] == "c15"

    def test_the_second_round_lifts_hits_of_its_entity_and_messages_if_others_mention_it(self):
        rounds = [SecondRoundEntity(entity_id="e", mass=1.0, facts=1)]
        found = [replace(c, second_round=[1.0 if c.id == "c17" else 0.0]) for c in CANDIDATES]
        assert order(found, rounds=rounds)[:2] == ["c00", "c17"]  # after the protected direct hit
        messages = [replace(c, at=i * 86400.0) for i, c in enumerate(found)]
        assert order(messages, rounds=rounds) == order(messages)
        again = [replace(rounds[0], facts=2)]
        assert order(messages, rounds=again)[:2] == ["c00", "c17"]

    @given(
        st.lists(
            st.tuples(st.floats(-1, 1), st.floats(0, 30), st.floats(0, 1), st.booleans()), min_size=1, max_size=12
        ),
        st.randoms(),
    )
    def test_scores_fall_from_one_and_the_order_of_candidates_changes_nothing(
        self, rows: list[tuple[float, float, float, bool]], rng: random.Random
    ):
        candidates = [raw(f"c{i}", v, words=w, mass=m, asks=a, at=i * 60.0) for i, (v, w, m, a) in enumerate(rows)]
        ranked = rank_raw_data(candidates, [], [], WEIGHTS_OF_RANKING, time=None).scores
        assert set(ranked) == {c.id for c in candidates}
        assert list(ranked.values()) == sorted(ranked.values(), reverse=True)
        assert all(0 <= score <= 1 for score in ranked.values())
        rng.shuffle(candidates)
        assert list(rank_raw_data(candidates, [], [], WEIGHTS_OF_RANKING, time=None).scores) == list(ranked)

    def test_items_rank_by_own_score_and_source(self):
        facts = [signals("1", 0.6, "a"), signals("2", 0.5, "b"), signals("3", 0.6, "b")]
        assert list(rank_items(facts, {"a": -1.0, "b": 2.0}, WEIGHTS_OF_RANKING)) == ["3", "2", "1"]

    def test_duplicates_are_moved_to_the_end(self):
        same = np.array([1.0, 0.0], dtype=np.float32)
        vectors = {"1": same, "2": same, "3": np.array([0.0, 1.0], dtype=np.float32)}
        ranked = {"1": 1.0, "2": 0.9, "3": 0.8, "4": 0.7}
        kept = without_repetition(ranked, vectors, {}, WEIGHTS_OF_RANKING, limit=4)
        assert [id_ for id_, _ in kept] == ["1", "3", "4", "2"]
        assert [score for _, score in kept] == sorted((score for _, score in kept), reverse=True)
        assert without_repetition({}, {}, {}, WEIGHTS_OF_RANKING, limit=4) == []

    def test_other_sources_come_before_more_of_the_same_one(self):
        ranked = {"1": 1.0, "2": 0.95, "3": 0.9, "4": 0.7, "5": 0.1}
        sources = {"1": "a", "2": "a", "3": "a", "4": "b", "5": "c"}
        kept = without_repetition(ranked, {}, sources, WEIGHTS_OF_RANKING, limit=5)
        assert [id_ for id_, _ in kept][:2] == ["1", "4"]
        # But a second fact of the best source comes before what is much worse.
        assert [id_ for id_, _ in kept][2] == "2"
        assert len({id_ for id_, _ in kept}) == 5
        assert [score for _, score in kept] == sorted((score for _, score in kept), reverse=True)

    def test_a_fact_counts_for_the_best_of_its_sources(self):
        facts = [
            replace(signals("1", 0.5, "a"), raw_data_ids=["a", "b"]),
            replace(signals("2", 0.5, "a"), raw_data_ids=[]),
        ]
        assert best_sources(facts, {"a": 0.1, "b": 0.9}) == {"1": "b"}


class TestPaths:
    statements: ClassVar[dict[str, PathFact]] = {
        "1": PathFact(text="Quirin is Marta's brother.", subject="Quirin", predicate="brother of", object="Marta"),
        "2": PathFact(text="Quirin works at Zephyr.", subject="Quirin", predicate="works at", object="Zephyr"),
        "3": PathFact(text="Zephyr is in Tromsdalen.", subject="Zephyr", predicate="located in", object="Tromsdalen"),
        "4": PathFact(text="The bridge of Tromsdalen was closed."),
    }

    def read(self, *steps: tuple[str | None, str, str]) -> str:
        path = [
            PathStep(hop=i, from_fact_id=f, entity=e, relationship="MENTIONS", to_fact_id=t, weight=1.0)
            for i, (f, e, t) in enumerate(steps, start=1)
        ]
        return readable(path, self.statements)

    def test_a_path_reads_as_names_and_relations(self):
        text = self.read(("1", "Quirin", "2"), ("2", "Zephyr", "3"))
        assert text == "Marta ←brother of— Quirin —works at→ Zephyr —located in→ Tromsdalen"

    def test_it_may_begin_at_a_name_and_go_against_the_arrow(self):
        assert self.read((None, "Zephyr", "2")) == "Zephyr ←works at— Quirin"

    def test_a_fact_without_a_relation_is_shown_as_its_text(self):
        assert self.read(("3", "Tromsdalen", "4")) == (
            "Zephyr —located in→ Tromsdalen — “The bridge of Tromsdalen was closed.”"
        )

    def test_no_relation_is_shown_for_entities_that_are_only_mentioned(self):
        boss = PathFact(
            text="Tomas is the boss of Lena, said Mara.", subject="Tomas", predicate="boss of", object="Lena"
        )
        self.statements["5"] = boss
        assert self.read((None, "Mara", "5")) == "Mara — “Tomas is the boss of Lena, said Mara.”"
        assert self.read(("2", "Quirin", "5"), ("5", "Lena", "3")).startswith("Zephyr ←works at— Quirin — “Tomas is")
        assert self.read((None, "Lena", "5"), ("5", "Tomas", "4")).startswith("Lena ←boss of— Tomas")

    def test_no_hops_give_no_path(self):
        assert self.read() == ""


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

    def test_most_questions_name_no_time(self):
        assert question_time("Who is Clara's boss?", NOW) is None


class TestAdmission:
    @pytest.mark.parametrize("query", ["", "  ", "?!…", "a\x07b", "\x00abc"])
    def test_unusable_queries_return_none(self, query: str):
        assert admitted(query) is None

    @given(st.text())
    def test_accepted_queries_are_short_and_contain_a_letter(self, query: str):
        text = admitted(query)
        assert text is None or (len(text) <= MAX_CHARACTERS and any(c.isalnum() for c in text))


class TestRecorder:
    def test_stages_above_the_limit_are_dropped_and_reported(self):
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
