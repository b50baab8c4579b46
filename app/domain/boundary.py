"""Conversation boundaries: which messages seal the pending ones for extraction (Memind's rules)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from app.domain.knowledge import Role

# Memind's limits for the buffer: messages, estimated cl100k tokens, longest pause between two messages.
MAX_MESSAGES = 50
MAX_TOKENS = 8192
TIME_GAP = timedelta(minutes=30)
# cl100k has about four characters a token in English; `token_estimate` counts each CJK character as one token.
_CHARACTERS_PER_TOKEN = 4


class PendingMessage(Struct, frozen=True, kw_only=True):
    """A stored message that waits for its extraction."""

    id: str
    role: Role | None
    tokens: int
    occurred_at: datetime
    sequence: int = 0
    idle_millis: int = 0


class SealReason(StrEnum):
    HARD_LIMIT = "hard_limit"
    TOKEN_LIMIT = "token_limit"  # noqa: S105 - a reason
    TIME_GAP = "time_gap"


def token_estimate(text: str) -> int:
    """Estimate the number of cl100k tokens from character counts; at least 1."""
    wide = sum(1 for character in text if ord(character) >= 0x2E80)
    return wide + (len(text) - wide) // _CHARACTERS_PER_TOKEN + 1


def seal_reason(history: Sequence[PendingMessage], message: PendingMessage) -> SealReason | None:
    """Return why `history` must be sealed before `message`; None to keep buffering.

    Only a USER message after a non-empty history can seal. From five messages on Memind asks a model; here the time gap
    decides, because it can be checked without reading the text.
    """
    if not history or message.role is not Role.USER:
        return None
    if len(history) + 1 >= MAX_MESSAGES:
        return SealReason.HARD_LIMIT
    if sum(m.tokens for m in history) + message.tokens >= MAX_TOKENS:
        return SealReason.TOKEN_LIMIT
    if message.occurred_at - history[-1].occurred_at > TIME_GAP:
        return SealReason.TIME_GAP
    return None
