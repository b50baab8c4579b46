"""The real openai client against a real server on loopback that speaks the protocol."""

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from app.domain.errors import SetupError, Unavailable
from app.models.openai.embedder import OpenAIEmbedder

pytestmark = pytest.mark.anyio


class EmbeddingServer(http.server.ThreadingHTTPServer):
    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.inputs: list[list[str]] = []
        self.dimension = 8
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(http.server.BaseHTTPRequestHandler):
    server: EmbeddingServer  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_POST(self) -> None:
        server = self.server
        body: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        texts: list[str] = body["input"]
        server.inputs.append(texts)
        status = server.statuses.pop(0) if server.statuses else 200
        # Out of order, as the protocol allows: `index` tells which text a vector belongs to.
        data = [
            {"object": "embedding", "index": i, "embedding": [float(len(text)), *[1.0] * (server.dimension - 1)]}
            for i, text in reversed(list(enumerate(texts)))
        ]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        answer = {"object": "list", "model": body["model"], "data": data, "usage": usage}
        payload = json.dumps(answer if status == 200 else {"error": {"message": "no", "type": "x"}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        if status == 429:
            self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    running = EmbeddingServer()
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


def embedder(server: EmbeddingServer) -> OpenAIEmbedder:
    return OpenAIEmbedder(model="m", dimension=8, api_key="k", base_url=f"http://127.0.0.1:{server.server_port}/v1")


async def test_vectors_come_in_order_and_unit_length(server: EmbeddingServer):
    opened = embedder(server)
    vectors = await opened.embed(["a", "bbbb", ""])
    await opened.close()
    assert vectors.shape == (3, 8)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert vectors[1, 0] > vectors[0, 0] > vectors[2, 0]


async def test_many_texts_are_sent_in_parts(server: EmbeddingServer):
    opened = embedder(server)
    assert (await opened.embed([f"text {n}" for n in range(600)])).shape == (600, 8)
    await opened.close()
    assert [len(part) for part in server.inputs] == [256, 256, 88]


async def test_a_passing_error_is_tried_again(server: EmbeddingServer):
    server.statuses = [429, 500]
    opened = embedder(server)
    assert (await opened.embed(["a"])).shape == (1, 8)
    await opened.close()


@pytest.mark.parametrize("status", [401, 500])
async def test_a_lasting_error_is_a_dependency_that_is_away(server: EmbeddingServer, status: int):
    server.statuses = [status] * 5
    opened = embedder(server)
    with pytest.raises(Unavailable):
        await opened.embed(["a"])
    await opened.close()


async def test_a_wrong_dimension_names_the_setting(server: EmbeddingServer):
    server.dimension = 9
    opened = embedder(server)
    with pytest.raises(SetupError, match="MNEMON_EMBEDDING_DIMENSION"):
        await opened.embed(["a"])
    await opened.close()
