"""Full-text queries in Lucene's syntax, from text that people typed."""

import re

from app.domain.scope import memory_token

# The characters that Lucene's classic query parser gives a meaning to; words are kept and everything else is dropped.
_WORD = re.compile(r"\w+", re.UNICODE)
_MAX_WORDS = 64  # Lucene refuses more than 1,024 clauses; no question needs more words than this


def lucene_query(memory_id: str, text: str) -> str | None:
    """Any word of the text, in that memory only; None when there is no word.

    The memory's token is required but adds nothing to the score. Words are quoted: none can be an operator.
    """
    words = list(dict.fromkeys(word for word in _WORD.findall(text) if word != "_"))[:_MAX_WORDS]
    if not words:
        return None
    clauses = " ".join(f'"{word}"' for word in words)
    return f"+memoryToken:{memory_token(memory_id)}^0 +({clauses})"
