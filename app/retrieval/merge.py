"""Direct hits and the walk's finds in one ranking."""

from collections.abc import Mapping, Sequence

# The contract's graph assist pins its three best direct hits (SIMPLE; five in DEEP); the graph fills in behind them.
PROTECTED = 3


def interleave(direct: Mapping[str, float], walked: Mapping[str, float], *, limit: int) -> list[tuple[str, float]]:
    """(id, score), best first, at most `limit`; scores ∈ [0, 1], falling.

    The best direct hits keep their places. Behind them the walk's finds and the other direct hits take turns, so
    that a fact three hops away is not crowded out by many that merely resemble the question.
    """
    direct_ids, seen = list(direct), set[str]()
    protected = direct_ids[: min(PROTECTED, max(1, limit // 2))]
    order = [
        *protected,
        *_alternate([i for i in walked if i not in direct_ids[:PROTECTED]], direct_ids[len(protected) :]),
    ]
    unique = [id_ for id_ in order if not (id_ in seen or seen.add(id_))][:limit]
    return _falling(unique, direct, walked)


def _alternate(first: Sequence[str], second: Sequence[str]) -> list[str]:
    longest = max(len(first), len(second))
    return [ids[i] for i in range(longest) for ids in (first, second) if i < len(ids)]


def _falling(ids: Sequence[str], direct: Mapping[str, float], walked: Mapping[str, float]) -> list[tuple[str, float]]:
    """Each id's better score, but never above the one before it, so that order and scores agree."""
    ranked: list[tuple[str, float]] = []
    ceiling = 1.0
    for id_ in ids:
        ceiling = min(ceiling, max(direct.get(id_, 0.0), walked.get(id_, 0.0)))
        ranked.append((id_, ceiling))
    return ranked
