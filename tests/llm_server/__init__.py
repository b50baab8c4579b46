"""A language model's server that says what a test wrote down."""

from tests.llm_server.server import Cut, Drip, Garbage, Hang, LlmServer, Refusal, Request, Status, Text, running_llm

__all__ = ["Cut", "Drip", "Garbage", "Hang", "LlmServer", "Refusal", "Request", "Status", "Text", "running_llm"]
