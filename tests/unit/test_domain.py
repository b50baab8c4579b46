from datetime import UTC, datetime, timedelta
from itertools import zip_longest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.boundary import (
    MAX_MESSAGES,
    MAX_TOKENS,
    PendingMessage,
    SealReason,
    seal_reason,
    token_estimate,
)
from app.domain.filters import categories_of
from app.domain.ids import content_hash, digest, fact_id, stable_uuid
from app.domain.knowledge import Category, FactScope, Granularity, Role, TimeSpan
from app.domain.operations import (
    MAX_BACKOFF,
    MAX_FAILURES,
    FailureClass,
    OperationKind,
    OperationStatus,
    QueuedOperation,
    backoff,
    ends_as_failed,
)
from app.domain.planning import Extract, FlushIdle, KeepWaiting, Pause, next_step, windows, windows_by_length
from app.domain.scope import MemoryScope, memory_token

NOW = datetime(2024, 3, 4, 9, tzinfo=UTC)


class TestScope:
    @given(st.tuples(st.text(), st.text()), st.tuples(st.text(), st.text()))
    def test_two_scopes_share_a_memory_only_when_they_are_equal(self, one: tuple[str, str], two: tuple[str, str]):
        first, second = (MemoryScope(user_id=user, agent_id=agent) for user, agent in (one, two))
        assert (first.memory_id == second.memory_id) == (one == two)

    def test_a_colon_in_either_id_gives_different_memories(self):
        assert MemoryScope(user_id="a:b", agent_id="c").memory_id != MemoryScope(user_id="a", agent_id="b:c").memory_id

    def test_plain_ids_are_joined_by_a_colon(self):
        assert MemoryScope(user_id="anna", agent_id="helper").memory_id == "anna:helper"

    @given(st.text())
    def test_a_token_is_one_word_for_every_analyzer(self, memory_id: str):
        token = memory_token(memory_id)
        assert token[0] == "m"
        assert token[1:].isdigit()


class TestIds:
    @given(st.lists(st.text()), st.lists(st.text()))
    def test_lists_with_equal_concatenations_have_different_digests(self, one: list[str], two: list[str]):
        assert (digest(*one) == digest(*two)) == (one == two)

    def test_a_content_hash_ignores_case_space_and_width(self):
        assert content_hash("Anna  moved to Ｌisbon") == content_hash(" anna MOVED to lisbon ")
        assert content_hash("Anna moved") != content_hash("Anna moves")

    @given(st.text(), st.text())
    def test_a_fact_id_fits_a_json_number(self, memory_id: str, fact_hash: str):
        assert 1 <= fact_id(memory_id, fact_hash) < 2**53

    def test_ids_differ_between_memories(self):
        assert fact_id("a", "x") != fact_id("b", "x")
        assert stable_uuid("entity", "a", "x") != stable_uuid("entity", "b", "x")
        assert stable_uuid("entity", "a", "x") == stable_uuid("entity", "a", "x")


class TestTimeSpan:
    @pytest.mark.parametrize(
        ("granularity", "is_moment"),
        [(Granularity.POINT, True), (Granularity.DAY, True), (Granularity.WEEK, False), (Granularity.YEAR, False)],
    )
    def test_only_points_and_days_occur_at_a_moment(self, granularity: Granularity, is_moment: bool):
        span = TimeSpan(expression="x", start=NOW, end=NOW + timedelta(days=1), granularity=granularity)
        assert (span.occurred_at is not None) == is_moment


def pending(
    number: int, *, role: Role = Role.USER, tokens: int = 10, minutes: float = 0, idle: int = 0
) -> PendingMessage:
    return PendingMessage(
        id=f"m{number}",
        role=role,
        tokens=tokens,
        occurred_at=NOW + timedelta(minutes=minutes),
        sequence=number,
        idle_millis=idle,
    )


class TestBoundary:
    def test_the_first_message_waits(self):
        assert seal_reason([], pending(0)) is None

    def test_an_assistant_message_never_seals(self):
        history = [pending(i) for i in range(MAX_MESSAGES + 5)]
        assert seal_reason(history, pending(99, role=Role.ASSISTANT, minutes=600)) is None

    def test_fifty_messages_are_enough(self):
        assert seal_reason([pending(i) for i in range(MAX_MESSAGES - 2)], pending(99)) is None
        assert seal_reason([pending(i) for i in range(MAX_MESSAGES - 1)], pending(99)) is SealReason.HARD_LIMIT

    def test_8192_tokens_are_enough(self):
        assert seal_reason([pending(0, tokens=MAX_TOKENS - 11)], pending(1)) is None
        assert seal_reason([pending(0, tokens=MAX_TOKENS - 10)], pending(1)) is SealReason.TOKEN_LIMIT

    def test_a_pause_of_more_than_half_an_hour_seals(self):
        assert seal_reason([pending(0)], pending(1, minutes=30)) is None
        assert seal_reason([pending(0)], pending(1, minutes=30.1)) is SealReason.TIME_GAP

    def test_a_late_message_from_the_past_does_not_seal(self):
        assert seal_reason([pending(0, minutes=100)], pending(1, minutes=0)) is None

    @given(st.text())
    def test_any_text_is_at_least_one_token(self, text: str):
        assert 1 <= token_estimate(text) <= len(text) + 1

    def test_chinese_counts_by_the_character(self):
        assert token_estimate("我昨天搬到了里斯本") > 8


def queued(
    number: int,
    kind: OperationKind = OperationKind.ADD_MESSAGE,
    *,
    sequence: int | None = None,
    sealed: list[str] | None = None,
    run_after: datetime | None = None,
) -> QueuedOperation:
    return QueuedOperation(
        id=f"op{number}",
        kind=kind,
        status=OperationStatus.ACCEPTED,
        attempts=0,
        number=number,
        sequence=number + 1 if sequence is None else sequence,
        stored=[f"m{number}"] if kind is OperationKind.ADD_MESSAGE else [],
        sealed=sealed,
        run_after=run_after,
    )


class TestPlanning:
    def plan(self, queue: list[QueuedOperation], buffer: list[PendingMessage]):
        return next_step(queue, buffer, now=NOW, idle_millis=1000)

    def test_an_empty_queue_gives_no_decision(self):
        assert self.plan([], []) is None
        assert self.plan([], [pending(0, idle=999)]) is None

    def test_a_message_from_the_future_is_flushed(self):
        assert self.plan([], [pending(0, idle=-3_600_000)]) == FlushIdle()
        assert self.plan([], [pending(0, idle=-500)]) is None

    def test_an_idle_buffer_is_flushed_but_not_while_anything_in_it_is_fresh(self):
        assert self.plan([], [pending(0, idle=1000)]) == FlushIdle()
        assert self.plan([], [pending(0, idle=5000), pending(1, idle=10)]) is None

    def test_messages_that_may_wait_are_done_together(self):
        decision = self.plan([queued(0), queued(1), queued(2)], [pending(i) for i in range(3)])
        assert decision == KeepWaiting(operations=[queued(0), queued(1), queued(2)])

    def test_a_sealing_message_extracts_what_came_before_it_and_opens_the_next_buffer(self):
        buffer = [pending(0), pending(1), pending(2, minutes=60), pending(3, minutes=61)]
        assert self.plan([queued(2), queued(3)], buffer) == Extract(operation=queued(2), raw_data_ids=["m0", "m1"])

    def test_messages_before_a_sealing_one_are_done_first(self):
        decision = self.plan([queued(1), queued(2)], [pending(0), pending(1), pending(2, minutes=60)])
        assert decision == KeepWaiting(operations=[queued(1)])

    def test_a_commit_takes_only_earlier_messages(self):
        commit = queued(5, OperationKind.COMMIT, sequence=2)
        decision = self.plan([commit, queued(2)], [pending(0), pending(1), pending(2)])
        assert decision == Extract(operation=commit, raw_data_ids=["m0", "m1"])

    def test_a_retried_operation_keeps_its_selection(self):
        again = queued(2, sealed=["m0", "m1"])
        assert self.plan([again], [pending(2)]) == Extract(operation=again, raw_data_ids=["m0", "m1"])

    def test_later_operations_wait_for_an_operation_to_be_retried(self):
        assert self.plan([queued(0, run_after=NOW + timedelta(seconds=1)), queued(1)], [pending(0)]) == Pause()
        assert self.plan([queued(0, run_after=NOW)], [pending(0)]) == KeepWaiting(operations=[queued(0, run_after=NOW)])

    @given(st.lists(st.text(), unique=True))
    def test_windows_hold_every_id_once_and_in_order(self, ids: list[str]):
        parts = list(windows(ids))
        assert [id_ for part in parts for id_ in part] == ids
        assert all(1 <= len(part) <= 10 for part in parts)

    @given(st.lists(st.integers(0, 9_000)))
    def test_only_short_messages_come_twenty_to_a_window(self, characters: list[int]):
        lengths = {str(i): length for i, length in enumerate(characters)}
        parts = list(windows_by_length(lengths))
        assert [id_ for part in parts for id_ in part] == list(lengths)
        for part, following in zip_longest(parts, parts[1:]):
            long = sum(lengths[id_] for id_ in part) > 4_000
            assert 1 <= len(part) <= (10 if long else 20)
            if following is not None:
                assert len(part) >= 10


class TestRetries:
    @given(st.integers(1, 10_000))
    def test_pauses_grow_up_to_a_limit(self, attempts: int):
        assert timedelta(0) < backoff(attempts) <= backoff(attempts + 1) <= MAX_BACKOFF

    def test_network_failures_never_end_an_operation(self):
        assert not ends_as_failed(FailureClass.TRANSPORT, 10_000)

    def test_a_repeated_failure_ends_after_three_tries(self):
        assert not ends_as_failed(FailureClass.DATA, MAX_FAILURES - 1)
        assert ends_as_failed(FailureClass.DATA, MAX_FAILURES)


class TestCategories:
    def test_no_scope_and_no_names_restrict_nothing(self):
        assert categories_of(None, ()) is None

    def test_unknown_names_alone_restrict_nothing(self):
        assert categories_of(None, ("nonsense",)) is None
        assert categories_of(None, ("nonsense", "Event")) == (Category.EVENT,)

    def test_a_scope_allows_only_its_categories(self):
        assert categories_of(FactScope.AGENT, ("event",)) == ()
        assert categories_of(FactScope.USER, ("event", "tool")) == (Category.EVENT,)
        assert set(categories_of(FactScope.USER, ()) or ()) == {Category.PROFILE, Category.BEHAVIOR, Category.EVENT}
