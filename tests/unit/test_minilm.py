"""The embedder must be the published model."""

import numpy as np
import pytest

from app.models.local.minilm import DIMENSION, MiniLmEmbedder
from app.settings import load_settings
from tests.numpy_minilm import NumpyMiniLm

pytestmark = pytest.mark.anyio

TEXTS = [
    "Where does Clara work?",
    "a",
    "",
    "Initech is headquartered in Porto, and its founder speaks Portuguese, French and a little Basque.",
    "我昨天搬到了里斯本。",
    "Вчера я встретила Бориса в Москве.",
    "word " * 400,
    "🙂🙂",
]


@pytest.fixture(scope="module")
def embedder() -> MiniLmEmbedder:
    return MiniLmEmbedder(load_settings({}).cache_dir)


def test_vectors_equal_the_published_models(embedder: MiniLmEmbedder):
    cosines = (embedder.embed_now(TEXTS) * NumpyMiniLm().embed(TEXTS)).sum(axis=1)
    assert cosines.min() > 0.999


def test_vectors_are_unit_length_and_in_order(embedder: MiniLmEmbedder):
    together = embedder.embed_now(TEXTS)
    assert together.shape == (len(TEXTS), DIMENSION)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for row, text in zip(together, TEXTS, strict=True):
        assert np.allclose(row, embedder.embed_now([text])[0], atol=1e-4)


async def test_no_texts_give_no_vectors(embedder: MiniLmEmbedder):
    assert (await embedder.embed([])).shape == (0, DIMENSION)


async def test_a_cached_query_has_the_same_vector(embedder: MiniLmEmbedder):
    first = await embedder.embed(["Who is Clara?"])
    assert np.array_equal(first, await embedder.embed(["Who is Clara?"]))


def test_similar_sentences_are_near(embedder: MiniLmEmbedder):
    cat, kitten, tax = embedder.embed_now(["A cat sleeps.", "The kitten is asleep.", "Taxes rose by two percent."])
    assert cat @ kitten > 0.5 > cat @ tax
