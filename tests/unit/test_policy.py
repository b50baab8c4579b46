"""Expiry policies, and titles and kinds of typed facts."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.errors import InvalidInput
from app.domain.knowledge import Attribution, FactKind
from app.domain.policy import PRESETS, Policy, PolicyMatch, PolicyRule, Preset, duration
from app.domain.typed_facts import TypedFactRow, card, title_of
from app.extraction.kinds import kind_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def memory(*, days: float, kind: str = "context", **more: object) -> TypedFactRow:
    values = {"id": 1, "content": "x", "kind": kind, "created_at": NOW - timedelta(days=days), **more}
    return TypedFactRow(**values)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90m", timedelta(minutes=90)),
        ("1h", timedelta(hours=1)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(days=14)),
        ("3mo", timedelta(days=90)),
        ("1y", timedelta(days=365)),
        ("never", None),
    ],
)
def test_durations(text: str, expected: timedelta | None):
    assert duration(text) == expected


@pytest.mark.parametrize("text", ["", "7", "d", "-1d", "7 d", "1.5d", "Never", "7days"])
def test_invalid_durations(text: str):
    with pytest.raises(ValueError, match=text or "^$"):
        duration(text)


class TestPolicy:
    def test_the_first_matching_rule_decides(self):
        policy = Policy(
            retention={"context": "1d"},
            rules=[
                PolicyRule(name="pinned", match=PolicyMatch(tags=["pinned"])),
                PolicyRule(name="scratch", match=PolicyMatch(tags=["scratch"]), expire_after="2d"),
            ],
        ).checked()
        assert policy.verdict(memory(days=5), NOW) == "retention.context"
        assert policy.verdict(memory(days=5, tags=["pinned", "scratch"]), NOW) is None
        assert policy.verdict(memory(days=5, tags=["scratch"]), NOW) == "scratch"
        assert policy.verdict(memory(days=1.5, tags=["scratch"]), NOW) is None
        assert policy.verdict(memory(days=5, kind="fact"), NOW) is None

    def test_age_counts_from_the_last_change(self):
        policy = Policy(retention={"context": "1d"})
        assert policy.verdict(memory(days=5, updated_at=NOW - timedelta(hours=1)), NOW) is None

    def test_all_given_conditions_must_match(self):
        match = PolicyMatch(
            type=[FactKind.FACT], source=["agent"], provenance=[Attribution.INFERRED], confidence_below=0.5
        )
        fitting = memory(days=1, kind="fact", source="agent", provenance="inferred", confidence=0.4)
        assert match.fits(fitting)
        for other in ({"kind": "goal"}, {"source": "user"}, {"provenance": "observed"}, {"confidence": 0.5}):
            values = {"kind": "fact", "source": "agent", "provenance": "inferred", "confidence": 0.4, **other}
            assert not match.fits(memory(days=1, **values))  # pyright: ignore[reportArgumentType]
        assert PolicyMatch().fits(fitting)

    def test_long_expired_memories_are_purged(self):
        policy = Policy(purge_expired_after="7d")
        assert policy.purges(memory(days=9, expired_at=NOW - timedelta(days=8)), NOW)
        assert not policy.purges(memory(days=9, expired_at=NOW - timedelta(days=6)), NOW)
        assert not policy.purges(memory(days=9), NOW)
        assert not Policy().purges(memory(days=9, expired_at=NOW - timedelta(days=8)), NOW)

    def test_duplicate_rule_names_are_refused(self):
        with pytest.raises(InvalidInput):
            Policy(rules=[PolicyRule(name="a"), PolicyRule(name="a")]).checked()

    @pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
    def test_presets_are_valid_and_keep_lasting_memories(self, preset: Preset):
        policy = preset.policy.checked()
        assert not {"preference", "instruction", "relationship"} & policy.retention.keys()
        assert policy.verdict(memory(days=4000, tags=["pinned"]), NOW) is None
        assert policy.verdict(memory(days=4000), NOW) == "retention.context"


class TestTitlesAndKinds:
    def test_titles_are_one_line_and_short(self):
        assert title_of("Ana\n likes   tea.") == "Ana likes tea."
        assert title_of("x" * 50) == "x" * 50
        assert title_of("x" * 51) == "x" * 47 + "..."

    def test_a_card_holds_everything(self):
        assert card("fact", "Tea", "Ana likes tea.", []) == "[FACT] Tea\n\nAna likes tea."
        assert card("fact", "Tea", "Ana likes tea.", ["a", "b"]).endswith("\n\nTags: a, b")

    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("User prefers email over phone calls", "preference"),
            ("TypeScript was chosen over Flow, we decided", "decision"),
            ("Release v1.2.0 launched on 2024-01-02", "event"),
            ("The lesson: onboarding takes longer than we think", "learning"),
            ("The budget spreadsheet has three sheets", "artifact"),
            ("We are currently in the planning phase", "context"),
            ("Tea", "fact"),
            ("Zwei Katzen schlafen hier", "fact"),
        ],
    )
    def test_kinds_are_inferred_from_the_text(self, text: str, kind: str):
        assert kind_of(text) == kind
