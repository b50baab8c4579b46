"""Append a vision model's description of each image to the text of its message."""

from collections.abc import Sequence

from msgspec.structs import replace

from app.domain.errors import ModelRefused
from app.graph import raw_data
from app.graph.database import Database
from app.graph.raw_data import PicturedMessage
from app.models.ports import Embedder
from app.observability.stages import STAGE_FAILURES
from app.prompts.describe_images import DESCRIBE_IMAGES, render
from app.services.extraction.ask_model import AskModel
from app.services.extraction.embed_texts import embed_texts
from app.services.operations.turn import Turn

_MAX_DESCRIPTION_CHARACTERS = 1000


class DescribeImages:
    """Asks the vision model once per message with images, before extraction. The images are deleted afterwards.

    If the model refuses, the message keeps only its media metadata.
    """

    def __init__(self, db: Database, embedder: Embedder, ask_model: AskModel) -> None:
        self._db = db
        self._embedder = embedder
        self._ask_model = ask_model

    async def __call__(self, turn: Turn, ids: Sequence[str]) -> None:
        model = self._ask_model.on_behalf_of(turn)
        for message in await raw_data.pictured(self._db, turn.memory_id, ids):
            content = render(message.text, speaker=message.speaker, images=len(message.images))
            try:
                answer = (await model.ask(DESCRIBE_IMAGES, content, images=message.images)).answer
            except ModelRefused as refusal:
                STAGE_FAILURES.ended("extraction/describe-images", refusal)
                described, describer = message, None
            else:
                described = replace(message, text=_with_descriptions(message, answer.descriptions))
                describer = f"{self._ask_model.model} {DESCRIBE_IMAGES.label}"
            vector = (await embed_texts(self._embedder, [described.search_text]))[0]
            step = raw_data.describe(turn.memory_id, described, describer=describer, vector=vector)
            await turn.write(step)


def _with_descriptions(message: PicturedMessage, descriptions: Sequence[str]) -> str:
    """Append at most one description per image, each on its own line."""
    texts = (" ".join(d.split())[:_MAX_DESCRIPTION_CHARACTERS] for d in descriptions[: len(message.images)])
    return "\n".join([message.text, *(f"[image shows: {text}]" for text in texts if text)])
