"""The tree of errors.

MnemonError
├── InvalidInput            the caller's data is wrong            400 validation_failed
│   ├── UnsupportedValue    well formed, but not a known value    400 malformed_json
│   └── InvalidBundle       lines of an import are wrong          400 validation_failed
├── BadRequest              the request can't be understood       400 bad_request
├── NotFound                no such thing in this memory          404 not_found
│   ├── AgentNotFound       no such agent                         404
│   └── SessionNotFound     no such session                       404
├── Conflict                contradicts what is stored            409 version_conflict
│   └── AgentExists         an agent with that id exists          409
├── TooLarge                over a documented limit               413 payload_too_large
├── Unauthorized            the API key is missing or wrong       401 unauthorized
├── Forbidden               this caller may not do this           403 forbidden
├── Unavailable             a dependency does not answer          503 dependency_unavailable
│   ├── NotReady            starting or stopping                  503 runtime_unavailable
│   ├── Overloaded          too many messages are queued          429 too_many_requests
│   └── TimedOut            it took too long                      503 dependency_unavailable
├── ModelFailed             no answer from the language model     502 model_failed
│   └── ModelTimedOut       no answer in time                     504 model_timed_out
├── AnswerUnavailable       no language model is set              503 answer_unavailable
├── SessionInvalid          the session token is not valid        401 (/api/v2 only)
│   ├── SessionExpired      the session has expired               401
│   └── WrongAgent          the token belongs to another agent    403
├── ModelRefused            the model will never take this input  500 internal_error
├── StatementFailed         the database refuses a statement      500 internal_error
├── OperationFailed         an operation ended as failed          500 internal_error
├── LeaseLost               another worker owns this memory now   (never leaves the worker)
└── SetupError              this installation needs a repair      (command line only; names the fix)

A class's docstring is its default message.
"""

from collections.abc import Sequence

from app.domain.usage import Usage


class MnemonError(Exception):
    """Mnemon failed."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())

    @property
    def message(self) -> str:
        return str(self.args[0])


class InvalidInput(MnemonError):
    """Request validation failed"""

    def __init__(self, field_errors: dict[str, str]) -> None:
        super().__init__()
        self.field_errors = field_errors

    @property
    def fields(self) -> str:
        """Return each field with what is wrong with it, for people who see no list of fields."""
        return "; ".join(f"{field} {text}" for field, text in self.field_errors.items())


class UnsupportedValue(MnemonError):
    """Malformed JSON request body"""

    def __init__(self, field: str | None = None, allowed: Sequence[str] = ()) -> None:
        """`field`: name of the field with the unknown value; `allowed`: its valid values, if known."""
        super().__init__()
        self.field = field
        self.allowed = allowed


class InvalidBundle(InvalidInput):
    """The bundle has lines that can't be imported; nothing was stored"""

    def __init__(self, errors: Sequence[tuple[int, str]], error_count: int | None = None) -> None:
        """`errors`: (line number from 1, reason); `error_count`: total if `errors` is only a part."""
        super().__init__({f"line {line}": reason for line, reason in errors})
        self.error_count = error_count or len(errors)


class BadRequest(MnemonError):
    """Bad request"""


class NotFound(MnemonError):
    """Not found"""


class AgentNotFound(NotFound):
    """Agent not found"""


class SessionNotFound(NotFound):
    """This agent has no such session: activate it"""


class Conflict(MnemonError):
    """The request conflicts with what is stored"""


class AgentExists(Conflict):
    """The agent already exists"""


class TooLarge(MnemonError):
    """The request is larger than this server accepts"""


class Unauthorized(MnemonError):
    """A valid API key is required: send it as 'Authorization: Bearer <key>' or 'X-Api-Key: <key>'"""


class Forbidden(MnemonError):
    """This caller may not do this"""


class Unavailable(MnemonError):
    """The database does not answer at the moment; try again shortly"""

    retry_after_seconds: float = 2

    def __init__(
        self, message: str | None = None, *, retry_after_seconds: float | None = None, code: str | None = None
    ) -> None:
        """`retry_after_seconds`: delay that the dependency asked for; `code`: Neo4j's error code."""
        super().__init__(message)
        self.code = code
        self.asked_to_wait = retry_after_seconds is not None
        if retry_after_seconds is not None:
            self.retry_after_seconds = retry_after_seconds


class NotReady(Unavailable):
    """The service is starting; try again shortly"""


class Overloaded(Unavailable):
    """Too many messages wait for extraction; send this again later"""

    retry_after_seconds: float = 5


class TimedOut(Unavailable):
    """A dependency took too long; try again shortly"""


class ModelFailed(MnemonError):
    """The language model gave no usable answer; try again"""


class ModelTimedOut(ModelFailed):
    """The language model did not answer in time; try again"""


class AnswerUnavailable(MnemonError):
    """This server has no language model: set OPENAI_API_KEY, or OPENAI_BASE_URL with MNEMON_LLM_MODEL"""


class SessionInvalid(MnemonError):
    """The session token is not valid or was replaced by another session: activate the agent again"""


class SessionExpired(SessionInvalid):
    """The session has expired: activate the agent again"""


class WrongAgent(SessionInvalid):
    """The session token belongs to another agent"""


class ModelRefused(MnemonError):
    """The model refuses this input"""

    def __init__(self, message: str | None = None, *, usage: Usage | None = None) -> None:
        """`usage`: tokens spent before the refusal."""
        super().__init__(message)
        self.usage = usage or Usage()


class StatementFailed(MnemonError):
    """The database refused a statement"""

    def __init__(self, code: str | None = None) -> None:
        """`code`: Neo4j's error code. Neo4j's message is left out because it may quote user text."""
        super().__init__(f"The database refused a statement: {code}" if code else None)
        self.code = code


class OperationFailed(MnemonError):
    """Memory extraction failed"""

    def __init__(self, *, kind: str, reason: str) -> None:
        super().__init__()
        self.kind = kind
        self.reason = reason


class LeaseLost(MnemonError):
    """Another worker holds the lease on this memory now"""


class SetupError(MnemonError):
    """This installation needs a repair"""
