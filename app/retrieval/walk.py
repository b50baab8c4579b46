"""The walk over the graph: which facts a hop reached, by which edge, and where to go on."""

import math
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from app.domain.retrieval import PathStep

# What a hop costs even over the most specific entity, so that nearer facts come first among equals; any value a little
# below 1 does that, and paths of three hops still keep .73 of their weight.
_HOP_DECAY = 0.9


class Edge(Struct, frozen=True, kw_only=True):
    """An edge as the graph gave it: facts `source_ids` (none: a named entity) over an entity to the fact `fact_id`."""

    fact_id: str
    text: str
    similarity: float
    entity_id: str
    entity_name: str
    degree: int
    source_ids: tuple[str, ...]
    bridge: str | None = None


class Reached(Struct, frozen=True, kw_only=True):
    """A fact that the walk reached first by `step`. `score` ∈ (0, 1]: the product of the weights on its path."""

    fact_id: str
    text: str
    similarity: float
    score: float
    step: PathStep


class Walk:
    """Grows hop by hop; knows for each fact the best path from a seed."""

    def __init__(self, seeds: Mapping[str, float], entities: Mapping[str, float]) -> None:
        """`seeds`: fact → score ∈ (0, 1]; `entities`: entity → score ∈ (0, 1]."""
        self._seeds = dict(seeds)
        self._entities = dict(entities)
        self._scores: dict[str, float] = dict(seeds)
        self._steps: dict[str, PathStep] = {}
        self.visited_entities: list[str] = []

    @property
    def reached_facts(self) -> list[str]:
        """Facts that a hop reached; a seed counts once a hop came by."""
        return list(self._steps)

    @property
    def size(self) -> int:
        return len(self._scores)

    @property
    def unreached_seeds(self) -> int:
        return len(self._seeds.keys() - self._steps.keys())

    def add_hop(self, hop: int, edges: Sequence[Edge]) -> list[Reached]:
        """Takes a hop's edges in and returns the facts that it reached by a better path than was known, best first."""
        best: dict[str, Reached] = {}
        for edge in edges:
            reached = self._reached(hop, edge)
            if edge.fact_id not in best or reached.score > best[edge.fact_id].score:
                best[edge.fact_id] = reached
        self.visited_entities += dict.fromkeys(edge.entity_id for edge in edges)
        found = sorted(best.values(), key=lambda r: (-r.score, -r.similarity, r.fact_id))
        kept = [r for r in found if r.score > self._scores.get(r.fact_id, 0.0)]
        for reached in kept:
            self._scores[reached.fact_id] = reached.score
            self._steps[reached.fact_id] = reached.step
        return kept

    def frontier(self, reached: Sequence[Reached], *, limit: int) -> list[str]:
        """The facts to go on from: the best ones, without the seeds, which were expanded at first."""
        return [r.fact_id for r in reached if r.fact_id not in self._seeds][:limit]

    def path(self, fact_id: str) -> list[PathStep]:
        """From a seed to the fact, in the order of the hops; empty for a seed and for a fact that no hop reached."""
        steps: list[PathStep] = []
        current: str | None = fact_id
        while current is not None and (step := self._steps.get(current)) is not None:
            steps.append(step)
            current = step.from_fact_id
        return steps[::-1]

    def ranking(self) -> dict[str, float]:
        """Every fact that a hop reached, by the weight of its best path from a seed, best first, ties by id."""
        scores = {fact: self._scores[fact] for fact in self._steps}
        return dict(sorted(scores.items(), key=lambda pair: (-pair[1], pair[0])))

    def _reached(self, hop: int, edge: Edge) -> Reached:
        source = max(edge.source_ids, key=lambda id_: (self._scores.get(id_, 0.0), id_), default=None)
        start = self._scores.get(source, 0.0) if source else self._entities.get(edge.entity_id, 0.5)
        weight = specificity(edge.degree) * _relevance(edge.similarity) * _HOP_DECAY
        step = PathStep(
            hop=hop,
            from_fact_id=source,
            entity=edge.entity_name,
            relationship="SIMILAR_TO" if edge.bridge else "MENTIONS",
            to_fact_id=edge.fact_id,
            weight=round(weight, 6),
        )
        return Reached(
            fact_id=edge.fact_id, text=edge.text, similarity=edge.similarity, score=start * weight, step=step
        )


def seed_scores(direct: Mapping[str, float], similarities: Mapping[str, float], *, limit: int) -> dict[str, float]:
    """The best direct hits as seeds: their fused score times their similarity, relative to the best one's.

    Rank fusion alone puts the tenth hit close behind the first, however little it has to do with the question.
    """
    top = max(similarities.values(), default=0.0)
    seeds: dict[str, float] = {}
    for fact, score in list(direct.items())[:limit]:
        relative = similarities.get(fact, top / 2) / top if top > 0 else 1.0
        seeds[fact] = score * max(relative, 0.05)
    return seeds


def specificity(degree: int) -> float:
    """How much an entity says that `degree` facts name: 1 for two (only the fact left and the one reached), then less."""
    return 1.0 / math.sqrt(max(degree - 1, 1))


def _relevance(similarity: float) -> float:
    """Half of the weight for being there, half for being about the question."""
    return 0.5 + 0.5 * max(similarity, 0.0)


def relation_counts(edges: Iterable[Edge]) -> dict[str, int]:
    """How many edges of each relationship type a hop walked."""
    counts: dict[str, int] = {}
    for edge in edges:
        name = "SIMILAR_TO" if edge.bridge else "MENTIONS"
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))
