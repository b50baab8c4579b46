"""What the service answers. Fields that a newer service adds are ignored."""

from datetime import datetime
from typing import Any

from msgspec import Struct


class Answer(Struct, kw_only=True, rename="camel"):
    """Times have an offset; ids of items are strings of digits."""


class Accepted(Answer):
    """An operation that goes on after the answer."""

    operation_id: str
    status: str
    mode: str = "async"


class Extraction(Answer):
    """Result of an extraction. `status`: SUCCESS or PARTIAL_SUCCESS; any other goes on as `operation_id`."""

    status: str
    raw_data_ids: list[str] = []
    item_ids: list[int] = []
    insight_ids: list[int] = []
    insight_pending: bool = False
    duration_millis: int = 0
    error_message: str | None = None
    operation_id: str | None = None


class Added(Answer):
    """`triggered`: the message completed a window, and `result` is what was read from it."""

    triggered: bool = False
    result: Extraction | None = None
    operation_id: str | None = None


class Quote(Answer):
    """The words of a message that say so."""

    raw_data_id: str
    quote: str


class Step(Answer):
    """One hop, from an item (None: from an entity that the question names) over an entity to an item."""

    hop: int
    entity: str
    relationship: str
    to_item_id: str
    weight: float
    from_item_id: str | None = None


class FoundItem(Answer):
    """A fact that answers. `final_score`: 0 to 1 within one answer. `path`: how the walk came to it."""

    id: str
    text: str
    final_score: float
    vector_score: float
    category: str
    provenance: list[Quote]
    path: list[Step]
    observed_at: datetime
    metadata: dict[str, Any] = {}
    path_text: str = ""
    occurred_at: datetime | None = None
    valid_at: datetime | None = None
    invalid_at: datetime | None = None
    speaker: str | None = None


class FoundInsight(Answer):
    id: str
    text: str
    tier: str | None = None


class FoundRawData(Answer):
    raw_data_id: str
    caption: str
    max_score: float
    item_ids: list[str]
    type: str
    source_client: str
    start_time: datetime
    end_time: datetime
    created_at: datetime
    metadata: dict[str, Any] | None = None


class Candidate(Answer):
    """In a hop, `parent_id`, `relationship` and `weight` say by which edge it was reached."""

    source_type: str
    id: str
    rank: int
    final_score: float
    text_preview: str
    vector_score: float | None = None
    parent_id: str | None = None
    relationship: str | None = None
    weight: float | None = None


class Stage(Answer):
    stage: str
    tier: str
    method: str
    status: str
    degraded: bool
    skipped: bool
    started_at: datetime
    duration_millis: int
    attributes: dict[str, Any]
    candidates: list[Candidate]
    input_count: int | None = None
    candidate_count: int | None = None
    result_count: int | None = None

    @property
    def hop(self) -> int | None:
        """The number of the hop, from 1; None for any other stage."""
        return self.attributes.get("hop")


class Merge(Answer):
    """Counts of the merge of the channels' results."""

    input_count: int
    output_count: int
    deduplicated_count: int
    source_count: int
    status: str


class FinalResults(Answer):
    strategy: str
    status: str
    item_count: int
    insight_count: int
    raw_data_count: int
    evidence_count: int


class Trace(Answer):
    trace_id: str
    started_at: datetime
    completed_at: datetime
    truncated: bool
    stages: list[Stage]
    final_results: FinalResults
    merge: Merge | None = None

    @property
    def hops(self) -> list[Stage]:
        return [stage for stage in self.stages if stage.hop is not None]


class StoredTrace(Answer):
    query: str
    created_at: datetime
    expires_at: datetime
    trace: Trace


class Retrieval(Answer):
    """`status`: success, or degraded if a channel failed or ran out of time."""

    status: str
    items: list[FoundItem]
    insights: list[FoundInsight]
    raw_data: list[FoundRawData]
    evidences: list[str]
    strategy: str
    query: str
    trace: Trace | None = None


class Source(Answer):
    """A numbered line of a context."""

    number: int
    text: str
    raw_data_id: str
    item_ids: list[str]
    occurred_at: datetime
    speaker: str | None = None
    path_text: str = ""
    contradicts: list[str] = []
    contradicted: bool = False


class Context(Answer):
    """`text`: for a prompt; empty if nothing is near enough. `tokens`: its length."""

    text: str
    tokens: int
    sources: list[Source]
    strategy: str
    status: str
    best_score: float | None = None


class Item(Answer):
    """A fact. It holds while `invalid_at` is None."""

    id: str
    text: str
    scope: str
    category: str
    type: str
    raw_data_id: str
    raw_data_type: str
    source_client: str
    observed_at: datetime
    created_at: datetime
    metadata: dict[str, Any] = {}
    occurred_at: datetime | None = None
    invalid_at: datetime | None = None


class Items(Answer):
    """A page; `next_cursor` is for the next one."""

    items: list[Item]
    next_cursor: str | None = None


class RawData(Answer):
    id: str
    type: str
    source_client: str
    caption: str
    start_time: datetime
    end_time: datetime
    created_at: datetime
    metadata: dict[str, Any] | None = None
    segment: dict[str, Any] | None = None


class RawDataPage(Answer):
    """`next_cursor` is for the next page."""

    raw_data: list[RawData]
    next_cursor: str | None = None


class ItemSource(Answer):
    """`text[start:end]` is the quote."""

    raw_data_id: str
    type: str
    text: str
    occurred_at: datetime
    role: str | None = None
    user_name: str | None = None
    title: str | None = None
    quote: str | None = None
    start: int | None = None
    end: int | None = None


class Mention(Answer):
    id: str
    name: str
    entity_type: str
    role: str


class LinkedItem(Answer):
    id: str
    text: str
    observed_at: datetime
    invalid_at: datetime | None = None


class Version(Answer):
    """An earlier text of the item, and until when it was that."""

    text: str
    until: datetime


class ExplainedItem(Answer):
    """A fact with its words and its links."""

    id: str
    text: str
    category: str
    type: str
    observed_at: datetime
    created_at: datetime
    sources: list[ItemSource]
    entities: list[Mention]
    supersedes: list[LinkedItem]
    superseded_by: list[LinkedItem]
    conflicts_with: list[LinkedItem]
    causes: list[LinkedItem]
    versions: list[Version]
    insights: list[FoundInsight]
    subject: str | None = None
    predicate: str | None = None
    object: str | None = None
    confidence: float | None = None
    occurred_at: datetime | None = None
    valid_at: datetime | None = None
    invalid_at: datetime | None = None


class Entity(Answer):
    """`same_as`: other names that mean it. `items`: the last that mention it, where they were asked for."""

    id: str
    name: str
    entity_type: str
    same_as: list[str]
    aliases: list[str] = []
    item_count: int | None = None
    items: list[LinkedItem] = []


class MapEntity(Answer):
    id: str
    name: str
    entity_type: str
    mentions: int


class MapEdge(Answer):
    source: str
    target: str
    item_count: int
    predicates: list[str]


class Map(Answer):
    """The entities that are mentioned most, and how they are connected."""

    entities: list[MapEntity]
    edges: list[MapEdge]


class Progress(Answer):
    done: int
    total: int
    unit: str


class OperationError(Answer):
    """`error_class`: transport (tried again without end), model, data, internal or cancelled."""

    reason: str
    error_class: str


class LineError(Answer):
    line: int
    reason: str


class ImportReport(Answer):
    """`counts`: imported lines by kind. `errors`: the first hundred lines that were left out, of `error_count`.
    `extractions`: ids of the operations that read what came without facts.
    """

    counts: dict[str, int]
    error_count: int
    errors: list[LineError]
    extractions: list[str] = []


class Usage(Answer):
    calls: int
    tokens_in: int
    tokens_out: int


class Lease(Answer):
    """The worker that holds the memory, and until when unless it goes on."""

    owner: str
    until: datetime


class Operation(Answer):
    """`status`: accepted, running, succeeded or failed."""

    operation_id: str
    kind: str
    status: str
    attempts: int
    progress: Progress
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    run_after: datetime | None = None
    result: Added | None = None
    imported: ImportReport | None = None
    error: OperationError | None = None
    model: str | None = None
    prompts: list[str] | None = None
    usage: Usage | None = None
    dropped: dict[str, int] | None = None
    lease: Lease | None = None
    cancel_requested: bool = False
    request_id: str | None = None
    caller: str | None = None

    @property
    def is_finished(self) -> bool:
        return self.status in ("succeeded", "failed")


class Operations(Answer):
    """A page, newest first; `next_cursor` is for the next one."""

    operations: list[Operation]
    next_cursor: str | None = None


class Retried(Answer):
    operation_ids: list[str]


class Receipt(Answer):
    """Deleted nodes by label and relationships by type; with `dry_run`, those that would be deleted. If `status` is set, the
    work goes on as `operation_id`.
    """

    nodes: dict[str, int] = {}
    relationships: dict[str, int] = {}
    dry_run: bool = False
    operation_id: str | None = None
    finished_at: datetime | None = None
    status: str | None = None


class MemorySummary(Answer):
    user_id: str
    agent_id: str
    raw_data_count: int
    item_count: int
    entity_count: int
    first_occurred_at: datetime | None = None
    last_occurred_at: datetime | None = None


class Memories(Answer):
    """A page; `next_cursor` is for the next one."""

    memories: list[MemorySummary]
    next_cursor: str | None = None


class Identity(Answer):
    """Rights of the key. `right`: read, write, forget or admin, each with those before it. `users` and `agents`: what it
    is bound to, a name or a beginning with *; empty means all. `name` is empty without keys.
    """

    name: str
    right: str
    users: list[str]
    agents: list[str]
    expires_at: datetime | None = None


class GraphSchema(Answer):
    """The graph's schema as text, for language models that write Cypher."""

    text: str
