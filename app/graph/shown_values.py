"""Answers to statements of the user's own, as values to print."""

from datetime import MAXYEAR, MINYEAR
from typing import Any

from msgspec import Struct
from neo4j.graph import Node, Path, Relationship
from neo4j.time import Date, DateTime
from neo4j.vector import Vector


class TextAnswer(Struct, frozen=True, kw_only=True):
    """Columns and rows of a statement of the user's own; values are those of JSON, dates and times."""

    columns: list[str]
    rows: list[list[Any]]

    @property
    def records(self) -> list[dict[str, Any]]:
        """Return each row as column → value."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def shown_value(value: Any) -> Any:
    """Return a value of the driver as JSON, dates and times. Nodes and relationships become their properties, with
    `labels` or `type` and without vectors.
    """
    match value:
        case Node():
            return {"labels": sorted(value.labels), **_shown_properties(value)}
        case Relationship():
            return {"type": value.type, **_shown_properties(value)}
        case Path():
            nodes = [shown_value(node) for node in value.nodes]
            edges = [shown_value(edge) for edge in value.relationships]
            return [nodes[0], *(part for pair in zip(edges, nodes[1:], strict=True) for part in pair)]
        case DateTime() | Date():
            # Python's years end at 9999.
            return value.to_native() if MINYEAR <= value.year <= MAXYEAR else value.iso_format()
        case Vector():
            return value.to_native()
        case list():
            return [shown_value(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        case dict():
            return {str(key): shown_value(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case None | bool() | int() | float() | str():
            return value
        case _:
            return str(value)


def _shown_properties(element: Node | Relationship) -> dict[str, Any]:
    return {key: shown_value(value) for key, value in sorted(element.items()) if key != "embedding"}
