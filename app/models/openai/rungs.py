"""Ways (rungs) to make an endpoint answer in JSON, and the one that worked last for each endpoint."""

import contextlib
import os
import tempfile
from enum import StrEnum
from pathlib import Path

import msgspec


class Rung(StrEnum):
    """Ways to request JSON, strictest first."""

    SCHEMA = "json_schema"
    TOOL = "tool"
    OBJECT = "json_object"
    TEXT = "text"

    @property
    def next_lower(self) -> "Rung | None":
        rungs = list(Rung)
        position = rungs.index(self) + 1
        return rungs[position] if position < len(rungs) else None


class RungMemory:
    """Endpoint and model → the rung that worked last, stored in a file in the cache folder, which may be deleted."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "model-endpoints.json"
        self._known = self._read()

    def get(self, endpoint: str, model: str) -> Rung | None:
        return self._known.get(f"{endpoint} {model}")

    def keep(self, endpoint: str, model: str, rung: Rung) -> None:
        if self.get(endpoint, model) is rung:
            return
        self._write(self._read() | {f"{endpoint} {model}": rung})

    def forget(self, endpoint: str, model: str) -> None:
        """Remove the stored rung, so that the next call starts with SCHEMA."""
        self._write({key: rung for key, rung in self._read().items() if key != f"{endpoint} {model}"})

    def _write(self, known: dict[str, Rung]) -> None:
        self._known = known
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._path.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(self._known))
            Path(name).replace(self._path)

    def _read(self) -> dict[str, Rung]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, Rung])
        except (OSError, msgspec.DecodeError):
            return {}
