"""Making what came in found by text and by vector."""

from collections.abc import Sequence

from app.graph import raw_data
from app.graph.database import Database, Step
from app.models.ports import Embedder
from app.services.extraction.embed_texts import embed_texts
from app.services.operations.fenced import write_fenced


class IndexRawData:
    """Done by the worker and not by the request, whose commit would take twice as long.

    It comes before extraction and apart from it: what can't be extracted is found all the same. Idempotent.
    """

    def __init__(self, db: Database, embedder: Embedder) -> None:
        self._db = db
        self._embedder = embedder

    async def __call__(self, memory_id: str, ids: Sequence[str], *, fence: Step) -> None:
        texts = await raw_data.unindexed(self._db, memory_id, ids)
        if texts:
            vectors = await embed_texts(self._embedder, list(texts.values()))
            await write_fenced(self._db, fence, raw_data.index(memory_id, texts, vectors))
