"""A set of ids in eight bytes each, so that imports can check references among millions of lines."""

import hashlib
from array import array
from bisect import bisect_left

_RECENT = 50_000  # hashes collected before they are sorted into a block


class IdSet:
    """A set of strings, stored as 64-bit hashes: among a million, two collide with a probability of 3 in 10^8.

    Hashes are kept in sorted blocks that are merged as they grow (a log-structured merge), so adding stays cheap.
    """

    def __init__(self) -> None:
        self._recent: set[int] = set()
        self._blocks: list[array[int]] = []

    def add(self, text: str) -> bool:
        """Add an id; return True if it was new."""
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
        for block in self._blocks:
            position = bisect_left(block, value)
            if position < len(block) and block[position] == value:
                return True
        return False

    def _freeze(self) -> None:
        block = array("Q", sorted(self._recent))
        self._recent.clear()
        while self._blocks and len(self._blocks[-1]) <= len(block):
            block = array("Q", sorted(self._blocks.pop() + block))
        self._blocks.append(block)


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
