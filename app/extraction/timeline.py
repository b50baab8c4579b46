"""Notes about a coding agent's work: messages, changes, failures and fixes, from the events of its timeline.

File contents, success flags, and events that only mark a beginning or end are left out.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, cast

import msgspec
from msgspec import Struct

from app.domain.knowledge import Category, Role

# Event kinds that are messages, with the speaker's role.
_SPEAKERS = {
    "user_prompt": Role.USER,
    "assistant_message": Role.ASSISTANT,
    "task_completed": Role.ASSISTANT,
    "subagent_stop": Role.ASSISTANT,
}
# Words that make an agent's sentence worth a fact: a decision, a cause, a fix, a rule.
_TELLING = re.compile(
    r"\b(?:decid\w+|chose|choose|instead of|because|root cause|caused? by|turn(?:s|ed) out|fix\w*|solv\w+|resolv\w+|bugs?|"
    r"problem|issue|works now|must|never|always|requires?|depends on|deprecated|breaks?|broke)\b",
    re.IGNORECASE,
)
_MARKS = frozenset(
    {
        "stop", "session_start", "session_end", "subagent_start", "compact_boundary",
        "synthetic_boundary", "tool_start", "notification", "permission_request",
    }
)  # fmt: skip
_CHANGES = frozenset({"edit", "write", "create", "patch", "replace", "update", "multi_edit", "delete", "rename"})
_FAILED = frozenset({"failed", "failure", "error"})
_FAILURE_WORDS = re.compile(
    r"error|exception|fail|assert|denied|not found|cannot|no such|undefined|refused", re.IGNORECASE
)
# Keys under which tools put readable text.
_MESSAGE_KEYS = ("error", "stderr", "message", "stdout", "output", "content", "text", "result")
# In characters.
_MAX_REQUEST, _MAX_ERROR, _MAX_RESULT, _MAX_COMMAND = 200, 300, 500, 300
_MAX_ERROR_LINES = 3
_MAX_PATHS = 5


class AgentEvent(Struct, frozen=True, kw_only=True):
    """One event, as the agent's client reports it. `input` and `output`: any JSON, or JSON as text."""

    kind: str
    text: str | None = None
    tool: str | None = None
    command: str | None = None
    path: str | None = None
    operation: str | None = None
    status: str | None = None
    exit_code: int | None = None
    input: Any = None
    output: Any = None

    @property
    def failed(self) -> bool:
        status = (self.status or "").lower()
        return status in _FAILED or self.kind in {"tool_failure", "error"} or self.exit_code not in {None, 0}


class Note(Struct, frozen=True, kw_only=True):
    """The stored text of an event. `category`: set if the whole note is one fact; None for messages, which are split
    into sentences, and for notes that are not facts.
    """

    text: str
    category: Category | None = None


def notes(events: Sequence[AgentEvent]) -> Iterator[Note | None]:
    """Yield a note for each event; None for an event that is not worth storing."""
    context = _Context()
    for event in events:
        yield context.note(event)


def role_of_event(kind: str) -> Role | None:
    """Return the speaker's role in an event of that kind; None if nobody speaks."""
    return _SPEAKERS.get(kind)


def tells_something(sentence: str, role: Role | None) -> bool:
    """Return True for a timeline sentence worth a fact: any by a user; of an agent's, findings and decisions."""
    return role is Role.USER or bool(_TELLING.search(sentence))


class _Context:
    """Earlier events of the same timeline: the request, failures, changed files."""

    def __init__(self) -> None:
        self._request = ""
        self._failures: dict[str, str] = {}
        self._changed: list[str] = []

    def note(self, event: AgentEvent) -> Note | None:
        if event.status == "running":
            return None  # its end comes as an event of its own
        text = _own_words(event)
        if event.kind == "user_prompt":
            self._request = _shortened(text, _MAX_REQUEST)
        if event.kind in _SPEAKERS or event.kind in _MARKS:
            return Note(text=text) if text else None
        if event.command:
            return self._command(event, event.command, text)
        if event.kind == "file_edit" or (event.path and (event.operation or "") in _CHANGES):
            return self._change(event, text)
        if event.failed:
            return self._failure(event, text)
        return _use(event, text)

    def _command(self, event: AgentEvent, command: str, text: str) -> Note:
        shown = f"`{_shortened(command, _MAX_COMMAND)}`"
        if event.failed:
            error = _error(event)
            self._failures[command] = error
            self._changed.clear()
            how = f"failed with exit code {event.exit_code}" if event.exit_code else "failed"
            return Note(text=_joined(f"{shown} {how}{f': {error}' if error else ''}", text), category=Category.EVENT)
        if command not in self._failures:
            return Note(text=_joined(f"Ran {shown}", text))
        error = self._failures.pop(command)
        fixed = f"{shown} passes now; it had failed{f': {error}' if error else ''}"
        if self._changed:
            fixed = f"{fixed.rstrip('.')}. Fixed by changes to {', '.join(self._changed[:_MAX_PATHS])}"
        return Note(text=_joined(fixed, text), category=Category.RESOLUTION)

    def _change(self, event: AgentEvent, text: str) -> Note:
        path = event.path or "a file"
        if event.failed:
            error = _error(event)
            return Note(
                text=_joined(f"Changing {path} failed{f': {error}' if error else ''}", text), category=Category.EVENT
            )
        if event.path and event.path not in self._changed:
            self._changed.append(event.path)
        purpose = text or (f"asked: {self._request}" if self._request else "")
        return Note(text=f"Changed {path}{f' ({purpose})' if purpose else ''}", category=Category.EVENT)

    def _failure(self, event: AgentEvent, text: str) -> Note:
        error = _error(event) or text
        if event.kind == "error" and not event.tool:
            return Note(text=f"Error: {error}" if error else "Error", category=Category.EVENT)
        what = " ".join(part for part in (event.tool or event.kind, event.path) if part)
        return Note(text=f"{what} failed{f': {error}' if error else ''}", category=Category.TOOL)


def _use(event: AgentEvent, text: str) -> Note | None:
    """Return a note without a category for a tool call that did not fail: searchable, but not a fact."""
    if event.kind == "file_read" or event.operation in {"read", "view", "open"}:
        return Note(text=_joined(f"Read {event.path}", text)) if event.path else Note(text=text) if text else None
    result = _shortened(_readable(event.output), _MAX_RESULT)
    what = " ".join(part for part in (event.tool, event.path) if part)
    asked = _shortened(_readable(event.input), _MAX_REQUEST)
    head = f"Used {what}{f' ({asked})' if asked else ''}" if what else ""
    return Note(text=found) if (found := _joined(_joined(head, text), result)) else None


def _own_words(event: AgentEvent) -> str:
    """The event's text, unless it only repeats what kind of event it is."""
    text = " ".join((event.text or "").split()) if event.kind not in _SPEAKERS else (event.text or "").strip()
    labels = {event.kind, event.kind.replace("_", " "), event.operation, "compact", "stop"}
    return "" if text.casefold() in {label.casefold() for label in labels if label} else text


def _error(event: AgentEvent) -> str:
    """Return the last output lines with an error word, else the last lines."""
    lines = [" ".join(line.split()) for line in _readable(event.output).splitlines() if line.strip()]
    telling = [line for line in lines if _FAILURE_WORDS.search(line)]
    return _shortened("; ".join((telling or lines)[-_MAX_ERROR_LINES:]), _MAX_ERROR)


def _readable(value: Any) -> str:
    """Return the texts of a tool's input or output, without flags and numbers."""
    if isinstance(value, str):
        if value.lstrip().startswith(("{", "[")):
            try:
                return _readable(msgspec.json.decode(value))
            except msgspec.DecodeError:
                pass
        return value.strip()
    if isinstance(value, dict):
        known = cast("dict[str, Any]", value)
        wanted = [known[key] for key in _MESSAGE_KEYS if key in known] or list(known.values())
        return "\n".join(text for item in wanted if (text := _readable(item)))
    if isinstance(value, list):
        return "\n".join(text for item in cast("list[Any]", value) if (text := _readable(item)))
    return ""


def _joined(head: str, tail: str) -> str:
    return f"{head}: {tail}" if head and tail else head or tail


def _shortened(text: str, limit: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"
