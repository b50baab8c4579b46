"""Embedding what must be stored whether a model likes it or not."""

from collections.abc import Sequence

from app.domain.errors import ModelRefused
from app.models.ports import Embedder


async def embed_texts(embedder: Embedder, texts: Sequence[str]) -> list[list[float] | None]:
    """A vector a text; None for one that the model refuses, which is then found by its words only."""
    if not texts:
        return []
    try:
        return [*(await embedder.embed(texts)).tolist()]
    except ModelRefused:
        if len(texts) == 1:
            return [None]
        half = len(texts) // 2
        return [*await embed_texts(embedder, texts[:half]), *await embed_texts(embedder, texts[half:])]
