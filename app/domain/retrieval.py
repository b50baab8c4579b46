"""Questions, results and traces of retrievals."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from app.domain.filters import KnowledgeFilter


class Strategy(StrEnum):
    """AUTO: DEEP if there is something to walk from, an entity that the question names or any fact, else SIMPLE."""

    SIMPLE = "SIMPLE"
    DEEP = "DEEP"
    AUTO = "AUTO"


class QueryLog(StrEnum):
    """The part of each question that is logged: nothing, everything but its words, or its words too."""

    OFF = "off"
    COUNTS = "counts"
    TEXT = "text"


# Names of strategies in answers and traces (the contract's internal names).
STRATEGY_NAMES = {Strategy.SIMPLE: "simple", Strategy.DEEP: "deep_retrieval"}


class RetrievalStatus(StrEnum):
    SUCCESS = "success"
    EMPTY = "empty"
    DEGRADED = "degraded"


class Question(Struct, frozen=True, kw_only=True):
    """`limit` None: the strategy's default. `hops` and `reasoning` (by a language model) apply to DEEP only."""

    text: str
    strategy: Strategy
    filter: KnowledgeFilter = KnowledgeFilter()
    limit: int | None = None
    hops: int = 3
    reasoning: bool = False
    trace: bool = False
    persist_trace: bool = False


class Provenance(Struct, frozen=True, kw_only=True):
    raw_data_id: str
    quote: str


class PathStep(Struct, frozen=True, kw_only=True):
    """One hop of a path: from a fact (None: from an entity that the question names) over an entity to a fact."""

    hop: int
    from_fact_id: str | None
    entity: str
    relationship: str
    to_fact_id: str
    weight: float


class RetrievedItem(Struct, frozen=True, kw_only=True):
    """A fact. `vector_score`: cosine to the question, 0 if unknown; `final_score` ∈ [0, 1]. `path`: the hops that led
    to it; `path_text`: the same in readable form; both empty for a direct hit. `speaker`, `said_at`: of its first source.
    `conflicts_with`: older facts that it contradicts.
    """

    id: str
    text: str
    vector_score: float
    final_score: float
    category: str
    observed_at: datetime
    occurred_at: datetime | None
    metadata: dict[str, Any]
    provenance: list[Provenance]
    path: list[PathStep]
    path_text: str
    valid_at: datetime | None = None
    invalid_at: datetime | None = None
    speaker: str | None = None
    said_at: datetime | None = None
    conflicts_with: list[str] = []


class RetrievedInsight(Struct, frozen=True, kw_only=True):
    id: str
    text: str
    tier: str


class RetrievedRawData(Struct, frozen=True, kw_only=True):
    """Retrieved raw data. `item_ids`: retrieved facts that were extracted from it; `text`: all of it; `outdated`: it has
    facts, and none of them holds any more.
    """

    raw_data_id: str
    caption: str
    max_score: float
    item_ids: list[str]
    type: str
    source_client: str
    metadata: dict[str, Any]
    start_time: datetime
    end_time: datetime
    created_at: datetime
    text: str
    speaker: str | None = None
    outdated: bool = False


class TraceCandidate(Struct, frozen=True, kw_only=True):
    """One of a stage's best candidates. `parent_id`, `relationship` and `weight`: the edge that led to it, in a hop."""

    source_type: str
    id: str
    rank: int
    final_score: float
    text: str
    vector_score: float | None = None
    parent_id: str | None = None
    relationship: str | None = None
    weight: float | None = None


class TraceStage(Struct, frozen=True, kw_only=True):
    stage: str
    tier: str
    method: str
    status: str
    started_at: datetime
    duration_millis: int
    input_count: int | None = None
    candidate_count: int | None = None
    result_count: int | None = None
    degraded: bool = False
    skipped: bool = False
    attributes: dict[str, Any] = {}
    candidates: list[TraceCandidate] = []


class TraceMerge(Struct, frozen=True, kw_only=True):
    input_count: int
    output_count: int
    source_count: int
    status: str = "success"

    @property
    def deduplicated_count(self) -> int:
        return self.input_count - self.output_count


class Trace(Struct, frozen=True, kw_only=True):
    trace_id: str
    started_at: datetime
    completed_at: datetime
    truncated: bool
    stages: list[TraceStage]
    merge: TraceMerge | None


class FinalCounts(Struct, frozen=True, kw_only=True):
    """Counts of a retrieval's results. `strategy`: its internal name."""

    strategy: str
    status: str
    items: int
    insights: int
    raw_data: int
    evidences: int


class RetrievalResult(Struct, frozen=True, kw_only=True):
    """`best_cosine`: of the question to the nearest fact or raw data; None if no vector was compared. `names_entity`: the
    question names an entity of the memory (not looked for by SIMPLE).
    """

    status: RetrievalStatus
    strategy: Strategy
    query: str
    items: list[RetrievedItem] = []
    insights: list[RetrievedInsight] = []
    raw_data: list[RetrievedRawData] = []
    evidences: list[str] = []
    trace: Trace | None = None
    best_cosine: float | None = None
    names_entity: bool = False

    @property
    def counts(self) -> FinalCounts:
        return FinalCounts(
            strategy=STRATEGY_NAMES[self.strategy],
            status=self.status,
            items=len(self.items),
            insights=len(self.insights),
            raw_data=len(self.raw_data),
            evidences=len(self.evidences),
        )
