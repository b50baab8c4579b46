"""The extractor that asks a language model: one call a window."""

import asyncio

from msgspec.structs import replace

from app.domain.errors import ModelRefused
from app.domain.knowledge import Extraction
from app.extraction.portions import fits, portions
from app.extraction.window_answer import read_window_answer, shifted, together
from app.models.ports import OperationModel, Window
from app.prompts.extract_window import EXTRACT_WINDOW, render


class ModelExtractor:
    def __init__(self, model: str) -> None:
        self._name = f"{model} {EXTRACT_WINDOW.label}"

    @property
    def name(self) -> str:
        return self._name

    async def extract(self, window: Window, model: OperationModel | None) -> Extraction:
        """A broken-off answer is only taken for a message that can't be divided further."""
        assert model is not None, "a model extractor needs a model"
        if not fits(window.messages):
            if len(window.messages) > 1:
                raise ModelRefused("The window holds more than one prompt does")
            return await self._in_portions(window, model)
        return await self._read(window, model)

    async def _read(self, window: Window, model: OperationModel) -> Extraction:
        before = (window.before.speaker, window.before.text) if window.before else None
        reply = await model.ask(EXTRACT_WINDOW, render(window.messages, before=before, known=window.known))
        if reply.truncated and len(window.messages) > 1:
            raise ModelRefused("The language model's answer broke off: there is too much in the window")
        # Looking for quotes is pure Python: off the loop, so that requests don't wait for it.
        return await asyncio.to_thread(
            read_window_answer, reply.answer, window.messages, window.known, extractor=self._name
        )

    async def _in_portions(self, window: Window, model: OperationModel) -> Extraction:
        """An over-long message, a call a portion."""
        parts: list[Extraction] = []
        for start, part in portions(window.messages[0]):
            found = await self._read(replace(window, messages=[part]), model)
            parts.append(shifted(found, start))
        return together(parts)
