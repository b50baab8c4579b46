"""Convert filters and cursors of the wire to domain types."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import msgspec
from msgspec.structs import asdict

from app.api.checks import check_time
from app.api.memind_v1.requests import (
    MAX_FILTER_VALUES,
    MetadataConditionRequest,
    MetadataFilterRequest,
    TimeRangeRequest,
)
from app.domain.errors import BadRequest, InvalidInput
from app.domain.filters import (
    KnowledgeFilter,
    MetadataCondition,
    MetadataFilter,
    Operator,
    TimeRange,
    categories_of,
)
from app.domain.knowledge import FactScope, RawDataType
from app.domain.typed_facts import StatusFilter

T = TypeVar("T")


def knowledge_filter(
    *,
    scope: str | None,
    categories: Sequence[str] | None,
    time_range: TimeRangeRequest | None,
    metadata: MetadataFilterRequest | None,
    as_of: datetime | None = None,
    with_closed: bool = False,
) -> KnowledgeFilter:
    """Raises BadRequest for an unknown scope, InvalidInput for a condition without its value."""
    return KnowledgeFilter(
        categories=categories_of(_fact_scope(scope), tuple(categories or ())),
        time_range=_time_range(time_range),
        metadata=_metadata(metadata),
        as_of=as_of and check_time("asOf", as_of).astimezone(UTC),
        status=StatusFilter.ALL if with_closed else StatusFilter.ACTIVE,
    )


def _fact_scope(scope: str | None) -> FactScope | None:
    if scope is None:
        return None
    try:
        return FactScope(scope.upper())
    except ValueError as error:
        raise BadRequest(f"scope must be USER or AGENT, not {scope!r}") from error


def _time_range(time_range: TimeRangeRequest | None) -> TimeRange | None:
    if time_range is None or (time_range.start is None and time_range.end is None):
        return None
    if time_range.start and time_range.end and time_range.start > time_range.end:
        raise InvalidInput({"timeRange.from": "must not be after timeRange.to"})
    return TimeRange(
        field=time_range.field,
        start=time_range.start and check_time("timeRange.from", time_range.start).astimezone(UTC),
        end=time_range.end and check_time("timeRange.to", time_range.end).astimezone(UTC),
    )


def _metadata(request: MetadataFilterRequest | None) -> MetadataFilter:
    if request is None:
        return MetadataFilter()
    return MetadataFilter(
        all=tuple(_condition(c, f"metadataFilter.all[{i}]") for i, c in enumerate(request.all or ())),
        any=tuple(_condition(c, f"metadataFilter.any[{i}]") for i, c in enumerate(request.any or ())),
        none=tuple(_condition(c, f"metadataFilter.not[{i}]") for i, c in enumerate(request.none or ())),
    )


def _condition(request: MetadataConditionRequest, field: str) -> MetadataCondition:
    value: Any = request.value
    match request.op:
        case Operator.EXISTS | Operator.MISSING:
            values: tuple[str, ...] = ()
        case Operator.IN:
            if type(value) is not list:
                raise InvalidInput({f"{field}.value": "must be a list for 'in'"})
            if len(cast("list[Any]", value)) > MAX_FILTER_VALUES:
                raise InvalidInput({f"{field}.value": f"must have at most {MAX_FILTER_VALUES} values"})
            values = tuple(_text(item) for item in cast("list[Any]", value))
        case Operator.EQ | Operator.CONTAINS:
            if value is None:
                raise InvalidInput({f"{field}.value": f"is required for '{request.op}'"})
            values = (_text(value),)
    return MetadataCondition(path=request.path, operator=request.op, values=values)


def _text(value: object) -> str:
    """Format a value like the stored metadata terms: strings unchanged, anything else as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value, order="deterministic").decode()


def raw_data_types(names: Sequence[str] | None, field: str) -> list[RawDataType] | None:
    """Parse type names, case-insensitively; None if there is no restriction. Raises InvalidInput."""
    if not names:
        return None
    try:
        return [RawDataType(name.strip().upper()) for name in names]
    except ValueError as error:
        known = ", ".join(t.lower() for t in RawDataType)
        raise InvalidInput({field: f"must be one of {known}"}) from error


def encode_cursor(cursor: msgspec.Struct | None) -> str | None:
    """Opaque and URL-safe."""
    return None if cursor is None else base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def decode_cursor(text: str | None, kind: type[T]) -> T | None:
    """Raises InvalidInput for a cursor that this endpoint did not give."""
    if not text:
        return None
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        cursor = msgspec.json.decode(data, type=kind)
        for value in asdict(cast("msgspec.Struct", cursor)).values():
            if isinstance(value, datetime):
                check_time("cursor", value)
        return cursor
    except (binascii.Error, msgspec.DecodeError, ValueError) as error:
        raise InvalidInput({"cursor": "must be the nextCursor of an earlier page"}) from error
