"""Accepting an import: every line is checked and kept before the answer; a worker stores them in the graph later."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator

from app.domain.bundle import MAX_LINE_BYTES
from app.domain.errors import InvalidBundle
from app.domain.idempotency import Idempotency
from app.domain.operations import OperationResult
from app.domain.scope import MemoryScope
from app.graph import imports, operations
from app.graph.database import Database
from app.services.bundles.upload import Upload
from app.services.operations.check_backlog import CheckBacklog
from app.services.operations.signals import Signals


class AcceptImport:
    """Returns the operation's id once all lines are stored in chunks.

    Without `partial`, any invalid line raises InvalidBundle and nothing is imported; with it, invalid lines are skipped
    and reported. Uses little RAM: lines go to the database chunk by chunk, and ids are kept as hashes.
    """

    def __init__(self, db: Database, signals: Signals, check_backlog: CheckBacklog, *, dimension: int) -> None:
        self._db = db
        self._signals = signals
        self._check_backlog = check_backlog
        self._dimension = dimension

    async def __call__(
        self, scope: MemoryScope, body: AsyncIterator[bytes], *, partial: bool, extract: bool, key: str | None = None
    ) -> str:
        """`extract`: have raw data extracted that no fact cites.

        `key`: the idempotency key. The same key and body return the first import's operation; another body raises
        Conflict. Raises Overloaded if the user has too many unfinished operations.
        """
        await self._check_backlog.of_user(scope.user_id)
        known = key and await operations.find_by_key(self._db, scope.memory_id, key)
        hashed = _Hashed(body, options=f"{partial=} {extract=}")
        if known:
            async for _ in hashed:
                pass
            return known.id_for(hashed.request_hash)
        await imports.discard_abandoned(self._db, scope.memory_id)
        upload = Upload(self._db, scope.memory_id, dimension=self._dimension, extract=extract)
        try:
            async for line in _lines(hashed):
                await upload.add(line)
            await upload.finish()
            if upload.report.error_count and not partial:
                raise InvalidBundle(
                    [(error.line, error.reason) for error in upload.report.errors], upload.report.error_count
                )
            if not upload.total and not upload.report.error_count:
                raise InvalidBundle([(1, "is empty")])
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
    """A body stream that is hashed as it is read."""

    def __init__(self, body: AsyncIterator[bytes], *, options: str) -> None:
        self._body = body
        self._hash = hashlib.sha256(f"import {options}\n".encode())

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
    """Split a stream into lines. An overlong line is yielded in pieces, each too long to be accepted."""
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
