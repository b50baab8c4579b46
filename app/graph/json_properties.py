"""Maps and lists of maps, which Neo4j can't hold as properties: JSON text to keep them, terms to search them."""

from collections.abc import Mapping
from typing import Any, cast

import msgspec

_encode = msgspec.json.Encoder(order="deterministic").encode


def to_json(value: object) -> str:
    return _encode(value).decode()


def from_json(text: str | None) -> Any:
    """The value of a JSON property; an empty map for none."""
    return msgspec.json.decode(text) if text else {}


def metadata_key(path: str) -> str:
    """Return the prefix of a key's terms: the key as a JSON string, whose quote ends it."""
    return to_json(path)


def scalar_text(value: object) -> str:
    """A scalar as it is compared: strings as they are, other JSON scalars as JSON writes them."""
    return value if isinstance(value, str) else to_json(value)


def source_term(source_client: str) -> str:
    """The term by which a metadata filter finds the source client, which Memind keeps in the metadata."""
    return f"{metadata_key('sourceClient')}:{source_client}"


def metadata_terms(metadata: Mapping[str, Any]) -> list[str]:
    """One searchable term a value: `"key":value` for a scalar, `"key"[]:element` for each element of a list.

    A key whose value is null counts as absent; a map is compared by its JSON text; an empty list is `"key"[]`.
    """
    terms: list[str] = []
    for key, value in metadata.items():
        name = metadata_key(key)
        if value is None:
            continue
        if type(value) is list:
            terms.extend(f"{name}[]:{scalar_text(element)}" for element in cast("list[Any]", value))
            if not value:
                terms.append(f"{name}[]")
        else:
            terms.append(f"{name}:{scalar_text(value)}")
    return sorted(set(terms))
