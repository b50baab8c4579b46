"""Loads Cypher statements: one per file, named by its path below `cypher/` (`facts/nearest`)."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, LiteralString, cast

_PARAMETER = re.compile(r"\$(\w+)")
_INCLUDE = re.compile(r"^([ \t]*)//> (\S+)$", re.MULTILINE)


@cache
def statement(name: str) -> LiteralString:
    """Return the text of `cypher/<name>.cypher`.

    A line `//> fragments/x` is replaced by the text of that file, so that shared conditions are written once. Nothing else
    is inserted into a statement: values are passed as parameters.
    """
    return cast("LiteralString", _INCLUDE.sub(_included, _text(name)))


class Parameters(dict[str, Any]):
    """A statement's parameters, which print as their number. The driver formats them for its debug log even if that is
    off, which takes longer than sending them: a vector has hundreds of numbers. If it is on, it shows nothing that users say.
    """

    def __repr__(self) -> str:
        return f"<{len(self)} parameters>"


def with_parameters(name: str, parameters: Mapping[str, Any]) -> tuple[LiteralString, dict[str, Any]]:
    """Return the statement as it is sent, and its parameters. Raises TypeError unless they are exactly the statement's.

    Neo4j makes a plan for each combination of the types and sizes (in powers of ten) of a statement's parameters, which
    takes longer than running it: up to half a second. So all of them are sent as properties of one map, `$p`: a map has
    neither.
    """
    text, names = _sent(name)
    if names ^ parameters.keys():
        raise TypeError(f"{name} takes the parameters {sorted(names)}, not {sorted(parameters)}")
    return text, {"p": Parameters(parameters)}


@cache
def _sent(name: str) -> tuple[LiteralString, frozenset[str]]:
    text = _without_header(statement(name))
    return cast("LiteralString", _PARAMETER.sub(r"$p.\1", text)), frozenset(_PARAMETER.findall(text))


@cache
def _text(name: str) -> str:
    return files("app.graph").joinpath("cypher", f"{name}.cypher").read_text(encoding="utf-8")


def _included(match: re.Match[str]) -> str:
    lines = _without_header(_text(match[2])).splitlines()
    return "\n".join(match[1] + line if line else line for line in lines)


def _without_header(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("//"))
