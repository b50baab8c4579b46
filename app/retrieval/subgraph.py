"""The part of the graph that a walk has seen: grown hop by hop, with the way to every fact."""

import math
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from app.domain.retrieval import PathStep


class SimilarName(Struct, frozen=True, kw_only=True):
    id: str
    score: float


class ExpandedEntity(Struct, frozen=True, kw_only=True):
    """An entity that a hop went over. `degree`: facts that name it; `sources`: raw data those were read from (seeds only)."""

    id: str
    name: str
    degree: int
    fact_ids: list[str]
    sources: int = 0
    similar: list[SimilarName] = []


class WalkedFact(Struct, frozen=True, kw_only=True):
    """`similarity`: cosine to what the question asks, ∈ [-1, 1]."""

    id: str
    similarity: float
    entity_ids: list[str]
    raw_data_ids: list[str]
    text: str = ""


class Expansion(Struct, frozen=True, kw_only=True):
    """What one hop found."""

    entities: list[ExpandedEntity] = []
    facts: list[WalkedFact] = []


class Reached(Struct, frozen=True, kw_only=True):
    """A fact that a hop reached first. `weight` ∈ (0, 1] of the step that led to it."""

    fact: WalkedFact
    step: PathStep


class Subgraph:
    """`seeds`: fact → the entities it names; `named`: the entities that the question names."""

    def __init__(self, seeds: Mapping[str, Sequence[str]], named: Iterable[str]) -> None:
        self.seeds = dict(seeds)
        self.named = list(named)
        self.facts: dict[str, WalkedFact] = {}
        self.entities: dict[str, ExpandedEntity] = {}
        self._steps: dict[str, PathStep] = {}
        # The fact over which the walk came to an entity; named entities have none.
        self._origins: dict[str, str | None] = dict.fromkeys(self.named)
        for fact, entity_ids in self.seeds.items():
            for entity_id in entity_ids:
                self._origins.setdefault(entity_id, fact)

    @property
    def size(self) -> int:
        """Nodes seen so far."""
        return len(self.facts) + len(self.entities)

    def first_frontier(self) -> list[str]:
        return list(self._origins)

    def frontier(self, reached: Sequence[Reached], *, limit: int) -> list[str]:
        """The entities to go on over: those of the best facts of the last hop that no hop went over yet."""
        best = sorted(reached, key=lambda r: (-r.fact.similarity, r.fact.id))[:limit]
        ids = dict.fromkeys(entity for r in best for entity in r.fact.entity_ids if entity not in self.entities)
        for r in best:
            for entity in r.fact.entity_ids:
                self._origins.setdefault(entity, r.fact.id)
        return list(ids)

    def add_hop(self, hop: int, expansion: Expansion) -> list[Reached]:
        """Takes in what a hop found; the facts that it reached first, by the weight of the step and then by id."""
        facts = {fact.id: fact for fact in expansion.facts}
        best: dict[str, PathStep] = {}
        for entity in expansion.entities:
            origin, relationship = self._way_to(entity)
            for fact_id in entity.fact_ids:
                fact = facts.get(fact_id)
                if fact is None or fact_id in self._steps or fact_id == origin or fact_id in self.seeds:
                    continue
                weight = round(specificity(entity.degree) * _relevance(fact.similarity), 6)
                if fact_id not in best or weight > best[fact_id].weight:
                    best[fact_id] = PathStep(
                        hop=hop,
                        from_fact_id=origin,
                        entity=entity.name,
                        relationship=relationship,
                        to_fact_id=fact_id,
                        weight=weight,
                    )
        for entity in expansion.entities:
            self.entities.setdefault(entity.id, entity)
        for fact in expansion.facts:
            self.facts.setdefault(fact.id, fact)
        self._steps |= best
        reached = [Reached(fact=facts[fact_id], step=step) for fact_id, step in best.items()]
        return sorted(reached, key=lambda r: (-r.step.weight, r.fact.id))

    def path(self, fact_id: str) -> list[PathStep]:
        """From a seed or a named entity to the fact, in the order of the hops; empty for a seed and what no hop reached."""
        steps: list[PathStep] = []
        current: str | None = fact_id
        while current is not None and (step := self._steps.get(current)) is not None:
            steps.append(step)
            current = step.from_fact_id
        return steps[::-1]

    def _way_to(self, entity: ExpandedEntity) -> tuple[str | None, str]:
        """The fact that led to an entity, and whether by naming it or one of nearly the same name."""
        if entity.id in self._origins:
            return self._origins[entity.id], "MENTIONS"
        near = next((similar.id for similar in entity.similar if similar.id in self._origins), None)
        origin = self._origins[near] if near else None
        self._origins[entity.id] = origin
        return origin, "SIMILAR_TO"


def specificity(degree: int) -> float:
    """How much an entity says that `degree` facts name: 1 for two (only the fact left and the one reached), then less."""
    return 1.0 / math.sqrt(max(degree - 1, 1))


def _relevance(similarity: float) -> float:
    """Half of the weight for being there, half for being about what is asked."""
    return 0.5 + 0.5 * max(similarity, 0.0)


def relation_counts(reached: Iterable[Reached]) -> dict[str, int]:
    """By which relationship a hop's facts were reached."""
    counts: dict[str, int] = {}
    for r in reached:
        counts[r.step.relationship] = counts.get(r.step.relationship, 0) + 1
    return dict(sorted(counts.items()))
