"""multilingual-e5-small on ctranslate2: the default embedder (docs/decisions/0010)."""

import asyncio
import os
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import Any

import ctranslate2
import msgspec
import numpy as np

from app.models.local.e5_weights import converted_model, load_tokenizer
from app.models.ports import Vectors

MODEL_NAME = "multilingual-e5-small-centred"
DIMENSION = 384
_QUERY, _PASSAGE = "query: ", "passage: "  # what the model was trained with (its model card)
_BATCH_TOKENS = 256
_CACHED_QUERIES = 1024
_PIECE = 500  # characters
_LONGEST = 20_000  # characters; far more than the 512 tokens that are read


class E5Embedder:
    """Mean-pooled, centred, unit length, 384 dimensions; texts are cut at 512 tokens.

    The model's vectors all lie in one narrow cone: unrelated texts have cosines around .8. So the mean vector of typical
    texts in twenty languages (tests/typical_texts.py) is subtracted, the first step of "all-but-the-top" (Mu and
    Viswanath 2018); after it, unrelated texts have cosines around .2. Vectors of the last 1,024 queries are cached.
    """

    def __init__(self, cache_dir: Path) -> None:
        cores = _cores()
        folder = converted_model(cache_dir)
        self._tokenizer, self._replaced = load_tokenizer(folder)
        # Parallel batches with one thread each: threads of one batch would have to wait for each other.
        self._encoder: Any = ctranslate2.Encoder(
            str(folder), device="cpu", compute_type="int8", inter_threads=cores, intra_threads=1
        )
        mean = msgspec.json.decode(files("app.models.local").joinpath("e5_mean.json").read_bytes(), type=list[float])
        self._mean = np.array(mean, dtype=np.float32)
        self._batches = ThreadPoolExecutor(cores, thread_name_prefix="e5-batch")
        # Separate pools, so that a query waits only for batches that are running, not for queued ones.
        self._callers = ThreadPoolExecutor(4, thread_name_prefix="e5")
        self._queries = ThreadPoolExecutor(2, thread_name_prefix="e5-query")
        self._recent: OrderedDict[str, Vectors] = OrderedDict()

    @property
    def model(self) -> str:
        return MODEL_NAME

    @property
    def dimension(self) -> int:
        return DIMENSION

    @property
    def least_cosine(self) -> float:
        """It kept all questions about eight memories and refused most about others (docs/retrieval.md)."""
        return 0.36

    async def embed(self, texts: Sequence[str]) -> Vectors:
        return await asyncio.get_running_loop().run_in_executor(self._callers, self.embed_now, texts)

    async def embed_query(self, text: str) -> Vectors:
        if (known := self._recent.get(text)) is not None:
            self._recent.move_to_end(text)
            return known
        vector = await asyncio.get_running_loop().run_in_executor(self._queries, self.embed_query_now, text)
        self._recent[text] = vector
        if len(self._recent) > _CACHED_QUERIES:
            self._recent.popitem(last=False)
        return vector

    def embed_now(self, texts: Sequence[str]) -> Vectors:
        """Like `embed`, but in the calling thread."""
        return self._centred(self.plain_vectors(texts))

    def embed_query_now(self, text: str) -> Vectors:
        """Like `embed_query`, but in the calling thread and without the cache."""
        return self._centred(self.plain_vectors([text], query=True))[0]

    def plain_vectors(self, texts: Sequence[str], *, query: bool = False) -> Vectors:
        """The model's own vectors, unit length, not centred. Shape (n, 384)."""
        ids = self._tokens(texts, _QUERY if query else _PASSAGE)
        vectors = np.empty((len(ids), DIMENSION), dtype=np.float32)

        def run(batch: list[int]) -> None:
            hidden: Any = self._encoder.forward_batch([ids[i] for i in batch]).last_hidden_state
            vectors[batch] = _unit(np.asarray(hidden).mean(axis=1))

        batches = _batches(ids)
        if len(batches) == 1:
            run(batches[0])
        else:
            list(self._batches.map(run, batches))
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> int:
        """Number of tokens that `embed` reads, the model's marks included."""
        return sum(map(len, self._tokens(texts, _PASSAGE)))

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        # The tokenizer cuts at 512 tokens, of which a piece can't have more: no token is shorter than a character.
        pieces = [[text[i : i + _PIECE] for i in range(0, len(text), _PIECE)] for text in texts]
        flat = [piece.translate(self._replaced) for parts in pieces for piece in parts]
        lengths = iter(len(found.ids) for found in self._tokenizer.encode_batch(flat, add_special_tokens=False))
        return [sum(next(lengths) for _ in parts) for parts in pieces]

    def _tokens(self, texts: Sequence[str], prefix: str) -> list[list[int]]:
        prepared = [(prefix + text[:_LONGEST]).translate(self._replaced) for text in texts]
        return [encoding.ids for encoding in self._tokenizer.encode_batch(prepared)]

    def _centred(self, vectors: Vectors) -> Vectors:
        return _unit(vectors - self._mean)

    async def close(self) -> None:
        self._queries.shutdown()
        self._callers.shutdown()
        self._batches.shutdown()


def _unit(rows: Vectors) -> Vectors:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _batches(ids: Sequence[Sequence[int]]) -> list[list[int]]:
    """Group the indexes of texts of equal length into batches of at most `_BATCH_TOKENS` tokens.

    No text is padded: that is as fast, and padding changes some int8 vectors a little (cosine .999), so that a text's
    vector would depend on its neighbours.
    """
    batches: list[list[int]] = []
    length = 0
    for index in sorted(range(len(ids)), key=lambda i: len(ids[i])):
        if len(ids[index]) != length or (len(batches[-1]) + 1) * length > _BATCH_TOKENS:
            batches.append([])
            length = len(ids[index])
        batches[-1].append(index)
    return batches


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
