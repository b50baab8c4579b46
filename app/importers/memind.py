"""Memind's items and raw data: the answers of its `items/query` and `raw-data/query`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from app.domain.bundle import BundleLine, EvidenceLine, FactLine, RawDataLine
from app.domain.knowledge import Category, FactType
from app.importers.reading import Reading, made_id, pages, text_of, with_source

_CATEGORIES = {str(category): category for category in Category}
_TYPES = {str(fact_type): fact_type for fact_type in FactType}


class _Segment(Struct):
    content: str | None = None


class _RawData(Struct, rename="camel"):
    id: str
    caption: str | None = None
    segment: _Segment | None = None
    source_client: str | None = None
    metadata: dict[str, Any] | None = None
    start_time: str | None = None
    end_time: str | None = None
    created_at: str | None = None


class _Item(Struct, rename="camel"):
    id: str | int
    text: str | None = None
    category: str | None = None
    type: str | None = None
    raw_data_id: str | None = None
    occurred_at: str | None = None
    observed_at: str | None = None
    created_at: str | None = None
    metadata: dict[str, Any] | None = None


class _Page(Struct, rename="camel"):
    """`data`: the page in its envelope."""

    items: list[_Item] = []
    raw_data: list[_RawData] = []
    data: "_Page | None" = None


_DECODER = msgspec.json.Decoder(_Page)


def read_memind(path: Path, reading: Reading) -> Iterator[BundleLine]:
    """Items become facts, raw data become documents. An item whose raw data are not in the file is its own source."""
    read = [page.data or page for page in pages(path.read_bytes(), _DECODER, "items and raw data of Memind")]
    known: dict[str, None] = {}
    for raw in (raw for page in read for raw in page.raw_data):
        caption = text_of(raw.caption)
        text = text_of(raw.segment.content if raw.segment else None) or caption
        if not text:
            reading.leave_out("records without text")
            continue
        known[raw.id] = None
        yield RawDataLine(
            id=raw.id,
            text=text,
            caption=caption if caption != text and caption else None,
            source_client=text_of(raw.source_client) or None,
            occurred_at=reading.time_or_none(raw.start_time) or reading.time_or_none(raw.created_at),
            ended_at=reading.time_or_none(raw.end_time),
            metadata=raw.metadata or {},
        )
    for item in (item for page in read for item in page.items):
        if not text_of(item.text):
            reading.leave_out("records without text")
            continue
        fact = FactLine(
            id=made_id("item", item.id, text_of(item.text)),
            text=text_of(item.text),
            category=_CATEGORIES.get((item.category or "").lower(), Category.EVENT),
            type=_TYPES.get((item.type or "").upper(), FactType.FACT),
            raw_data=[EvidenceLine(id=item.raw_data_id)] if item.raw_data_id in known else [],
            occurred_at=reading.time_or_none(item.occurred_at),
            observed_at=reading.time_or_none(item.observed_at),
            created_at=reading.time_or_none(item.created_at),
            metadata=item.metadata or {},
            extractor="memind",
        )
        yield from with_source(fact)
