"""Prompt: decide in one call what the rules left open in a window: which names are one entity, how facts relate to
older ones.
"""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from app.prompts.prompt import UNTRUSTED, Prompt, fenced


class NameVerdict(Struct, kw_only=True):
    question: Annotated[int, Meta(description="The question's number.")]
    same: Annotated[bool, Meta(description="True only when both names surely mean one and the same.")]


class FactVerdict(Struct, kw_only=True):
    question: int
    relation: Annotated[
        str,
        Meta(
            description="How the newer fact stands to the older one.",
            extra_json_schema={"enum": ["new", "duplicate", "refinement", "contradiction"]},
        ),
    ]


class VerdictsAnswer(Struct, kw_only=True):
    names: list[NameVerdict]
    facts: list[FactVerdict]


class NameQuestion(Struct, frozen=True, kw_only=True):
    """`known` is in the memory already, or comes from the same window."""

    name: str
    known: str
    entity_type: str


class FactQuestion(Struct, frozen=True, kw_only=True):
    older: str
    newer: str


_INSTRUCTION = f"""You settle what rules could not about a person's memory, as JSON.

{UNTRUSTED}

Names: do both mean one and the same? A first name is a full name's only where no doubt is left. When unsure: false.

Facts: how does the newer one stand to the older one?
- duplicate: it says the same.
- refinement: it adds detail, and both are true.
- contradiction: the older one no longer holds because of it (a new home, job, price, preference, plan).
- new: anything else; both can be true side by side. When unsure: new.

Answer every question by its number."""

VERDICTS = Prompt(
    name="settle",
    version=1,
    instruction=_INSTRUCTION,
    answer=VerdictsAnswer,
    example=VerdictsAnswer(
        names=[NameVerdict(question=0, same=False)], facts=[FactVerdict(question=0, relation="contradiction")]
    ),
)


def render(names: Sequence[NameQuestion], facts: Sequence[FactQuestion], *, said: Sequence[str]) -> str:
    """`said`: the window's messages, for context."""
    parts = ["Messages:\n" + fenced([{"text": text} for text in said])]
    if names:
        rows = [{"question": i, "name": q.name, "known": q.known, "type": q.entity_type} for i, q in enumerate(names)]
        parts.append("Names:\n" + fenced(rows))
    if facts:
        parts.append(
            "Facts:\n" + fenced([{"question": i, "older": q.older, "newer": q.newer} for i, q in enumerate(facts)])
        )
    return "\n\n".join(parts)
