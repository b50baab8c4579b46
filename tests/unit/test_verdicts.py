"""Which fact closes which, and how a model's verdicts change a window."""

from datetime import UTC, datetime

import pytest

from app.domain.knowledge import Category, Evidence, Fact, Granularity, TimeSpan
from app.graph.knowledge import FactRow, RelatedFact, SupersededRow
from app.prompts.verdicts import FactQuestion, FactVerdict, VerdictsAnswer
from app.services.extraction.apply_verdicts import AppliedVerdicts, with_verdicts
from app.services.extraction.reconcile_facts import OpenFact, Reconciliation, closing
from app.services.extraction.resolve_entities import ResolvedNames


def fact_row(content_hash: str, told: datetime, *, span: tuple[datetime, datetime] | None = None) -> FactRow:
    time = span and TimeSpan(expression="then", start=span[0], end=span[1], granularity=Granularity.RANGE)
    fact = Fact(
        text=content_hash,
        category=Category.EVENT,
        evidence=[Evidence(raw_data_id="r", quote="q", start=0, end=1)],
        mentions=[],
        observed_at=told,
        time=time,
    )
    return FactRow(id=1, content_hash=content_hash, fact=fact, extractor="m", embedding=[1.0], mentions=[])


def related(content_hash: str, valid_at: datetime) -> RelatedFact:
    return RelatedFact(
        index=0, id=9, content_hash=content_hash, text="x", valid_at=valid_at, observed_at=valid_at, similarity=0.9
    )


def day(month: int, number: int) -> datetime:
    return datetime(2024, month, number, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "older_since", "newer", "at"),
    [
        (fact_row("new", day(5, 4)), day(3, 4), "new", day(5, 4)),
        (fact_row("new", day(3, 4)), day(5, 4), "old", day(5, 4)),
        (fact_row("new", day(5, 4)), day(5, 4), "new", day(5, 4)),
        # "This year", said in November, does not count as earlier than a fact of March.
        (fact_row("new", day(11, 2), span=(day(1, 1), datetime(2025, 1, 1, tzinfo=UTC))), day(3, 1), "new", day(3, 1)),
        # Told later of a day shortly before: "I moved on Saturday".
        (fact_row("new", day(11, 2), span=(day(10, 26), day(10, 27))), day(11, 1), "new", day(11, 1)),
    ],
)
def test_the_fact_that_was_told_later_closes_the_other(
    row: FactRow, older_since: datetime, newer: str, at: datetime
) -> None:
    closed = closing(row, related("old", older_since))
    assert closed is not None
    assert closed.newer == newer
    assert closed.at == at


def test_a_change_of_long_ago_closes_nothing() -> None:
    """ "I moved to Porto in January", told after "I live in Lisbon" of June."""
    row = fact_row("new", day(11, 2), span=(day(1, 1), day(2, 1)))
    assert closing(row, related("old", day(6, 1))) is None


def test_a_duplicate_verdict_applies_to_repeats_and_closings() -> None:
    rows = [fact_row("a", day(3, 4)), fact_row("a", day(3, 4)), fact_row("b", day(3, 4))]
    superseded = [SupersededRow(newer="a", older="z", at=day(3, 4))]
    question = OpenFact(row=0, older=related("stored", day(1, 1)), question=FactQuestion(older="x", newer="a"))
    answer = VerdictsAnswer(
        names=[],
        facts=[FactVerdict(question=0, relation="duplicate"), FactVerdict(question=-1, relation="contradiction")],
    )
    found = Reconciliation(rows=rows, superseded=superseded, open=[question])
    applied = with_verdicts(AppliedVerdicts(same=[], rows=rows, superseded=superseded), answer, ResolvedNames(), found)
    assert [row.content_hash for row in applied.rows] == ["stored", "stored", "b"]
    assert [(row.newer, row.older) for row in applied.superseded] == [("stored", "z")]
