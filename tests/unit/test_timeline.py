"""Facts from a coding agent's timeline."""

from hypothesis import given
from hypothesis import strategies as st

from app.domain.knowledge import Category, Role
from app.extraction.timeline import AgentEvent, Note, notes, tells_something

PROMPT = AgentEvent(kind="user_prompt", text="Fix the login: it fails for names with a space.")
FAILED_TEST = AgentEvent(
    kind="test_result",
    command="pytest -q",
    exit_code=1,
    status="failed",
    output='{"stdout": "..F\\nE   AssertionError: login(\'Ana Reis\') is None\\n1 failed, 2 passed", "success": false}',
)
EDIT = AgentEvent(
    kind="file_edit",
    tool="Edit",
    path="app/login.py",
    operation="edit",
    status="success",
    input='{"old_string": "name.split()", "new_string": "name", "file_path": "app/login.py"}',
    output='{"success": true}',
)
PASSED_TEST = AgentEvent(kind="test_result", command="pytest -q", exit_code=0, status="success", output="3 passed")


def noted(*events: AgentEvent) -> list[Note | None]:
    return list(notes(events))


def texts(*events: AgentEvent) -> list[str]:
    return [note.text for note in noted(*events) if note]


def test_a_changed_file_is_noted_with_the_request_and_without_its_body():
    assert texts(PROMPT, EDIT)[1] == ("Changed app/login.py (asked: Fix the login: it fails for names with a space.)")


def test_a_failed_command_is_noted_with_its_error_lines():
    (note,) = noted(FAILED_TEST)
    assert note == Note(
        text="`pytest -q` failed with exit code 1: E AssertionError: login('Ana Reis') is None; 1 failed, 2 passed",
        category=Category.EVENT,
    )


def test_a_command_that_passes_after_it_failed_is_a_resolution_that_names_the_changes():
    note = noted(PROMPT, FAILED_TEST, EDIT, PASSED_TEST)[-1]
    assert note is not None
    assert note.category is Category.RESOLUTION
    assert note.text.startswith("`pytest -q` passes now; it had failed: E AssertionError")
    assert note.text.endswith("Fixed by changes to app/login.py")


def test_a_successful_command_gives_no_fact():
    assert noted(PASSED_TEST) == [Note(text="Ran `pytest -q`")]


def test_events_that_only_begin_or_end_something_are_left_out():
    marks = [
        AgentEvent(kind="session_end", text="session_end", status="success", operation="other"),
        AgentEvent(kind="stop", status="success"),
        AgentEvent(kind="compact_boundary", text="compact", operation="compact"),
        AgentEvent(kind="subagent_start"),
        AgentEvent(kind="file_edit", path="app/login.py", operation="edit", status="running"),
    ]
    assert noted(*marks) == [None] * 5


def test_a_file_that_was_read_leaves_its_path_and_not_its_content():
    event = AgentEvent(kind="file_read", tool="Read", path="app/login.py", operation="read", output="def login(): ...")
    assert noted(event) == [Note(text="Read app/login.py")]


def test_success_flags_give_no_note():
    assert noted(AgentEvent(kind="tool_result", output='{"success": true, "count": 3}')) == [None]


def test_an_error_and_a_failed_tool_are_facts():
    assert noted(AgentEvent(kind="error", text="The build server is down.")) == [
        Note(text="Error: The build server is down.", category=Category.EVENT)
    ]
    failed = AgentEvent(kind="tool_failure", tool="WebFetch", output={"error": "404 not found"})
    assert noted(failed) == [Note(text="WebFetch failed: 404 not found", category=Category.TOOL)]


def test_only_an_agents_decisions_causes_and_fixes_become_facts():
    assert tells_something("We use httptools because h11 is slower.", Role.ASSISTANT)
    assert tells_something("The root cause was a missing index.", Role.ASSISTANT)
    assert not tells_something("Let me look at the file.", Role.ASSISTANT)
    assert tells_something("Let me look at the file.", Role.USER)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
EVENTS = st.builds(
    AgentEvent,
    kind=st.sampled_from(["user_prompt", "file_edit", "command", "tool_result", "stop", "error", "odd"]),
    text=st.none() | st.text(max_size=60),
    tool=st.none() | st.text(max_size=20),
    command=st.none() | st.text(max_size=60),
    path=st.none() | st.text(max_size=30),
    operation=st.none() | st.sampled_from(["edit", "read", "other"]),
    status=st.none() | st.sampled_from(["success", "failed"]),
    exit_code=st.none() | st.integers(-1, 255),
    input=JSON,
    output=JSON,
)


@given(st.lists(EVENTS, max_size=8))
def test_every_event_gets_a_note_with_words_or_none(events: list[AgentEvent]):
    found = list(notes(events))
    assert len(found) == len(events)
    assert all(note is None or note.text.strip() for note in found)
