"""Structured answers from a language model behind any OpenAI-compatible endpoint."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any, TypeVar, cast

import msgspec
from openai import APIError, APIStatusError, AsyncOpenAI
from openai.types.chat import ChatCompletion

from app.domain.errors import ModelRefused, Unavailable
from app.domain.usage import Usage
from app.models.openai.errors import REFUSALS, is_filtered, is_too_long, meaning
from app.models.openai.repair import AnswerInvalid, NoJson, read_answer
from app.models.openai.rungs import Rung, RungMemory
from app.models.ports import Reply
from app.prompts.ping import PING
from app.prompts.prompt import Prompt

Answer = TypeVar("Answer")

_TOOL = "answer"
_MOST_TOKENS = 100_000_000  # of one call; an endpoint that states more is wrong
_UNSUPPORTED = (*REFUSALS, 501)
_NO_ANSWER = "The language model's endpoint sent no chat completion; try again shortly"
_SHOWN_CHARACTERS = 2000  # of an invalid answer that is sent back to the model


class OpenAIChat:
    """Falls back from strict JSON schema to forced tool call, JSON object with an example, plain text with an example.

    The rung that worked is stored, and the next call starts there. An invalid answer is repaired if that needs no
    guessing (app.models.openai.repair); otherwise the model is asked once more with a description of the error.
    """

    def __init__(
        self, *, model: str, api_key: str, base_url: str, concurrency: int, timeout_seconds: float, rungs: RungMemory
    ) -> None:
        self.model = model
        self.endpoint = base_url or "https://api.openai.com/v1"
        self._rungs = rungs
        self._permits = asyncio.Semaphore(concurrency)
        # No retries here: the operation queue retries, without holding a permit while it waits.
        self._client = AsyncOpenAI(
            api_key=api_key or "none", base_url=base_url or None, timeout=timeout_seconds, max_retries=0
        )

    async def ask(self, prompt: Prompt[Answer], content: str, *, images: Sequence[str] = ()) -> Reply[Answer]:
        """See `LanguageModel.ask`."""
        usage = Usage()
        problem = ""
        proven = self._rungs.get(self.endpoint, self.model)
        rung = proven or Rung.SCHEMA
        history: list[dict[str, Any]] = [{"role": "user", "content": _content(content, images)}]
        for _ in range(2):
            completion, rung = await self._complete(prompt, history, rung, proven=rung is proven, usage=usage)
            usage = usage.plus(_usage(completion))
            text = _text(completion, usage)
            try:
                read = read_answer(text, prompt.answer)
            except AnswerInvalid as error:
                problem = str(error)
                if isinstance(error, NoJson) and rung is not proven:
                    rung = rung.next_lower or rung
                history = [
                    history[0],
                    {"role": "assistant", "content": text[:_SHOWN_CHARACTERS] or "(nothing)"},
                    {"role": "user", "content": f"{problem} Answer again with one JSON object that fits the schema."},
                ]
                continue
            self._rungs.keep(self.endpoint, self.model, rung)
            truncated = read.truncated or completion.choices[0].finish_reason == "length"
            return Reply(answer=read.answer, usage=usage, truncated=truncated)
        raise ModelRefused(f"The language model's answer can't be read: {problem}", usage=usage)

    async def _complete(
        self, prompt: Prompt[Any], history: Sequence[dict[str, Any]], rung: Rung, *, proven: bool, usage: Usage
    ) -> tuple[ChatCompletion, Rung]:
        """Try `rung` and those below it; return the first completion whose form the endpoint accepts, and its rung."""
        while True:
            messages: list[Any] = [{"role": "system", "content": _instruction(prompt, rung)}, *history]
            try:
                async with self._permits:
                    completion = cast(
                        "object",
                        await self._client.chat.completions.create(
                            model=self.model, messages=messages, **_form(prompt, rung)
                        ),
                    )
            except APIStatusError as error:
                lower = None if proven else rung.next_lower
                about_form = error.status_code in _UNSUPPORTED and not (is_too_long(error) or is_filtered(error))
                if about_form and lower is not None:
                    rung = lower
                    continue
                found = meaning(error, "language model")
                if isinstance(found, ModelRefused):
                    if about_form and prompt is not PING and not await self._takes(rung):
                        # The ping is refused too: the endpoint, key or model has changed, and the text is not at fault.
                        self._rungs.forget(self.endpoint, self.model)
                        raise Unavailable(found.message) from error
                    raise ModelRefused(found.message, usage=usage) from error
                raise found from error
            except APIError as error:
                raise meaning(error, "language model") from error
            except ValueError as error:  # raised by the client for a body that is not JSON
                raise Unavailable(_NO_ANSWER) from error
            # A gateway's HTML page is returned as str, despite the client's types.
            if not isinstance(completion, ChatCompletion):
                raise Unavailable(_NO_ANSWER)
            return completion, rung

    async def _takes(self, rung: Rung) -> bool:
        """Return True if the endpoint answers the ping prompt in this form. Raises Unavailable."""
        try:
            await self._complete(PING, [{"role": "user", "content": "Are you here?"}], rung, proven=True, usage=Usage())
        except ModelRefused:
            return False
        return True

    async def close(self) -> None:
        await self._client.close()


def _form(prompt: Prompt[Any], rung: Rung) -> dict[str, Any]:
    match rung:
        case Rung.SCHEMA:
            schema = {"name": prompt.name.replace("-", "_"), "strict": True, "schema": prompt.schema}
            return {"response_format": {"type": "json_schema", "json_schema": schema}}
        case Rung.TOOL:
            function = {"name": _TOOL, "description": "Give the answer.", "strict": True, "parameters": prompt.schema}
            return {
                "tools": [{"type": "function", "function": function}],
                "tool_choice": {"type": "function", "function": {"name": _TOOL}},
            }
        case Rung.OBJECT:
            return {"response_format": {"type": "json_object"}}
        case Rung.TEXT:
            return {}


def _instruction(prompt: Prompt[Any], rung: Rung) -> str:
    if rung in (Rung.SCHEMA, Rung.TOOL):
        return prompt.instruction
    schema = json.dumps(prompt.schema, ensure_ascii=False)
    example = msgspec.json.encode(prompt.example).decode()
    return (
        f"{prompt.instruction}\n\nAnswer with one JSON object and nothing else. Its JSON schema:\n{schema}\n\n"
        f"An example of an answer, about other messages:\n{example}"
    )


def _content(text: str, images: Sequence[str]) -> str | list[dict[str, Any]]:
    if not images:
        return text
    return [{"type": "text", "text": text}, *({"type": "image_url", "image_url": {"url": url}} for url in images)]


def _usage(completion: ChatCompletion) -> Usage:
    return Usage(
        calls=1,
        tokens_in=_count(getattr(completion.usage, "prompt_tokens", 0)),
        tokens_out=_count(getattr(completion.usage, "completion_tokens", 0)),
    )


def _count(stated: object) -> int:
    """Return a number of tokens as the endpoint states it; 0 for what can't be one."""
    return stated if type(stated) is int and 0 <= stated <= _MOST_TOKENS else 0


def _text(completion: ChatCompletion, usage: Usage) -> str:
    """Return the text of the tool call or message. Raises ModelRefused for a refusal, Unavailable without a message."""
    choice = completion.choices[0] if completion.choices else None
    # Some endpoints answer 200 when the model behind them has failed.
    if choice is None or getattr(choice, "message", None) is None or str(choice.finish_reason) == "error":
        raise Unavailable(_NO_ANSWER)
    message = choice.message
    if getattr(message, "refusal", None) or choice.finish_reason == "content_filter":
        raise ModelRefused(f"The language model refuses: {message.refusal or 'content filter'}"[:300], usage=usage)
    for call in message.tool_calls or []:
        if call.type == "function":
            return _plain(call.function.arguments)
    return _plain(message.content)


def _plain(content: object) -> str:
    """Return content as text; some endpoints send a list of parts or the JSON object itself."""
    if isinstance(content, list):
        parts = cast("list[object]", content)
        return "".join(str(cast("dict[str, object]", part).get("text", "")) for part in parts if isinstance(part, dict))
    return content if isinstance(content, str) else json.dumps(content) if content else ""
