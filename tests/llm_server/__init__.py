"""A language model server that returns a test's prepared answers."""

from tests.llm_server.server import (
    Cut,
    Drip,
    Events,
    Garbage,
    Hang,
    LlmServer,
    Refusal,
    Reply,
    Request,
    Status,
    Text,
    running_llm,
)

__all__ = [
    "Cut",
    "Drip",
    "Events",
    "Garbage",
    "Hang",
    "LlmServer",
    "Refusal",
    "Reply",
    "Request",
    "Status",
    "Text",
    "running_llm",
]
