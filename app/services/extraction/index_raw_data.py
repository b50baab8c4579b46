"""Making raw data searchable, by words and by vector."""

from collections.abc import Sequence

from app.graph import raw_data
from app.graph.database import Database
from app.models.ports import Embedder
from app.services.extraction.embed_texts import embed_texts
from app.services.operations.turn import MemoryLease


class IndexRawData:
    """Idempotent. Runs in the worker, since it would double the commit time of a request, and before extraction, so
    that raw data whose extraction fails can still be found.
    """

    def __init__(self, db: Database, embedder: Embedder) -> None:
        self._db = db
        self._embedder = embedder

    async def __call__(self, lease: MemoryLease, ids: Sequence[str]) -> None:
        texts = await raw_data.unindexed(self._db, lease.memory_id, ids)
        if texts:
            vectors = await embed_texts(self._embedder, list(texts.values()))
            await lease.write(raw_data.index(lease.memory_id, texts, vectors))
