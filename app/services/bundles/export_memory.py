"""A whole memory as a bundle."""

from collections.abc import AsyncIterator

from app.domain.bundle import write_line
from app.domain.scope import MemoryScope
from app.graph import exports
from app.graph.database import Database


class ExportMemory:
    """Streams a memory as NDJSON, one page of lines at a time; yields nothing for an empty memory."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def __call__(self, scope: MemoryScope, *, with_embeddings: bool) -> AsyncIterator[bytes]:
        async for page in exports.pages(self._db, scope.memory_id, with_embeddings=with_embeddings):
            yield b"".join(write_line(line) for line in page)
