"""Ids derived from content, so that a repeated step finds what it stored before (docs/decisions/0003)."""

import hashlib
import unicodedata
import uuid

# Any fixed UUID serves as the name space of RFC 9562 version 5 ids; this one is Mnemon's.
_NAMESPACE = uuid.UUID("6d6e656d-6f6e-5000-8000-6d656d6f7279")
_ID_DIGITS = 16
_ID_BITS = 53  # the largest integers that a JSON reader with IEEE 754 doubles keeps exact


def digest(*parts: str) -> str:
    """SHA-256 of the parts, hexadecimal. Each part is length-prefixed, so that ("ab", "c") and ("a", "bc") differ."""
    sha = hashlib.sha256()
    for part in parts:
        data = part.encode()
        sha.update(len(data).to_bytes(8, "big"))
        sha.update(data)
    return sha.hexdigest()


def content_hash(text: str) -> str:
    """Equal for texts that differ only in case, white space or Unicode compatibility form."""
    return digest(" ".join(unicodedata.normalize("NFKC", text).casefold().split()))[:32]


def memory_hash(kind: str, content: str) -> str:
    """Hash of a typed fact: the same text with another kind is another fact."""
    return digest("memory", kind, content_hash(content))[:32]


def fact_id(memory_id: str, fact_hash: str) -> int:
    """1 ≤ id < 2^53, unique within its memory (two of a million collide with a probability of 6 in 100,000)."""
    value = int(digest("fact", memory_id, fact_hash), 16) >> (256 - _ID_BITS)
    return value or 1


def parse_fact_id(text: str) -> int | None:
    """A fact's id from its form on the wire; None for what can't be one."""
    return (
        int(text) if text.isascii() and text.isdigit() and len(text) <= _ID_DIGITS and int(text) < 2**_ID_BITS else None
    )


def insight_id(memory_id: str, key: str) -> int:
    """Id of the insight with that key: 1 ≤ id < 2^52, unique in the database (of a million, two collide with a probability
    of 1 in 10,000). 13 hexadecimal digits of `stable_uuid`, as migration V0014 computes them for older insights.
    """
    digits = stable_uuid("insight", memory_id, key).replace("-", "")
    return int(digits[:12] + digits[13], 16) or 1  # digit 12 is the UUID's version


def stable_uuid(kind: str, memory_id: str, key: str) -> str:
    """The same UUID for the same key of the same memory."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}\x1f{memory_id}\x1f{key}"))


def new_uuid() -> str:
    return str(uuid.uuid4())


def new_operation_id() -> str:
    return f"op_{uuid.uuid4()}"
