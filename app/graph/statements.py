"""Loads Cypher statements: one per file, named by its path below `cypher/` (`facts/nearest`)."""

import re
from functools import cache
from importlib.resources import files
from typing import LiteralString, cast

_INCLUDE = re.compile(r"^([ \t]*)//> (\S+)$", re.MULTILINE)


@cache
def statement(name: str) -> LiteralString:
    """Return the text of `cypher/<name>.cypher`.

    A line `//> fragments/x` is replaced by the text of that file, so that shared conditions are written once. Nothing else
    is inserted into a statement: values are passed as parameters.
    """
    return cast("LiteralString", _INCLUDE.sub(_included, _text(name)))


@cache
def _text(name: str) -> str:
    return files("app.graph").joinpath("cypher", f"{name}.cypher").read_text(encoding="utf-8")


def _included(match: re.Match[str]) -> str:
    lines = (line for line in _text(match[2]).splitlines() if not line.startswith("//"))
    return "\n".join(match[1] + line if line else line for line in lines)
