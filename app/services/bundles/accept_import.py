"""Taking a bundle in: every line is checked and kept before the answer; the worker stores them afterwards."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from typing import cast

import msgspec
from msgspec import UNSET

from app.domain.bundle import (
    KIND_OF,
    MAX_LINE_BYTES,
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
from app.domain.errors import InvalidBundle
from app.domain.id_set import IdSet
from app.domain.idempotency import Idempotency
from app.domain.ids import content_hash, new_operation_id
from app.domain.knowledge import RawDataType
from app.domain.operations import ImportReport, LineError, OperationResult
from app.domain.scope import MemoryScope
from app.graph import imports, operations
from app.graph.database import Database
from app.services.operations.signals import Signals

# A chunk is what one transaction stores: large enough to share its round trip, small enough for a worker's time slice.
_CHUNK_LINES = 500
_CHUNK_BYTES = 1 << 20
MAX_ERRORS = 100


class AcceptImport:
    """Returns the id of the operation once all lines are kept.

    Without `partial`, raises InvalidBundle when any line is wrong, and nothing is taken in; with it, wrong lines are
    left out and reported. Memory stays flat: lines are kept in the database chunk by chunk, ids as hashes.
    """

    def __init__(self, db: Database, signals: Signals, *, dimension: int) -> None:
        self._db = db
        self._signals = signals
        self._dimension = dimension

    async def __call__(
        self, scope: MemoryScope, body: AsyncIterator[bytes], *, partial: bool, key: str | None = None
    ) -> str:
        """`key`: a repeated import with the same one and the same body gets the operation of the first; with another
        body, Conflict.
        """
        known = key and await operations.find_by_key(self._db, scope.memory_id, key)
        hashed = _Hashed(body, partial=partial)
        if known:
            async for _ in hashed:
                pass
            return known.id_for(hashed.request_hash)
        await imports.discard_abandoned(self._db, scope.memory_id)
        upload = _Upload(self._db, scope.memory_id, dimension=self._dimension)
        try:
            async for line in _lines(hashed):
                await upload.add(line)
            await upload.finish()
            if upload.report.error_count and not partial:
                raise InvalidBundle(
                    [(error.line, error.reason) for error in upload.report.errors], upload.report.error_count
                )
            if not upload.total:
                raise InvalidBundle([(error.line, error.reason) for error in upload.report.errors] or [(1, "is empty")])
        except BaseException:
            await imports.discard(self._db, scope.memory_id, upload.operation_id)
            raise
        stored = await imports.accept(
            self._db,
            scope=scope,
            operation_id=upload.operation_id,
            total=upload.total,
            sequences=upload.sequences,
            result=OperationResult(imported=upload.report),
            idempotency=Idempotency(key=key, request_hash=hashed.request_hash) if key else None,
        )
        if stored.operation_id != upload.operation_id:
            await imports.discard(self._db, scope.memory_id, upload.operation_id)
            return stored.id_for(hashed.request_hash)
        self._signals.work_arrived()
        return upload.operation_id


class _Hashed:
    """A body that is passed on while it is hashed."""

    def __init__(self, body: AsyncIterator[bytes], *, partial: bool) -> None:
        self._body = body
        self._hash = hashlib.sha256(b"import partial" if partial else b"import")

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._parts()

    async def _parts(self) -> AsyncIterator[bytes]:
        async for part in self._body:
            self._hash.update(part)
            yield part

    @property
    def request_hash(self) -> str:
        """Hash of the lines passed on so far."""
        return self._hash.hexdigest()


async def _lines(body: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The lines of a stream. A line that never ends is handed on in pieces, each too long to be accepted."""
    rest, first = b"", True
    async for part in body:
        if first and part:
            part, first = part.removeprefix(b"\xef\xbb\xbf"), False  # noqa: PLW2901 - without a byte order mark
        *whole, rest = (rest + part).split(b"\n")
        for line in whole:
            yield line
        if len(rest) > MAX_LINE_BYTES:
            yield rest
            rest = b""
    yield rest


class _Upload:
    """The state of one upload: what was seen, what waits for its chunk to fill."""

    def __init__(self, db: Database, memory_id: str, *, dimension: int) -> None:
        self._db = db
        self._memory_id = memory_id
        self._dimension = dimension
        self.operation_id = new_operation_id()
        self.sequences = 0
        self._errors: list[LineError] = []
        self._error_count = 0
        self._counts = dict.fromkeys(map(str, LineKind), 0)
        self._links = 0
        self._raw_data_ids, self._fact_ids, self._insight_ids = IdSet(), IdSet(), IdSet()
        # What was referred to before it came: id -> the lines that did so, and their kinds.
        self._raw_data_wanted: dict[str, list[tuple[int, str]]] = {}
        self._facts_wanted: dict[str, list[tuple[int, str]]] = {}
        self._next_lines: list[bytes] = []
        self._number_of_line = 0
        self._chunks = 0
        self._last_message: str | None = None
        self._buffers: dict[str, list[tuple[int, BundleLine]]] = {str(kind): [] for kind in LineKind}
        self._bytes = dict.fromkeys(self._buffers, 0)
        self._link_lines: list[bytes] = []
        self._point_lines: list[bytes] = []
        self._left_out: set[int] = set()

    @property
    def report(self) -> ImportReport:
        errors = sorted(self._errors, key=lambda error: error.line)
        return ImportReport(counts=self._counts, errors=errors, error_count=self._error_count)

    @property
    def total(self) -> int:
        return sum(self._counts.values()) + self._links

    async def add(self, line: bytes) -> None:
        self._number_of_line += 1
        if not line.strip():
            return
        try:
            parsed = parse_line(line, dimension=self._dimension)
            self._take(parsed)
        except InvalidLine as error:
            self._refuse(self._number_of_line, str(error))
            return
        kind = str(KIND_OF[type(parsed)])
        self._buffers[kind].append((self._number_of_line, parsed))
        self._bytes[kind] += len(line)
        if len(self._buffers[kind]) >= _CHUNK_LINES or self._bytes[kind] >= _CHUNK_BYTES:
            await self._flush(kind)
            if len(self._next_lines) + len(self._link_lines) + len(self._point_lines) >= _CHUNK_LINES:
                await self._flush_links()

    async def finish(self) -> None:
        for kind in self._buffers:
            await self._flush(kind)
        await self._flush_links()
        await self._check_references()

    def _refuse(self, line: int, reason: str) -> None:
        self._error_count += 1
        if len(self._errors) < MAX_ERRORS:
            self._errors.append(LineError(line=line, reason=reason))

    def _take(self, line: BundleLine) -> None:
        match line:
            case RawDataLine():
                self._take_raw_data(line)
            case FactLine():
                if not self._fact_ids.add(line.id):
                    raise InvalidLine(f"the fact {line.id!r} was on an earlier line")
            case InsightLine():
                if not self._insight_ids.add(line.id):
                    raise InvalidLine(f"the insight {line.id!r} was on an earlier line")
            case EntityLine():
                pass

    def _take_raw_data(self, line: RawDataLine) -> None:
        if isinstance(line.previous, str) and line.previous not in self._raw_data_ids:
            # It may come yet, or be in the memory: linked when all raw data are there.
            self._next_lines.append(msgspec.json.encode({"id": line.id, "previous": line.previous}) + b"\n")
            self._raw_data_wanted.setdefault(line.previous, []).append((self._number_of_line, imports.NEXT))
            self._links += 1
            line.previous = None
        if not self._raw_data_ids.add(line.id):
            raise InvalidLine(f"the raw data {line.id!r} were on an earlier line")
        if line.sequence is None:
            line.sequence = self.sequences
        self.sequences = max(self.sequences, line.sequence + 1)
        if line.type is RawDataType.CONVERSATION:
            if line.previous is UNSET:
                line.previous = self._last_message
            self._last_message = line.id

    async def _flush(self, kind: str) -> None:
        lines, self._buffers[kind], self._bytes[kind] = self._buffers[kind], [], 0
        if kind == LineKind.RAW_DATA:
            lines = await self._sound_raw_data(lines)
        elif kind != LineKind.ENTITY:
            lines = await self._without_other_texts(lines)
        for number, line in lines:
            self._note_references(number, line)
        if lines:
            await self._store(kind, [write_line(line) for _, line in lines])
            self._counts[kind] += len(lines)

    async def _store(self, kind: str, lines: list[bytes]) -> None:
        await imports.store_chunk(
            self._db, self._memory_id, self.operation_id, number=self._chunks, kind=kind, lines=lines
        )
        self._chunks += 1

    async def _sound_raw_data(self, lines: list[tuple[int, BundleLine]]) -> list[tuple[int, BundleLine]]:
        """Keep the lines whose id is not used by other raw data of the memory."""
        known = await imports.known_raw_data(self._db, self._memory_id, [line.id for _, line in _raw_data(lines)])
        sound: list[tuple[int, BundleLine]] = []
        for number, line in _raw_data(lines):
            stored = known.get(line.id)
            if stored is not None and stored.text != line.text:
                self._refuse(number, f"the memory holds raw data {line.id!r} with another text")
            else:
                sound.append((number, line))
        return sound

    async def _without_other_texts(self, lines: list[tuple[int, BundleLine]]) -> list[tuple[int, BundleLine]]:
        """Facts and insights whose id stands for the same text in the memory, or for nothing yet."""
        told = cast("list[tuple[int, FactLine | InsightLine]]", lines)
        known = await imports.targets(self._db, self._memory_id, [line.id for _, line in told])
        sound: list[tuple[int, BundleLine]] = []
        for number, line in told:
            stored = known.get(line.id)
            if stored is not None and stored.external_id == line.id and not _same_text(stored.text, line.text):
                self._refuse(number, f"the memory holds {line.id!r} with another text")
            else:
                sound.append((number, line))
        return sound

    def _note_references(self, number: int, line: BundleLine) -> None:
        """Keeps in mind what a line refers to that was on no line before: it may come yet, or be in the memory."""
        match line:
            case FactLine():
                for evidence in line.raw_data:
                    if evidence.id not in self._raw_data_ids:
                        self._raw_data_wanted.setdefault(evidence.id, []).append((number, LineKind.FACT))
                for link in line.links:
                    if link.to not in self._fact_ids:
                        self._facts_wanted.setdefault(link.to, []).append((number, imports.LINK))
                self._keep_links(line)
            case InsightLine():
                for id_ in line.derived_from:
                    if id_ not in self._fact_ids and id_ not in self._insight_ids:
                        self._facts_wanted.setdefault(id_, []).append((number, imports.POINT))
                self._keep_points(line)
            case EntityLine():
                self._keep_same(line)
            case _:
                pass

    def _keep_same(self, line: EntityLine) -> None:
        """Keep SAME_AS edges until all entities are stored; edges to unknown names are dropped then."""
        self._link_lines += [
            msgspec.json.encode({"from": line.name, "type": "SAME_AS", "to": name}) + b"\n" for name in line.same_as
        ]
        self._links += len(line.same_as)
        line.same_as = []

    def _keep_links(self, line: FactLine) -> None:
        self._link_lines += [
            msgspec.json.encode({"from": line.id, "type": link.type, "to": link.to, "strength": link.strength}) + b"\n"
            for link in line.links
        ]
        self._links += len(line.links)
        line.links = []

    def _keep_points(self, line: InsightLine) -> None:
        """Keep an insight's sources until all insights are stored."""
        self._point_lines.append(msgspec.json.encode({"id": line.id, "derivedFrom": line.derived_from}) + b"\n")
        self._links += 1
        line.derived_from = []

    async def _flush_links(self) -> None:
        for kind, lines in (
            (imports.NEXT, self._next_lines),
            (imports.LINK, self._link_lines),
            (imports.POINT, self._point_lines),
        ):
            if lines:
                await self._store(kind, lines)
        self._next_lines, self._link_lines, self._point_lines = [], [], []

    async def _check_references(self) -> None:
        """Refuses the lines that refer to nothing, neither in the bundle nor in the memory."""
        raw_data = [id_ for id_ in self._raw_data_wanted if id_ not in self._raw_data_ids]
        for ids in _batches(raw_data):
            known = await imports.known_raw_data(self._db, self._memory_id, ids)
            for id_ in ids:
                if id_ not in known:
                    reason = f"raw data {id_!r} are neither in the bundle nor in the memory"
                    self._refuse_all(self._raw_data_wanted[id_], reason)
        facts = [id_ for id_ in self._facts_wanted if id_ not in self._fact_ids and id_ not in self._insight_ids]
        for ids in _batches(facts):
            targets = await imports.targets(self._db, self._memory_id, ids)
            for id_ in ids:
                if id_ not in targets:
                    reason = f"{id_!r} is no fact or insight of the bundle or the memory"
                    self._refuse_all(self._facts_wanted[id_], reason)

    def _refuse_all(self, lines: list[tuple[int, str]], reason: str) -> None:
        for number, kind in lines:
            self._refuse(number, reason)
            # A fact was kept before its fault was known, and the worker leaves it out; a link or a point goes alone.
            if kind in self._counts and number not in self._left_out:
                self._left_out.add(number)
                self._counts[kind] -= 1


def _same_text(stored: str | None, text: str) -> bool:
    return stored is not None and content_hash(stored) == content_hash(text)


def _raw_data(lines: list[tuple[int, BundleLine]]) -> list[tuple[int, RawDataLine]]:
    return cast("list[tuple[int, RawDataLine]]", lines)


def _batches(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), _CHUNK_LINES):
        yield ids[start : start + _CHUNK_LINES]
