"""Embeddings from any OpenAI-compatible endpoint."""

from collections.abc import Sequence

import numpy as np
from openai import APIError, AsyncOpenAI

from app.domain.boundary import token_estimate
from app.domain.errors import ModelRefused, SetupError
from app.models.openai.errors import meaning
from app.models.ports import Vectors

_TIMEOUT_SECONDS = 30
_RETRIES = 2
_TEXTS_A_CALL = 256  # endpoints accept 2,048; with smaller calls, a failure repeats less work


class OpenAIEmbedder:
    def __init__(self, *, model: str, dimension: int, api_key: str, base_url: str) -> None:
        self._model = model
        self._dimension = dimension
        self._client = AsyncOpenAI(
            # Local servers need no key, but the client requires one.
            api_key=api_key or "none",
            base_url=base_url or None,
            timeout=_TIMEOUT_SECONDS,
            max_retries=_RETRIES,
        )

    @property
    def model(self) -> str:
        return self._model

    @property
    def dimension(self) -> int:
        return self._dimension

    @property
    def least_cosine(self) -> None:
        return None

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        return [token_estimate(text) for text in texts]

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts and scale the vectors to length 1. Raises SetupError for a wrong dimension, ModelRefused for a
        text that the model can't embed.
        """
        vectors = np.empty((len(texts), self._dimension), dtype=np.float32)
        for start in range(0, len(texts), _TEXTS_A_CALL):
            part = texts[start : start + _TEXTS_A_CALL]
            rows = await self._call(part)
            if rows.shape != (len(part), self._dimension):
                raise SetupError(
                    f"{self._model} sent vectors of shape {rows.shape}, not {(len(part), self._dimension)}: "
                    "set MNEMON_EMBEDDING_DIMENSION to the model's dimension.",
                )
            norms = np.linalg.norm(rows, axis=1, keepdims=True)
            if not np.isfinite(norms).all() or (norms == 0).any():
                raise ModelRefused("The embedding model sent a vector that is zero or not finite")
            vectors[start : start + len(part)] = rows / norms
        return vectors

    async def embed_query(self, text: str) -> Vectors:
        return (await self.embed([text]))[0]

    async def _call(self, texts: Sequence[str]) -> Vectors:
        try:
            answer = await self._client.embeddings.create(model=self._model, input=list(texts), encoding_format="float")
        except APIError as error:
            raise meaning(error, "embedding model") from error
        return np.array([item.embedding for item in sorted(answer.data, key=lambda d: d.index)], dtype=np.float32)

    async def close(self) -> None:
        await self._client.close()
