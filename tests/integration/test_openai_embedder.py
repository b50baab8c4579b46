"""The real openai client against an OpenAI-compatible server on loopback."""

from collections.abc import Iterator

import numpy as np
import pytest

from app.domain.errors import SetupError, Unavailable
from app.models.openai.embedder import OpenAIEmbedder
from tests.llm_server import LlmServer, running_llm

pytestmark = pytest.mark.anyio


@pytest.fixture
def server() -> Iterator[LlmServer]:
    with running_llm() as running:
        yield running


def embedder(server: LlmServer) -> OpenAIEmbedder:
    return OpenAIEmbedder(model="m", dimension=8, api_key="k", base_url=server.url)


async def test_vectors_come_in_order_and_unit_length(server: LlmServer):
    opened = embedder(server)
    vectors = await opened.embed(["a", "bbbb", ""])
    await opened.close()
    assert vectors.shape == (3, 8)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert vectors[1, 0] > vectors[0, 0] > vectors[2, 0]


async def test_many_texts_are_sent_in_batches(server: LlmServer):
    opened = embedder(server)
    assert (await opened.embed([f"text {n}" for n in range(600)])).shape == (600, 8)
    await opened.close()
    assert [len(part) for part in server.embedded] == [256, 256, 88]


async def test_a_temporary_error_is_retried(server: LlmServer):
    server.statuses = [429, 500]
    opened = embedder(server)
    assert (await opened.embed(["a"])).shape == (1, 8)
    await opened.close()


@pytest.mark.parametrize("status", [401, 500])
async def test_a_lasting_error_is_unavailable(server: LlmServer, status: int):
    server.statuses = [status] * 5
    opened = embedder(server)
    with pytest.raises(Unavailable):
        await opened.embed(["a"])
    await opened.close()


async def test_a_wrong_dimension_error_names_the_setting(server: LlmServer):
    server.dimension = 9
    opened = embedder(server)
    with pytest.raises(SetupError, match="MNEMON_EMBEDDING_DIMENSION"):
        await opened.embed(["a"])
    await opened.close()
