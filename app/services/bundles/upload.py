"""One bundle on its way into the database: its lines are checked and kept in chunks."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec
from msgspec import UNSET, structs

from app.domain.bundle import (
    KIND_OF,
    BundleLine,
    EntityLine,
    FactLine,
    InsightLine,
    InvalidLine,
    LineKind,
    RawDataLine,
    parse_line,
    write_line,
)
from app.domain.bundle_edges import EDGE_KIND_OF, Edge, EdgeKind, NextEdge, split_edges, write_edge
from app.domain.ids import content_hash, new_operation_id
from app.domain.knowledge import RawDataType
from app.domain.operations import ImportReport, LineError
from app.graph import imports
from app.graph.database import Database
from app.graph.imports import KnownRawData, Target
from app.services.bundles.references import References

# One transaction stores a chunk: large enough to share the round trip, small enough for a worker's time slice.
_CHUNK_LINES = 500
_CHUNK_BYTES = 1 << 20
_MAX_ERRORS = 100  # named in the report; further ones are only counted

# A line with its number in the bundle, from 1.
_Numbered: TypeAlias = tuple[int, BundleLine]


class Upload:
    """Memory use stays flat: lines go to the database chunk by chunk; ids are kept as hashes."""

    def __init__(self, db: Database, memory_id: str, *, dimension: int, extract: bool) -> None:
        """`extract`: have raw data extracted that no fact cites."""
        self._db = db
        self._memory_id = memory_id
        self._extract = extract
        self._to_extract = 0
        self._dimension = dimension
        self.operation_id = new_operation_id()
        self.sequences = 0
        self._references = References()
        self._errors = _Errors()
        self._counts = dict.fromkeys(LineKind, 0)
        self._edge_count = 0
        self._number_of_line = 0
        self._last_message: str | None = None
        self._chunks = 0
        self._buffers = {kind: _Buffer() for kind in LineKind}
        self._edges: dict[EdgeKind, list[bytes]] = {kind: [] for kind in EdgeKind}

    @property
    def report(self) -> ImportReport:
        return self._errors.report({str(kind): count for kind, count in self._counts.items()})

    @property
    def total(self) -> int:
        """Lines and edges to store, and raw data to queue for extraction."""
        return sum(self._counts.values()) + self._edge_count + self._to_extract

    async def add(self, line: bytes) -> None:
        """Check a line and keep it; a wrong one goes to the report."""
        self._number_of_line += 1
        if not line.strip():
            return
        try:
            parsed = self._check_id(parse_line(line, dimension=self._dimension))
        except InvalidLine as error:
            self._errors.add(self._number_of_line, str(error))
            return
        kind = KIND_OF[type(parsed)]
        buffer = self._buffers[kind]
        buffer.add(self._number_of_line, parsed, size=len(line))
        if buffer.is_full:
            await self._flush(kind)
            if sum(map(len, self._edges.values())) >= _CHUNK_LINES:
                await self._flush_edges()

    async def finish(self) -> None:
        """Keep what is still buffered and report references that lead nowhere."""
        for kind in self._buffers:
            await self._flush(kind)
        await self._flush_edges()
        async for target in self._references.missing(
            find_raw_data=lambda ids: imports.known_raw_data(self._db, self._memory_id, ids),
            find_knowledge=lambda ids: imports.targets(self._db, self._memory_id, ids),
        ):
            for reference in target.references:
                first = self._errors.add(reference.line, target.reason)
                # The chunk of a fact is stored already, and the worker skips the fact; an edge is skipped alone.
                if first and isinstance(reference.kind, LineKind):
                    self._counts[reference.kind] -= 1

    def _check_id(self, line: BundleLine) -> BundleLine:
        """Return the line, raw data with position and message before. Raises InvalidLine if the id came before."""
        match line:
            case RawDataLine():
                return self._place_raw_data(line)
            case FactLine():
                if not self._references.fact_ids.add(line.id):
                    raise InvalidLine(f"the fact {line.id!r} was on an earlier line")
            case InsightLine():
                if not self._references.insight_ids.add(line.id):
                    raise InvalidLine(f"the insight {line.id!r} was on an earlier line")
            case _:
                pass
        return line

    def _place_raw_data(self, line: RawDataLine) -> RawDataLine:
        seen = self._references.raw_data_ids
        previous, unseen = line.previous, None
        if isinstance(previous, str) and previous not in seen:
            previous, unseen = None, previous
        if not seen.add(line.id):
            raise InvalidLine(f"the raw data {line.id!r} were on an earlier line")
        if unseen is not None:
            # It may follow, or be in the memory: the edge is stored when all raw data are.
            self._references.add_previous(self._number_of_line, unseen)
            self._keep_edge(NextEdge(id=line.id, previous=unseen))
        sequence = self.sequences if line.sequence is None else line.sequence
        self.sequences = max(self.sequences, sequence + 1)
        if line.type is RawDataType.CONVERSATION:
            if previous is UNSET:
                previous = self._last_message
            self._last_message = line.id
        return structs.replace(line, previous=previous, sequence=sequence)

    def _keep_edge(self, edge: Edge) -> None:
        self._edges[EDGE_KIND_OF[type(edge)]].append(write_edge(edge))
        self._edge_count += 1

    async def _flush(self, kind: LineKind) -> None:
        lines = self._buffers[kind].take()
        changed = await self._changed_ids(kind, [line for _, line in lines])
        stored: list[bytes] = []
        for number, line in lines:
            if not isinstance(line, EntityLine) and line.id in changed:
                what = "raw data " if kind is LineKind.RAW_DATA else ""
                self._errors.add(number, f"the memory holds {what}{line.id!r} with another text")
                continue
            self._references.add(number, line)
            node, edges = split_edges(line)
            stored.append(write_line(node))
            for edge in edges:
                self._keep_edge(edge)
        if stored:
            await self._store(kind, stored)
            self._counts[kind] += len(stored)
        if self._extract:
            ids = [line.id for _, line in lines if isinstance(line, RawDataLine) and line.id not in changed]
            if ids:
                await self._store(imports.EXTRACT, [msgspec.json.encode(id_) + b"\n" for id_ in ids])
                self._to_extract += len(ids)

    async def _flush_edges(self) -> None:
        for kind, lines in self._edges.items():
            if lines:
                await self._store(kind, lines)
                self._edges[kind] = []

    async def _store(self, kind: str, lines: list[bytes]) -> None:
        await imports.store_chunk(
            self._db, self._memory_id, self.operation_id, number=self._chunks, kind=kind, lines=lines
        )
        self._chunks += 1

    async def _changed_ids(self, kind: LineKind, lines: Sequence[BundleLine]) -> set[str]:
        """Return the ids that stand for another text in the memory; entities have no id."""
        if kind is LineKind.ENTITY:
            return set()
        ids = [line.id for line in lines if not isinstance(line, EntityLine)]
        if kind is LineKind.RAW_DATA:
            known = await imports.known_raw_data(self._db, self._memory_id, ids)
            return {line.id for line in lines if isinstance(line, RawDataLine) and _has_other_text(known, line)}
        targets = await imports.targets(self._db, self._memory_id, ids)
        return {
            line.id for line in lines if isinstance(line, FactLine | InsightLine) and _means_other_text(targets, line)
        }


class _Errors:
    """Wrong lines: the first hundred with their reasons, all of them counted."""

    def __init__(self) -> None:
        self._shown: list[LineError] = []
        self._count = 0
        self._lines: set[int] = set()

    def add(self, line: int, reason: str) -> bool:
        """Return True for the first error of a line."""
        first = line not in self._lines
        self._lines.add(line)
        self._count += 1
        if len(self._shown) < _MAX_ERRORS:
            self._shown.append(LineError(line=line, reason=reason))
        return first

    def report(self, counts: dict[str, int]) -> ImportReport:
        shown = sorted(self._shown, key=lambda error: error.line)
        return ImportReport(counts=counts, errors=shown, error_count=self._count)


class _Buffer:
    """Checked lines of one kind that wait until a chunk is full."""

    def __init__(self) -> None:
        self._lines: list[_Numbered] = []
        self._bytes = 0

    @property
    def is_full(self) -> bool:
        return len(self._lines) >= _CHUNK_LINES or self._bytes >= _CHUNK_BYTES

    def add(self, number: int, line: BundleLine, *, size: int) -> None:
        self._lines.append((number, line))
        self._bytes += size

    def take(self) -> list[_Numbered]:
        lines, self._lines, self._bytes = self._lines, [], 0
        return lines


def _has_other_text(known: Mapping[str, KnownRawData], line: RawDataLine) -> bool:
    stored = known.get(line.id)
    return stored is not None and stored.text != line.text


def _means_other_text(targets: Mapping[str, Target], line: FactLine | InsightLine) -> bool:
    stored = targets.get(line.id)
    if stored is None or stored.external_id != line.id:
        return False
    return stored.text is None or content_hash(stored.text) != content_hash(line.text)
