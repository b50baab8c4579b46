"""Unreadable model answers are refused at a bounded cost."""

import pytest
from msgspec import Struct

from app.models.openai.repair import AnswerInvalid, read_answer


class Anything(Struct):
    a: list[int] = []


@pytest.mark.parametrize("text", ['{"a":' + "[" * 50_000, "{" * 50_000, '{"a":' * 50_000])
def test_a_model_that_repeats_brackets_is_refused_at_once(text: str):
    with pytest.raises(AnswerInvalid, match="nested"):
        read_answer(text, Anything)
