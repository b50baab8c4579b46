"""Client of Mnemon, the graph memory service for AI agents."""

from mnemon_client.async_client import AsyncMemory, AsyncMnemon
from mnemon_client.calls import Message, TimeRange
from mnemon_client.client import Memory, Mnemon
from mnemon_client.errors import (
    ConflictError,
    InvalidRequestError,
    MnemonError,
    NotAllowedError,
    NotFoundError,
    OperationFailedError,
    UnavailableError,
)

__all__ = [
    "AsyncMemory",
    "AsyncMnemon",
    "ConflictError",
    "InvalidRequestError",
    "Memory",
    "Message",
    "Mnemon",
    "MnemonError",
    "NotAllowedError",
    "NotFoundError",
    "OperationFailedError",
    "TimeRange",
    "UnavailableError",
]
