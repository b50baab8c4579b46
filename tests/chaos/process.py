"""Runs `mnemon` and kills it at a fault point: python -m tests.chaos.process serve …

MNEMON_CHAOS="PHASE NAME COUNT": at the COUNT-th transaction that has the statement NAME; PHASE is `before` the transaction,
`inside` it (all steps run, not committed) or `after` the commit, before the caller gets the result.
"""

import os
import signal
from collections.abc import Sequence
from typing import Any, NoReturn

from app.cli.main import main
from app.graph.database import Database, Row, Step

PHASES = ("before", "inside", "after")
# One statement from each transaction between a request and the end of its operation.
STATEMENTS = (
    "operations/store",
    "leases/claim",
    "operations/start",
    "raw_data/index",
    "facts/save",
    "operations/finish",
    "leases/release",
)


class _Fault:
    def __init__(self, text: str) -> None:
        self.phase, self.name, count = text.split()
        self.left = int(count)

    def strikes(self, names: Sequence[str]) -> bool:
        if self.name not in names:
            return False
        self.left -= 1
        return self.left == 0


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def _install(fault: _Fault) -> None:
    write, write_all = Database.write, Database.write_all

    async def faulty_write(self: Database, name: str, /, **parameters: Any) -> list[Row]:
        strikes = fault.strikes([name])
        if strikes and fault.phase == "before":
            _die()
        if strikes and fault.phase == "inside":
            # The only statement has run but is not committed.
            await self.rehearse([Step(name=name, parameters=parameters)])
            _die()
        rows = await write(self, name, **parameters)
        if strikes:
            _die()
        return rows

    async def faulty_write_all(self: Database, steps: Sequence[Step], **limits: Any) -> list[list[Row]]:
        strikes = fault.strikes([step.name for step in steps])
        if strikes and fault.phase == "before":
            _die()
        if strikes and fault.phase == "inside":
            await self.rehearse(steps)
            _die()
        rows = await write_all(self, steps, **limits)
        if strikes:
            _die()
        return rows

    Database.write = faulty_write
    Database.write_all = faulty_write_all


if __name__ == "__main__":
    if text := os.environ.get("MNEMON_CHAOS"):
        _install(_Fault(text))
    main()
