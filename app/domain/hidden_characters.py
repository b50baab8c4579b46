"""Characters that change how a name is shown without being seen: controls, escape sequences, text direction."""

import re

# C0 with ESC, DEL and C1 (Unicode category Cc); the controls of text direction (Unicode Annex 9, table of explicit and
# implicit formatting characters); line and paragraph separators. Joiners stay: Persian, Indic scripts and emoji need them.
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]")


def has_hidden_characters(text: str) -> bool:
    return _HIDDEN.search(text) is not None


def visible(name: str) -> str:
    """Return the name with each hidden character written as its code point: `<U+202E>`."""
    return _HIDDEN.sub(lambda found: f"<U+{ord(found[0]):04X}>", name)
