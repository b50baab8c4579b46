"""Loads the numbered, checksummed migrations in migrations/."""

import hashlib
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from msgspec import Struct

_NAME = re.compile(r"V(\d{4})__(\w+)\.cypher")
_COMMENT = re.compile(r"^//.*$", re.MULTILINE)
_DEFINITION = re.compile(r"(CREATE|DROP) (?:\w+ )*(?:INDEX|CONSTRAINT) (\w+) IF ")


class Migration(Struct, frozen=True, kw_only=True):
    """One migration. `checksum`: SHA-256 of the file; must not change once the migration is applied."""

    version: int
    name: str
    checksum: str
    statements: tuple[str, ...]


@cache
def migrations() -> tuple[Migration, ...]:
    """Return all migrations by version. Raises ValueError unless versions run from 1 without gaps."""
    found: list[Migration] = []
    for entry in files("graph_schema").joinpath("migrations").iterdir():
        match = _NAME.fullmatch(entry.name)
        if match is None:
            continue
        text = entry.read_text(encoding="utf-8")
        statements = (part.strip() for part in _COMMENT.sub("", text).split(";"))
        found.append(
            Migration(
                version=int(match[1]),
                name=match[2],
                checksum=hashlib.sha256(text.encode()).hexdigest(),
                statements=tuple(f"CYPHER 25\n{statement}" for statement in statements if statement),
            ),
        )
    found.sort(key=lambda migration: migration.version)
    if [m.version for m in found] != list(range(1, len(found) + 1)):
        raise ValueError("graph_schema/migrations must be numbered from V0001 without gaps")
    return tuple(found)


def definitions(applied: Sequence[Migration]) -> list[str]:
    """Return the statements that create the indexes and constraints which these migrations leave. An empty database needs
    no more: the other statements change data, or drop what an earlier migration created.
    """
    found: dict[str, str] = {}
    for statement in (text for migration in applied for text in migration.statements):
        if match := _DEFINITION.search(statement):
            action, name = match.groups()
            found.pop(name, None)
            if action == "CREATE":
                found[name] = statement
    return list(found.values())


def vector_index_options(dimension: int) -> dict[str, dict[str, object]]:
    """Return the $options of a vector index for unit vectors of this dimension."""
    return {
        "indexConfig": {
            "vector.dimensions": dimension,
            "vector.similarity_function": "cosine",
            "vector.quantization.type": "NONE",
        },
    }
