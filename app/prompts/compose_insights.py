"""Prompt: summarise several entities in a few sentences each, in one call."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from app.prompts.prompt import UNTRUSTED, Prompt, fenced


class PointAnswer(Struct, kw_only=True):
    text: Annotated[str, Meta(description="One sentence.")]
    facts: Annotated[list[int], Meta(description="Numbers of the facts that it stands on, at least one.")]


class InsightAnswer(Struct, kw_only=True):
    group: Annotated[int, Meta(description="The group's number.")]
    points: list[PointAnswer]


class ComposeAnswer(Struct, kw_only=True):
    insights: list[InsightAnswer]


class FactGroup(Struct, frozen=True, kw_only=True):
    name: str
    facts: list[str]


_INSTRUCTION = f"""You sum up what a memory knows, as JSON.

{UNTRUSTED}

For every group write one to six points: what lasts first, then what repeats, then what is recent. Join facts that belong
together; say nothing that the facts don't say. Each point is one sentence with full names, in the language of its facts, and
names the numbers of the facts that it stands on."""

COMPOSE_INSIGHTS = Prompt(
    name="compose-insights",
    version=1,
    instruction=_INSTRUCTION,
    answer=ComposeAnswer,
    example=ComposeAnswer(
        insights=[
            InsightAnswer(
                group=0, points=[PointAnswer(text="Ana Duarte lives in Porto and works at Globex.", facts=[0, 2])]
            )
        ]
    ),
)


def render(groups: Sequence[FactGroup]) -> str:
    parts = [
        f"Group {number}:\n"
        + fenced([{"about": group.name}, *({"fact": i, "text": text} for i, text in enumerate(group.facts))])
        for number, group in enumerate(groups)
    ]
    return "\n\n".join(parts)
