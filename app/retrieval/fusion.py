"""Fusion of several rankings into one."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

# Cormack, Clarke & Büttcher 2009; the constant keeps the first place in one list from dominating.
RRF_CONSTANT = 60


def reciprocal_rank_fusion(rankings: Mapping[str, Sequence[str]], weights: Mapping[str, float]) -> dict[str, float]:
    """id → score ∈ (0, 1], best first; the best is 1. Ties go by id; the order of the rankings never matters.

    Each ranking gives weight / (60 + rank), rank from 1, to each of its ids (first occurrence only).
    """
    parts: defaultdict[str, list[float]] = defaultdict(list)
    for name, ids in rankings.items():
        for rank, id_ in enumerate(dict.fromkeys(ids), start=1):
            parts[id_].append(weights[name] / (RRF_CONSTANT + rank))
    # fsum is exact, so that equal sums are equal whatever their order.
    sums = {id_: math.fsum(values) for id_, values in parts.items()}
    return normalised(sums)


def normalised(scores: Mapping[str, float]) -> dict[str, float]:
    """Divide scores by the highest; best first, ties by id. Empty if no score is above 0."""
    top = max(scores.values(), default=0.0)
    if top <= 0:
        return {}
    ordered = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
    return {id_: score / top for id_, score in ordered}
