"""The extractor that calls a language model, once per window."""

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
        """Extract facts. A truncated answer is accepted only for a single message; else raises ModelRefused."""
        assert model is not None, "a model extractor needs a model"
        if not fits(window.messages):
            if len(window.messages) > 1:
                raise ModelRefused("The window does not fit into one prompt")
            return await self._in_portions(window, model)
        return await self._read(window, model)

    async def _read(self, window: Window, model: OperationModel) -> Extraction:
        before = (window.before.speaker, window.before.text) if window.before else None
        reply = await model.ask(EXTRACT_WINDOW, render(window.messages, before=before, known=window.known))
        if reply.truncated and len(window.messages) > 1:
            raise ModelRefused("The language model's answer was truncated: the window has too many messages")
        # Locating quotes is pure Python: run it in a thread, so that it does not block the event loop.
        return await asyncio.to_thread(
            read_window_answer, reply.answer, window.messages, window.known, extractor=self._name
        )

    async def _in_portions(self, window: Window, model: OperationModel) -> Extraction:
        """Extract an over-long message with one call per portion."""
        parts: list[Extraction] = []
        for start, part in portions(window.messages[0]):
            found = await self._read(replace(window, messages=[part]), model)
            parts.append(shifted(found, start))
        return together(parts)
