"""Compares the local embedder's texts per second with the same model in plain numpy, in one run.

./scripts/bench embedding
"""

import os
import statistics
import time
from collections.abc import Callable

from app.models.local.minilm import MiniLmEmbedder
from app.settings import load_settings
from tests.numpy_minilm import NumpyMiniLm

_ROUNDS = 5
_TEXTS = 768
_PEOPLE = ("Anna", "Ben", "Clara", "Dora", "Emil", "Frida", "Gustav", "Hanna")
_DEEDS = ("sold a red bicycle to", "met an old friend of", "wrote a long letter to", "played the cello with")
_PLACES = ("in Faro last week", "at the harbour", "near the station in Porto", "before the concert")


def main() -> None:
    texts = [
        f"{_PEOPLE[i % 8]} {_DEEDS[i // 8 % 4]} {_PEOPLE[i // 32 % 8]} {_PLACES[i // 256 % 4]}" for i in range(_TEXTS)
    ]
    fast, plain = MiniLmEmbedder(load_settings(os.environ).cache_dir), NumpyMiniLm()
    ratios: list[float] = []
    for _ in range(_ROUNDS):
        fast_rate = _rate(fast.embed_now, texts)
        plain_rate = _rate(plain.embed, texts)
        ratios.append(fast_rate / plain_rate)
        print(f"local {fast_rate:6.0f} texts/s   numpy {plain_rate:6.0f} texts/s   {ratios[-1]:.1f}×")
    lone = statistics.median(_seconds(fast.embed_now, [f"{text}?"]) for text in texts[:100])
    print(f"median {statistics.median(ratios):.1f}× numpy; a lone query {lone * 1000:.1f} ms")


def _rate(embed: Callable[[list[str]], object], texts: list[str]) -> float:
    return len(texts) / _seconds(embed, texts)


def _seconds(embed: Callable[[list[str]], object], texts: list[str]) -> float:
    started = time.perf_counter()
    embed(texts)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
