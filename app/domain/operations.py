"""Operations: accepted work, its states and its retries."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from app.domain.usage import Usage


class OperationKind(StrEnum):
    EXTRACT = "extract"
    ADD_MESSAGE = "add-message"
    COMMIT = "commit"
    IMPORT = "import"
    FORGET = "forget"
    REMEMBER = "remember"


class OperationStatus(StrEnum):
    ACCEPTED = "accepted"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


TERMINAL = (OperationStatus.SUCCEEDED, OperationStatus.FAILED)


class FailureClass(StrEnum):
    TRANSPORT = "transport"
    MODEL = "model"
    DATA = "data"
    INTERNAL = "internal"
    CANCELLED = "cancelled"


class OperationError(Struct, frozen=True, kw_only=True):
    reason: str
    failure_class: FailureClass


class Progress(Struct, frozen=True, kw_only=True):
    done: int
    total: int
    unit: str = "rawData"


class LineError(Struct, frozen=True, kw_only=True):
    """An error in a line of an import; lines count from 1."""

    line: int
    reason: str


class ImportReport(Struct, frozen=True, kw_only=True):
    """`counts`: imported lines by kind. `errors`: the first rejected lines; `error_count`: number of all.

    `extractions`: ids of the operations that read what came without facts.
    """

    counts: dict[str, int]
    errors: list[LineError] = []
    error_count: int = 0
    extractions: list[str] = []


class Receipt(Struct, frozen=True, kw_only=True):
    """Deleted nodes by label and relationships by type."""

    nodes: dict[str, int] = {}
    relationships: dict[str, int] = {}


# Reasons for rejecting a fact in a model's answer.
DROP_REASONS = ("unquoted", "unsure", "injected", "malformed")


class FailedRawData(Struct, frozen=True, kw_only=True, rename="camel"):
    """Raw data that could not be extracted; it stays stored and searchable."""

    raw_data_id: str
    reason: str
    failure_class: FailureClass = FailureClass.INTERNAL


class OperationResult(Struct, frozen=True, kw_only=True):
    """The result of an operation. `triggered` is False for a message that only waits in the buffer; `insight_pending` is True
    if an insight is older than the facts behind it.
    """

    triggered: bool = True
    raw_data_ids: list[str] = []
    fact_ids: list[int] = []
    insight_ids: list[int] = []
    insight_pending: bool = False
    failed: list[FailedRawData] = []
    imported: ImportReport | None = None
    receipt: Receipt | None = None


class Lease(Struct, frozen=True, kw_only=True):
    """The worker that holds an operation's memory, and when the lease ends unless it is renewed."""

    owner: str
    until: datetime


class Operation(Struct, frozen=True, kw_only=True):
    """`model`, `prompts`, `usage`: language model called, prompts used, tokens spent; `dropped`: reason → number of
    facts rejected; `lease`: set while it runs; `request_id`: id of the HTTP request that created it; `caller`: name of
    its key, "session" for a session token, None without keys.
    """

    id: str
    memory_id: str
    kind: OperationKind
    status: OperationStatus
    attempts: int
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    run_after: datetime | None = None
    progress: Progress
    result: OperationResult | None = None
    error: OperationError | None = None
    usage: Usage = Usage()
    model: str | None = None
    prompts: list[str] = []
    dropped: dict[str, int] = {}
    lease: Lease | None = None
    cancel_requested: bool = False
    request_id: str | None = None
    caller: str | None = None

    @property
    def finished(self) -> bool:
        return self.status in TERMINAL


class QueuedOperation(Struct, frozen=True, kw_only=True, rename="camel"):
    """An unfinished operation as the worker sees it.

    `sequence`: raw data with a lower sequence came before it. `stored`: ids of its own raw data. `sealed`: ids to
    extract; None until decided. `failures`: failed attempts, not counting transport errors.
    """

    id: str
    kind: OperationKind
    status: OperationStatus
    attempts: int
    number: int
    sequence: int
    failures: int = 0
    cancel_requested: bool = False
    run_after: datetime | None = None
    stored: list[str] = []
    sealed: list[str] | None = None
    request_id: str | None = None


# Most operations of one memory that a worker reads at once.
QUEUE_LIMIT = 64
# Failures after which an operation ends as failed: one that repeats is caused by its input.
MAX_FAILURES = 3
# Longest delay before a retry; transport errors are retried without limit.
MAX_BACKOFF = timedelta(seconds=30)


def backoff(attempts: int) -> timedelta:
    """Half a second, doubled with every attempt (1, 2, …), at most `MAX_BACKOFF`."""
    return min(timedelta(seconds=0.5 * 2 ** min(attempts - 1, 10)), MAX_BACKOFF)


def ends_as_failed(failure: FailureClass, failures: int) -> bool:
    """Return True after `MAX_FAILURES` failures; never for a transport error."""
    return failure is not FailureClass.TRANSPORT and failures >= MAX_FAILURES
