"""The memory bundle: what an import reads and an export writes, one JSON object a line (docs/bundle.md)."""

import math
import re
import unicodedata
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, TypeAlias, cast

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from app.domain.knowledge import Category, EntityType, FactType, Granularity, RawDataType, Role, TypedFact
from app.domain.limits import MAX_TEXT_CHARACTERS

MAX_LINE_BYTES = 4 << 20  # 4 MiB
DEFAULT_CONFIDENCE = 0.9
_MIN_YEAR, _MAX_YEAR = 2, 9998  # one year inside datetime's range, so that conversion to UTC can't overflow
_MAX_NAME_CHARACTERS = 1000
_MAX_METADATA_DEPTH = 16
# For `_unit`: bound of a component (its square must fit a double), shortest length, tolerance for length 1.
_LARGEST_NUMBER, _SHORTEST, _ALMOST = 1e100, 1e-6, 1e-4

Id = Annotated[str, Meta(min_length=1, max_length=256)]
Name = Annotated[str, Meta(min_length=1, max_length=1000)]
Text = Annotated[str, Meta(max_length=MAX_TEXT_CHARACTERS)]
Instant = Annotated[datetime, Meta(tz=True)]
Share = Annotated[float, Meta(ge=0, le=1)]
Position = Annotated[int, Meta(ge=0, le=2**40)]


class LineKind(StrEnum):
    """In import order: a kind comes after the kinds it refers to."""

    RAW_DATA = "rawData"
    ENTITY = "entity"
    FACT = "fact"
    INSIGHT = "insight"


class InvalidLine(Exception):
    """A bundle line can't be imported; the message gives the reason."""


class RawDataLine(Struct, kw_only=True, rename="camel", tag_field="kind", tag="rawData", omit_defaults=True):
    """`previous`: id of the preceding message, null for none; if absent, the conversation line before this one."""

    id: Id
    text: Text
    type: RawDataType = RawDataType.DOCUMENT
    role: Role | None = None
    user_name: Name | None = None
    title: Text | None = None
    occurred_at: Instant | None = None
    ended_at: Instant | None = None
    sequence: Position | None = None
    metadata: dict[str, Any] = {}
    caption: Text | None = None
    window_caption: Text | None = None
    source_client: Name | None = None
    content_id: Name | None = None
    created_at: Instant | None = None
    media: list[dict[str, Any]] = []
    previous: Id | UnsetType | None = UNSET
    embedding: list[float] | None = None


class EntityLine(Struct, kw_only=True, rename="camel", tag_field="kind", tag="entity", omit_defaults=True):
    """`same_as`: names of entities that are this one (its SAME_AS edges)."""

    name: Name
    entity_type: EntityType = EntityType.OTHER
    aliases: list[Name] = []
    same_as: list[Name] = []
    created_at: Instant | None = None
    embedding: list[float] | None = None


class LineMention(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """An entity mentioned by a fact. `role`: subject, object or mention; if absent, derived from the fact's fields."""

    name: Name
    role: Name | None = None
    confidence: Share = DEFAULT_CONFIDENCE


class EvidenceLine(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """The source of a fact. `start` and `end`: character positions in the raw data's text; without them, `quote` is
    located in the text.
    """

    id: Id
    quote: Text | None = None
    start: Position | None = None
    end: Position | None = None


class FactLink(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """An edge to another fact: FOLLOWS (stated after it), CAUSED_BY, ENABLED_BY, MOTIVATED_BY or SUPERSEDES."""

    type: Annotated[str, Meta(pattern="^(FOLLOWS|CAUSED_BY|ENABLED_BY|MOTIVATED_BY|SUPERSEDES)$")]
    to: Id
    strength: Share | None = None


class FactLine(Struct, kw_only=True, rename="camel", tag_field="kind", tag="fact", omit_defaults=True):
    """First stated at `first_observed_at`, last at `observed_at`. `occurred_start` and `occurred_end` are a half-open
    interval. `memory`: only for typed facts. `search_text`, `slot` and `value`: see Fact.
    """

    id: Id
    text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_CHARACTERS)]
    subject: Text | None = None
    predicate: Text | None = None
    object: Text | None = None
    entities: list[Name | LineMention] = []
    raw_data: list[EvidenceLine] = []
    occurred_at: Instant | None = None
    observed_at: Instant | None = None
    first_observed_at: Instant | None = None
    category: Category = Category.EVENT
    confidence: Share = DEFAULT_CONFIDENCE
    type: FactType = FactType.FACT
    occurred_start: Instant | None = None
    occurred_end: Instant | None = None
    granularity: Granularity | None = None
    valid_at: Instant | None = None
    invalid_at: Instant | None = None
    created_at: Instant | None = None
    extractor: Name | None = None
    metadata: dict[str, Any] = {}
    links: list[FactLink] = []
    memory: TypedFact | None = None
    search_text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_CHARACTERS)] | None = None
    slot: Text | None = None
    value: Text | None = None
    embedding: list[float] | None = None

    @property
    def mentions(self) -> list[tuple[str, str, float]]:
        """(name, role, confidence) of every mentioned entity, with missing roles filled in."""
        found: list[tuple[str, str, float]] = []
        for entity in self.entities:
            mention = entity if isinstance(entity, LineMention) else LineMention(name=entity)
            found.append((mention.name, mention.role or self.role_of(mention.name), mention.confidence))
        return found

    def role_of(self, name: str) -> str:
        folded = name.casefold()
        if self.subject and folded == self.subject.casefold():
            return "subject"
        return "object" if self.object and folded == self.object.casefold() else "mention"


class InsightLine(Struct, kw_only=True, rename="camel", tag_field="kind", tag="insight", omit_defaults=True):
    """`derived_from`: ids of facts and insights, in the order of its points."""

    id: Id
    text: Text
    tier: Annotated[str, Meta(pattern="^(LEAF|BRANCH|ROOT)$")] = "LEAF"
    name: Text = ""
    derived_from: list[Id] = []
    entity: Name | None = None
    version: Position = 1
    created_at: Instant | None = None
    embedding: list[float] | None = None


BundleLine: TypeAlias = RawDataLine | EntityLine | FactLine | InsightLine

KIND_OF: dict[type[BundleLine], LineKind] = {
    RawDataLine: LineKind.RAW_DATA,
    EntityLine: LineKind.ENTITY,
    FactLine: LineKind.FACT,
    InsightLine: LineKind.INSIGHT,
}

_decoder: msgspec.json.Decoder[BundleLine] = msgspec.json.Decoder(BundleLine)
_encoder = msgspec.json.Encoder()
# The JSON escape for NUL, unless its backslash is itself escaped. A raw NUL byte is invalid JSON.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def parse_line(line: bytes, *, dimension: int) -> BundleLine:
    """Decode and check a line, ignoring unknown fields. `dimension`: length of `embedding`. Raises InvalidLine."""
    if len(line) > MAX_LINE_BYTES:
        raise InvalidLine(f"is longer than {MAX_LINE_BYTES} bytes")
    try:
        parsed = _decoder.decode(line)
    except msgspec.ValidationError as error:
        raise InvalidLine(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidLine("is not a JSON object in UTF-8") from None
    if _NUL.search(line):
        raise InvalidLine("contains NUL")
    if parsed.embedding is not None and len(parsed.embedding) != dimension:
        raise InvalidLine(
            f"`embedding` has {len(parsed.embedding)} numbers, and this service's vectors have {dimension}"
        )
    if parsed.embedding is not None:
        parsed.embedding = _unit(parsed.embedding)
    _check(parsed)
    return parsed


def write_line(line: BundleLine) -> bytes:
    return _encoder.encode(line) + b"\n"


def _unit(vector: list[float]) -> list[float]:
    """Scale the vector to length 1, like all stored vectors."""
    length = math.sqrt(math.fsum(x * x for x in vector)) if max(map(abs, vector)) < _LARGEST_NUMBER else math.inf
    if not _SHORTEST <= length < math.inf:
        raise InvalidLine("`embedding` can't be normalised: its numbers are almost zero or too large")
    return vector if abs(length - 1) < _ALMOST else [x / length for x in vector]


def _check_name(name: str) -> None:
    if len(unicodedata.normalize("NFKC", name)) > _MAX_NAME_CHARACTERS:
        raise InvalidLine(f"a name has more than {_MAX_NAME_CHARACTERS} characters after Unicode normalisation (NFKC)")


def _depth(value: Any) -> int:
    """Return the nesting depth of JSON, up to one more than is accepted."""
    depth, level = 0, [value]
    while level and depth <= _MAX_METADATA_DEPTH:
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (
                cast("dict[str, Any]", outer).values() if isinstance(outer, dict) else cast("list[Any]", outer)
            )
        ]
        depth += 1
    return depth


def _check_fact(line: FactLine) -> None:
    if not line.text.strip():
        raise InvalidLine("`text` is blank")
    if line.occurred_start and line.occurred_end and line.occurred_end < line.occurred_start:
        raise InvalidLine("`occurredEnd` is before `occurredStart`")
    for name, _, _ in line.mentions:
        _check_name(name)
    if any(link.to == line.id for link in line.links):
        raise InvalidLine("`links` has a link from the fact to itself")
    for evidence in line.raw_data:
        if (evidence.start is None) != (evidence.end is None) or (evidence.start or 0) > (evidence.end or 0):
            raise InvalidLine("`rawData` must have both `start` and `end` or neither, with `start` ≤ `end`")


def _check(line: BundleLine) -> None:
    if isinstance(line, RawDataLine | FactLine) and _depth(line.metadata) > _MAX_METADATA_DEPTH:
        raise InvalidLine(f"`metadata` is nested deeper than {_MAX_METADATA_DEPTH} levels")
    times: list[tuple[str, datetime | None]] = [("createdAt", line.created_at)]
    match line:
        case RawDataLine():
            times += [("occurredAt", line.occurred_at), ("endedAt", line.ended_at)]
        case FactLine():
            times += [
                ("occurredAt", line.occurred_at),
                ("observedAt", line.observed_at),
                ("firstObservedAt", line.first_observed_at),
                ("occurredStart", line.occurred_start),
                ("occurredEnd", line.occurred_end),
                ("validAt", line.valid_at),
                ("invalidAt", line.invalid_at),
            ]
            _check_fact(line)
        case EntityLine():
            _check_name(line.name)
            if not is_name(line.name):
                raise InvalidLine("`name` has no letter or digit")
        case InsightLine():
            pass
    for field, time in times:
        # Near the ends of datetime's range, conversion to UTC would overflow.
        if time is not None and not _MIN_YEAR <= time.year <= _MAX_YEAR:
            raise InvalidLine(f"`{field}` must be in the years {_MIN_YEAR} to {_MAX_YEAR}")


def is_name(text: str) -> bool:
    """Return True if the text has a letter or digit."""
    return any(character.isalnum() for character in text)


def utc(time: datetime | None) -> datetime | None:
    return time and time.astimezone(UTC)
