"""Personalized PageRank over the subgraph of a walk; a node's mass is its relevance to the seeds."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy import sparse

from app.retrieval.subgraph import Subgraph

Floats = NDArray[np.float64]

# Score of a SAME_AS edge; SIMILAR_TO edges have at most 1, so most mass for other names goes to SAME_AS.
_SAME_SCORE = 4.0
_ITERATIONS = 30  # the remaining error is 0.85^30 < 1 %


class NodeMasses(Struct, frozen=True, kw_only=True):
    """PageRank mass of each node; the sum is at most the seeds' mass."""

    raw_data: dict[str, float] = {}
    facts: dict[str, float] = {}
    entities: dict[str, float] = {}


class WalkWeights(Struct, frozen=True, kw_only=True):
    """`damping`: share of mass passed on at each step; a hop is two steps (entity to fact to entity), so .85
    corresponds to HippoRAG 2's .5 for one step (.85² ≈ .7, less the share of raw data). `to_raw_data`: share of a
    fact's mass that goes to its sources. `to_similar`: share of an entity's mass that goes to its other names.
    `relevance`: an entity's mass is split among its facts by e^(relevance × cosine to the residual query).
    `hub_damping`: a fact's mass is split among its entities by degree^−hub_damping.
    """

    damping: float = 0.85
    to_raw_data: float = 0.5
    to_similar: float = 0.2
    relevance: float = 10.0
    hub_damping: float = 0.25


def spread(graph: Subgraph, seeds: Mapping[str, float], weights: WalkWeights) -> NodeMasses:
    """Run PageRank from the seeds (entity → mass > 0). Empty if no seed is in the graph.

    The seeds are the personalization: x = (1 − d)·s + d·Aᵀx. Rows of A sum to 1 for nodes with outgoing edges; mass
    that reaches a node without any is not redistributed (networkx.pagerank returns it to the seeds).
    """
    facts = list(graph.facts)
    entities = list(dict.fromkeys([*graph.entities, *(e for f in graph.facts.values() for e in f.entities)]))
    raw_data = list(dict.fromkeys(r for f in graph.facts.values() for r in f.raw_data_ids))
    start = _vector(entities, seeds)
    if not facts or start.sum() <= 0:
        return NodeMasses()
    offset = len(raw_data) + len(facts)
    size = offset + len(entities)
    matrix = _transitions(graph, raw_data, facts, entities, weights)
    personalization = np.zeros(size)
    personalization[offset:] = start
    mass = power_iteration(matrix, personalization, damping=weights.damping)
    return NodeMasses(
        raw_data=_mapping(raw_data, mass[: len(raw_data)]),
        facts=_mapping(facts, mass[len(raw_data) : offset]),
        entities=_mapping(entities, mass[offset:]),
    )


def power_iteration(matrix: sparse.csr_array, personalization: Floats, *, damping: float) -> Floats:
    """`matrix[i, j]`: share of node i's mass that goes to j; shape (n, n). The sum is at most the personalization's."""
    transposed = cast("Any", matrix).T.tocsr()
    mass: Floats = personalization
    for _ in range(_ITERATIONS):
        mass = (1 - damping) * personalization + damping * np.asarray(transposed @ mass)
    return mass


def _transitions(
    graph: Subgraph, raw_data: Sequence[str], facts: Sequence[str], entities: Sequence[str], weights: WalkWeights
) -> sparse.csr_array:
    """Rows and columns: raw data, facts, entities, in this order."""
    first_fact, first_entity = len(raw_data), len(raw_data) + len(facts)
    raw_index = {id_: i for i, id_ in enumerate(raw_data)}
    entity_index = {id_: first_entity + i for i, id_ in enumerate(entities)}
    mentions = [(first_fact + i, entity_index[e]) for i, f in enumerate(facts) for e in graph.facts[f].entities]
    degrees = np.array([d for f in facts for d in graph.facts[f].entities.values()], dtype=float)
    evidence = [(first_fact + i, raw_index[r]) for i, f in enumerate(facts) for r in graph.facts[f].raw_data_ids]
    similar = [
        (entity_index[id_], entity_index[s.id], s.score if s.relationship == "SIMILAR_TO" else _SAME_SCORE)
        for id_, entity in graph.entities.items()
        for s in entity.similar
        if s.id in entity_index
    ]
    size = first_entity + len(entities)
    relevance = np.ones(size)
    relevance[first_fact:first_entity] = np.exp(
        [weights.relevance * graph.facts[f].similarity for f in facts],
    )
    naming, named = _columns(mentions)
    citing, cited = _columns(evidence)
    near, nearby = _columns([(i, j) for i, j, _ in similar])
    scores = np.array([score for _, _, score in similar], dtype=float)
    has_similar = np.zeros(size)
    has_similar[near] = weights.to_similar
    parts = [
        (
            naming,
            named,
            (1 - weights.to_raw_data) * _shares(naming, np.maximum(degrees, 1.0) ** -weights.hub_damping, size),
        ),
        (citing, cited, weights.to_raw_data * _shares(citing, np.ones(len(citing)), size)),
        (named, naming, (1 - has_similar[named]) * _shares(named, relevance[naming], size)),
        (cited, citing, _shares(cited, relevance[citing], size)),
        (near, nearby, weights.to_similar * _shares(near, scores, size)),
    ]
    rows, columns, values = (np.concatenate(part) for part in zip(*parts, strict=True))
    return sparse.csr_array((values, (rows, columns)), shape=(size, size))


def _columns(pairs: Sequence[tuple[int, int]]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    array = np.array(pairs, dtype=np.intp).reshape(-1, 2)
    return array[:, 0], array[:, 1]


def _shares(rows: NDArray[np.intp], values: Floats, size: int) -> Floats:
    """Divide each value by the sum of its row."""
    return values / np.bincount(rows, weights=values, minlength=size)[rows] if len(rows) else values


def _vector(ids: Sequence[str], values: Mapping[str, float]) -> Floats:
    return np.array([values.get(id_, 0.0) for id_ in ids], dtype=float)


def _mapping(ids: Sequence[str], values: Floats) -> dict[str, float]:
    return {id_: value for id_, value in zip(ids, values.tolist(), strict=True) if value > 0}
