"""Ids that lines of a bundle refer to before a line with that id was seen."""

from collections.abc import AsyncIterator, Awaitable, Callable, Container, Iterator, Mapping, Sequence

from msgspec import Struct

from app.domain.bundle import BundleLine, FactLine, InsightLine, LineKind
from app.domain.bundle_edges import EdgeKind
from app.domain.id_set import IdSet

_BATCH = 500  # ids looked up in one statement
Find = Callable[[Sequence[str]], Awaitable[Container[str]]]


class Reference(Struct, frozen=True, kw_only=True):
    """`line`: number of the line that refers; `kind`: of what can't be stored if the target is missing."""

    line: int
    kind: LineKind | EdgeKind


class MissingTarget(Struct, frozen=True, kw_only=True):
    reason: str
    references: list[Reference]


class References:
    """Ids seen so far, and references to ids that were not seen yet. Those may follow, or be in the memory."""

    def __init__(self) -> None:
        self.raw_data_ids, self.fact_ids, self.insight_ids = IdSet(), IdSet(), IdSet()
        self._raw_data: dict[str, list[Reference]] = {}
        self._knowledge: dict[str, list[Reference]] = {}

    def add_previous(self, number: int, raw_data_id: str) -> None:
        """Note that raw data on a line name unseen raw data as the message before."""
        self._raw_data.setdefault(raw_data_id, []).append(Reference(line=number, kind=EdgeKind.NEXT))

    def add(self, number: int, line: BundleLine) -> None:
        """Note the evidence, links and sources of a line that were not seen yet."""
        match line:
            case FactLine():
                for evidence in line.raw_data:
                    if evidence.id not in self.raw_data_ids:
                        reference = Reference(line=number, kind=LineKind.FACT)
                        self._raw_data.setdefault(evidence.id, []).append(reference)
                for link in line.links:
                    if link.to not in self.fact_ids:
                        self._knowledge.setdefault(link.to, []).append(Reference(line=number, kind=EdgeKind.LINK))
            case InsightLine():
                for id_ in line.derived_from:
                    if id_ not in self.fact_ids and id_ not in self.insight_ids:
                        self._knowledge.setdefault(id_, []).append(Reference(line=number, kind=EdgeKind.POINT))
            case _:
                pass

    async def missing(self, *, find_raw_data: Find, find_knowledge: Find) -> AsyncIterator[MissingTarget]:
        """Yield the targets that are neither in the bundle nor in the memory. `find_…`: which of these ids the memory has."""
        unseen = {id_: refs for id_, refs in self._raw_data.items() if id_ not in self.raw_data_ids}
        async for id_ in _not_found(unseen, find_raw_data):
            reason = f"raw data {id_!r} are neither in the bundle nor in the memory"
            yield MissingTarget(reason=reason, references=unseen[id_])
        unseen = {
            id_: refs
            for id_, refs in self._knowledge.items()
            if id_ not in self.fact_ids and id_ not in self.insight_ids
        }
        async for id_ in _not_found(unseen, find_knowledge):
            reason = f"{id_!r} is no fact or insight of the bundle or the memory"
            yield MissingTarget(reason=reason, references=unseen[id_])


async def _not_found(unseen: Mapping[str, object], find: Find) -> AsyncIterator[str]:
    for ids in _batches(list(unseen)):
        found = await find(ids)
        for id_ in ids:
            if id_ not in found:
                yield id_


def _batches(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH]
