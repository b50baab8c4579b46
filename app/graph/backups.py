"""Back up and restore a memory, node by node."""

import base64
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any, cast

import numpy as np
from msgspec import Struct

from app.graph import leases
from app.graph.database import Database, Step
from graph_schema.elements import ENTITY_LABELS, LABELS

_PAGE = 500
_LEASE_MILLIS = 15_000
# Memory first; without what belongs to the database and not to a memory.
MEMORY_LABELS = ("Memory", *sorted(LABELS - {"Memory", "Migration", "SchemaState", "ApiKey"}))


class NodeLine(Struct, frozen=True, kw_only=True, tag_field="kind", tag="node", omit_defaults=True):
    """`vector`: Base64 of little-endian 32-bit floats. In `properties`, {"$time": …} encodes a datetime."""

    id: int
    label: str
    properties: dict[str, Any]
    vector: str | None = None


class RelationshipLine(Struct, frozen=True, kw_only=True, tag_field="kind", tag="relationship", omit_defaults=True):
    """`start` and `end`: ids of nodes in the same file."""

    start: int
    type: str
    end: int
    properties: dict[str, Any] = {}


Line = NodeLine | RelationshipLine


async def memory_ids(db: Database) -> list[str]:
    found: list[str] = []
    while page := await db.read("system/memory_ids", after=found[-1] if found else "", limit=_PAGE):
        found += cast("list[str]", page)
    return found


async def lines(db: Database, memory_id: str) -> AsyncGenerator[Line]:
    """Yield all nodes of a memory, then all relationships between them. A lease and a lock keep writers away."""
    async with leases.held(db, memory_id, lease_millis=_LEASE_MILLIS), db.transaction() as transaction:
        await transaction.run(leases.lock(memory_id))
        numbers: dict[str, int] = {}
        for label in MEMORY_LABELS:
            step = Step(name="backups/nodes", parameters={"memoryId": memory_id, "label": label})
            async with aclosing(transaction.stream(step)) as nodes:
                async for row in nodes:
                    numbers[row["element"]] = len(numbers)
                    vector = row["vector"]
                    yield NodeLine(
                        id=numbers[row["element"]],
                        label=label,
                        properties={k: _written(v) for k, v in sorted(row["properties"].items()) if v is not None},
                        vector=None
                        if vector is None
                        else base64.b64encode(np.asarray(vector, dtype="<f4").tobytes()).decode(),
                    )
        elements = list(numbers)
        for start in range(0, len(elements), _PAGE):
            parameters = {"memoryId": memory_id, "elements": elements[start : start + _PAGE]}
            for row in await transaction.run(Step(name="backups/relationships", parameters=parameters)):
                if row["to"] in numbers:
                    yield RelationshipLine(
                        start=numbers[row["from"]],
                        type=row["type"],
                        end=numbers[row["to"]],
                        properties={k: _written(v) for k, v in sorted(row["properties"].items())},
                    )


class RestoreMemory:
    """Restores one memory from its lines, added in the order of the backup."""

    def __init__(self, db: Database, memory_id: str) -> None:
        self._db = db
        self._memory_id = memory_id
        self._elements: dict[int, str] = {}
        self._nodes: list[NodeLine] = []
        self._relationships: list[RelationshipLine] = []

    async def add(self, line: Line) -> None:
        match line:
            case NodeLine():
                if self._nodes and (line.label != self._nodes[0].label or len(self._nodes) >= _PAGE):
                    await self._flush_nodes()
                self._nodes.append(line)
            case RelationshipLine():
                await self._flush_nodes()
                self._relationships.append(line)
                if len(self._relationships) >= _PAGE:
                    await self._flush_relationships()

    async def finish(self) -> None:
        await self._flush_nodes()
        await self._flush_relationships()

    async def _flush_nodes(self) -> None:
        nodes, self._nodes = self._nodes, []
        if not nodes:
            return
        rows = [
            {
                "labels": [node.label, *_entity_labels(node)],
                "properties": {k: _read(v) for k, v in node.properties.items()},
                "vector": None
                if node.vector is None
                else np.frombuffer(base64.b64decode(node.vector), dtype="<f4").tolist(),
            }
            for node in nodes
        ]
        made = await self._db.write("backups/restore_nodes", memoryId=self._memory_id, rows=rows)
        self._elements |= dict(zip((node.id for node in nodes), cast("Sequence[str]", made), strict=True))

    async def _flush_relationships(self) -> None:
        relationships, self._relationships = self._relationships, []
        if not relationships:
            return
        rows = [
            {
                "from": self._elements[r.start],
                "to": self._elements[r.end],
                "type": r.type,
                "properties": {k: _read(v) for k, v in r.properties.items()},
            }
            for r in relationships
        ]
        await self._db.write("backups/restore_relationships", memoryId=self._memory_id, rows=rows)


def _entity_labels(node: NodeLine) -> list[str]:
    return [
        label
        for kind, label in ENTITY_LABELS.items()
        if node.label == "Entity" and node.properties["entityType"] == kind
    ]


def _written(value: Any) -> Any:
    return {"$time": value.isoformat()} if isinstance(value, datetime) else value


def _read(value: Any) -> Any:
    if isinstance(value, dict):
        return datetime.fromisoformat(cast("dict[str, str]", value)["$time"])
    return value
