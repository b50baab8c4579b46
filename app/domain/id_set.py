"""Which ids a long stream has named, in eight bytes each."""

import hashlib

import numpy as np
from numpy.typing import NDArray

_RECENT = 50_000


class IdSet:
    """A set of strings by their 64-bit hashes: a million strings are taken for one they aren't with 3 in 10^8.

    Sorted blocks that double in size (a log-structured merge), so that adding stays cheap and nothing else is kept.
    """

    def __init__(self) -> None:
        self._recent: set[int] = set()
        self._blocks: list[NDArray[np.uint64]] = []

    def add(self, text: str) -> bool:
        """Whether it was new."""
        value = _hash(text)
        if value in self._recent or self._in_blocks(value):
            return False
        self._recent.add(value)
        if len(self._recent) >= _RECENT:
            self._freeze()
        return True

    def __contains__(self, text: str) -> bool:
        value = _hash(text)
        return value in self._recent or self._in_blocks(value)

    def _in_blocks(self, value: int) -> bool:
        wanted = np.uint64(value)
        for block in self._blocks:
            position = int(np.searchsorted(block, wanted))
            if position < len(block) and block[position] == wanted:
                return True
        return False

    def _freeze(self) -> None:
        block = np.sort(np.fromiter(self._recent, dtype=np.uint64, count=len(self._recent)))
        self._recent.clear()
        while self._blocks and len(self._blocks[-1]) <= len(block):
            block = np.sort(np.concatenate([self._blocks.pop(), block]))
        self._blocks.append(block)


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
