"""DEEP's ranking: a weighted sum of standardised signals for each candidate.

Scores are added, not ranks: ranks lose how far the first is ahead of the second. docs/retrieval.md has the measured
effect of each signal.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from app.retrieval.temporal import QuestionTime

Floats = NDArray[np.float64]

# Messages at most this far apart belong to the same talk.
_TALK_SECONDS = 3600.0
_BEST_OF_TALK = 3
_DAY_SECONDS = 86400.0
_NOWHERE = -1
_MOST_SHARED = 3  # items of the same source for which the penalty still grows


_FACT_SEED = 0.0125  # mass of an entity of the best seed fact; an entity named in the question has up to 1
# Exponent of the relative similarity: a fact half as similar as the best gets 1/16 of its mass.
_SHARPNESS = 4


class RankingWeights(Struct, frozen=True, kw_only=True):
    """Weights of standard scores (z over the candidates), so that 1 means one standard deviation.

    Round numbers, tuned on chats, talks with assistants and documents together (docs/retrieval.md).
    """

    vector: float = 0.7
    asked: float = 0.4  # cosine to the question without its names
    words: float = 0.5
    best_fact: float = 0.7
    fact_asked: float = 0.4
    fact_words: float = 0.4
    neighbour: float = 0.1
    answer: float = 0.5  # share of a short question's score that the message after it gets
    talk: float = 0.5
    time: float = 10.0
    time_days: float = 5.0  # days outside the question's time span in which the bonus falls to 1/e
    graph: float = 30.0  # factor of sqrt(PageRank mass) …
    graph_most: float = 5.0  # … up to about this: one rare name must not outweigh all else
    assistant: float = 1.0  # taken from what an assistant said: people mostly ask for what people said
    second_round: float = 1.0
    second_round_facts: int = 2  # fewest facts that mention an entity, for its second-round search to lift messages
    second_round_mass: float = 0.1  # sqrt(mass) from which an entity's second-round search has full weight
    protected: int = 1  # number of best direct hits that keep their places …
    protected_lead: float = 0.1  # … if each leads the next one by this standard score
    item_own: float = 0.5  # weight of an item's direct score; its best source has weight 1
    same_source: float = 1.0  # penalty for each earlier item with the same best source
    repetition: float = 2.0  # penalty for an item identical to an earlier one
    repetition_from: float = 0.75  # cosine from which two items count as similar


class FactSignals(Struct, frozen=True, kw_only=True):
    """`words`: BM25 > 0, or 0."""

    id: str
    raw_data_ids: Sequence[str]
    vector: float
    asked: float
    words: float
    direct: bool


class RawDataSignals(Struct, frozen=True, kw_only=True):
    """`second_round`: cosine to each of the second round's vectors. `at`: seconds since 1970 for a message, else None."""

    id: str
    vector: float
    asked: float
    words: float
    mass: float
    second_round: Sequence[float] = ()
    previous: str | None = None
    next: str | None = None
    asks: bool = False
    by_assistant: bool = False
    at: float | None = None


class SecondRoundEntity(Struct, frozen=True, kw_only=True):
    """An entity that the walk found, with its PageRank mass. `facts`: number of facts that mention it."""

    entity_id: str
    mass: float
    facts: int


class RankedRawData(Struct, frozen=True, kw_only=True):
    """`scores` ∈ [0, 1], descending. `direct`: standard scores without the graph; `protected`: ids of the best direct
    hits, which keep the first places.
    """

    scores: dict[str, float]
    standard: dict[str, float]
    direct: dict[str, float]
    protected: list[str] = []


def rank_raw_data(
    candidates: Sequence[RawDataSignals],
    facts: Sequence[FactSignals],
    rounds: Sequence[SecondRoundEntity],
    weights: RankingWeights,
    *,
    time: QuestionTime | None,
) -> RankedRawData:
    """Rank by the sum of all signals, best first, ties by id; protected direct hits keep the first places."""
    ordered = sorted(candidates, key=lambda c: c.id)
    if not ordered:
        return RankedRawData(scores={}, standard={}, direct={})
    direct = _standard(_direct_scores(ordered, facts, weights, time))
    mass = np.array([c.mass for c in ordered])
    bonus = weights.graph_most * np.tanh(weights.graph / weights.graph_most * np.sqrt(mass))
    total = direct + bonus + weights.second_round * _second_round(ordered, rounds, weights)
    protected = _protected(direct, weights)
    # The best direct hits first, in their own order.
    total[protected] = max(total.max(), direct.max()) + np.arange(len(protected), 0, -1) * 1e-6
    order = np.argsort(-total, kind="stable")
    standard = _standard(total)
    low, high = float(total.min()), float(total.max())
    scale = (high - low) or 1.0
    return RankedRawData(
        protected=[ordered[i].id for i in protected],
        scores={ordered[i].id: (float(total[i]) - low) / scale if high > low else 1.0 for i in order},
        standard={c.id: float(s) for c, s in zip(ordered, standard, strict=True)},
        direct={c.id: float(s) for c, s in zip(ordered, direct, strict=True)},
    )


def _protected(direct: Floats, weights: RankingWeights) -> list[int]:
    """Return positions of the best direct hits while each leads the next by `protected_lead`: hops must not displace a
    clear direct answer, but one of several near-equal hits is not protected.
    """
    order = np.argsort(-direct, kind="stable").tolist()
    kept: list[int] = []
    for position, following in zip(order[: weights.protected], [*order[1:], None], strict=False):
        if following is not None and direct[position] - direct[following] < weights.protected_lead:
            break
        kept.append(position)
    return kept


def rank_items(
    facts: Sequence[FactSignals], raw_data: Mapping[str, float], weights: RankingWeights
) -> dict[str, float]:
    """Rank facts by direct score and their best source's standard score, which has the walk's part; scores ∈ [0, 1], best
    first, ties by id.
    """
    ordered = sorted(facts, key=lambda f: int(f.id))
    if not ordered:
        return {}
    own = _standard(_fact_scores(ordered, weights))
    worst = min(raw_data.values(), default=0.0)
    source = np.array([max((raw_data.get(r, worst) for r in f.raw_data_ids), default=worst) for f in ordered])
    total = weights.item_own * own + source
    low, high = float(total.min()), float(total.max())
    scale = (high - low) or 1.0
    order = np.argsort(-total, kind="stable")
    return {ordered[i].id: (float(total[i]) - low) / scale if high > low else 1.0 for i in order}


def best_sources(facts: Sequence[FactSignals], raw_data: Mapping[str, float]) -> dict[str, str]:
    """Fact → its source with the highest standard score."""
    return {
        fact.id: max(fact.raw_data_ids, key=lambda id_: (raw_data.get(id_, -np.inf), id_))
        for fact in facts
        if fact.raw_data_ids
    }


def without_repetition(
    ranked: Mapping[str, float],
    vectors: Mapping[str, NDArray[np.float32]],
    sources: Mapping[str, str],
    weights: RankingWeights,
    *,
    limit: int,
) -> list[tuple[str, float]]:
    """Choose up to `limit` items one by one (maximal marginal relevance, Carbonell & Goldstein 1998): an item is
    penalised for its similarity to chosen ones, so that variations of a sentence don't fill the list, and for sharing
    their source, because the links of a chain are in different sources. Scores never increase.
    """
    ids = list(ranked)
    values = np.array([ranked[id_] for id_ in ids])
    zero = np.zeros(next((len(v) for v in vectors.values()), 1), dtype=np.float32)
    matrix = np.stack([vectors.get(id_, zero) for id_ in ids]) if ids else np.zeros((0, 1), dtype=np.float32)
    source = np.array([sources.get(id_, id_) for id_ in ids])
    nearest, shared = np.zeros(len(ids)), np.zeros(len(ids))
    left = np.ones(len(ids), dtype=bool)
    chosen: list[tuple[str, float]] = []
    ceiling = 1.0
    spread_of_values = float(values.std()) if ids else 0.0
    while left.any() and len(chosen) < limit:
        alike = np.clip((nearest - weights.repetition_from) / (1 - weights.repetition_from), 0.0, 1.0)
        penalty = weights.repetition * alike + weights.same_source * np.minimum(shared, _MOST_SHARED)
        score = np.where(left, values - spread_of_values * penalty, -np.inf)
        best = int(np.argmax(score))
        left[best] = False
        ceiling = max(min(ceiling, float(score[best])), 0.0)
        chosen.append((ids[best], ceiling))
        nearest = np.maximum(nearest, matrix @ matrix[best])
        shared += source == source[best]
    return chosen


def _direct_scores(
    candidates: Sequence[RawDataSignals],
    facts: Sequence[FactSignals],
    weights: RankingWeights,
    time: QuestionTime | None,
) -> Floats:
    index = {c.id: i for i, c in enumerate(candidates)}
    base = (
        weights.vector * _standard(np.array([c.vector for c in candidates]))
        + weights.asked * _standard(np.array([c.asked for c in candidates]))
        + weights.words * _standard(np.array([c.words for c in candidates]))
        + weights.best_fact * _standard(_best_facts(index, [f for f in facts if f.direct], weights))
    )
    before = np.array([index.get(c.previous or "", _NOWHERE) for c in candidates])
    after = np.array([index.get(c.next or "", _NOWHERE) for c in candidates])
    score = base + weights.neighbour * (_at(base, before) + _at(base, after)) + weights.talk * _talks(candidates, base)
    asking = np.array([float(c.asks) for c in candidates])
    score = score + weights.answer * _at(score * asking, before)
    by_assistant = np.array([float(c.by_assistant) for c in candidates])
    return score - weights.assistant * by_assistant + weights.time * _in_time(candidates, weights, time)


def _best_facts(index: Mapping[str, int], facts: Sequence[FactSignals], weights: RankingWeights) -> Floats:
    """Return each candidate's best fact score; candidates without a fact get the worst score."""
    scores = _fact_scores(facts, weights)
    best = np.full(len(index), -np.inf)
    for fact, score in zip(facts, scores.tolist(), strict=True):
        for raw_id in fact.raw_data_ids:
            if raw_id in index:
                best[index[raw_id]] = max(best[index[raw_id]], score)
    found = np.isfinite(best)
    return np.where(found, best, best[found].min() if found.any() else 0.0)


def _fact_scores(facts: Sequence[FactSignals], weights: RankingWeights) -> Floats:
    return (
        _standard(np.array([f.vector for f in facts]))
        + weights.fact_asked * _standard(np.array([f.asked for f in facts]))
        + weights.fact_words * _standard(np.array([f.words for f in facts]))
    )


def _talks(candidates: Sequence[RawDataSignals], base: Floats) -> Floats:
    """Return, for each message, the mean of the three best scores around it (itself included; missing ones are 0); 0
    for other raw data.
    """
    times = np.array([np.nan if c.at is None else c.at for c in candidates])
    near = np.abs(times[:, None] - times[None, :]) <= _TALK_SECONDS  # False wherever there is no time
    best = -np.sort(-np.where(near, base[None, :], -np.inf), axis=1)[:, :_BEST_OF_TALK]
    return np.where(np.isfinite(best), best, 0.0).sum(axis=1) / _BEST_OF_TALK


def _in_time(candidates: Sequence[RawDataSignals], weights: RankingWeights, time: QuestionTime | None) -> Floats:
    """1 inside the question's time span, decaying with the distance in days; 0 without a time."""
    if time is None:
        return np.zeros(len(candidates))
    start, end = time.start.timestamp(), time.end.timestamp()
    at = np.array([np.nan if c.at is None else c.at for c in candidates])
    days = np.maximum(0.0, np.maximum(start - at, at - end)) / _DAY_SECONDS
    return np.nan_to_num(np.exp(-days / weights.time_days), nan=0.0)


def _second_round(
    candidates: Sequence[RawDataSignals], rounds: Sequence[SecondRoundEntity], weights: RankingWeights
) -> Floats:
    """Each candidate's best standard score over the second round's entities, weighted by sqrt(mass). An entity
    that a single fact mentions gives messages (candidates with a time) nothing: it leads only to where the walk came from.
    """
    best = np.zeros(len(candidates))
    messages = np.array([c.at is not None for c in candidates])
    for number, entity in enumerate(rounds):
        share = min(1.0, float(np.sqrt(entity.mass)) / weights.second_round_mass)
        scores = _standard(np.array([c.second_round[number] for c in candidates]))
        best = np.maximum(best, np.where(messages & (entity.facts < weights.second_round_facts), 0.0, share * scores))
    return best


def _standard(values: Floats) -> Floats:
    """Standard scores; 0 for all when they are equal."""
    if len(values) == 0:
        return values
    deviation = float(values.std())
    return (values - values.mean()) / deviation if deviation > 1e-9 else np.zeros(len(values))


def _at(values: Floats, positions: NDArray[np.intp]) -> Floats:
    """Return the value at each position; 0 for `_NOWHERE`."""
    return np.where(positions == _NOWHERE, 0.0, values[positions])


def seed_masses(
    named: Mapping[str, float], facts: Sequence[tuple[float, Sequence[str]]], sources: Mapping[str, int]
) -> dict[str, float]:
    """Entity → mass. `named`: entity → score; `facts`: (similarity relative to the best, entities), best first.

    A named entity gets score / number of its sources (HippoRAG's node specificity), so that hubs get little; an entity
    of a seed fact gets at most an eightieth of that, which matters when the question names nothing.
    """
    masses: dict[str, float] = {}
    for share, entity_ids in facts:
        for entity in entity_ids:
            masses[entity] = max(
                masses.get(entity, 0.0), _FACT_SEED * share**_SHARPNESS / max(sources.get(entity, 1), 1)
            )
    for entity, score in named.items():
        masses[entity] = masses.get(entity, 0.0) + score / max(sources.get(entity, 1), 1)
    return {entity: mass for entity, mass in masses.items() if mass > 0}
