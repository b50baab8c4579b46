"""The program's only ports: interfaces of models, which may be local or remote."""

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
    """Texts to unit vectors. Some models embed questions otherwise than what answers them."""

    @property
    def model(self) -> str:
        """Name and version, as recorded with the stored vectors."""
        ...

    @property
    def dimension(self) -> int: ...

    @property
    def least_cosine(self) -> float | None:
        """Cosine of a question below which nothing in a memory is about it; None if that is not known of the model."""
        ...

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Shape (n, dimension), float32, rows of length 1, in the order of the texts; shape (0, dimension) for none.

        Raises Unavailable when a remote model does not answer.
        """
        ...

    async def embed_query(self, text: str) -> Vectors:
        """Shape (dimension,): the vector of a question, to be compared with those of `embed`. Errors as there."""
        ...

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text by the local model's tokenizer (XLM-RoBERTa's vocabulary; of a long text up to one more for
        each 500 characters), or an estimate where a remote model has none.
        """
        ...

    async def close(self) -> None: ...


class ContextMessage(Struct, frozen=True, kw_only=True):
    """The message before the window, needed to resolve pronouns and short answers."""

    text: str
    speaker: str | None


class Reply(Struct, Generic[Answer], frozen=True, kw_only=True):
    """`truncated`: the model's answer was incomplete, and `answer` is the complete part. `usage`: zero for a stored
    answer that was already counted.
    """

    answer: Answer
    truncated: bool = False
    usage: Usage = Usage()


class LanguageModel(Protocol):
    """Answers prompts with the type that they declare."""

    @property
    def model(self) -> str: ...

    async def ask(self, prompt: Prompt[Answer], content: str, *, images: Sequence[str] = ()) -> Reply[Answer]:
        """`images`: URLs, also data URLs. Raises Unavailable if a retry may help, else ModelRefused with its usage."""
        ...

    async def close(self) -> None: ...


class OperationModel(Protocol):
    """A language model whose usage is counted for an operation."""

    @property
    def model(self) -> str: ...

    async def ask(self, prompt: Prompt[Answer], content: str, *, images: Sequence[str] = ()) -> Reply[Answer]:
        """Raises Unavailable, ModelRefused and LeaseLost."""
        ...


class Window(Struct, frozen=True, kw_only=True):
    """Messages that are extracted together, in order. `before` is the message before the first one, if any; `known` are
    stored entities that the messages may refer to.
    """

    messages: list[RawData]
    before: ContextMessage | None = None
    known: list[KnownEntity] = []


class Extractor(Protocol):
    """Extracts facts from a window. May be called again for the same window after a crash."""

    @property
    def name(self) -> str:
        """Name and version, as recorded with the extracted facts."""
        ...

    async def extract(self, window: Window, model: OperationModel | None) -> Extraction:
        """Raises ModelRefused for a window that must be split, and what `model` raises."""
        ...
