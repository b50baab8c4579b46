"""OpenAI's protocol on loopback: chat completions in every form of structured output, embeddings, and failures.

A test sets `respond`, a function from request to reply, or queues replies.
"""

import contextlib
import http.server
import json
import threading
import time
from collections.abc import Callable, Generator
from typing import Any

from msgspec import Struct


class Request(Struct, frozen=True, kw_only=True):
    """One chat completion request. `form`: json_schema, tool, json_object or text."""

    form: str
    instruction: str
    content: str
    messages: list[dict[str, Any]]
    body: dict[str, Any]
    key: str

    @property
    def untrusted(self) -> list[dict[str, Any]]:
        """Return the rows of the last fenced block."""
        block = self.content.rpartition("<untrusted>\n")[2].partition("\n</untrusted>")[0]
        return [json.loads(line) for line in block.split("\n")]


class Text(Struct, frozen=True):
    """An answer sent unchanged."""

    text: str
    finish: str = "stop"


class Refusal(Struct, frozen=True):
    text: str = "I can't help with that."


class Status(Struct, frozen=True):
    """An HTTP error."""

    code: int
    message: str = "no"
    retry_after: str | None = None
    error_code: str | None = None


class Hang(Struct, frozen=True):
    """Sends nothing for some seconds."""

    seconds: float


class Cut(Struct, frozen=True):
    """Closes the connection in the middle of the answer."""


class Drip(Struct, frozen=True):
    """Sends the answer byte by byte, with a pause after each."""

    text: str
    pause: float


class Events(Struct, frozen=True):
    """A streamed answer: a text in each event. `pause`: seconds before each; `ends`: with the last event, not abruptly."""

    texts: tuple[str, ...]
    pause: float = 0.0
    ends: bool = True


class Garbage(Struct, frozen=True):
    """Status 200 with a body that is not JSON."""


Reply = Text | Refusal | Status | Hang | Cut | Drip | Events | Garbage | dict[str, Any]


class LlmServer(http.server.ThreadingHTTPServer):
    """Sends `replies` first, in order, then the result of `respond`. `unsupported`: forms refused with 400.

    Embeddings have `dimension` numbers; `statuses` are sent first, in order, and `embedded` records the requests.
    """

    daemon_threads = True

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.respond: Callable[[Request], Reply] = lambda _: {
            "facts": [],
            "entities": [],
            "causes": [],
            "caption": None,
        }
        self.unsupported: set[str] = set()
        self.requests: list[Request] = []
        self.statuses: list[int] = []
        self.embedded: list[list[str]] = []
        self.dimension = 8
        self.usage: dict[str, Any] | None = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
        self.running = self.most_at_once = 0
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def reply_to(self, request: Request) -> Reply:
        with self.lock:
            self.requests.append(request)
            if request.form in self.unsupported:
                return Status(400, f"'{request.form}' is not supported with this model")
            if self.replies:
                return self.replies.pop(0)
        return self.respond(request)


class _Handler(http.server.BaseHTTPRequestHandler):
    server: LlmServer  # pyright: ignore[reportIncompatibleVariableOverride]
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/embeddings"):
            self._embed(body)
            return
        with self.server.lock:
            self.server.running += 1
            self.server.most_at_once = max(self.server.most_at_once, self.server.running)
        try:
            request = _request(body, self.headers.get("Authorization", ""))
            self._reply(request, self.server.reply_to(request))
        finally:
            with self.server.lock:
                self.server.running -= 1

    def _reply(self, request: Request, reply: Reply) -> None:
        match reply:
            case Status():
                error = {"message": reply.message, "type": "invalid_request_error", "code": reply.error_code}
                headers = {} if reply.retry_after is None else {"Retry-After": reply.retry_after}
                self._send(reply.code, json.dumps({"error": error}).encode(), headers)
            case Hang():
                time.sleep(reply.seconds)
                self.close_connection = True
            case Cut():
                payload = json.dumps(_completion(request, Text("{}"), self.server.usage)).encode()
                self._head(200, len(payload), {})
                self.wfile.write(payload[: len(payload) // 2])
                self.close_connection = True
            case Drip():
                payload = json.dumps(_completion(request, Text(reply.text), self.server.usage)).encode()
                self._head(200, len(payload), {})
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    for byte in payload:
                        self.wfile.write(bytes([byte]))
                        time.sleep(reply.pause)
            case Events():
                self._stream(request, reply)
            case Garbage():
                self._send(200, b"\x00\xff<html>gateway</html>")
            case dict():
                self._send(200, json.dumps(_completion(request, Text(json.dumps(reply)), self.server.usage)).encode())
            case Text() | Refusal():
                self._send(200, json.dumps(_completion(request, reply, self.server.usage)).encode())

    def do_GET(self) -> None:
        models = [{"id": "scripted", "object": "model", "created": 0, "owned_by": "tests"}]
        body = {"object": "list", "data": models} if self.path.endswith("/models") else models[0]
        self._send(200, json.dumps(body).encode())

    def _stream(self, request: Request, reply: Events) -> None:
        """Send the events in chunks that do not end where an event does."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        head = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": request.body["model"]}
        events = [{**head, "choices": [{"index": 0, "delta": {"content": text}}]} for text in reply.texts]
        payloads = [f"data: {json.dumps(event)}\n\n".encode() for event in events]
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for payload in payloads + ([b"data: [DONE]\n\n"] if reply.ends else []):
                time.sleep(reply.pause)
                for part in (payload[:9], payload[9:]):
                    self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            if reply.ends:
                self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True

    def _embed(self, body: dict[str, Any]) -> None:
        self.server.embedded.append(body["input"])
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        answer = (
            _embeddings(body, self.server.dimension) if status == 200 else {"error": {"message": "no", "type": "x"}}
        )
        self._send(status, json.dumps(answer).encode(), {"Retry-After": "0"} if status == 429 else None)

    def _send(self, status: int, payload: bytes, headers: dict[str, str] | None = None) -> None:
        self._head(status, len(payload), headers or {})
        self.wfile.write(payload)

    def _head(self, status: int, length: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(length), **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def _request(body: dict[str, Any], key: str) -> Request:
    form = body.get("response_format", {}).get("type") or ("tool" if body.get("tools") else "text")
    messages: list[dict[str, Any]] = body["messages"]
    first = next(m["content"] for m in messages if m["role"] == "user")
    content = first if isinstance(first, str) else first[0]["text"]
    return Request(
        form=form, instruction=messages[0]["content"], content=content, messages=messages, body=body, key=key
    )


def _completion(request: Request, reply: Text | Refusal, usage: dict[str, Any] | None) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
    finish = "stop"
    match reply:
        case Refusal():
            message["refusal"] = reply.text
        case Text() if request.form == "tool":
            call = {"id": "1", "type": "function", "function": {"name": "answer", "arguments": reply.text}}
            message["tool_calls"] = [call]
            finish = reply.finish if reply.finish != "stop" else "tool_calls"
        case Text():
            message["content"] = reply.text
            finish = reply.finish
    return {
        "id": "c",
        "object": "chat.completion",
        "created": 0,
        "model": request.body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": usage,
    }


def _embeddings(body: dict[str, Any], dimension: int) -> dict[str, Any]:
    """Send embeddings out of order, as the protocol allows: `index` gives each vector's text."""
    texts: list[str] = body["input"]
    rows = [
        {"object": "embedding", "index": i, "embedding": [float(len(text)), *[1.0] * (dimension - 1)]}
        for i, text in reversed(list(enumerate(texts)))
    ]
    return {
        "object": "list", "model": body["model"], "data": rows, "usage": {"prompt_tokens": 1, "total_tokens": 1},
    }  # fmt: skip


@contextlib.contextmanager
def running_llm() -> Generator[LlmServer]:
    server = LlmServer()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
