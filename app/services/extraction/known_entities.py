"""Entities that the messages of a window may mention."""

import asyncio
from collections.abc import Sequence

from app.domain.knowledge import RawData
from app.domain.names import entity_key
from app.extraction.facts import parsed_mentions
from app.graph import search
from app.graph.database import Database
from app.prompts.extract_window import KnownEntity

_MAX_KNOWN = 30
_SEARCHED_CHARACTERS = 30_000  # of a window, shared by its messages
_MAX_ALIASES = 5


async def known_entities(db: Database, memory_id: str, messages: Sequence[RawData]) -> list[KnownEntity]:
    """Return stored entities with a name of the window or a shared word, exact names first, at most 30. Of a very long
    message, the beginning is searched for names: parsing a hundred thousand characters takes ten seconds and more.
    """
    names = [m.speaker for m in messages if m.speaker]
    most = _SEARCHED_CHARACTERS // max(len(messages), 1)
    names += await asyncio.to_thread(_mentioned, [m.text[:most] for m in messages])
    distinct = list(dict.fromkeys(names))
    keys = list(dict.fromkeys(entity_key(name) for name in distinct))
    named = await search.named_entities(db, memory_id, keys)
    near = await search.match_entities(db, memory_id, " ".join(distinct), limit=_MAX_KNOWN)
    found = {candidate.id: candidate for candidate in [*named, *near]}
    return [
        KnownEntity(name=c.name, entity_type=c.entity_type, aliases=c.aliases[:_MAX_ALIASES])
        for c in list(found.values())[:_MAX_KNOWN]
    ]


def _mentioned(texts: Sequence[str]) -> list[str]:
    return [mention.name for text in texts for mention in parsed_mentions(text)]
