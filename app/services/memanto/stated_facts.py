"""Typed facts as clients state them: raw data and the fact that stands in them."""

from datetime import datetime

from app.domain.errors import Conflict
from app.domain.ids import digest, new_uuid
from app.domain.knowledge import CATEGORY_OF_KIND, Evidence, Fact, RawData, RawDataType, TypedFact
from app.domain.secrets import redact
from app.domain.typed_facts import MANUAL, MAX_TITLE_CHARACTERS, NewTypedFact, title_of
from app.extraction.facts import window_facts
from app.extraction.kinds import kind_of

SOURCE_CLIENT = "memanto"
EXTRACTOR = "remembered@1"


def stated_fact(stated: NewTypedFact, now: datetime) -> tuple[RawData, Fact]:
    """Return the raw data and their fact, without secrets; the local rules read subject, time and entities.

    Raises Conflict for a blank content.
    """
    content = redact(stated.content.strip())
    if not content:
        raise Conflict("content must not be blank")
    kind = stated.kind or kind_of(content)
    title = clean_title(stated.title or "") or title_of(content)
    raw_id = new_uuid()
    raw = RawData(
        id=raw_id,
        content_id=digest("memory", raw_id),
        type=RawDataType.DOCUMENT,
        text=content,
        occurred_at=now,
        source_client=SOURCE_CLIENT,
        submitted=True,
    )
    read = window_facts([raw], None)
    only = read[0] if len(read) == 1 else None
    mentions = {mention.name: mention for fact in reversed(read) for mention in fact.mentions}
    fact = Fact(
        text=content,
        category=CATEGORY_OF_KIND[kind],
        evidence=[Evidence(raw_data_id=raw_id, quote=None, start=0, end=len(content))],
        mentions=list(mentions.values()),
        observed_at=now,
        subject=only and only.subject,
        predicate=only and only.predicate,
        object=only and only.object,
        slot=only and only.slot,
        value=only and only.value,
        ending=only and only.ending,
        time=only and only.time,
        confidence=stated.confidence,
        invalid_at=stated.expired_at and min(stated.expired_at, now),
        typed=TypedFact(
            kind=kind,
            title=title,
            tags=list(dict.fromkeys(redact(tag) for tag in stated.tags)),
            source=redact(stated.source),
            provenance=stated.provenance,
            expired_by=redact(stated.expired_by or MANUAL) if stated.expired_at else None,
        ),
    )
    return raw, fact


def clean_title(title: str) -> str:
    """Return the title in one line, without secrets, cut to its limit."""
    return redact(" ".join(title.split()))[:MAX_TITLE_CHARACTERS]
