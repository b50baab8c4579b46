"""Scores a ranking against the expected evidence."""

import statistics
from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

CUTOFFS = (2, 5, 10, 20)
COMPLETE_CUTOFFS = (5, 10)


class Score(Struct, frozen=True, kw_only=True):
    """Scores of one question, or the mean of many. `recall[k]`, `complete[k]` (all evidence in the first k) and `mrr` ∈
    [0, 1].
    """

    recall: dict[int, float]
    complete: dict[int, float]
    mrr: float


def score(ranking: Sequence[str], evidence: Collection[str]) -> Score:
    """`ranking`: best first; `evidence`: not empty. `mrr`: 1 / rank of the first evidence, 0 if none is found."""
    wanted = set(evidence)
    ranks = [rank for rank, id_ in enumerate(dict.fromkeys(ranking), start=1) if id_ in wanted]
    return Score(
        recall={k: sum(rank <= k for rank in ranks) / len(wanted) for k in CUTOFFS},
        complete={k: float(sum(rank <= k for rank in ranks) == len(wanted)) for k in COMPLETE_CUTOFFS},
        mrr=1 / ranks[0] if ranks else 0.0,
    )


def mean(scores: Iterable[Score]) -> Score:
    """Return the mean of at least one score."""
    rows = list(scores)
    return Score(
        recall={k: statistics.fmean(row.recall[k] for row in rows) for k in CUTOFFS},
        complete={k: statistics.fmean(row.complete[k] for row in rows) for k in COMPLETE_CUTOFFS},
        mrr=statistics.fmean(row.mrr for row in rows),
    )
