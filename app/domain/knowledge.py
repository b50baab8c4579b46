"""The graph's values: raw data, entities, facts, insights."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct


class RawDataType(StrEnum):
    CONVERSATION = "CONVERSATION"
    DOCUMENT = "DOCUMENT"
    IMAGE = "IMAGE"
    AUDIO = "AUDIO"
    TOOL_CALL = "TOOL_CALL"
    AGENT_TIMELINE = "AGENT_TIMELINE"


class Role(StrEnum):
    USER = "USER"
    ASSISTANT = "ASSISTANT"


class EntityType(StrEnum):
    PERSON = "PERSON"
    ORGANIZATION = "ORGANIZATION"
    PLACE = "PLACE"
    OBJECT = "OBJECT"
    IDENTIFIER = "IDENTIFIER"
    CONCEPT = "CONCEPT"
    OTHER = "OTHER"
    SPECIAL = "SPECIAL"


class FactType(StrEnum):
    FACT = "FACT"
    FORESIGHT = "FORESIGHT"


class Category(StrEnum):
    PROFILE = "profile"
    BEHAVIOR = "behavior"
    EVENT = "event"
    TOOL = "tool"
    DIRECTIVE = "directive"
    PLAYBOOK = "playbook"
    RESOLUTION = "resolution"


class FactScope(StrEnum):
    USER = "USER"
    AGENT = "AGENT"


# Which side of the conversation a category speaks about (Memind's documented split).
SCOPE_OF_CATEGORY: dict[Category, FactScope] = {
    Category.PROFILE: FactScope.USER,
    Category.BEHAVIOR: FactScope.USER,
    Category.EVENT: FactScope.USER,
    Category.TOOL: FactScope.AGENT,
    Category.DIRECTIVE: FactScope.AGENT,
    Category.PLAYBOOK: FactScope.AGENT,
    Category.RESOLUTION: FactScope.AGENT,
}


class Granularity(StrEnum):
    POINT = "point"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    RANGE = "range"


class TimeSpan(Struct, frozen=True, kw_only=True):
    """A half-open interval [start, end) and the words that named it."""

    expression: str
    start: datetime
    end: datetime
    granularity: Granularity

    @property
    def occurred_at(self) -> datetime | None:
        """Start of a POINT or DAY span; None for longer spans, which are not one moment."""
        return self.start if self.granularity in (Granularity.POINT, Granularity.DAY) else None


class RawData(Struct, frozen=True, kw_only=True):
    """One message, section, call or event, as it came in.

    `content_id` identifies the content, which is stored once per memory. `images`: URLs, also data URLs, of pictures
    that a vision model may still describe. `submitted`: stored only as evidence of a typed fact; no other
    facts are extracted from it.
    """

    id: str
    content_id: str
    type: RawDataType
    text: str
    occurred_at: datetime
    role: Role | None = None
    user_name: str | None = None
    title: str | None = None
    caption: str | None = None
    window_caption: str | None = None
    ended_at: datetime | None = None
    source_client: str = "api"
    metadata: dict[str, Any] = {}
    media: list[dict[str, Any]] = []
    images: list[str] = []
    submitted: bool = False

    @property
    def speaker(self) -> str | None:
        """Name of the speaker; None without a user name or role."""
        if self.user_name:
            return self.user_name
        return {Role.USER: "User", Role.ASSISTANT: "Assistant", None: None}[self.role]


class EntityMention(Struct, frozen=True, kw_only=True):
    """A name used in a fact. `role` is subject, object or mention. `introduced`: as somebody's relative or friend ("my cousin
    John"), who is none of those who take part.
    """

    name: str
    entity_type: EntityType
    role: str = "mention"
    confidence: float = 0.9
    introduced: bool = False


class Evidence(Struct, frozen=True, kw_only=True):
    """The source of a fact: `text[start:end] == quote` in the raw data of that id."""

    raw_data_id: str
    quote: str | None
    start: int
    end: int


class FactKind(StrEnum):
    """The type of a typed fact (Memanto's closed set), in listing order."""

    INSTRUCTION = "instruction"
    FACT = "fact"
    DECISION = "decision"
    GOAL = "goal"
    COMMITMENT = "commitment"
    PREFERENCE = "preference"
    RELATIONSHIP = "relationship"
    CONTEXT = "context"
    EVENT = "event"
    LEARNING = "learning"
    OBSERVATION = "observation"
    ARTIFACT = "artifact"
    ERROR = "error"


# Kind of a fact that was stored without one.
KIND_OF_CATEGORY: dict[Category, FactKind] = {
    Category.PROFILE: FactKind.FACT,
    Category.BEHAVIOR: FactKind.OBSERVATION,
    Category.EVENT: FactKind.EVENT,
    Category.TOOL: FactKind.ARTIFACT,
    Category.DIRECTIVE: FactKind.INSTRUCTION,
    Category.PLAYBOOK: FactKind.LEARNING,
    Category.RESOLUTION: FactKind.LEARNING,
}
# Category of a fact that was stored with a kind.
CATEGORY_OF_KIND: dict[FactKind, Category] = {
    FactKind.INSTRUCTION: Category.DIRECTIVE,
    FactKind.FACT: Category.PROFILE,
    FactKind.DECISION: Category.EVENT,
    FactKind.GOAL: Category.EVENT,
    FactKind.COMMITMENT: Category.EVENT,
    FactKind.PREFERENCE: Category.PROFILE,
    FactKind.RELATIONSHIP: Category.PROFILE,
    FactKind.CONTEXT: Category.EVENT,
    FactKind.EVENT: Category.EVENT,
    FactKind.LEARNING: Category.PLAYBOOK,
    FactKind.OBSERVATION: Category.BEHAVIOR,
    FactKind.ARTIFACT: Category.TOOL,
    FactKind.ERROR: Category.RESOLUTION,
}


class Attribution(StrEnum):
    """The kind of source of a typed fact (Memanto's `provenance`)."""

    EXPLICIT_STATEMENT = "explicit_statement"
    INFERRED = "inferred"
    OBSERVED = "observed"
    VALIDATED = "validated"
    CORRECTED = "corrected"
    IMPORTED = "imported"


class TypedFact(Struct, frozen=True, kw_only=True):
    """The properties that a typed fact has besides a fact's. `source`: label of the client that stored it;
    `expired_by`: reason for which it expired, if it did.
    """

    kind: FactKind
    title: str
    tags: list[str] = []
    source: str = "agent"
    provenance: Attribution = Attribution.EXPLICIT_STATEMENT
    expired_by: str | None = None


class Fact(Struct, frozen=True, kw_only=True):
    """One self-contained statement with its evidence. `confidence` ∈ [0, 1]. `typed`: only for typed facts.

    Valid from `valid_at` (None: from when it occurred or was stated) until `invalid_at` (None: still valid).
    `search_text`: the text with the names of whom "I" and "she" mean, if it has such words; for searching, never shown.
    `slot`: key of what the fact asserts to be so now, if there is one of it at a time: "ana|home" (app/domain/slots.py);
    `value`: what is said to be there; `changes`: instead of something else. `ending`: what the fact says is over.
    """

    text: str
    category: Category
    evidence: list[Evidence]
    mentions: list[EntityMention]
    observed_at: datetime
    type: FactType = FactType.FACT
    subject: str | None = None
    predicate: str | None = None
    object: str | None = None
    time: TimeSpan | None = None
    confidence: float = 0.9
    valid_at: datetime | None = None
    invalid_at: datetime | None = None
    metadata: dict[str, Any] = {}
    typed: TypedFact | None = None
    search_text: str | None = None
    slot: str | None = None
    value: str | None = None
    changes: bool = False
    ending: "Ending | None" = None


class Ending(Struct, frozen=True, kw_only=True):
    """End of something, as a statement says it: of the values of these slots (keys), and of the subject's facts with these
    verbs. `object` None: whatever the value is, and facts without an object; `exact`: only of this very object.
    """

    slots: list[str] = []
    verbs: list[str] = []
    object: str | None = None
    exact: bool = False


class CausalRelation(StrEnum):
    """Relationship types from an effect to its cause."""

    CAUSED_BY = "CAUSED_BY"
    ENABLED_BY = "ENABLED_BY"
    MOTIVATED_BY = "MOTIVATED_BY"


class CausalLink(Struct, frozen=True, kw_only=True):
    """`cause` and `effect`: positions in the extraction's facts; `strength` ∈ [0.5, 1]."""

    cause: int
    effect: int
    relation: CausalRelation
    strength: float


class ExtractedEntity(Struct, frozen=True, kw_only=True):
    """An entity with the other names that the window uses for it."""

    name: str
    entity_type: EntityType
    aliases: list[str] = []


class Extraction(Struct, frozen=True, kw_only=True):
    """An extractor's result for one window. `extractor`: its name and version.

    `entities`: types and aliases, in addition to the facts' mentions. `dropped`: reason → number of rejected facts.
    """

    extractor: str
    facts: list[Fact]
    entities: list[ExtractedEntity] = []
    causes: list[CausalLink] = []
    caption: str | None = None
    dropped: dict[str, int] = {}


class KnownFact(Struct, frozen=True, kw_only=True, rename="camel"):
    """A stored fact as input of an insight. `role`: role of the insight's entity in the fact; `evidence_count` ≥ 1."""

    id: int
    text: str
    confidence: float
    observed_at: datetime
    category: Category = Category.EVENT
    role: str = "mention"
    evidence_count: int | None = None


class InsightPart(Struct, frozen=True, kw_only=True):
    """A lower-tier insight from which a higher one is composed. `seen_facts`: number of facts behind it."""

    id: int
    name: str
    text: str
    theme: str
    seen_facts: int = 0
