"""Forgetting: mark nodes, count them, repair what stays, delete."""

import re
from collections.abc import Sequence
from datetime import UTC

import msgspec
from msgspec import Struct

from app.domain.forgetting import ForgetRequest
from app.domain.idempotency import Idempotency
from app.domain.limits import NO_LIMIT
from app.domain.names import entity_key
from app.domain.operations import OperationResult, Receipt
from app.domain.scripts import is_unbounded
from app.graph.database import Database, Row, Step
from app.graph.json_properties import to_json
from app.graph.operations import StoreOutcome, idempotency_parameters, stored

# Java's regular expressions: a mark of a letter (an emoji's is none), and that no word goes on before and after a name.
_MARK = r"[[\p{M}\u200c\u200d]&&[^\u20d0-\u20ff\ufe00-\ufe0f]]"
_BEFORE, _AFTER = rf"(?<![\p{{L}}\p{{N}}]{_MARK}{{0,4}})", rf"(?![\p{{L}}\p{{N}}]|{_MARK})"


class ForgetMarks(Struct, frozen=True, kw_only=True):
    """Result of marking. `keys`: remaining entities that lost a fact; `again`: raw data that the deletion queues for
    extraction again.
    """

    receipt: Receipt
    keys: list[str]
    again: list[str]


class ForgetStart(Struct, frozen=True, kw_only=True):
    """A request as stored on its operation. Raw data with a sequence lower than `below` and operations with a lower `number`
    came before it. `marked`: None until everything is deleted.
    """

    request: ForgetRequest
    below: int
    number: int
    marked: ForgetMarks | None


async def accept(
    db: Database, memory_id: str, operation_id: str, request: ForgetRequest, idempotency: Idempotency | None
) -> StoreOutcome | None:
    """Store a request to forget. Return None if the memory does not exist."""
    rows = await db.write(
        "forget/accept",
        memoryId=memory_id,
        operationId=operation_id,
        requestJson=to_json(request),
        **idempotency_parameters(idempotency),
    )
    return stored(rows[0]) if rows else None


def begin(memory_id: str, operation_id: str) -> Step:
    """Step whose rows `start_of` decodes."""
    return Step(name="forget/begin", parameters={"memoryId": memory_id, "operationId": operation_id})


def start_of(rows: Sequence[Row]) -> ForgetStart:
    (row,) = rows
    receipt = row["receiptJson"]
    return ForgetStart(
        request=msgspec.json.decode(row["requestJson"], type=ForgetRequest),
        below=row["sequence"],
        number=row["number"],
        marked=ForgetMarks(receipt=msgspec.json.decode(receipt, type=Receipt), keys=row["keys"], again=[])
        if receipt
        else None,
    )


async def names(db: Database, memory_id: str, entity: str) -> dict[str, list[str]]:
    """Return key → names for the entity with that name and the entities linked to it by SAME_AS."""
    rows = await db.read("forget/names", memoryId=memory_id, keys=[entity_key(entity)])
    return {row["key"]: row["names"] for row in rows}


def mark(
    memory_id: str,
    mark_: str,
    request: ForgetRequest,
    known: dict[str, list[str]],
    *,
    below: int = NO_LIMIT,
    number: int = NO_LIMIT,
) -> list[Step]:
    """Steps whose rows `marked` decodes. `mark_`: value of the property `forgotten`; `known`: result of `names`."""
    called = dict.fromkeys(name for found in known.values() for name in found)
    if request.entity:
        called |= {request.entity: None}
    chosen = {
        "memoryId": memory_id,
        "mark": mark_,
        "factIds": request.item_ids,
        "keys": list(known),
        "patterns": [_pattern(name) for name in called],
        "rawDataIds": request.raw_data_ids,
        "from": request.start and request.start.astimezone(UTC),
        "to": request.end and request.end.astimezone(UTC),
        "all": request.everything,
        "below": below,
        "number": number,
        "withSources": request.with_sources or request.entity is not None,
    }
    both = {"memoryId": memory_id, "mark": mark_}
    return [
        Step(name="forget/mark_chosen", parameters=chosen),
        Step(name="forget/mark_facts", parameters=both),
        Step(name="forget/mark_derived", parameters=both | {"all": request.everything, "patterns": chosen["patterns"]}),
        Step(name="forget/count", parameters=both),
    ]


def marked(rows: Sequence[Sequence[Row]]) -> ForgetMarks:
    """Decode the rows of the steps of `mark`."""
    _, (facts,), (derived,), (counts,) = rows
    nodes, relationships = ({row["name"]: row["number"] for row in counts[n]} for n in ("nodes", "relationships"))
    return ForgetMarks(
        receipt=Receipt(nodes=nodes, relationships=relationships), keys=derived["keys"], again=facts["again"]
    )


def delete(memory_id: str, mark_: str, request: ForgetRequest, found: ForgetMarks, *, again_id: str) -> list[Step]:
    """`again_id`: id of the operation that extracts `found.again` again."""
    both = {"memoryId": memory_id, "mark": mark_}
    return [
        Step(name="forget/repair", parameters=both | {"emptyResultJson": to_json(OperationResult())}),
        Step(
            name="forget/delete",
            parameters=both
            | {
                "receiptJson": to_json(found.receipt),
                "keys": found.keys,
                "recorded": request.recorded,
                "factIds": request.item_ids,
            },
        ),
        Step(
            name="forget/read_again",
            parameters={"memoryId": memory_id, "operationId": again_id, "again": found.again},
        ),
    ]


def close(memory_id: str, operation_id: str) -> Step:
    """Remove the request's content from its operation."""
    return Step(name="forget/close", parameters={"memoryId": memory_id, "operationId": operation_id})


def _pattern(name: str) -> str:
    """Return a Java regular expression that finds the name as a whole word, ignoring case."""
    quoted = re.sub(r"([^\w\s])", r"\\\1", name.strip())
    inner = f"{quoted}(?!{_MARK})" if is_unbounded(name) else f"{_BEFORE}{quoted}{_AFTER}"
    return f"(?isu).*{inner}.*"
