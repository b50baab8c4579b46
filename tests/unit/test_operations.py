"""Reading operations while they are being written."""

from typing import Any

import pytest

from app.domain.errors import InvalidInput, ModelRefused, StatementFailed, Unavailable
from app.domain.operations import FailureClass, OperationStatus
from app.graph import operations
from app.services.operations.failures import failure_of

pytestmark = pytest.mark.anyio

TIME = "2024-03-04T09:00:00+00:00"


class TornDatabase:
    """Answers like Neo4j during a commit: first the status only, in a later read also the result."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self._rows = list(rows)
        self.reads = 0

    async def read(self, name: str, **parameters: Any) -> list[dict[str, Any]]:
        self.reads += 1
        return [self._rows.pop(0) if len(self._rows) > 1 else self._rows[0]]


def _row(status: str, **more: Any) -> dict[str, Any]:
    columns = [
        "id",
        "memoryId",
        "kind",
        "status",
        "attempts",
        "createdAt",
        "startedAt",
        "finishedAt",
        "runAfter",
        "number",
        "progressDone",
        "progressTotal",
        "progressUnit",
        "resultJson",
        "errorReason",
        "errorClass",
        "modelCalls",
        "tokensIn",
        "tokensOut",
        "model",
        "prompts",
        "droppedUnquoted",
        "droppedUnsure",
        "droppedInjected",
        "droppedMalformed",
        "leaseOwner",
        "leaseUntil",
    ]
    values: dict[str, Any] = dict.fromkeys(columns)
    values |= {"id": "op_1", "memoryId": "m", "kind": "extract", "status": status, "attempts": 1, "createdAt": TIME}
    values |= {"progressDone": 1, "progressTotal": 1, "progressUnit": "rawData"}
    return (
        values
        | {"modelCalls": 0, "tokensIn": 0, "tokensOut": 0, "cancelRequested": False, "requestId": None, "caller": None}
        | more
    )


async def test_an_ended_operation_always_has_its_result() -> None:
    torn = TornDatabase(
        _row("succeeded"),
        _row("succeeded", finishedAt=TIME),
        _row("succeeded", finishedAt=TIME, resultJson='{"fact_ids": [7]}'),
    )
    operation = await operations.get(torn, "op_1")  # pyright: ignore[reportArgumentType] - only `read` is used
    assert operation.status is OperationStatus.SUCCEEDED
    assert operation.result is not None
    assert operation.result.fact_ids == [7]
    assert torn.reads == 3


async def test_an_unfinished_operation_is_read_once() -> None:
    running = TornDatabase(_row("running"))
    await operations.get(running, "op_1")  # pyright: ignore[reportArgumentType] - only `read` is used
    assert running.reads == 1


@pytest.mark.parametrize(
    ("error", "failure_class"),
    [
        (Unavailable(), FailureClass.TRANSPORT),
        (ConnectionResetError(), FailureClass.TRANSPORT),
        (ModelRefused(), FailureClass.MODEL),
        (InvalidInput({"field": "is wrong"}), FailureClass.DATA),
        (ValueError(), FailureClass.INTERNAL),
        (KeyError(), FailureClass.INTERNAL),
        (StatementFailed(), FailureClass.INTERNAL),
    ],
)
def test_only_invalid_input_is_a_data_failure(error: Exception, failure_class: FailureClass) -> None:
    assert failure_of(error).failure_class is failure_class
