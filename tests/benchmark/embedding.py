"""Measures the local embedder's texts per second, beside what the cores can do at best, in one run.

./scripts/bench embedding. The limit is the rate of numpy's float32 matrix product on all cores, for the multiplications
and additions of the model's layers; 8-bit arithmetic may exceed it.
"""

import os
import statistics
import time
from collections.abc import Callable

import numpy as np

from app.models.local.e5 import E5Embedder
from app.settings import load_settings

_ROUNDS = 5
_TEXTS = 768
_PEOPLE = ("Anna", "Ben", "Clara", "Dora", "Emil", "Frida", "Gustav", "Hanna")
_DEEDS = ("sold a red bicycle to", "met an old friend of", "wrote a long letter to", "played the cello with")
_PLACES = ("in Faro last week", "at the harbour", "near the station in Porto", "before the concert")
# 12 layers, each with four matrices of 384 × 384 and two of 384 × 1,536: a multiplication and an addition a weight.
_OPERATIONS_A_TOKEN = 12 * 2 * (4 * 384 * 384 + 2 * 384 * 1536)
_SIDE = 1536


def main() -> None:
    texts = [
        f"{_PEOPLE[i % 8]} {_DEEDS[i // 8 % 4]} {_PEOPLE[i // 32 % 8]} {_PLACES[i // 256 % 4]}" for i in range(_TEXTS)
    ]
    embedder = E5Embedder(load_settings(os.environ).cache_dir)
    tokens = embedder.count_tokens(texts)
    matrix = np.random.default_rng(1).random((_SIDE, _SIDE), dtype=np.float32)
    shares: list[float] = []
    for _ in range(_ROUNDS):
        rate = _TEXTS / _seconds(lambda: embedder.embed_now(texts))
        product = statistics.median(_seconds(lambda: matrix @ matrix) for _ in range(5))
        limit = 2 * _SIDE**3 / product / (_OPERATIONS_A_TOKEN * tokens / _TEXTS)
        shares.append(rate / limit)
        print(f"{rate:6.0f} texts/s of {tokens / _TEXTS:.0f} tokens   limit {limit:6.0f} texts/s   {shares[-1]:.2f}")
    lone = statistics.median(_seconds(lambda text=text: embedder.embed_query_now(f"{text}?")) for text in texts[:100])
    print(f"median {statistics.median(shares):.2f} of the limit; a lone query {lone * 1000:.1f} ms")


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
