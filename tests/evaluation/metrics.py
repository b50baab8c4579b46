"""Scores a ranking against the expected evidence, and items against the expected answer."""

import itertools
import statistics
from collections.abc import Callable, Collection, Mapping, Sequence

from msgspec import Struct

from tests.evaluation.words import words_of

CUTOFFS = (2, 5, 10, 20)
COMPLETE_CUTOFFS = (5, 10)
ANSWER_CUTOFFS = (1, 3, 10)


class Score(Struct, frozen=True, kw_only=True):
    """Scores of one question. Of the raw data: `recall[k]`, `any[k]` (some evidence in the first k), `complete[k]` (all of
    it) and `mrr` ∈ [0, 1]. Of the items: `answer[k]` ∈ [0, 1], the share of the expected answer's words that the first k
    hold; empty if no answer is expected. `tokens`: of all texts returned. Systems that return ids only have neither.
    """

    recall: dict[int, float]
    any: dict[int, float]
    complete: dict[int, float]
    mrr: float
    answer: dict[int, float] = {}
    tokens: int | None = None


class Estimate(Struct, frozen=True, kw_only=True):
    """A mean and its standard error, which is 0 for a single value."""

    mean: float
    error: float


class Summary(Struct, frozen=True, kw_only=True):
    """Means over `questions` questions; `answer` and `tokens` over those that have them, else None."""

    questions: int
    recall: dict[int, Estimate]
    any: dict[int, Estimate]
    complete: dict[int, Estimate]
    mrr: Estimate
    answer: dict[int, Estimate] | None
    tokens: Estimate | None


def score(ranking: Sequence[str], evidence: Collection[str]) -> Score:
    """`ranking`: best first; `evidence`: not empty. `mrr`: 1 / rank of the first evidence, 0 if none is found."""
    wanted = set(evidence)
    ranks = [rank for rank, id_ in enumerate(dict.fromkeys(ranking), start=1) if id_ in wanted]
    return Score(
        recall={k: sum(rank <= k for rank in ranks) / len(wanted) for k in CUTOFFS},
        any={k: float(any(rank <= k for rank in ranks)) for k in COMPLETE_CUTOFFS},
        complete={k: float(sum(rank <= k for rank in ranks) == len(wanted)) for k in COMPLETE_CUTOFFS},
        mrr=1 / ranks[0] if ranks else 0.0,
    )


def answer_shares(items: Sequence[str], answer: str) -> dict[int, float]:
    """Return k → share of the answer's words that the texts of the first k items hold; empty for an answer without words."""
    wanted = set(words_of([answer])[0])
    if not wanted:
        return {}
    words = words_of(items) if items else []
    return {k: len(wanted.intersection(itertools.chain(*words[:k]))) / len(wanted) for k in ANSWER_CUTOFFS}


def estimate(values: Sequence[float]) -> Estimate:
    """Return the mean of at least one value."""
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return Estimate(mean=statistics.fmean(values), error=error)


def summarise(scores: Collection[Score]) -> Summary:
    """Return the means of at least one score."""

    def each(values: Callable[[Score], Mapping[int, float]], rows: Collection[Score] = scores) -> dict[int, Estimate]:
        return {k: estimate([values(row)[k] for row in rows]) for k in values(next(iter(rows)))}

    answered = [row for row in scores if row.answer]
    tokens = [row.tokens for row in scores if row.tokens is not None]
    return Summary(
        questions=len(scores),
        recall=each(lambda row: row.recall),
        any=each(lambda row: row.any),
        complete=each(lambda row: row.complete),
        mrr=estimate([row.mrr for row in scores]),
        answer=each(lambda row: row.answer, answered) if answered else None,
        tokens=estimate(tokens) if tokens else None,
    )
