"""Runs `mnemon` with an embedder that keeps its vectors between runs: `python -m tests.evaluation.cached_vectors serve …`."""

import hashlib
import sqlite3
import threading
from collections.abc import Sequence
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import numpy as np

from app import connections
from app.models.local.e5 import DIMENSION, E5Embedder
from app.models.ports import Vectors

# Of what the vectors depend on, before they are centred.
_CODE = ("e5.py", "e5_weights.py", "e5_file.py", "e5.lock")
_LIBRARIES = ("ctranslate2", "tokenizers")
_LOOKED_UP = 500  # keys per statement; SQLite allows 32,766 parameters


class CachedEmbedder(E5Embedder):
    """Looks up vectors by a hash of the text, of the code that embeds, and of the versions of weights and libraries."""

    def __init__(self, cache_dir: Path, file: Path | None = None) -> None:
        super().__init__(cache_dir)
        file = file or cache_dir / "evaluation" / "vectors.sqlite"
        file.parent.mkdir(parents=True, exist_ok=True)
        # The service and the evaluation use the file at once, each in several threads.
        self._db = sqlite3.connect(file, check_same_thread=False, timeout=60)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID"
        )
        self._lock = threading.Lock()
        code = b"".join(files("app.models.local").joinpath(name).read_bytes() for name in _CODE)
        code += " ".join(map(version, _LIBRARIES)).encode()
        self._code = hashlib.sha256(code).digest()

    def plain_vectors(self, texts: Sequence[str], *, query: bool = False) -> Vectors:
        keys = [self._key(text, query=query) for text in texts]
        with self._lock:
            known = self._known(keys)
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if new:
            vectors = super().plain_vectors(list(new.values()), query=query)
            rows = {key: vector.tobytes() for key, vector in zip(new, vectors, strict=True)}
            with self._lock, self._db:
                self._db.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows.items())
            known |= rows
        found = np.frombuffer(b"".join(known[key] for key in keys), dtype=np.float32)
        return found.reshape(len(keys), DIMENSION).copy()

    def _key(self, text: str, *, query: bool) -> bytes:
        return hashlib.sha256(b"\x1f".join((self._code, b"query" if query else b"passage", text.encode()))).digest()

    def _known(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        known: dict[bytes, bytes] = {}
        for start in range(0, len(keys), _LOOKED_UP):
            part = keys[start : start + _LOOKED_UP]
            places = ", ".join("?" * len(part))
            known |= self._db.execute(f"SELECT key, vector FROM vectors WHERE key IN ({places})", part)
        return known

    async def close(self) -> None:
        await super().close()
        with self._lock:
            self._db.close()


def use_cache() -> None:
    """Make `create_embedder` return a cached embedder where it would return the local one."""
    connections.E5Embedder = CachedEmbedder


if __name__ == "__main__":
    from app.cli.main import main

    use_cache()
    main()
