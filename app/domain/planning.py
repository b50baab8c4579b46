"""The worker's decision what to do next for one memory: pure, no I/O."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from app.domain.boundary import PendingMessage, seal_reason
from app.domain.operations import OperationKind, QueuedOperation


class Extract(Struct, frozen=True, kw_only=True):
    """Extract these raw data, in this order, for this operation; none is a valid number."""

    operation: QueuedOperation
    raw_data_ids: list[str]


class Import(Struct, frozen=True, kw_only=True):
    """Store the next chunks of this import."""

    operation: QueuedOperation


class Forget(Struct, frozen=True, kw_only=True):
    """Do what this operation asks to be forgotten."""

    operation: QueuedOperation


class MakeChanges(Struct, frozen=True, kw_only=True):
    """Make the changes of memories that this operation was given."""

    operation: QueuedOperation


class Cancel(Struct, frozen=True, kw_only=True):
    """Somebody wants this operation ended."""

    operation: QueuedOperation


class KeepWaiting(Struct, frozen=True, kw_only=True):
    """These messages stay in the buffer: their operations are done."""

    operations: list[QueuedOperation]


class Pause(Struct, frozen=True, kw_only=True):
    """The first operation is to be tried again later; nothing may overtake it."""


class FlushIdle(Struct, frozen=True, kw_only=True):
    """Nothing is queued and the buffer has been idle for long: it needs an operation to flush it."""


Decision = Extract | Import | Forget | MakeChanges | Cancel | KeepWaiting | Pause | FlushIdle


# A message from further ahead than this was stored before the clock was put back.
_CLOCK_PUT_BACK_MILLIS = 60_000


def next_step(
    queue: Sequence[QueuedOperation],
    buffer: Sequence[PendingMessage],
    *,
    now: datetime,
    idle_millis: int,
) -> Decision | None:
    """The next thing to do, operations strictly in their order, but for those to be cancelled, which come first; None
    when there is nothing.

    `buffer` holds the buffered messages by sequence, also those whose operations are still queued; none of what came
    after the queue's last operation need be there.
    """
    if not queue:
        idle = min((m.idle_millis for m in buffer), default=0)
        return FlushIdle() if buffer and (idle >= idle_millis or idle < -_CLOCK_PUT_BACK_MILLIS) else None
    head = queue[0]
    if head.cancel_requested:
        return Cancel(operation=head)
    if head.run_after is not None and head.run_after > now:
        return Pause()
    if head.sealed is not None and head.kind is not OperationKind.REMEMBER:
        return Extract(operation=head, raw_data_ids=head.sealed)
    match head.kind:
        case OperationKind.EXTRACT:
            return Extract(operation=head, raw_data_ids=head.stored)
        case OperationKind.COMMIT:
            return Extract(operation=head, raw_data_ids=[m.id for m in buffer if m.sequence < head.sequence])
        case OperationKind.IMPORT:
            return Import(operation=head)
        case OperationKind.FORGET:
            return Forget(operation=head)
        case OperationKind.REMEMBER:
            return MakeChanges(operation=head)
        case OperationKind.ADD_MESSAGE:
            return _next_message(queue, buffer)


def _next_message(queue: Sequence[QueuedOperation], buffer: Sequence[PendingMessage]) -> Decision:
    """As many messages as may wait together, or the first one, when it seals what came before it."""
    by_id = {message.id: message for message in buffer}
    waiting: list[QueuedOperation] = []
    for operation in queue:
        if operation.kind is not OperationKind.ADD_MESSAGE or operation.sealed is not None:
            break
        message = by_id.get(operation.stored[0]) if operation.stored else None
        if message is not None:
            history = [m for m in buffer if m.sequence < message.sequence]
            if seal_reason(history, message):
                if waiting:
                    break
                return Extract(operation=operation, raw_data_ids=[m.id for m in history])
        waiting.append(operation)
    return KeepWaiting(operations=waiting)


# Memind's chunk of a conversation; a window is what one extraction reads, and one commit stores.
MESSAGES_PER_WINDOW = 10


def windows(ids: Sequence[str]) -> Iterator[list[str]]:
    """Consecutive windows; the same ids always give the same ones."""
    for start in range(0, len(ids), MESSAGES_PER_WINDOW):
        yield list(ids[start : start + MESSAGES_PER_WINDOW])
