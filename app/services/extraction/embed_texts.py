"""Embedding texts that are stored even if the model refuses them."""

from collections.abc import Sequence

from app.domain.errors import ModelRefused
from app.models.ports import Embedder
from app.observability.stages import STAGE_FAILURES


async def embed_texts(embedder: Embedder, texts: Sequence[str]) -> list[list[float] | None]:
    """Return a vector for each text; None for a text that the model refuses, which is then found by its words only."""
    if not texts:
        return []
    try:
        return [*(await embedder.embed(texts)).tolist()]
    except ModelRefused as refusal:
        if len(texts) == 1:
            STAGE_FAILURES.ended("embedding", refusal)
            return [None]
        half = len(texts) // 2
        return [*await embed_texts(embedder, texts[:half]), *await embed_texts(embedder, texts[half:])]
