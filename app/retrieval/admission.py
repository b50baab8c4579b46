"""Rejecting questions that can't find anything."""

MAX_CHARACTERS = 4000


def admitted(query: str) -> str | None:
    """The query as it is searched: stripped, cut to the contract's 4,000 characters at a word; None without a letter
    or digit, or with a control character that is no white space.
    """
    text = query.strip()
    if not any(character.isalnum() for character in text):
        return None
    if any(ord(c) < 32 and not c.isspace() for c in text):
        return None
    if len(text) > MAX_CHARACTERS:
        text = text[:MAX_CHARACTERS].rsplit(maxsplit=1)[0]
    return text
