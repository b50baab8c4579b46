"""The only ports: a model may be local or remote, the rest of the program can't tell."""

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from app.domain.knowledge import Extraction, RawData
from app.domain.usage import Usage
from app.prompts.extract_window import KnownEntity
from app.prompts.prompt import Prompt

Answer = TypeVar("Answer")

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
    """The message before the first one, for its pronouns and short answers."""

    text: str
    speaker: str | None


class Reply(Struct, Generic[Answer], frozen=True, kw_only=True):
    """`truncated`: the model broke off, and this is what it said until then. `usage` is nothing for an answer that was
    paid for before.
    """

    answer: Answer
    truncated: bool = False
    usage: Usage = Usage()


class LanguageModel(Protocol):
    """Answers prompts in the shape that they ask for."""

    @property
    def model(self) -> str: ...

    async def ask(self, prompt: Prompt[Answer], content: str, *, images: Sequence[str] = ()) -> Reply[Answer]:
        """`images`: URLs, also data URLs. Raises Unavailable for what may pass, and ModelRefused, which holds the usage so
        far, for what the model will never answer.
        """
        ...

    async def close(self) -> None: ...


class OperationModel(Protocol):
    """A language model whose cost goes to an operation."""

    @property
    def model(self) -> str: ...

    async def ask(self, prompt: Prompt[Answer], content: str, *, images: Sequence[str] = ()) -> Reply[Answer]:
        """Raises Unavailable, ModelRefused and LeaseLost."""
        ...


class Window(Struct, frozen=True, kw_only=True):
    """Messages that are extracted together, in order. `before` is the message before the first one, if any; `known` are
    entities of the memory that the messages may mean.
    """

    messages: list[RawData]
    before: ContextMessage | None = None
    known: list[KnownEntity] = []


class Extractor(Protocol):
    """Reads facts out of a window. Must be repeatable: a window may be read again after a crash."""

    @property
    def name(self) -> str:
        """Name and version, as recorded on what it made."""
        ...

    async def extract(self, window: Window, model: OperationModel | None) -> Extraction:
        """Raises ModelRefused for a window that must be read in smaller parts, and what `model` raises."""
        ...
