"""Forgetting: marking what goes, counting it, mending what stays, deleting."""

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
from app.graph.database import Database, Row, Step
from app.graph.json_properties import to_json
from app.graph.operations import StoreOutcome, idempotency_parameters, stored

# Scripts that put no space between words: there a name may stand between letters.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")


class ForgetMarks(Struct, frozen=True, kw_only=True):
    """Result of marking. `keys`: entities that stay and lost a fact; `again`: raw data that are queued, with the
    deletion, to be extracted again.
    """

    receipt: Receipt
    keys: list[str]
    again: list[str]


class ForgetStart(Struct, frozen=True, kw_only=True):
    """A request as its operation holds it. `below` and `number`: raw data of lower sequences and operations of lower
    numbers came before it. `marked`: once everything is deleted.
    """

    request: ForgetRequest
    below: int
    number: int
    marked: ForgetMarks | None


async def accept(
    db: Database, memory_id: str, operation_id: str, request: ForgetRequest, idempotency: Idempotency | None
) -> StoreOutcome | None:
    """None for a memory that is not there."""
    rows = await db.write(
        "forget/accept",
        memoryId=memory_id,
        operationId=operation_id,
        requestJson=to_json(request),
        **idempotency_parameters(idempotency),
    )
    return stored(rows[0]) if rows else None


def begin(memory_id: str, operation_id: str) -> Step:
    """Its rows are for `start`."""
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
    """Key → names, of the entity of that name and of those that are the same."""
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
    """`mark_`: what the marked nodes get as `forgotten`; `known`: of `names`. Their rows are for `marked`."""
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
    """From the rows of the steps of `mark`."""
    _, (facts,), (derived,), (counts,) = rows
    nodes, relationships = ({row["name"]: row["number"] for row in counts[n]} for n in ("nodes", "relationships"))
    return ForgetMarks(
        receipt=Receipt(nodes=nodes, relationships=relationships), keys=derived["keys"], again=facts["again"]
    )


def delete(memory_id: str, mark_: str, request: ForgetRequest, found: ForgetMarks, *, again_id: str) -> list[Step]:
    """`again_id`: of the operation that reads again what has to be."""
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
    """Takes away what the request named."""
    return Step(name="forget/close", parameters={"memoryId": memory_id, "operationId": operation_id})


def _pattern(name: str) -> str:
    """A regular expression of Java's for a text that has the name as a word of its own, whatever its case."""
    quoted = re.sub(r"([^\w\s])", r"\\\1", name.strip())
    inner = quoted if _UNSPACED.search(name) else rf"(?<![\p{{L}}\p{{N}}]){quoted}(?![\p{{L}}\p{{N}}])"
    return f"(?isu).*{inner}.*"
