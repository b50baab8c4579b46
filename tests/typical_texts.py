"""Typical passages and questions in twenty languages, whose mean vector the embedder subtracts.

.venv/bin/python -m tests.typical_texts writes app/models/local/e5_mean.json anew.
"""

import json
import os
from pathlib import Path

import numpy as np

from app.models.local import e5
from app.models.local.e5 import E5Embedder
from app.models.ports import Vectors
from app.settings import load_settings

_TEXTS = Path(__file__).parent / "unit" / "labelled" / "typical_texts.json"
_MEAN = Path(e5.__file__).with_name("e5_mean.json")
_FILLERS = (
    ("Ana", "Porto", 3),
    ("Kenji", "Osaka", 12),
    ("Olga", "Lviv", 7),
    ("Omar", "Tunis", 25),
    ("Mei", "Chengdu", 40),
)


def typical_texts() -> tuple[list[str], list[str]]:
    """Return 500 passages and 400 questions: 25 and 20 a language."""
    languages = json.loads(_TEXTS.read_text(encoding="utf-8")).values()
    passages, questions = (
        [
            text.replace("{name}", name).replace("{place}", place).replace("{n}", str(number))
            for language in languages
            for text in language[kind]
            for name, place, number in _FILLERS
        ]
        for kind in ("statements", "questions")
    )
    return passages, questions


def mean_vector(embedder: E5Embedder) -> Vectors:
    """Return the mean of the passages' mean and the questions' mean. Shape (384,)."""
    passages, questions = typical_texts()
    return (
        embedder.plain_vectors(passages).mean(axis=0) + embedder.plain_vectors(questions, query=True).mean(axis=0)
    ) / np.float32(2)


def main() -> None:
    mean = mean_vector(E5Embedder(load_settings(os.environ).cache_dir))
    _MEAN.write_text(json.dumps([round(float(value), 5) for value in mean]) + "\n")


if __name__ == "__main__":
    main()
