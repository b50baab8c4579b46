"""Basic Memory's notes: a folder of Markdown files with observations and relations."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from app.domain.bundle import BundleLine, EvidenceLine, FactLine, LineMention, RawDataLine
from app.domain.errors import SetupError
from app.domain.secrets import redact
from app.importers.reading import Reading, made_id

_FRONT_MATTER = re.compile(r"\A---\n(?P<fields>.*?)\n---\n?", re.DOTALL)
_FIELD = re.compile(r"^(?P<name>\w+):\s*(?P<value>\S.*?)\s*$", re.MULTILINE)
# "- [category] text #tag (context)"; "- [ ]" and "- [x]" are tasks.
_OBSERVATION = re.compile(r"^\s*[-*]\s+\[(?P<category>[^\[\]\n]{2,})\]\s+(?P<text>\S.*)$")
# "- relation [[Other note]] (context)".
_RELATION = re.compile(r"^\s*[-*]\s+(?P<relation>[^\[\]\n]*?)\s*\[\[(?P<target>[^\[\]\n]+)\]\]\s*(?:\([^()]*\))?\s*$")
_TAG = re.compile(r"(?:^|\s)#(?P<tag>[\w/-]+)")
_HEADING = re.compile(r"^#{1,6}\s+(?P<text>\S.*?)\s*$")
_DATES = ("modified", "updated", "created", "date")
_SOURCE = "basic-memory"


def read_basic_memory(path: Path, reading: Reading) -> Iterator[BundleLine]:
    """Each note becomes documents: its prose, and its observations and relations, which become facts about its title.

    A note without a date in its front matter has the time at which its file was changed.
    """
    if not path.is_dir():
        raise SetupError(f"{path} is no folder: Basic Memory keeps its notes in one, often ~/basic-memory.")
    for file in sorted(path.rglob("*.md")):
        if any(part.startswith(".") for part in file.relative_to(path).parts):
            continue
        try:
            text = file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            reading.leave_out("files that can't be read as UTF-8")
            continue
        yield from _note(file, file.relative_to(path).with_suffix("").as_posix(), text, reading)


def _note(file: Path, place: str, text: str, reading: Reading) -> Iterator[BundleLine]:
    front = _FRONT_MATTER.match(text)
    fields = {m["name"]: m["value"].strip("'\"") for m in _FIELD.finditer(front["fields"])} if front else {}
    lines = [_without_secrets(line) for line in text[front.end() if front else 0 :].splitlines()]
    headings = [m["text"] for m in map(_HEADING.match, lines) if m]
    title = fields.get("title") or (headings[0] if headings else file.stem)
    dates = (reading.time_or_none(fields[name]) for name in _DATES if name in fields)
    time = next(filter(None, dates), None) or datetime.fromtimestamp(file.stat().st_mtime, tz=UTC)
    note = fields.get("permalink", place)
    stated = [line for line in lines if _OBSERVATION.match(line) or _RELATION.match(line)]
    prose = [line for line in lines if line not in stated]
    if any(line.strip() and not _HEADING.match(line) for line in prose):
        told = "\n".join(prose).strip()
        yield RawDataLine(
            id=made_id(_SOURCE, note, told), text=told, title=title, occurred_at=time, source_client=_SOURCE
        )
    if not stated:
        return
    source = RawDataLine(
        id=made_id(_SOURCE, note, *stated),
        text="\n".join(stated),
        title=title,
        occurred_at=time,
        source_client=_SOURCE,
        metadata={"permalink": note},
    )
    yield source
    for line in stated:
        yield _fact(line, title, source.id, note)


def _without_secrets(line: str) -> str:
    """Return the line, or, if it has a secret, its words without it: then it is neither observation nor relation."""
    plain = re.sub(r"\[\[|\]\]", "", line)
    cleaned = redact(plain)
    return line if cleaned == plain else cleaned.replace("[", "(").replace("]", ")")


def _fact(line: str, title: str, source_id: str, note: str) -> FactLine:
    evidence = [EvidenceLine(id=source_id, quote=line)]
    relation = _RELATION.match(line)
    if relation:
        predicate = relation["relation"].replace("_", " ") or "relates to"
        target = relation["target"].split("|")[0].strip()
        return FactLine(
            id=made_id(_SOURCE, note, title, line),
            text=f"{title}: {predicate} {target}",
            subject=title,
            predicate=predicate,
            object=target,
            entities=[LineMention(name=title, role="subject"), LineMention(name=target, role="object")],
            raw_data=evidence,
            extractor=_SOURCE,
        )
    observation = _OBSERVATION.match(line)
    said = observation["text"] if observation else line
    tags = [m["tag"] for m in _TAG.finditer(said)]
    return FactLine(
        id=made_id(_SOURCE, note, title, line),
        text=f"{title}: {_TAG.sub('', said).strip()}",
        subject=title,
        entities=[LineMention(name=title, role="subject")],
        raw_data=evidence,
        metadata={"category": observation["category"] if observation else ""} | ({"tags": tags} if tags else {}),
        extractor=_SOURCE,
    )
