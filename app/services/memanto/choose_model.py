"""The language model of a request, with its failures mapped to API errors."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from app.domain.errors import (
    AnswerUnavailable,
    InvalidInput,
    ModelFailed,
    ModelRefused,
    ModelTimedOut,
    TimedOut,
    Unavailable,
)
from app.domain.usage import Meter
from app.models.ports import LanguageModel
from app.prompts.prompt import Prompt

Answer = TypeVar("Answer")


class ChooseModel:
    """`others`: names of models that a request may choose instead of the default; created on first use."""

    def __init__(
        self,
        default: LanguageModel | None,
        others: Sequence[str],
        create: Callable[[str], LanguageModel],
        meter: Meter,
    ) -> None:
        self._default = default
        self._others = others
        self._create = create
        self._made: dict[str, LanguageModel] = {}
        self._meter = meter

    @property
    def is_there(self) -> bool:
        return self._default is not None

    def __call__(self, name: str | None) -> "RequestsModel":
        """Return the chosen model. Raises AnswerUnavailable if none is set, InvalidInput if it is not allowed."""
        if self._default is None:
            raise AnswerUnavailable
        if name is None or name == self._default.model:
            return RequestsModel(self._default, self._meter)
        if name not in self._others:
            raise InvalidInput({"ai_model": "must be one of the models in MNEMON_LLM_MODEL"})
        if name not in self._made:
            self._made[name] = self._create(name)
        return RequestsModel(self._made[name], self._meter)

    async def close(self) -> None:
        for model in self._made.values():
            await model.close()


class RequestsModel:
    """A model that a request waits for: one attempt, and its usage is metered."""

    def __init__(self, model: LanguageModel, meter: Meter) -> None:
        self.name = model.model
        self._model = model
        self._meter = meter

    async def ask(self, prompt: Prompt[Answer], content: str) -> tuple[Answer, bool]:
        """Return the answer, and True if it was truncated. Raises ModelFailed and ModelTimedOut."""
        try:
            reply = await self._model.ask(prompt, content)
        except TimedOut as error:
            raise ModelTimedOut from error
        except Unavailable as error:
            raise ModelFailed(error.message) from error
        except ModelRefused as error:
            self._meter.add(error.usage)
            raise ModelFailed(error.message) from error
        self._meter.add(reply.usage)
        return reply.answer, reply.truncated
