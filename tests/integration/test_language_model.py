"""The real openai client against a server on loopback: every form of structured output, every failure."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from msgspec import Struct

from app.domain.errors import ModelRefused, Unavailable
from app.models.openai.chat import OpenAIChat
from app.models.openai.rungs import Rung, RungMemory
from app.prompts.ping import PING
from app.prompts.prompt import Prompt
from tests.llm_server import Cut, Drip, Garbage, Hang, LlmServer, Refusal, Status, Text, running_llm

pytestmark = pytest.mark.anyio


class Colours(Struct, kw_only=True):
    names: list[str]
    best: str | None = None


PROMPT = Prompt(name="colours", version=3, instruction="Name colours.", answer=Colours, example=Colours(names=["red"]))


@pytest.fixture
def server() -> Iterator[LlmServer]:
    with running_llm() as running:
        running.respond = lambda _: {"names": ["blue"], "best": None}
        yield running


def _chat(server: LlmServer, folder: Path, *, concurrency: int = 4, timeout: float = 5.0) -> OpenAIChat:
    return OpenAIChat(
        model="m",
        api_key="secret",
        base_url=server.url,
        concurrency=concurrency,
        timeout_seconds=timeout,
        rungs=RungMemory(folder),
    )


@pytest.fixture
async def chat(server: LlmServer, tmp_path: Path) -> AsyncIterator[OpenAIChat]:
    opened = _chat(server, tmp_path)
    yield opened
    await opened.close()


async def test_asks_first_for_a_strict_schema_and_counts_what_it_cost(chat: OpenAIChat, server: LlmServer) -> None:
    reply = await chat.ask(PROMPT, "Which?")
    assert reply.answer == Colours(names=["blue"])
    assert (reply.usage.calls, reply.usage.tokens_in, reply.usage.tokens_out) == (1, 100, 20)
    request = server.requests[0]
    assert request.key == "Bearer secret"
    assert request.body["response_format"]["json_schema"]["strict"] is True


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        {"prompt_tokens": -5, "completion_tokens": "many"},
        {"prompt_tokens": 10**15, "completion_tokens": True},
    ],
)
async def test_impossible_token_counts_are_not_added(
    chat: OpenAIChat, server: LlmServer, usage: dict[str, object] | None
) -> None:
    server.usage = usage
    reply = await chat.ask(PROMPT, "Which?")
    assert (reply.usage.tokens_in, reply.usage.tokens_out) == (0, 0)


@pytest.mark.parametrize(
    ("unsupported", "form"),
    [(set[str](), "json_schema"), ({"json_schema"}, "tool"), ({"json_schema", "tool"}, "json_object"),
     ({"json_schema", "tool", "json_object"}, "text")],
)  # fmt: skip
async def test_falls_back_to_a_supported_form_and_remembers_it(
    server: LlmServer, tmp_path: Path, unsupported: set[str], form: str
) -> None:
    server.unsupported = unsupported
    for number in range(2):  # the second one acts as another process, which shares only the file
        chat = _chat(server, tmp_path)
        before = len(server.requests)
        assert (await chat.ask(PROMPT, f"Which {number}?")).answer.names == ["blue"]
        await chat.close()
        assert server.requests[-1].form == form
        assert len(server.requests) - before == (len(unsupported) + 1 if number == 0 else 1)
    assert RungMemory(tmp_path).get(server.url, "m") == Rung(form)
    if form in {"json_object", "text"}:
        assert '"names":["red"]' in server.requests[-1].instruction


@pytest.mark.parametrize(
    "text",
    [
        '```json\n{"names": ["a", "b"]}\n```',
        '<think>{"names": ["no"]} hm</think>{"names": ["a", "b"]}',
        'Here you are: {"names": ["a", "b",],}',
        '{"answer": {"names": ["a", "b"], "best": null}}',
        '{"type": "object", "properties": {"names": ["a", "b"]}}',
        '{"names": ["a", "b"], "best": "a"} I hope that this helps {x}',
        '{"names": ["a", "b"], "extra": 1}',
    ],
)
async def test_repairs_unambiguous_errors(chat: OpenAIChat, server: LlmServer, text: str) -> None:
    server.replies = [Text(text)]
    assert (await chat.ask(PROMPT, "Which?")).answer.names == ["a", "b"]
    assert len(server.requests) == 1


async def test_a_truncated_answer_ends_at_its_last_complete_element(chat: OpenAIChat, server: LlmServer) -> None:
    server.replies = [Text('{"names": ["red", "gre', finish="length")]
    reply = await chat.ask(PROMPT, "Which?")
    assert reply.answer.names == ["red"]
    assert reply.truncated


class Box(Struct, kw_only=True):
    label: str
    holds: list[str]
    colour: str


class Boxes(Struct, kw_only=True):
    boxes: list[Box]


async def test_a_truncated_element_is_dropped(chat: OpenAIChat, server: LlmServer) -> None:
    prompt = Prompt(name="boxes", version=1, instruction="Pack.", answer=Boxes, example=Boxes(boxes=[]))
    whole = '{"label": "a", "holds": ["x", "y"], "colour": "red"}'
    server.replies = [Text('{"boxes": [' + whole + ', {"label": "b", "holds": ["x", "y"', finish="length")]
    reply = await chat.ask(prompt, "Which?")
    assert [box.label for box in reply.answer.boxes] == ["a"]
    assert reply.truncated
    assert len(server.requests) == 1


@pytest.mark.parametrize("first", ["", "Blue!", '{"colours": 3}', '{"names": "blue"}', "[1, 2]", '{"names": [tru'])
async def test_an_unreadable_answer_is_retried_once_with_the_error(
    chat: OpenAIChat, server: LlmServer, first: str
) -> None:
    server.replies = [Text(first)]
    if first == '{"names": [tru':  # becomes an empty list: no element was complete
        assert (await chat.ask(PROMPT, "Which?")).truncated
        return
    reply = await chat.ask(PROMPT, "Which?")
    assert reply.answer.names == ["blue"]
    assert reply.usage.calls == 2
    again = server.requests[1].messages
    assert [m["role"] for m in again] == ["system", "user", "assistant", "user"]
    assert "schema" in again[-1]["content"]


async def test_two_unreadable_answers_fail_with_the_reason_and_the_cost(chat: OpenAIChat, server: LlmServer) -> None:
    server.replies = [Text('{"colours": 1}'), Text('{"colours": 2}')]
    with pytest.raises(ModelRefused, match="names") as caught:
        await chat.ask(PROMPT, "Which?")
    assert caught.value.usage.calls == 2


async def test_an_overlong_answer_is_refused(chat: OpenAIChat, server: LlmServer) -> None:
    long = '{"names": ["' + "x" * 1_100_000 + '"]}'
    server.replies = [Text(long), Text(long)]
    with pytest.raises(ModelRefused, match="characters"):
        await chat.ask(PROMPT, "Which?")


@pytest.mark.parametrize("refusal", [Refusal(), Text("", finish="content_filter")])
async def test_a_refusal_is_not_retried(chat: OpenAIChat, server: LlmServer, refusal: Refusal | Text) -> None:
    server.replies = [refusal]
    with pytest.raises(ModelRefused, match="refuses"):
        await chat.ask(PROMPT, "Which?")
    assert len(server.requests) == 1


async def test_other_scripts_are_decoded(chat: OpenAIChat, server: LlmServer) -> None:
    server.replies = [{"names": ["青", "синий"], "best": "أزرق"}]
    assert (await chat.ask(PROMPT, "何色?")).answer == Colours(names=["青", "синий"], best="أزرق")


@pytest.mark.parametrize("code", [401, 403, 404, 408, 409, 429, 500, 502, 503])
async def test_temporary_and_configuration_errors_are_unavailable(
    chat: OpenAIChat, server: LlmServer, code: int
) -> None:
    server.replies = [Status(code)]
    with pytest.raises(Unavailable):
        await chat.ask(PROMPT, "Which?")
    assert len(server.requests) == 1  # no retry here: the operation queue retries


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("1.5", 1.5), ("999999", 3600.0), ("soon", 2.0), (None, 2.0)]
)
async def test_the_endpoint_says_how_long_to_wait(
    chat: OpenAIChat, server: LlmServer, header: str | None, seconds: float
) -> None:
    server.replies = [Status(429, retry_after=header)]
    with pytest.raises(Unavailable) as caught:
        await chat.ask(PROMPT, "Which?")
    assert caught.value.retry_after_seconds == seconds


@pytest.mark.parametrize("reply", [Cut(), Garbage()])
async def test_a_broken_answer_is_unavailable(chat: OpenAIChat, server: LlmServer, reply: Cut | Garbage) -> None:
    server.replies = [reply]
    with pytest.raises(Unavailable):
        await chat.ask(PROMPT, "Which?")


@pytest.mark.parametrize("reply", [Hang(2.0), Drip('{"names": ["blue"]}', 0.01)])
async def test_a_hanging_or_dripping_answer_times_out_or_arrives(
    server: LlmServer, tmp_path: Path, reply: Hang | Drip
) -> None:
    chat = _chat(server, tmp_path, timeout=0.5)
    server.replies = [reply]
    if isinstance(reply, Hang):
        with pytest.raises(Unavailable):
            await chat.ask(PROMPT, "Which?")
    else:
        assert (await chat.ask(PROMPT, "Which?")).answer.names == ["blue"]
    await chat.close()


async def test_no_server_at_all_is_unavailable(tmp_path: Path) -> None:
    with running_llm() as gone:
        pass
    chat = _chat(gone, tmp_path)
    with pytest.raises(Unavailable):
        await chat.ask(PROMPT, "Which?")
    await chat.close()


@pytest.mark.parametrize(
    "status",
    [Status(400, "This model's maximum context length is 8192 tokens", error_code="context_length_exceeded"),
     Status(413), Status(400, "filtered", error_code="content_filter")],
)  # fmt: skip
async def test_an_error_about_the_text_is_refused_without_fallback(
    chat: OpenAIChat, server: LlmServer, status: Status
) -> None:
    server.replies = [status]
    with pytest.raises(ModelRefused):
        await chat.ask(PROMPT, "Which?")
    assert len(server.requests) == 1


async def test_an_error_400_after_a_form_has_worked_is_about_the_text(chat: OpenAIChat, server: LlmServer) -> None:
    await chat.ask(PROMPT, "Which?")
    server.replies = [Status(400, "invalid prompt")]
    with pytest.raises(ModelRefused, match="invalid prompt"):
        await chat.ask(PROMPT, "And?")
    assert [r.instruction for r in server.requests] == [PROMPT.instruction, PROMPT.instruction, PING.instruction]


async def test_if_the_endpoint_rejects_the_remembered_form_all_forms_are_tried(
    chat: OpenAIChat, server: LlmServer
) -> None:
    await chat.ask(PROMPT, "Which?")
    server.unsupported = {"json_schema"}
    with pytest.raises(Unavailable):
        await chat.ask(PROMPT, "And?")
    assert (await chat.ask(PROMPT, "And?")).answer.names == ["blue"]
    assert server.requests[-1].form == "tool"


async def test_an_endpoint_that_rejects_every_form_does_not_blame_the_text(chat: OpenAIChat, server: LlmServer) -> None:
    server.unsupported = {"json_schema", "tool", "json_object", "text"}
    with pytest.raises(Unavailable):
        await chat.ask(PROMPT, "Which?")


async def test_no_more_calls_at_once_than_allowed(server: LlmServer, tmp_path: Path) -> None:
    chat = _chat(server, tmp_path, concurrency=2)
    await chat.ask(PROMPT, "first")
    server.replies = [Drip('{"names": ["blue"]}', 0.0005) for _ in range(6)]
    await asyncio.gather(*(chat.ask(PROMPT, str(n)) for n in range(6)))
    assert server.most_at_once == 2
    await chat.close()
