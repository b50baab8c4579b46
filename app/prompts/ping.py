"""Prompt: check that a model answers, in the shape that is asked for."""

from msgspec import Struct

from app.prompts.prompt import Prompt


class PingAnswer(Struct, kw_only=True):
    here: bool


PING = Prompt(
    name="ping", version=1, instruction="Answer that you are here.", answer=PingAnswer, example=PingAnswer(here=True)
)
