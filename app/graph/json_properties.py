"""Neo4j can't store maps as properties: store them as JSON text, and search them by terms."""

from collections.abc import Mapping
from typing import Any, cast

import msgspec

_encode = msgspec.json.Encoder(order="deterministic").encode


def to_json(value: object) -> str:
    return _encode(value).decode()


def from_json(text: str | None) -> Any:
    """Decode a JSON property; {} if it is null or empty."""
    return msgspec.json.decode(text) if text else {}


def metadata_key(path: str) -> str:
    """Return the prefix of a key's terms: the key as a JSON string, whose quote ends it."""
    return to_json(path)


def scalar_text(value: object) -> str:
    """Return the text by which a scalar is compared: a string itself, or another scalar's JSON."""
    return value if isinstance(value, str) else to_json(value)


def source_term(source_client: str) -> str:
    """Return the term for filtering by source client, which Memind treats as metadata."""
    return f"{metadata_key('sourceClient')}:{source_client}"


def metadata_terms(metadata: Mapping[str, Any]) -> list[str]:
    """Return the search terms of metadata: `"key":value` for a scalar, `"key"[]:element` for each list element.

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
