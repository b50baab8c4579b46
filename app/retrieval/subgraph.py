"""The subgraph that a walk has visited, extended hop by hop, and the best path to each fact."""

import math
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from app.domain.retrieval import PathStep

# Weight of a seed fact; an entity named in the question has 1, being a more certain start.
_SEED_WEIGHT = 0.5


class SimilarName(Struct, frozen=True, kw_only=True):
    """An entity with a similar name (SIMILAR_TO), or another name of the same entity (SAME_AS, score 1)."""

    id: str
    score: float
    relationship: str = "SIMILAR_TO"


class ExpandedEntity(Struct, frozen=True, kw_only=True):
    """An entity expanded by a hop. `degree`: its number of facts; `sources`: number of their raw data (seeds only)."""

    id: str
    name: str
    degree: int
    fact_ids: list[str]
    sources: int = 0
    similar: list[SimilarName] = []


class WalkedFact(Struct, frozen=True, kw_only=True):
    """`similarity`: cosine to the residual query, ∈ [-1, 1]; `entities`: mentioned entity → its degree."""

    id: str
    similarity: float
    entities: dict[str, int]
    raw_data_ids: list[str]
    text: str = ""


class Expansion(Struct, frozen=True, kw_only=True):
    """Result of one hop."""

    entities: list[ExpandedEntity] = []
    facts: list[WalkedFact] = []


class HopFact(Struct, frozen=True, kw_only=True):
    """A fact that this hop reached first. `step.weight` ∈ (0, 1]."""

    fact: WalkedFact
    step: PathStep


class _Lead(Struct, frozen=True, kw_only=True):
    """The best path to an entity: through `fact_id`, whose own path is `way`; None if the question names the entity."""

    weight: float
    fact_id: str | None = None
    way: "_Way | None" = None
    relationship: str = "MENTIONS"
    share: float = 1.0


class _Way(Struct, frozen=True, kw_only=True):
    """The best path to a fact so far; `before` is None for a seed."""

    weight: float
    before: _Lead | None = None
    entity: str = ""
    step_weight: float = 1.0

    def steps(self, fact_id: str) -> list[PathStep]:
        if self.before is None:
            return []
        lead = self.before
        earlier = lead.way.steps(lead.fact_id) if lead.way and lead.fact_id else []
        step = PathStep(
            hop=len(earlier) + 1,
            from_fact_id=lead.fact_id,
            entity=self.entity,
            relationship=lead.relationship,
            to_fact_id=fact_id,
            weight=self.step_weight,
        )
        return [*earlier, step]


class Subgraph:
    """`seeds`: fact → the entities it names; `named`: the entities that the question names."""

    def __init__(self, seeds: Mapping[str, Sequence[str]], named: Iterable[str]) -> None:
        self.seeds = dict(seeds)
        self.named = list(named)
        self.facts: dict[str, WalkedFact] = {}
        self.entities: dict[str, ExpandedEntity] = {}
        # Entity → fact through which the walk reached it; None for named entities.
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

    def frontier(self, reached: Sequence[HopFact], *, limit: int) -> list[str]:
        """Return the entities to expand next: those of the last hop's `limit` best facts that are not expanded yet."""
        best = sorted(reached, key=lambda r: (-r.fact.similarity, r.fact.id))[:limit]
        ids = dict.fromkeys(entity for r in best for entity in r.fact.entities if entity not in self.entities)
        for r in best:
            for entity in r.fact.entities:
                self._origins.setdefault(entity, r.fact.id)
        return list(ids)

    def add_hop(self, hop: int, expansion: Expansion) -> list[HopFact]:
        """Add a hop's result; return the facts that it reached first, by step weight (highest first), then id."""
        facts = {fact.id: fact for fact in expansion.facts}
        for entity in expansion.entities:
            for fact_id in entity.fact_ids:
                if fact_id in facts:
                    # The query returns only some entities of a fact that mentions very many.
                    facts[fact_id].entities.setdefault(entity.id, entity.degree)
        best: dict[str, PathStep] = {}
        for entity in expansion.entities:
            origin, relationship = self._way_to(entity)
            for fact_id in entity.fact_ids:
                fact = facts.get(fact_id)
                if fact is None or fact_id in self.facts or fact_id in self.seeds:
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
        reached = [HopFact(fact=facts[fact_id], step=step) for fact_id, step in best.items()]
        return sorted(reached, key=lambda r: (-r.step.weight, r.fact.id))

    def best_paths(self, hops: int) -> dict[str, list[PathStep]]:
        """Fact → steps of its heaviest path of at most `hops` hops; a path's weight is the product of its steps'
        weights.

        A path starts at an entity that the question names, or at a seed fact with weight `_SEED_WEIGHT`. Seeds and
        unreached facts have no path. Like Bellman-Ford, each round extends the best paths so far by one hop.
        """
        ways: dict[str, _Way] = {fact: _Way(weight=_SEED_WEIGHT) for fact in self.seeds}
        specific = {entity.id: specificity(entity.degree) for entity in self.entities.values()}
        links = [
            (fact.id, _relevance(fact.similarity), [entity for entity in fact.entities if entity in specific])
            for fact in self.facts.values()
        ]
        for _ in range(hops):
            leads = self._leads(ways)
            longer: dict[str, _Way] = {}
            for fact_id, relevance, entity_ids in links:
                known = ways.get(fact_id)
                weight = known.weight if known else 0.0
                for entity_id in entity_ids:
                    lead = leads.get(entity_id)
                    if lead is None or fact_id == lead.fact_id:
                        continue
                    step = round(lead.share * specific[entity_id] * relevance, 6)
                    if lead.weight * step > weight:
                        weight = lead.weight * step
                        name = self.entities[entity_id].name
                        longer[fact_id] = _Way(weight=weight, before=lead, entity=name, step_weight=step)
            if not longer:
                break
            ways |= longer
        return {fact: way.steps(fact) for fact, way in ways.items() if way.before is not None}

    def _leads(self, ways: Mapping[str, "_Way"]) -> dict[str, "_Lead"]:
        """Entity → the best path to it: from the question, a fact that mentions it, or another name."""
        leads = {entity: _Lead(weight=1.0) for entity in self.named}
        for fact_id, way in ways.items():
            entities = self.facts[fact_id].entities if fact_id in self.facts else self.seeds.get(fact_id, ())
            for entity in entities:
                if entity not in leads or way.weight > leads[entity].weight:
                    leads[entity] = _Lead(weight=way.weight, fact_id=fact_id, way=way)
        for entity in self.entities.values():
            for similar in entity.similar:
                near = leads.get(similar.id)
                if near is None or near.relationship != "MENTIONS":
                    continue
                known = leads.get(entity.id)
                if known is None or near.weight * similar.score > known.weight * known.share:
                    leads[entity.id] = replace(near, share=similar.score, relationship=similar.relationship)
        return leads

    def _way_to(self, entity: ExpandedEntity) -> tuple[str | None, str]:
        """Return the fact that led to an entity and the relationship: MENTIONS, or that of another name."""
        if entity.id in self._origins:
            return self._origins[entity.id], "MENTIONS"
        near = next((similar for similar in entity.similar if similar.id in self._origins), None)
        origin = self._origins[near.id] if near else None
        self._origins[entity.id] = origin
        return origin, near.relationship if near else "SIMILAR_TO"


def specificity(degree: int) -> float:
    """Weight of an entity that `degree` facts mention: 1 for two, then falling."""
    return 1.0 / math.sqrt(max(degree - 1, 1))


def _relevance(similarity: float) -> float:
    """Weight of a fact ∈ [0.5, 1], increasing with its cosine to the residual query."""
    return 0.5 + 0.5 * max(similarity, 0.0)


def relation_counts(reached: Iterable[HopFact]) -> dict[str, int]:
    """Relationship → number of facts reached by it in a hop."""
    counts: dict[str, int] = {}
    for r in reached:
        counts[r.step.relationship] = counts.get(r.step.relationship, 0) + 1
    return dict(sorted(counts.items()))
