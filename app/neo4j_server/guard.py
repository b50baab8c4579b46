"""Run a command and stop it when its owner dies: a child process of Mnemon, the parent of Neo4j.

    python -I guard.py LIFELINE LOCK LOG COMMAND…

LIFELINE is the number of an inherited pipe whose other end the owner holds: when the owner dies, however it dies, the
pipe closes and the command is stopped. `-` means no owner: only a signal stops it. LOCK is held while the command
runs, so that two never share a data folder (exit code 75). Standard library only: it lives as long as Neo4j does.
"""

import ctypes
import fcntl
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

EXIT_LOCKED = 75  # EX_TEMPFAIL of sysexits.h
_STOP_SECONDS = 90  # a checkpoint after heavy writes was seen to take half a minute
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _ignore(_number: int, _frame: object) -> None:
    """Do nothing: Python writes to the wake-up pipe only for signals that have a handler."""


def main(lifeline: str, lock: str, log: str, *command: str) -> int:
    lock_file = Path(lock).open("a+")  # noqa: SIM115 - held until the process ends
    try:
        fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return EXIT_LOCKED

    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, _ignore)

    with Path(log).open("ab") as output:
        child = subprocess.Popen(  # noqa: S603 - the command is our own
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - no thread is running yet
        )
    watched = [wake_read] if lifeline == "-" else [wake_read, int(lifeline)]
    while child.poll() is None:
        ready, _, _ = select.select(watched, [], [])
        if wake_read in ready and set(os.read(wake_read, 512)) <= {signal.SIGCHLD}:
            continue
        break
    return _stop(child)


def _stop(child: subprocess.Popen[bytes]) -> int:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
    return child.wait()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
