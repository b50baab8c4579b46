"""Values that a field of a request may have, for the error that names them."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec.inspect as types

_PATH = re.compile(r" - at `\$?\.?(?P<path>[^`]*)`$")
_STEP = re.compile(r"[^.\[\]]+")


def path_of(message: str) -> str:
    """Return the path in msgspec's message: `Invalid enum value 'FOO' - at `$.strategy``; empty if it names none."""
    found = _PATH.search(message)
    return found["path"] if found else ""


def allowed_values(kind: Any, path: str) -> list[str]:
    """Return the enumeration's members at that path (`rawContent.messages[0].role`), or the union's tags; else nothing."""
    found = [types.type_info(kind)]
    for step in _STEP.findall(path):
        found = [inner for outer in found for inner in _inside(outer, step)]
    return list(dict.fromkeys(value for each in found for value in _values(each)))


def _inside(outer: types.Type, step: str) -> Iterator[types.Type]:
    match outer:
        case types.Metadata(type=inner):
            yield from _inside(inner, step)
        case types.UnionType(types=members):
            for member in members:
                yield from _inside(member, step)
        case types.StructType(fields=fields, tag=tag, tag_field=tag_field):
            if step == tag_field:
                yield types.LiteralType(values=(str(tag),))
            yield from (field.type for field in fields if field.encode_name == step)
        case types.ListType(item_type=item):
            yield item
        case _:
            pass


def _values(kind: types.Type) -> Iterator[str]:
    match kind:
        case types.Metadata(type=inner):
            yield from _values(inner)
        case types.UnionType(types=members):
            for member in members:
                yield from _values(member)
        case types.EnumType(cls=enumeration):
            yield from (str(member.value) for member in enumeration)
        case types.LiteralType(values=values):
            yield from map(str, values)
        case _:
            pass
