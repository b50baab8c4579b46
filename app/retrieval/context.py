"""Lines for a prompt from a retrieval's results: one for each source, best first, nothing twice. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from app.domain.retrieval import RetrievalResult, RetrievedItem, RetrievedRawData
from app.domain.scripts import QUESTION_MARKS, SPACED_ENDS, UNSPACED_ENDS
from app.retrieval.courtesies import is_courtesy

# Raw data without a fact in the result are shown by this many of their characters: about 100 tokens.
_MESSAGE_CHARACTERS = 400
# Of reciprocal rank fusion of the places among items and among raw data. Small, since only the first lines matter.
_RANK_CONSTANT = 10
_QUESTION = re.compile(rf"[{''.join(QUESTION_MARKS)}]\W*$")
_ENDS = re.compile(rf"[{SPACED_ENDS}{UNSPACED_ENDS}][\"”’)）]*$|[)）]$")


class ContextLine(Struct, frozen=True, kw_only=True):
    """The words of one source. `text` begins with who said it. `at`: when it was said. `item_ids`: the facts in it; none if
    the source itself is quoted. `path_text`: the hops that led to its first fact. `contradicts`: ids of older facts among
    the lines; `contradicted`: True if a newer line speaks against it.
    """

    text: str
    at: datetime
    raw_data_id: str
    item_ids: list[str] = []
    speaker: str | None = None
    path_text: str = ""
    contradicts: list[str] = []
    contradicted: bool = False


def context_lines(result: RetrievalResult) -> list[ContextLine]:
    """Return lines, the most useful first; the newer of two statements that contradict each other stands before the older.

    Left out: questions, answers of a few words without a fact, such as "Got it", and messages whose facts hold no more.
    """
    items = [item for item in result.items if not _QUESTION.search(item.text)]
    by_source: dict[str, list[RetrievedItem]] = {}
    for item in items:
        by_source.setdefault(_source(item), []).append(item)
    raw_data = {raw.raw_data_id: raw for raw in result.raw_data}
    lines = [
        line
        for source in _ordered(list(by_source), list(raw_data))
        if (line := _line(source, by_source.get(source, []), raw_data.get(source)))
    ]
    return _marked(lines, {item.id: item.conflicts_with for item in items})


def _source(item: RetrievedItem) -> str:
    return item.provenance[0].raw_data_id if item.provenance else item.id


def _ordered(by_item: Sequence[str], by_source: Sequence[str]) -> list[str]:
    score: dict[str, float] = {}
    for ranking in (by_source, by_item):
        for rank, id_ in enumerate(ranking):
            score[id_] = score.get(id_, 0.0) + 1 / (_RANK_CONSTANT + rank)
    return sorted(score, key=lambda id_: -score[id_])


def _line(source: str, items: Sequence[RetrievedItem], raw: RetrievedRawData | None) -> ContextLine | None:
    if items:
        return ContextLine(
            text=_joined(_as_said(items, raw)),
            at=raw.start_time if raw else (items[0].said_at or items[0].observed_at),
            raw_data_id=source,
            item_ids=[item.id for item in items],
            speaker=items[0].speaker,
            path_text=items[0].path_text,
        )
    assert raw is not None
    if raw.outdated or _says_nothing(raw.text):
        return None
    head = f"{raw.speaker}: " if raw.speaker else ""
    return ContextLine(text=head + _shortened(raw), at=raw.start_time, raw_data_id=source, speaker=raw.speaker)


def _says_nothing(text: str) -> bool:
    return bool(_QUESTION.search(text.strip())) or is_courtesy(text)


def _shortened(raw: RetrievedRawData) -> str:
    text = " ".join(raw.text.split())
    return text if len(text) <= _MESSAGE_CHARACTERS else text[:_MESSAGE_CHARACTERS].rsplit(" ", 1)[0] + " …"


def _as_said(items: Sequence[RetrievedItem], raw: RetrievedRawData | None) -> list[RetrievedItem]:
    """In the order of their quotes in the message."""
    if raw is None:
        return list(items)
    return sorted(items, key=lambda item: raw.text.find(item.provenance[0].quote))


def _joined(items: Sequence[RetrievedItem]) -> str:
    """Join what one speaker said in one message; the name stands once."""
    head = f"{items[0].speaker}: "
    first, *others = dict.fromkeys(item.text for item in items)
    joined = first
    for text in others:
        part = text.removeprefix(head) if joined.startswith(head) else text
        joined += (" " if _ENDS.search(joined) else "; ") + part
    return joined


def _marked(lines: Sequence[ContextLine], older_than: Mapping[str, Sequence[str]]) -> list[ContextLine]:
    shown = {id_ for line in lines for id_ in line.item_ids}
    against = [
        [old for id_ in line.item_ids for old in older_than.get(id_, []) if old in shown and old not in line.item_ids]
        for line in lines
    ]
    contradicted = {old for olds in against for old in olds}
    marked = [
        replace(line, contradicts=olds, contradicted=bool(contradicted & set(line.item_ids)))
        for line, olds in zip(lines, against, strict=True)
    ]
    ordered: list[ContextLine] = []
    for line in marked:
        place = next(
            (i for i, other in enumerate(ordered) if set(other.item_ids) & set(line.contradicts)), len(ordered)
        )
        ordered.insert(place, line)
    return ordered
