"""The worker's decision what to do next for one memory: pure, no I/O."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from app.domain.boundary import PendingMessage, seal_reason
from app.domain.operations import OperationKind, QueuedOperation

# A message further in the future than this was stored before the clock was set back.
_CLOCK_PUT_BACK_MILLIS = 60_000
# Memind's conversation chunk, in messages; one extraction reads a window, and one transaction stores its facts.
MESSAGES_PER_WINDOW = 10
# Without a model a window has no price, and one transaction for more messages takes less time: 419 messages of a chat take
# a sixth less with twenty than with ten, and no less with thirty. Long messages make a transaction long enough.
_SHORT_MESSAGES_PER_WINDOW = 20
_CHARACTERS_OF_SHORT_MESSAGES = 4_000


class Extract(Struct, frozen=True, kw_only=True):
    """Extract these raw data, in this order, for this operation; the list may be empty."""

    operation: QueuedOperation
    raw_data_ids: list[str]


class Import(Struct, frozen=True, kw_only=True):
    """Store the next chunks of this import."""

    operation: QueuedOperation


class Forget(Struct, frozen=True, kw_only=True):
    """Execute this operation's forget request."""

    operation: QueuedOperation


class MakeChanges(Struct, frozen=True, kw_only=True):
    """Apply this operation's changes to typed facts."""

    operation: QueuedOperation


class Cancel(Struct, frozen=True, kw_only=True):
    """Cancel this operation, as requested."""

    operation: QueuedOperation


class KeepWaiting(Struct, frozen=True, kw_only=True):
    """Finish these operations; their messages stay in the buffer."""

    operations: list[QueuedOperation]


class Pause(Struct, frozen=True, kw_only=True):
    """Wait until the first operation is due for its retry; no other may overtake it."""


class FlushIdle(Struct, frozen=True, kw_only=True):
    """Create an operation that flushes the buffer: nothing is queued and the buffer has been idle long enough."""


Decision = Extract | Import | Forget | MakeChanges | Cancel | KeepWaiting | Pause | FlushIdle


def next_step(
    queue: Sequence[QueuedOperation],
    buffer: Sequence[PendingMessage],
    *,
    now: datetime,
    idle_millis: int,
) -> Decision | None:
    """Return the next step, for the first operation of `queue`; None if there is nothing to do.

    `queue` is in order, except that operations to be cancelled come first. `buffer` holds the buffered messages by
    sequence, including those whose operations are still queued; messages after the last queued operation may be
    missing.
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
    """Extract the messages before the first one if it seals them; else keep messages waiting, up to the next seal."""
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


def windows(ids: Sequence[str]) -> Iterator[list[str]]:
    """Consecutive windows; the same ids always give the same ones."""
    for start in range(0, len(ids), MESSAGES_PER_WINDOW):
        yield list(ids[start : start + MESSAGES_PER_WINDOW])


def windows_by_length(lengths: Mapping[str, int]) -> Iterator[list[str]]:
    """Consecutive windows of ten messages, or of up to twenty while they have 4,000 characters at most. `lengths`: id →
    characters, in order.
    """
    window: list[str] = []
    characters = 0
    for id_, length in lengths.items():
        characters += length
        short = characters <= _CHARACTERS_OF_SHORT_MESSAGES
        if len(window) >= (_SHORT_MESSAGES_PER_WINDOW if short else MESSAGES_PER_WINDOW):
            yield window
            window, characters = [], length
        window.append(id_)
    if window:
        yield window
