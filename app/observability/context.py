"""Request, operation and memory of the running task, added to every log line."""

import contextlib
from collections.abc import Generator
from contextvars import ContextVar

from msgspec import Struct
from msgspec.structs import replace

from app.domain.ids import digest

_HASH_CHARACTERS = 12


class LogContext(Struct, frozen=True, kw_only=True):
    """`memory`: a hash, since ids of users may be names."""

    request_id: str | None = None
    operation_id: str | None = None
    memory: str | None = None

    @property
    def fields(self) -> dict[str, str]:
        """Log field → value, those that are known."""
        named = {"request": self.request_id, "operation": self.operation_id, "memory": self.memory}
        return {name: value for name, value in named.items() if value is not None}


_context: ContextVar[LogContext] = ContextVar("log_context", default=LogContext())  # noqa: B039 - frozen


def log_context() -> LogContext:
    return _context.get()


@contextlib.contextmanager
def logging_for(
    *, request_id: str | None = None, operation_id: str | None = None, memory_id: str | None = None
) -> Generator[None]:
    """Set these fields while the block runs; None leaves a field unchanged."""
    changes = {
        "request_id": request_id,
        "operation_id": operation_id,
        "memory": memory_id and memory_hash(memory_id),
    }
    token = _context.set(replace(_context.get(), **{k: v for k, v in changes.items() if v is not None}))
    try:
        yield
    finally:
        _context.reset(token)


def memory_hash(memory_id: str) -> str:
    """First 12 hexadecimal digits of a SHA-256."""
    return digest("memory", memory_id)[:_HASH_CHARACTERS]
