"""Forgetting: marking what goes, counting it, mending what stays, deleting."""

import re
from collections.abc import Sequence
from datetime import UTC

import msgspec
from msgspec import Struct

from app.domain.forgetting import ForgetRequest
from app.domain.idempotency import KEPT_HOURS, Idempotency
from app.domain.operations import OperationResult, Receipt
from app.extraction.names import entity_key
from app.graph.database import Database, Row, Step
from app.graph.json_properties import to_json
from app.graph.operations import Stored

_NO_SEQUENCE = 2**62
# Scripts that put no space between words: there a name may stand between letters.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")


class Marked(Struct, frozen=True, kw_only=True):
    """What is marked. `keys`: of entities that stay and have lost something; `again`: raw data to be read again."""

    receipt: Receipt
    keys: list[str]
    again: list[str]


class Begun(Struct, frozen=True, kw_only=True):
    """A request as its operation holds it. `below`: raw data of lower sequences came before it. `marked`: once everything
    is deleted.
    """

    request: ForgetRequest
    below: int
    marked: Marked | None


async def accept(
    db: Database, memory_id: str, operation_id: str, request: ForgetRequest, idempotency: Idempotency | None
) -> Stored | None:
    """None for a memory that is not there."""
    rows = await db.write(
        "forget/accept",
        memoryId=memory_id,
        operationId=operation_id,
        requestJson=to_json(request),
        idempotencyKey=idempotency and idempotency.key,
        requestHash=idempotency and idempotency.request_hash,
        keptHours=KEPT_HOURS,
    )
    return Stored(operation_id=rows[0]["operationId"], request_hash=rows[0]["requestHash"]) if rows else None


def begin(memory_id: str, operation_id: str) -> Step:
    """Its rows are for `begun`."""
    return Step(name="forget/begin", parameters={"memoryId": memory_id, "operationId": operation_id})


def begun(rows: Sequence[Row]) -> Begun:
    (row,) = rows
    receipt = row["receiptJson"]
    return Begun(
        request=msgspec.json.decode(row["requestJson"], type=ForgetRequest),
        below=row["sequence"],
        marked=Marked(receipt=msgspec.json.decode(receipt, type=Receipt), keys=row["keys"], again=row["again"])
        if receipt
        else None,
    )


async def names(db: Database, memory_id: str, entity: str) -> dict[str, list[str]]:
    """Key → names, of the entity of that name and of those that are the same."""
    rows = await db.read("forget/names", memoryId=memory_id, keys=[entity_key(entity)])
    return {row["key"]: row["names"] for row in rows}


def mark(
    memory_id: str, mark_: str, request: ForgetRequest, known: dict[str, list[str]], *, below: int = _NO_SEQUENCE
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
        "withSources": request.with_sources or request.entity is not None,
    }
    both = {"memoryId": memory_id, "mark": mark_}
    return [
        Step(name="forget/mark_chosen", parameters=chosen),
        Step(name="forget/mark_facts", parameters=both),
        Step(name="forget/mark_derived", parameters=both | {"all": request.everything}),
        Step(name="forget/count", parameters=both),
    ]


def marked(rows: Sequence[Sequence[Row]]) -> Marked:
    """From the rows of the steps of `mark`."""
    _, (facts,), (derived,), (counts,) = rows
    nodes, relationships = ({row["name"]: row["number"] for row in counts[n]} for n in ("nodes", "relationships"))
    return Marked(receipt=Receipt(nodes=nodes, relationships=relationships), keys=derived["keys"], again=facts["again"])


def delete(memory_id: str, mark_: str, found: Marked) -> list[Step]:
    both = {"memoryId": memory_id, "mark": mark_}
    return [
        Step(name="forget/mend", parameters=both | {"emptyResultJson": to_json(OperationResult())}),
        Step(
            name="forget/delete",
            parameters=both | {"receiptJson": to_json(found.receipt), "keys": found.keys, "again": found.again},
        ),
    ]


def read_again(memory_id: str, operation_id: str, new_operation_id: str, again: Sequence[str]) -> Step:
    """Also takes away what the request named."""
    return Step(
        name="forget/read_again",
        parameters={
            "memoryId": memory_id,
            "operationId": operation_id,
            "newOperationId": new_operation_id,
            "again": list(again),
        },
    )


def _pattern(name: str) -> str:
    """A regular expression of Java's for a text that has the name as a word of its own, whatever its case."""
    quoted = re.sub(r"([^\w\s])", r"\\\1", name.strip())
    inner = quoted if _UNSPACED.search(name) else rf"(?<![\p{{L}}\p{{N}}]){quoted}(?![\p{{L}}\p{{N}}])"
    return f"(?isu).*{inner}.*"
