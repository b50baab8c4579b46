"""Cost of language model calls."""

from msgspec import Struct


class Usage(Struct, frozen=True, kw_only=True):
    """Calls that were answered, and the tokens that the endpoint counted for them."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0

    def plus(self, other: "Usage") -> "Usage":
        return Usage(
            calls=self.calls + other.calls,
            tokens_in=self.tokens_in + other.tokens_in,
            tokens_out=self.tokens_out + other.tokens_out,
        )


class Meter:
    """Adds up this process's usage that belongs to no operation."""

    def __init__(self) -> None:
        self.total = Usage()

    def add(self, usage: Usage) -> None:
        self.total = self.total.plus(usage)
