"""The walk over the graph: frontier, paths, and PageRank mass."""

import itertools
from typing import Any, cast

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from app.retrieval.pagerank import NodeMasses, WalkWeights, power_iteration, spread
from app.retrieval.ranking import seed_masses
from app.retrieval.subgraph import ExpandedEntity, Expansion, SimilarName, Subgraph, WalkedFact, specificity


def fact(id_: str, *entities: str, similarity: float = 0.5) -> WalkedFact:
    return WalkedFact(id=id_, similarity=similarity, entities=dict.fromkeys(entities, 2), raw_data_ids=[f"r{id_}"])


def entity(id_: str, *facts: str, degree: int = 2, similar: tuple[str, ...] = (), sources: int = 0) -> ExpandedEntity:
    return ExpandedEntity(
        id=id_,
        name=id_.upper(),
        degree=degree,
        fact_ids=list(facts),
        sources=sources,
        similar=[SimilarName(id=s, score=0.9) for s in similar],
    )


CHAIN = [
    Expansion(entities=[entity("b", "1", "2")], facts=[fact("1", "a", "b"), fact("2", "b", "c")]),
    Expansion(entities=[entity("c", "2", "3")], facts=[fact("2", "b", "c"), fact("3", "c", "d")]),
    Expansion(entities=[entity("d", "3", "4")], facts=[fact("3", "c", "d"), fact("4", "d", "e")]),
]


def walked(graph: Subgraph, *hops: Expansion) -> Subgraph:
    for number, hop in enumerate(hops, start=1):
        graph.frontier(graph.add_hop(number, hop), limit=10)
    return graph


class TestSubgraph:
    def test_a_chain_is_followed_to_its_end(self):
        graph = walked(Subgraph({"1": ["b"]}, []), *CHAIN)
        assert [(s.hop, s.from_fact_id, s.entity, s.to_fact_id) for s in graph.best_paths(3)["4"]] == [
            (1, "1", "B", "2"),
            (2, "2", "C", "3"),
            (3, "3", "D", "4"),
        ]
        assert "1" not in graph.best_paths(3)
        assert "4" not in graph.best_paths(2)

    def test_a_path_begins_at_an_entity_that_the_question_names(self):
        (step,) = walked(Subgraph({}, ["b"]), CHAIN[0]).best_paths(1)["2"]
        assert (step.from_fact_id, step.entity, step.relationship) == (None, "B", "MENTIONS")

    def test_a_step_over_a_similar_name_is_labelled_similar_to(self):
        hop = Expansion(entities=[entity("b"), entity("b2", "9", similar=("b",))], facts=[fact("9", "b2")])
        (step,) = walked(Subgraph({"1": ["b"]}, []), hop).best_paths(1)["9"]
        assert (step.from_fact_id, step.relationship) == ("1", "SIMILAR_TO")

    def test_the_frontier_contains_only_unexpanded_entities(self):
        graph = Subgraph({"1": ["b"]}, [])
        reached = graph.add_hop(1, CHAIN[0])
        assert graph.frontier(reached, limit=10) == ["c"]
        assert graph.frontier(reached, limit=0) == []

    @given(
        st.lists(
            st.lists(st.tuples(st.sampled_from("pqr"), st.sampled_from("123456"), st.integers(2, 50)), max_size=8),
            max_size=5,
        )
    )
    def test_paths_start_at_a_seed_and_are_connected(self, hops: list[list[tuple[str, str, int]]]):
        graph = Subgraph({"1": ["p"]}, ["q"])
        for number, rows in enumerate(hops, start=1):
            entities = {e: entity(e, *(f for e2, f, _ in rows if e2 == e), degree=d) for e, _, d in rows}
            facts = {f: fact(f, *(e for e, f2, _ in rows if f2 == f)) for _, f, _ in rows}
            reached = graph.add_hop(number, Expansion(entities=[*entities.values()], facts=[*facts.values()]))
            graph.frontier(reached, limit=3)
        for path in graph.best_paths(4).values():
            assert 1 <= len(path) <= 4
            assert path[0].from_fact_id in {None, "1"}
            assert all(earlier.to_fact_id == later.from_fact_id for earlier, later in itertools.pairwise(path))
            assert all(0 < step.weight <= 1 for step in path)
            assert [step.hop for step in path] == [*range(1, len(path) + 1)]

    @given(st.integers(0, 100_000))
    def test_specificity_falls_with_the_number_of_facts(self, degree: int):
        assert 0 < specificity(degree + 1) <= specificity(degree) <= 1


class TestPageRank:
    @given(
        st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.floats(0.1, 1)), min_size=1, max_size=30),
        st.lists(st.floats(0.01, 1), min_size=8, max_size=8),
    )
    def test_it_equals_networkx_without_dead_ends(self, edges: list[tuple[int, int, float]], interest: list[float]):
        weights = np.zeros((8, 8))
        for source, target, weight in [*edges, *((i, (i + 1) % 8, 0.5) for i in range(8))]:
            weights[source, target] += weight
        matrix = sparse.csr_array(weights / weights.sum(axis=1, keepdims=True))
        start = np.array(interest) / sum(interest)
        mass = power_iteration(matrix, start, damping=0.5)
        graph = cast("Any", nx).from_numpy_array(weights, create_using=nx.DiGraph)
        expected = nx.pagerank(graph, alpha=0.5, personalization=dict(enumerate(interest)), tol=1e-12)
        assert mass == pytest.approx([expected[i] for i in range(8)], abs=1e-6)

    def test_mass_decreases_along_the_chain_and_sums_to_at_most_one(self):
        mass = spread(walked(Subgraph({"1": ["b"]}, []), *CHAIN), {"b": 1.0}, WalkWeights())
        assert mass.raw_data["r2"] > mass.raw_data["r3"] > mass.raw_data["r4"] > 0
        everything = [*mass.raw_data.values(), *mass.facts.values(), *mass.entities.values()]
        assert sum(everything) <= 1.0 + 1e-9

    def test_facts_similar_to_the_question_get_more_mass(self):
        hop = Expansion(
            entities=[entity("b", "1", "2")], facts=[fact("1", "b", similarity=0.6), fact("2", "b", similarity=0.1)]
        )
        mass = spread(walked(Subgraph({}, ["b"]), hop), {"b": 1.0}, WalkWeights())
        assert mass.raw_data["r1"] > 10 * mass.raw_data["r2"]

    def test_an_empty_graph_has_no_mass(self):
        assert spread(Subgraph({}, []), {"x": 1.0}, WalkWeights()) == NodeMasses()

    def test_a_hub_gets_little_seed_mass(self):
        masses = seed_masses({"rare": 1.0, "hub": 1.0}, [(1.0, ["rare", "aside"])], {"rare": 1, "hub": 200})
        assert masses["rare"] > 100 * masses["hub"]
        assert 0 < masses["aside"] < masses["rare"] / 10
