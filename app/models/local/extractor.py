"""The extractor without a model: deterministic rules, always the same facts for the same text."""

import asyncio

from app.domain.knowledge import Extraction
from app.extraction.facts import EarlierMessage, window_facts
from app.models.ports import OperationModel, Window

NAME = "local@1"


class LocalExtractor:
    @property
    def name(self) -> str:
        return NAME

    async def extract(self, window: Window, model: OperationModel | None = None) -> Extraction:  # noqa: ARG002 - the port's
        """Extract facts with rules; `model` is not used."""
        before = EarlierMessage(text=window.before.text, speaker=window.before.speaker) if window.before else None
        # A window takes some milliseconds of pure Python: run it in a thread, so that it does not block the event loop.
        facts = await asyncio.to_thread(window_facts, window.messages, before)
        return Extraction(extractor=NAME, facts=facts)
