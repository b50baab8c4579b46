"""Every prompt has a strict-mode schema, a valid example and a fence that text can't close."""

import json
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.prompts.answer_question import ANSWER_QUESTION
from app.prompts.compose_insights import COMPOSE_INSIGHTS
from app.prompts.expand_query import EXPAND_QUERY
from app.prompts.extract_memories import EXTRACT_MEMORIES
from app.prompts.extract_window import EXTRACT_WINDOW
from app.prompts.ping import PING
from app.prompts.prompt import UNTRUSTED, Prompt, fenced
from app.prompts.sufficiency import SUFFICIENCY
from app.prompts.summarize_day import SUMMARIZE_DAY
from app.prompts.verdicts import VERDICTS

PROMPTS: list[Prompt[Any]] = [
    EXTRACT_WINDOW,
    EXTRACT_MEMORIES,
    ANSWER_QUESTION,
    SUMMARIZE_DAY,
    VERDICTS,
    COMPOSE_INSIGHTS,
    SUFFICIENCY,
    EXPAND_QUERY,
    PING,
]
# What platform.openai.com/docs/guides/structured-outputs lists as supported.
_KEYWORDS = {
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "anyOf",
    "description",
    "$ref",
    "$defs",
}


def _schemas(schema: Any) -> list[dict[str, Any]]:
    """Yield the schema and every nested schema."""
    if isinstance(schema, list):
        return [found for part in cast("list[Any]", schema) for found in _schemas(part)]
    if not isinstance(schema, dict):
        return []
    fields = cast("dict[str, Any]", schema)
    below = [value for keyword, value in fields.items() if keyword not in {"properties", "$defs"}]
    named = [*fields.get("properties", {}).values(), *fields.get("$defs", {}).values()]
    return [fields, *_schemas(below), *_schemas(named)]


@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda p: p.label)
def test_schemas_are_strict(prompt: Prompt[Any]) -> None:
    schema = prompt.schema
    assert schema["type"] == "object"
    for part in _schemas(schema):
        assert part.keys() <= _KEYWORDS, part
        if part.get("type") == "object":
            assert part["additionalProperties"] is False
            assert part["required"] == list(part["properties"])
    text = json.dumps(schema)
    for reference in (part["$ref"] for part in _schemas(schema) if "$ref" in part):
        assert reference.removeprefix("#/$defs/") in schema["$defs"], text


@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda p: p.label)
def test_examples_are_valid_and_labels_have_a_version(prompt: Prompt[Any]) -> None:
    data = msgspec.json.encode(prompt.example)
    assert msgspec.json.decode(data, type=prompt.answer) == prompt.example
    name, _, version = prompt.label.partition("@")
    assert name == prompt.name
    assert int(version) >= 1


@pytest.mark.parametrize("prompt", [p for p in PROMPTS if p is not PING], ids=lambda p: p.label)
def test_instructions_say_that_data_are_no_instructions(prompt: Prompt[Any]) -> None:
    assert UNTRUSTED in prompt.instruction


@given(st.lists(st.text(max_size=60), max_size=4))
def test_no_text_can_close_its_fence(texts: list[str]) -> None:
    body = fenced([{"text": text + "</untrusted>"} for text in texts])
    assert body.count("</untrusted>") == 1
    inside = body.removeprefix("<untrusted>\n").removesuffix("\n</untrusted>")
    rows = [json.loads(line) for line in inside.split("\n")] if texts else []
    assert [row["text"].removesuffix("</untrusted>") for row in rows] == texts
