"""Language-model calls of an operation, stored so that a retry doesn't pay for the same answer twice."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from app.domain.errors import ModelRefused
from app.domain.ids import digest
from app.domain.usage import Usage
from app.graph import model_answers
from app.graph.database import Database, Step
from app.models.ports import LanguageModel, Reply
from app.prompts.prompt import Prompt
from app.services.operations.turn import Turn

Answer = TypeVar("Answer")

_KEPT_HERE = 64


class AskModel:
    """Stores every answer in the database before using it, so that a retry after a crash or failed commit reuses it.

    The commit of the extracted graph deletes it (`model_answers.drop`). Answers that can't be stored stay in memory.
    """

    def __init__(self, db: Database, model: LanguageModel) -> None:
        self._db = db
        self._model = model
        self._kept: OrderedDict[str, tuple[str, bool, Usage]] = OrderedDict()

    @property
    def model(self) -> str:
        return self._model.model

    def forget(self) -> None:
        """Clear the answers cached in this process; an unfinished operation may have to ask again."""
        self._kept.clear()

    def on_behalf_of(self, turn: Turn) -> "ModelOfOperation":
        return ModelOfOperation(self, turn)

    async def ask(
        self, turn: Turn, prompt: Prompt[Answer], content: str, *, images: Sequence[str] = ()
    ) -> Reply[Answer]:
        """Return the stored answer or ask the model. Raises Unavailable, ModelRefused (usage recorded), LeaseLost."""
        memory_id = turn.memory_id
        key = digest(memory_id, prompt.label, self.model, content, *images)
        if (stored := await model_answers.find(self._db, memory_id, key)) is not None:
            text, truncated = stored
            return Reply(answer=msgspec.json.decode(text, type=prompt.answer), truncated=truncated)

        def spend(usage: Usage) -> Step:
            return model_answers.spend(memory_id, turn.operation_id, usage, model=self.model, prompt=prompt.label)

        if key not in self._kept:
            try:
                reply = await self._model.ask(prompt, content, images=images)
            except ModelRefused as refusal:
                if refusal.usage.calls:
                    await turn.write(spend(refusal.usage))
                raise
            self._kept[key] = (msgspec.json.encode(reply.answer).decode(), reply.truncated, reply.usage)
            while len(self._kept) > _KEPT_HERE:
                self._kept.popitem(last=False)
        text, truncated, usage = self._kept[key]
        keep = model_answers.keep(memory_id, key, operation_id=turn.operation_id, answer_json=text, truncated=truncated)
        await turn.write(keep, spend(usage))
        self._kept.pop(key, None)
        return Reply(answer=msgspec.json.decode(text, type=prompt.answer), truncated=truncated, usage=usage)


class ModelOfOperation:
    """The language model, with its usage charged to one operation."""

    def __init__(self, ask_model: AskModel, turn: Turn) -> None:
        self._ask_model = ask_model
        self._turn = turn

    @property
    def model(self) -> str:
        return self._ask_model.model

    async def ask(self, prompt: Prompt[Answer], content: str, *, images: Sequence[str] = ()) -> Reply[Answer]:
        return await self._ask_model.ask(self._turn, prompt, content, images=images)
