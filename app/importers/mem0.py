"""Mem0's memories: what its `get_all` returns, and the platform's export."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from app.domain.bundle import BundleLine, FactLine, LineMention
from app.domain.errors import SetupError
from app.domain.scripts import occurrences
from app.importers.reading import Reading, made_id, pages, text_of, with_source

_SOURCE = "mem0"


class _Memory(Struct):
    id: str | None = None
    memory: str | None = None
    text: str | None = None
    user_id: str | None = None
    agent_id: str | None = None
    run_id: str | None = None
    categories: list[str] | None = None
    metadata: dict[str, Any] | None = None
    created_at: str | None = None
    updated_at: str | None = None

    @property
    def kept(self) -> dict[str, Any]:
        """Return the fields that a fact keeps as metadata."""
        names = ("user_id", "agent_id", "run_id", "categories", "metadata")
        return {name: value for name in names if (value := getattr(self, name))}


class _Relation(Struct):
    """Mem0 has called the far end both `target` and `destination`, and the name `relationship` and `relation`."""

    source: str | None = None
    relationship: str | None = None
    relation: str | None = None
    target: str | None = None
    destination: str | None = None

    @property
    def triple(self) -> tuple[str, str, str]:
        predicate = text_of(self.relationship or self.relation).replace("_", " ")
        return text_of(self.source), predicate, text_of(self.target or self.destination)


class _Export(Struct):
    results: list[_Memory] = []
    memories: list[_Memory] = []
    relations: list[_Relation] = []


_DECODER: msgspec.json.Decoder[list[_Memory] | _Export] = msgspec.json.Decoder(list[_Memory] | _Export)


def read_mem0(path: Path, reading: Reading) -> Iterator[BundleLine]:
    """Each memory becomes a fact with the memory itself as its source; each relation of the graph becomes a fact."""
    memories: list[_Memory] = []
    triples: list[tuple[str, str, str]] = []
    for page in pages(path.read_bytes(), _DECODER, "memories of Mem0"):
        export = _Export(results=page) if isinstance(page, list) else page
        memories += [*export.results, *export.memories]
        triples += [relation.triple for relation in export.relations]
    owners = sorted({memory.user_id for memory in memories if memory.user_id})
    if len(owners) > 1:
        raise SetupError(
            f"The file has the memories of {len(owners)} users ({', '.join(owners[:5])}): split it by user_id first, "
            "since each user has a memory of their own."
        )
    whole = [triple for triple in triples if all(triple)]
    for _ in range(len(triples) - len(whole)):
        reading.leave_out("relations without two ends and a name")
    names = sorted({end for source, _, target in whole for end in (source, target)})
    for memory in memories:
        fact = _fact(memory, names, reading)
        if fact is not None:
            yield from with_source(fact)
    for source, predicate, target in whole:
        relation = FactLine(
            id=made_id("mem0 relation", source, predicate, target),
            text=f"{source} {predicate} {target}",
            subject=source,
            predicate=predicate,
            object=target,
            entities=[LineMention(name=source, role="subject"), LineMention(name=target, role="object")],
            extractor=_SOURCE,
        )
        yield from with_source(relation)


def _fact(memory: _Memory, names: list[str], reading: Reading) -> FactLine | None:
    """`names`: of the graph; a memory mentions those that are in its text."""
    text = text_of(memory.memory) or text_of(memory.text)
    if not text:
        reading.leave_out("records without text")
        return None
    owner = reading.speaker or memory.user_id or memory.agent_id or ""
    # A memory that was changed since is another one.
    id_ = made_id("mem0", memory.id or owner, text)
    created_at = reading.time_or_none(memory.created_at)
    named = [name for name in names if any(occurrences(name, text, ignore_case=True))]
    return FactLine(
        id=id_,
        text=text,
        subject=owner or None,
        entities=[name for name in dict.fromkeys([owner, *named]) if name],
        observed_at=reading.time_or_none(memory.updated_at) or created_at,
        first_observed_at=created_at,
        extractor=_SOURCE,
        metadata=memory.kept,
    )
