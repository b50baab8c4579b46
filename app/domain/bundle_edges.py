"""Edges of a bundle. Lines name them; an import stores them apart, after the nodes at both ends."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeAlias

import msgspec
from msgspec import Struct

from app.domain.bundle import BundleLine, EntityLine, FactLine, InsightLine


class EdgeKind(StrEnum):
    """In the order in which an import stores them, after all nodes."""

    NEXT = "next"
    LINK = "link"
    POINT = "point"


class NextEdge(Struct, frozen=True, kw_only=True):
    """From the message `previous` to the message `id`."""

    id: str
    previous: str


class LinkEdge(Struct, frozen=True, kw_only=True, rename={"source": "from", "target": "to"}):
    """`type` SAME_AS: between two names of entities; else between two ids of facts."""

    source: str
    type: str
    target: str
    strength: float | None = None


class PointEdge(Struct, frozen=True, kw_only=True, rename="camel"):
    """From an insight to its sources: ids of facts and insights in the order of its points."""

    id: str
    derived_from: list[str]


Edge: TypeAlias = NextEdge | LinkEdge | PointEdge

EDGE_KIND_OF: dict[type[Edge], EdgeKind] = {
    NextEdge: EdgeKind.NEXT,
    LinkEdge: EdgeKind.LINK,
    PointEdge: EdgeKind.POINT,
}
SAME_AS = "SAME_AS"


def split_edges(line: BundleLine) -> tuple[BundleLine, Sequence[Edge]]:
    """Return the line without its edges, and the edges. `previous` of raw data stays: it is stored with them."""
    match line:
        case EntityLine():
            same = [LinkEdge(source=line.name, type=SAME_AS, target=name) for name in line.same_as]
            return msgspec.structs.replace(line, same_as=[]), same
        case FactLine():
            links = [
                LinkEdge(source=line.id, type=link.type, target=link.to, strength=link.strength) for link in line.links
            ]
            return msgspec.structs.replace(line, links=[]), links
        case InsightLine():
            points = PointEdge(id=line.id, derived_from=line.derived_from)
            return msgspec.structs.replace(line, derived_from=[]), [points]
        case _:
            return line, []


def write_edge(edge: Edge) -> bytes:
    return msgspec.json.encode(edge) + b"\n"
