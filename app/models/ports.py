"""The only ports: a model may be local or remote, the rest of the program can't tell."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from app.domain.knowledge import Extraction, RawData

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Texts to unit vectors."""

    @property
    def model(self) -> str:
        """Name and version, as recorded with the stored vectors."""
        ...

    @property
    def dimension(self) -> int: ...

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Shape (n, dimension), float32, rows of length 1, in the order of the texts; shape (0, dimension) for none.

        Raises Unavailable when a remote model does not answer.
        """
        ...

    async def close(self) -> None: ...


class ContextMessage(Struct, frozen=True, kw_only=True):
    """What was said just before a message: enough to read its pronouns and short answers."""

    text: str
    speaker: str | None


class Window(Struct, frozen=True, kw_only=True):
    """Messages that are extracted together, in order. `before` is the message before the first one, if any."""

    messages: list[RawData]
    before: ContextMessage | None = None


class Extractor(Protocol):
    """Reads facts out of a window. Must be repeatable: a window may be read again after a crash."""

    @property
    def name(self) -> str:
        """Name and version, as recorded on what it made."""
        ...

    async def extract(self, window: Window) -> Extraction: ...
