"""Prompt: summarise a day's facts in a few sentences."""

from collections.abc import Sequence

from msgspec import Struct

from app.prompts.prompt import UNTRUSTED, Prompt, fenced


class DaySummary(Struct, kw_only=True):
    summary: str
    themes: list[str] = []


_INSTRUCTION = f"""You sum up what was remembered on one day, as JSON.

{UNTRUSTED}

- summary: three to five sentences about what matters most. Nothing that the memories don't say.
- themes: up to five, a few words each."""

SUMMARIZE_DAY = Prompt(
    name="summarize-day",
    version=1,
    instruction=_INSTRUCTION,
    answer=DaySummary,
    example=DaySummary(summary="Ana moved to Porto and looks for a flat.", themes=["Ana's move"]),
)


def render(memories: Sequence[str]) -> str:
    return "Memories:\n" + fenced([{"text": text} for text in memories])
