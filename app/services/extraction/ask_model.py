"""Asking the language model on behalf of an operation: what was paid for once is not paid for again."""

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
from app.services.operations.fenced import write_fenced

Answer = TypeVar("Answer")

_KEPT_HERE = 64


class AskModel:
    """Keeps every answer in the database before it is used, so that neither a crash nor a failing commit asks again.

    The graph's commit drops it (`model_answers.drop`). An answer that came while the database was away is kept here.
    """

    def __init__(self, db: Database, model: LanguageModel) -> None:
        self._db = db
        self._model = model
        self._kept: OrderedDict[str, tuple[str, bool, Usage]] = OrderedDict()

    @property
    def model(self) -> str:
        return self._model.model

    def forget(self) -> None:
        """Lets go of what is kept in this process: at worst it is asked for again."""
        self._kept.clear()

    def on_behalf_of(self, memory_id: str, operation_id: str, fence: Step) -> "OperationsModel":
        return OperationsModel(self, memory_id, operation_id, fence)

    async def ask(
        self,
        prompt: Prompt[Answer],
        content: str,
        *,
        images: Sequence[str] = (),
        memory_id: str,
        operation_id: str,
        fence: Step,
    ) -> Reply[Answer]:
        """Raises Unavailable, ModelRefused and LeaseLost; what a refusal cost is written down too."""
        key = digest(memory_id, prompt.label, self.model, content, *images)
        if (stored := await model_answers.find(self._db, memory_id, key)) is not None:
            text, truncated = stored
            return Reply(answer=msgspec.json.decode(text, type=prompt.answer), truncated=truncated)

        def spend(usage: Usage) -> Step:
            return model_answers.spend(memory_id, operation_id, usage, model=self.model, prompt=prompt.label)

        if key not in self._kept:
            try:
                reply = await self._model.ask(prompt, content, images=images)
            except ModelRefused as refusal:
                if refusal.usage.calls:
                    await write_fenced(self._db, fence, spend(refusal.usage))
                raise
            self._kept[key] = (msgspec.json.encode(reply.answer).decode(), reply.truncated, reply.usage)
            while len(self._kept) > _KEPT_HERE:
                self._kept.popitem(last=False)
        text, truncated, usage = self._kept[key]
        keep = model_answers.keep(memory_id, key, operation_id=operation_id, answer_json=text, truncated=truncated)
        await write_fenced(self._db, fence, keep, spend(usage))
        self._kept.pop(key, None)
        return Reply(answer=msgspec.json.decode(text, type=prompt.answer), truncated=truncated, usage=usage)


class OperationsModel:
    """The language model as one operation sees it."""

    def __init__(self, ask_model: AskModel, memory_id: str, operation_id: str, fence: Step) -> None:
        self._ask_model = ask_model
        self._memory_id = memory_id
        self._operation_id = operation_id
        self._fence = fence

    async def ask(self, prompt: Prompt[Answer], content: str, *, images: Sequence[str] = ()) -> Reply[Answer]:
        return await self._ask_model.ask(
            prompt,
            content,
            images=images,
            memory_id=self._memory_id,
            operation_id=self._operation_id,
            fence=self._fence,
        )
