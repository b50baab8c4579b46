"""Other ways to search for what is missing."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from app.prompts.prompt import UNTRUSTED, Prompt, fenced

MAX_QUERIES = 3


class QueryAnswer(Struct, kw_only=True):
    type: Annotated[
        str,
        Meta(
            description="lex: keywords; vec: the question from another side; hyde: an answer as it may stand in a message.",
            extra_json_schema={"enum": ["lex", "vec", "hyde"]},
        ),
    ]
    text: str


class ExpansionAnswer(Struct, kw_only=True):
    queries: list[QueryAnswer]


_INSTRUCTION = f"""You write search queries for what earlier results did not answer, as JSON.

{UNTRUSTED}

At most {MAX_QUERIES} queries in the language of the question:
lex are a few keywords, vec asks from another side, hyde is a sentence of
15 to 30 words that could be the answer. Use the names of the question."""

EXPAND_QUERY = Prompt(
    name="expand-query",
    version=1,
    instruction=_INSTRUCTION,
    answer=ExpansionAnswer,
    example=ExpansionAnswer(queries=[QueryAnswer(type="lex", text="Ana move Porto date")]),
)


def render(query: str, gaps: Sequence[str], found: Sequence[str]) -> str:
    parts = [
        "Question:\n" + fenced([{"text": query}]),
        "Missing:\n" + fenced([{"text": gap} for gap in gaps]),
        "Found:\n" + fenced([{"text": text} for text in found]),
    ]
    return "\n\n".join(parts)
