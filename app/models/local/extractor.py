"""The extractor that needs no model: deterministic rules, the same facts for the same text, always."""

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
        """Asks no model."""
        before = EarlierMessage(text=window.before.text, speaker=window.before.speaker) if window.before else None
        # A window is some milliseconds of pure Python: off the loop, so that requests don't wait for it.
        facts = await asyncio.to_thread(window_facts, window.messages, before)
        return Extraction(extractor=NAME, facts=facts)
