"""Rejecting questions that can't find anything."""

MAX_CHARACTERS = 4000  # the contract's limit for a query


def admitted(query: str) -> str | None:
    """Return the query stripped and cut to `MAX_CHARACTERS` at a word; None if it has no letter or digit, or has a
    control character other than white space.
    """
    text = query.strip()
    if not any(character.isalnum() for character in text):
        return None
    if any(ord(c) < 32 and not c.isspace() for c in text):
        return None
    if len(text) > MAX_CHARACTERS:
        text = text[:MAX_CHARACTERS].rsplit(maxsplit=1)[0]
    return text
