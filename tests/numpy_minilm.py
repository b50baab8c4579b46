"""all-MiniLM-L6-v2 in plain numpy: the reference for the fast embedder's results and speed."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from app.models.local.minilm import DIMENSION, Weights, load_tokenizer, load_weights

Array = NDArray[np.float32]
_HEADS = 12
_LAYERS = 6


class NumpyMiniLm:
    def __init__(self) -> None:
        self._weights: Weights = load_weights()
        self._tokenizer = load_tokenizer()

    def embed(self, texts: Sequence[str], *, batch_size: int = 32) -> Array:
        """Embed in batches in the given order, each padded to its longest text."""
        encodings = [e.ids for e in self._tokenizer.encode_batch(list(texts))]
        vectors = np.empty((len(texts), DIMENSION), dtype=np.float32)
        for start in range(0, len(texts), batch_size):
            vectors[start : start + batch_size] = self._forward(encodings[start : start + batch_size])
        return vectors

    def _forward(self, batch: list[list[int]]) -> Array:
        width = max(map(len, batch))
        ids = np.zeros((len(batch), width), dtype=np.int64)
        mask = np.zeros((len(batch), width), dtype=np.float32)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        w = self._weights
        x = (
            w["embeddings.word_embeddings.weight"][ids]
            + w["embeddings.position_embeddings.weight"][:width]
            + w["embeddings.token_type_embeddings.weight"][0]
        )
        x = self._norm(x, "embeddings.LayerNorm")
        for layer in range(_LAYERS):
            x = self._layer(x, mask, f"encoder.layer.{layer}")
        pooled = (x * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
        return pooled / np.linalg.norm(pooled, axis=1, keepdims=True)

    def _layer(self, x: Array, mask: Array, prefix: str) -> Array:
        n, t, d = x.shape

        def heads(name: str) -> Array:
            projected = self._linear(x, f"{prefix}.attention.self.{name}")
            return projected.reshape(n, t, _HEADS, d // _HEADS).transpose(0, 2, 1, 3)

        scores = heads("query") @ heads("key").transpose(0, 1, 3, 2) / np.sqrt(d // _HEADS, dtype=np.float32)
        scores = scores + (1 - mask[:, None, None, :]) * np.float32(-1e9)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        attended = (scores @ heads("value")).transpose(0, 2, 1, 3).reshape(n, t, d)
        x = self._norm(
            x + self._linear(attended, f"{prefix}.attention.output.dense"), f"{prefix}.attention.output.LayerNorm"
        )
        inner = self._linear(x, f"{prefix}.intermediate.dense")
        inner = (inner * 0.5 * (1 + erf(inner / np.sqrt(np.float32(2))))).astype(np.float32)
        return self._norm(x + self._linear(inner, f"{prefix}.output.dense"), f"{prefix}.output.LayerNorm")

    def _linear(self, x: Array, name: str) -> Array:
        return x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _norm(self, x: Array, name: str) -> Array:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + np.float32(1e-12))
        return scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
