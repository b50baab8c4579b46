"""Mem0's memories: what its `get_all` returns, and the platform's export."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from app.domain.bundle import BundleLine, EvidenceLine, FactLine, LineMention, RawDataLine
from app.importers.reading import Reading, made_id, pages, text_of

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
        """What has no place of its own in a fact."""
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
    whole = [triple for triple in triples if all(triple)]
    reading.left_out.update({"relations without two ends and a name": len(triples) - len(whole)})
    names = sorted({end for source, _, target in whole for end in (source, target)})
    facts: list[FactLine] = []
    for memory in memories:
        fact = _fact(memory, names, reading)
        if fact is not None:
            yield RawDataLine(id=fact.id, text=fact.text, source_client=_SOURCE, occurred_at=fact.observed_at)
            facts.append(fact)
    yield from facts
    for source, predicate, target in whole:
        yield FactLine(
            id=made_id("mem0 relation", source, predicate, target),
            text=f"{source} {predicate} {target}",
            subject=source,
            predicate=predicate,
            object=target,
            entities=[LineMention(name=source, role="subject"), LineMention(name=target, role="object")],
            extractor=_SOURCE,
        )


def _fact(memory: _Memory, names: list[str], reading: Reading) -> FactLine | None:
    """`names`: of the graph; a memory mentions those that are in its text."""
    text = text_of(memory.memory) or text_of(memory.text)
    if not text:
        reading.leave_out("records without text")
        return None
    owner = memory.user_id or memory.agent_id or reading.speaker or ""
    id_ = memory.id or made_id("mem0", owner, text)
    created_at = reading.time_or_none(memory.created_at)
    named = [name for name in names if name.casefold() in text.casefold()]
    return FactLine(
        id=id_,
        text=text,
        subject=owner or None,
        entities=[name for name in dict.fromkeys([owner, *named]) if name],
        raw_data=[EvidenceLine(id=id_)],
        observed_at=reading.time_or_none(memory.updated_at) or created_at,
        first_observed_at=created_at,
        extractor=_SOURCE,
        metadata=memory.kept,
    )
