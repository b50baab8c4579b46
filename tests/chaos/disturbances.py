"""Faults that kill no process. Each lasts some seconds while messages are sent, and returns what happened."""

import signal
import time
from collections.abc import Callable

import httpx

from tests.chaos.proxy import Proxy
from tests.chaos.run import Run
from tests.llm_server import Cut, Garbage, Hang, Status
from tests.llm_server.answers import reads_everything
from tests.llm_server.server import Reply

_FAULT_SECONDS = 4.0
_LEASE_SECONDS = 15.0
_BACKOFF_SECONDS = 40.0
_CLOCK_HOUR = """
MATCH (m:Memory)
SET m.leaseUntil = m.leaseUntil + $by, m.leasedAt = m.leasedAt + $by, m.runAt = m.runAt + $by,
    m.releasedAt = m.releasedAt + $by, m.writtenAt = m.writtenAt + $by
WITH count(m) AS memories
MATCH (o:Operation)
SET o.runAfter = o.runAfter + $by, o.postponedAt = o.postponedAt + $by, o.createdAt = o.createdAt + $by,
    o.startedAt = o.startedAt + $by, o.finishedAt = o.finishedAt + $by
WITH count(o) AS operations
MATCH (r:RawData)
SET r.createdAt = r.createdAt + $by
RETURN count(r) AS n
"""


def disturb(name: str, run: Run) -> str:
    """Cause the named fault, undo it, and return what happened."""
    return _ALL[name](run)


def _cut(wire: Callable[[Run], Proxy]) -> Callable[[Run], str]:
    def cut(run: Run) -> str:
        wire(run).cut(off=True)
        time.sleep(_FAULT_SECONDS)
        status = _status(run)
        wire(run).cut(off=False)
        return status

    return cut


def _silent_database(run: Run) -> str:
    """Keep connections open but forward no bytes."""
    run.database.proxy.silence(on=True)
    time.sleep(_FAULT_SECONDS)
    run.database.proxy.silence(on=False)
    return _until_it_works(run)


def _slow_database(run: Run) -> str:
    run.database.proxy.delay = 0.2
    time.sleep(2 * _FAULT_SECONDS)
    status = _status(run)
    run.database.proxy.delay = 0.0
    return status


def _read_only_database(run: Run) -> str:
    run.database.stop()
    run.database.start(read_only=True)
    time.sleep(_FAULT_SECONDS)
    status = _status(run)
    run.database.stop()
    run.database.start()
    return status


def _full_disk(run: Run) -> str:
    if not run.database.has_own_disk:
        return "not staged: this machine does not allow mounting a disk"
    before = run.acknowledged
    with run.database.full_disk():
        time.sleep(2 * _FAULT_SECONDS)
        status = f"{_status(run)}; {run.acknowledged - before} messages acknowledged on the full disk"
    # After a failed write, Neo4j keeps the database offline until a restart.
    run.database.kill()
    run.database.start()
    return status


def _clock(hours: int) -> Callable[[Run], str]:
    """Simulate a clock change by shifting all stored timestamps by `hours` in the opposite direction."""

    def jump(run: Run) -> str:
        run.database.query(_CLOCK_HOUR.replace("$by", f"duration({{hours: {-hours}}})"))
        started = time.monotonic()
        return f"{_until_it_works(run)}; {time.monotonic() - started:.1f} s"

    return jump


def _two_workers(run: Run) -> str:
    """Suspend the first worker for longer than its lease, while a second one takes over, then resume it."""
    worker = run.spawn("work")
    try:
        time.sleep(_FAULT_SECONDS)
        run.process.send_signal(signal.SIGSTOP)
        time.sleep(_LEASE_SECONDS + _FAULT_SECONDS)
        run.process.send_signal(signal.SIGCONT)
        time.sleep(_FAULT_SECONDS)
    finally:
        worker.kill()
        worker.wait()
    return _until_it_works(run)


def _restart_during_import(run: Run) -> str:
    run.import_bundle("chaos-import")
    for _ in range(3):
        time.sleep(run.rng.uniform(0.2, 0.8))
        run.kill()
        run.kills["during an import"] += 1
        run.start()
        assert run.wait_until_ready()
    return _until_it_works(run)


def _model(reply: Callable[[], Reply], seconds: float = _FAULT_SECONDS) -> Callable[[Run], str]:
    def disturb_model(run: Run) -> str:
        asked = len(run.llm.requests)
        run.llm.respond = lambda _: reply()
        deadline = time.monotonic() + _BACKOFF_SECONDS
        while len(run.llm.requests) == asked and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(seconds)
        run.llm.respond = reads_everything
        return f"asked {len(run.llm.requests) - asked} times meanwhile"

    return disturb_model


def _status(run: Run) -> str:
    try:
        response = httpx.get(f"{run.url}/ready", timeout=10)
    except httpx.HTTPError as error:
        return f"/ready: {type(error).__name__}"
    return f"/ready: {response.status_code}"


def _until_it_works(run: Run) -> str:
    assert run.wait_until_ready()
    return _status(run)


_ALL: dict[str, Callable[[Run], str]] = {
    "unreachable database": _cut(lambda run: run.database.proxy),
    "silent database": _silent_database,
    "slow database": _slow_database,
    "read-only database": _read_only_database,
    "full disk": _full_disk,
    "clock put forward": _clock(1),
    "clock put back": _clock(-1),
    "two workers, one asleep": _two_workers,
    "restart during an import": _restart_during_import,
    "unreachable model": _cut(lambda run: run.llm_wire),
    "model: 429": _model(lambda: Status(429, retry_after="1")),
    "model: 500": _model(lambda: Status(500)),
    "model: 401": _model(lambda: Status(401)),
    "model: hangs": _model(lambda: Hang(30), 8.0),
    "model: cut answers": _model(Cut),
    "model: garbage": _model(Garbage),
}
MODEL_DISTURBANCES = tuple(name for name in _ALL if "model" in name)
DISTURBANCES = tuple(name for name in _ALL if "model" not in name)
