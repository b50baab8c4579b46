"""The part of the graph that a walk has seen: grown hop by hop, with the way to every fact."""

import math
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from app.domain.retrieval import PathStep


class SimilarName(Struct, frozen=True, kw_only=True):
    """Another name: nearly the same one (SIMILAR_TO), or of the same entity (SAME_AS, score 1)."""

    id: str
    score: float
    relationship: str = "SIMILAR_TO"


class ExpandedEntity(Struct, frozen=True, kw_only=True):
    """An entity that a hop went over. `degree`: facts that name it; `sources`: raw data those were read from (seeds only)."""

    id: str
    name: str
    degree: int
    fact_ids: list[str]
    sources: int = 0
    similar: list[SimilarName] = []


class WalkedFact(Struct, frozen=True, kw_only=True):
    """`similarity`: cosine to what the question asks, ∈ [-1, 1]; `entities`: those it names, each with its degree."""

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
    """A fact that a hop reached first. `weight` ∈ (0, 1] of the step that led to it."""

    fact: WalkedFact
    step: PathStep


class _Lead(Struct, frozen=True, kw_only=True):
    """The best way to an entity: over `fact_id` (None: the question names it), whose own way is `way`."""

    weight: float
    fact_id: str | None = None
    way: "_Way | None" = None
    relationship: str = "MENTIONS"
    share: float = 1.0


class _Way(Struct, frozen=True, kw_only=True):
    """The best way to a fact so far; `before` None: it is a seed."""

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

    def frontier(self, reached: Sequence[HopFact], *, limit: int) -> list[str]:
        """The entities to go on over: those of the best facts of the last hop that no hop went over yet."""
        best = sorted(reached, key=lambda r: (-r.fact.similarity, r.fact.id))[:limit]
        ids = dict.fromkeys(entity for r in best for entity in r.fact.entities if entity not in self.entities)
        for r in best:
            for entity in r.fact.entities:
                self._origins.setdefault(entity, r.fact.id)
        return list(ids)

    def add_hop(self, hop: int, expansion: Expansion) -> list[HopFact]:
        """Takes in what a hop found; the facts that it reached first, by the weight of the step and then by id."""
        facts = {fact.id: fact for fact in expansion.facts}
        for entity in expansion.entities:
            for fact_id in entity.fact_ids:
                if fact_id in facts:
                    # Of a fact that names very many entities the graph tells only some.
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
        """Fact → the way to it of the greatest weight (the product of its steps') over at most `hops` hops, in their order.

        A way starts at an entity that the question names, or at a seed fact, which counts half; seeds and what no hop
        reached have none. Found layer by layer, as by Bellman and Ford: every layer adds a hop to the best ways so far.
        """
        ways: dict[str, _Way] = {fact: _Way(weight=_SEED_WEIGHT) for fact in self.seeds}
        for _ in range(hops):
            leads = self._leads(ways)
            longer: dict[str, _Way] = {}
            for fact in self.facts.values():
                for entity_id in fact.entities:
                    lead = leads.get(entity_id)
                    entity = self.entities.get(entity_id)
                    if lead is None or entity is None or fact.id == lead.fact_id:
                        continue
                    weight = round(lead.share * specificity(entity.degree) * _relevance(fact.similarity), 6)
                    known = longer.get(fact.id) or ways.get(fact.id)
                    if known is None or lead.weight * weight > known.weight:
                        longer[fact.id] = _Way(
                            weight=lead.weight * weight, before=lead, entity=entity.name, step_weight=weight
                        )
            if not longer:
                break
            ways |= longer
        return {fact: way.steps(fact) for fact, way in ways.items() if way.before is not None}

    def _leads(self, ways: Mapping[str, "_Way"]) -> dict[str, "_Lead"]:
        """Entity → the best way to it, by a fact that names it, by the question, or over a name that is nearly the same."""
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
        """The fact that led to an entity, and whether by naming it or one of nearly the same name."""
        if entity.id in self._origins:
            return self._origins[entity.id], "MENTIONS"
        near = next((similar for similar in entity.similar if similar.id in self._origins), None)
        origin = self._origins[near.id] if near else None
        self._origins[entity.id] = origin
        return origin, near.relationship if near else "SIMILAR_TO"


# A fact that resembles the question is a less certain start than a name in it.
_SEED_WEIGHT = 0.5


def specificity(degree: int) -> float:
    """Weight of an entity that `degree` facts mention: 1 for two, then falling."""
    return 1.0 / math.sqrt(max(degree - 1, 1))


def _relevance(similarity: float) -> float:
    """Half of the weight for being there, half for being about what is asked."""
    return 0.5 + 0.5 * max(similarity, 0.0)


def relation_counts(reached: Iterable[HopFact]) -> dict[str, int]:
    """By which relationship a hop's facts were reached."""
    counts: dict[str, int] = {}
    for r in reached:
        counts[r.step.relationship] = counts.get(r.step.relationship, 0) + 1
    return dict(sorted(counts.items()))
