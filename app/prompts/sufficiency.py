"""Prompt: do the results answer the question, and if not, what is missing?"""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from app.prompts.prompt import UNTRUSTED, Prompt, fenced


class SufficiencyAnswer(Struct, kw_only=True):
    sufficient: Annotated[bool, Meta(description="True only if the results answer the question in full.")]
    evidences: Annotated[
        list[int], Meta(description="Numbers of the results that answer it; empty when none does.")
    ] = []
    gaps: Annotated[list[str], Meta(description="What is missing, at most three.")] = []


_INSTRUCTION = f"""You judge whether search results answer a question, as JSON.

{UNTRUSTED}

Look only at the results. When unsure, they are not sufficient. Name the results that answer the question or a part of it,
and at most three gaps, each a few words."""

SUFFICIENCY = Prompt(
    name="sufficiency",
    version=1,
    instruction=_INSTRUCTION,
    answer=SufficiencyAnswer,
    example=SufficiencyAnswer(sufficient=False, evidences=[2], gaps=["when Ana moved"]),
)


def render(query: str, results: Sequence[str]) -> str:
    rows = [{"result": number, "text": text} for number, text in enumerate(results)]
    return "Question:\n" + fenced([{"text": query}]) + "\n\nResults:\n" + fenced(rows)
