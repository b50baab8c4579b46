"""Measures of the graph of entities, computed by networkx from a script's rows."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import networkx as nx

from app.graph.shown_values import TextAnswer

_ROWS = 25
_SHOWN_ENTITIES = 8
_SHOWN_THEMES = 5
# Above that many entities, betweenness is estimated from the shortest paths of as many: exact, it takes |nodes| × |edges|.
_SAMPLE = 200
# Results of sampling and of Louvain depend on the order of nodes that is drawn.
_SEED = 7


def central_entities(answer: TextAnswer) -> TextAnswer:
    """PageRank and betweenness of each entity (shares, 0 to 1), the most central first. Rows of `answer`: entity,
    other, type of the entity, facts that mention both.

    PageRank: Brin and Page 1998, damping .85, edges weighted by facts. Betweenness: Brandes 2001, edges unweighted.
    """
    graph = _graph(answer)
    if not graph:
        return TextAnswer(columns=["entity", "pagerank", "betweenness", "connected", "facts"], rows=[])
    rank: dict[str, float] = nx.pagerank(graph, weight="facts")
    sample = _SAMPLE if len(graph) > _SAMPLE else None
    between: dict[str, float] = nx.betweenness_centrality(graph, k=sample, seed=_SEED)
    first = sorted(graph, key=lambda entity: (-rank[entity], entity))[:_ROWS]
    return TextAnswer(
        columns=["entity", "pagerank", "betweenness", "connected", "facts"],
        rows=[
            [entity, round(rank[entity], 5), round(between[entity], 5), graph.degree(entity), _weight(graph, entity)]
            for entity in first
        ],
    )


def communities(answer: TextAnswer) -> TextAnswer:
    """Groups of entities that facts mention together more often than with others, the largest first; each with the
    entities and predicates that most of its facts have. Rows of `answer`: entity, other, facts, predicates.

    Louvain: Blondel et al. 2008, resolution 1, edges weighted by facts.
    """
    graph = _graph(answer)
    found: list[set[str]] = nx.community.louvain_communities(graph, weight="facts", seed=_SEED) if graph else []
    largest = sorted(found, key=lambda group: (-len(group), min(group)))[:_ROWS]
    member = {entity: number for number, group in enumerate(largest) for entity in group}
    themes: dict[int, Counter[str]] = {}
    for row in answer.records:
        group = member.get(row["entity"])
        if group is not None and group == member.get(row["other"]):
            themes.setdefault(group, Counter()).update(row["predicates"])
    return TextAnswer(
        columns=["community", "size", "entities", "themes"],
        rows=[
            [number + 1, len(group), _first_entities(graph, group), _first(themes.get(number, Counter()))]
            for number, group in enumerate(largest)
        ],
    )


def _graph(answer: TextAnswer) -> "nx.Graph[str]":
    graph: nx.Graph[str] = nx.Graph()
    for row in answer.records:
        graph.add_edge(row["entity"], row["other"], facts=row["facts"])
    return graph


def _weight(graph: Any, entity: str) -> int:
    return graph.degree(entity, weight="facts")


def _first_entities(graph: Any, group: set[str]) -> list[str]:
    return sorted(group, key=lambda entity: (-_weight(graph, entity), entity))[:_SHOWN_ENTITIES]


def _first(themes: Counter[str]) -> list[str]:
    return [theme for theme, _ in themes.most_common(_SHOWN_THEMES)]


MEASURES: dict[str, Callable[[TextAnswer], TextAnswer]] = {
    "central_entities": central_entities,
    "communities": communities,
}
