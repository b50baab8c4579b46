"""Graphiti's and Zep's graphs: nodes, edges and episodes, as their own classes and answers write them."""

import re
from collections import defaultdict
from collections.abc import Collection, Generator, Iterator
from pathlib import Path
from typing import TypeAlias

import msgspec
from msgspec import Struct

from app.domain.bundle import BundleLine, EntityLine, EvidenceLine, FactLine, InsightLine, LineMention, RawDataLine
from app.domain.knowledge import EntityType, RawDataType, Role
from app.importers.reading import ROLES, Reading, made_id, pages, text_of, with_source

# The last two are usual labels of Zep and Graphiti that are called otherwise here.
_TYPES = {
    **{str(entity_type): entity_type for entity_type in EntityType},
    "USER": EntityType.PERSON,
    "LOCATION": EntityType.PLACE,
}
# A message episode of Graphiti has lines "Ana: text" or "Ana (user): text".
_SAID = re.compile(r"^(?P<speaker>[^:\n()]{1,100}?)[ \t]*(?:\((?P<role>[^()\n]*)\))?:[ \t]+(?=\S)", re.MULTILINE)


# Episode → its messages: (id, speaker and text, casefolded).
_Told: TypeAlias = dict[str, list[tuple[str, str]]]


class _Node(Struct):
    uuid: str
    name: str | None = None
    labels: list[str] | None = None
    summary: str | None = None
    created_at: str | None = None

    @property
    def entity_type(self) -> EntityType:
        found = (_TYPES.get(label.upper()) for label in self.labels or [])
        return next(filter(None, found), EntityType.OTHER)


class _Edge(Struct):
    """`expired_at`: when the edge was found to be over, where nothing says since when it is."""

    uuid: str
    source_node_uuid: str
    target_node_uuid: str
    name: str | None = None
    fact: str | None = None
    episodes: list[str] | None = None
    created_at: str | None = None
    valid_at: str | None = None
    invalid_at: str | None = None
    expired_at: str | None = None

    @property
    def fact_id(self) -> str:
        """An edge whose words were changed since is another fact."""
        return made_id("edge", self.uuid, self.fact)


class _Episode(Struct):
    """Also a message of Zep. Where there is a `role_type`, `role` is the speaker's name."""

    content: str | None = None
    uuid: str | None = None
    name: str | None = None
    source: str | None = None
    role: str | None = None
    role_type: str | None = None
    valid_at: str | None = None
    created_at: str | None = None

    def said(self, names: Collection[str]) -> list[tuple[Role | None, str, str]]:
        """Return (role, speaker, text) of each message; a document has no role. `names`: of known speakers, casefolded."""
        text = text_of(self.content)
        stated = self.role_type or self.role
        if stated:
            role = ROLES.get(stated.lower())
            return [(role, text_of(self.role if self.role_type else self.name), text)] if role else []
        if self.source != "message":
            return [(None, "", text)]
        heads = [head for head in _SAID.finditer(text) if head.start() == 0 or _is_speaker(head, names)]
        if not heads or heads[0].start() != 0:
            return [(None, "", text)]
        ends = [*(head.start() for head in heads[1:]), len(text)]
        return [
            (_role(head), head["speaker"], text[head.end() : end].strip())
            for head, end in zip(heads, ends, strict=True)
        ]


def _is_speaker(head: re.Match[str], names: Collection[str]) -> bool:
    """True if the line begins with somebody known, and not with any word and a colon."""
    speaker = head["speaker"].casefold()
    return (head["role"] or "").lower() in ROLES or speaker in ROLES or speaker in names


def _role(head: re.Match[str]) -> Role:
    return ROLES.get((head["role"] or head["speaker"]).lower(), Role.USER)


class _Graph(Struct):
    nodes: list[_Node] = []
    edges: list[_Edge] = []
    episodes: list[_Episode] = []
    messages: list[_Episode] = []


_DECODER = msgspec.json.Decoder(_Graph)


def read_graphiti(path: Path, reading: Reading) -> Iterator[BundleLine]:
    """Episodes become raw data, nodes become entities and their summaries insights, edges become facts."""
    graphs = pages(path.read_bytes(), _DECODER, "a graph of Graphiti or Zep")
    nodes = [node for graph in graphs for node in graph.nodes]
    names = {node.uuid: text_of(node.name) for node in nodes}
    told = [episode for graph in graphs for episode in (*graph.episodes, *graph.messages)]
    people = {names[node.uuid] for node in nodes if node.entity_type is EntityType.PERSON}
    openers = {head["speaker"] for episode in told if (head := _SAID.match(text_of(episode.content)))}
    episodes = yield from _episodes(told, {name.casefold() for name in people | openers}, reading)
    for node in nodes:
        if name := names[node.uuid]:
            created_at = reading.time_or_none(node.created_at)
            yield EntityLine(name=name, entity_type=node.entity_type, created_at=created_at)
    facts_of: dict[str, list[str]] = defaultdict(list)
    for edge in (edge for graph in graphs for edge in graph.edges):
        if not text_of(edge.fact):
            reading.leave_out("edges without a fact")
            continue
        yield from with_source(_fact(edge, names, episodes, reading))
        for end in dict.fromkeys((edge.source_node_uuid, edge.target_node_uuid)):
            facts_of[end].append(edge.fact_id)
    for node in nodes:
        name, summary = names[node.uuid], text_of(node.summary)
        if summary and name and facts_of[node.uuid]:
            yield InsightLine(
                id=made_id("summary", node.uuid, summary),
                name=name,
                text=summary,
                entity=name,
                derived_from=facts_of[node.uuid],
            )


def _episodes(
    episodes: list[_Episode], names: Collection[str], reading: Reading
) -> Generator[RawDataLine, None, _Told]:
    """Yield the lines and return what each episode became."""
    ids: _Told = {}
    previous: str | None = None
    for episode in episodes:
        uuid = episode.uuid or made_id("episode", episode.created_at, episode.content)
        said = [row for row in episode.said(names) if row[2]]
        if not said or uuid in ids:
            reading.leave_out("episodes of systems, without text, or twice in the file")
            continue
        ids[uuid] = []
        for number, (role, speaker, text) in enumerate(said):
            id_ = f"{uuid}-{number}" if number else uuid
            ids[uuid].append((id_, f"{speaker}: {text}".casefold()))
            yield RawDataLine(
                id=id_,
                text=text,
                type=RawDataType.CONVERSATION if role else RawDataType.DOCUMENT,
                role=role,
                user_name=None if speaker.lower() in ROLES else speaker or None,
                title=None if role else text_of(episode.name) or None,
                occurred_at=reading.time_or_none(episode.valid_at) or reading.time_or_none(episode.created_at),
                previous=previous if role else None,
            )
            previous = id_ if role else previous
    return ids


def _cited(edge: _Edge, ends: Collection[str], episodes: _Told) -> list[EvidenceLine]:
    """Cite, of each episode, the messages that name an end of the edge, or else the first."""
    found: list[EvidenceLine] = []
    for uuid in edge.episodes or []:
        parts = episodes.get(uuid, [])
        naming = [id_ for id_, text in parts if any(end.casefold() in text for end in ends)]
        found += [EvidenceLine(id=id_) for id_ in naming or [id_ for id_, _ in parts[:1]]]
    return found


def _fact(edge: _Edge, names: dict[str, str], episodes: _Told, reading: Reading) -> FactLine:
    subject = names.get(edge.source_node_uuid) or None
    target = names.get(edge.target_node_uuid) or None
    created_at = reading.time_or_none(edge.created_at)
    cited = _cited(edge, [name for name in (subject, target) if name], episodes)
    return FactLine(
        id=edge.fact_id,
        text=text_of(edge.fact),
        subject=subject,
        predicate=text_of(edge.name).replace("_", " ").lower() or None,
        object=target,
        entities=[
            LineMention(name=name, role=role) for role, name in (("subject", subject), ("object", target)) if name
        ],
        raw_data=cited,
        observed_at=None if cited else created_at,
        valid_at=reading.time_or_none(edge.valid_at),
        invalid_at=reading.time_or_none(edge.invalid_at) or reading.time_or_none(edge.expired_at),
        created_at=created_at,
        extractor="graphiti",
    )
