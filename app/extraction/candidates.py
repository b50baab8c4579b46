"""Candidates for comparison: names that share a key, so that a thousand names are not compared with a thousand."""

import re
from collections.abc import Iterator, Sequence

from app.domain.names import entity_key
from app.domain.scripts import WORD, is_unbounded
from app.extraction.nicknames import forms_of
from app.extraction.resolution import ACRONYM_STOP, NamedEntity, plain

# Names compared with one name, the ones with the most shared keys first.
MAX_CANDIDATES = 50
# A key that more names share says nothing ("street").
_MAX_NAMES_OF_KEY = 200
_FEWEST_ACRONYM_WORDS = 3
_WORD = re.compile(WORD)


def candidates(names: Sequence[NamedEntity]) -> Iterator[tuple[int, list[int]]]:
    """Yield, for each name, the positions of the earlier ones that may be the same; at most `MAX_CANDIDATES`."""
    holders: dict[str, list[int]] = {}
    for position, named in enumerate(names):
        shared: dict[int, int] = {}
        keys = _keys(named)
        for key in keys:
            for other in holders.get(key, ())[-_MAX_NAMES_OF_KEY:]:
                shared[other] = shared.get(other, 0) + 1
        best = sorted(shared, key=lambda other: (-shared[other], other))[:MAX_CANDIDATES]
        yield position, best
        for key in keys:
            holders.setdefault(key, []).append(position)


def _keys(named: NamedEntity) -> set[str]:
    """Keys of every rule of `compare`: words and their short forms, both halves of the name without accents and spaces (a
    typing error leaves one of them whole), acronyms, pairs of characters in scripts without spaces, aliases.
    """
    keys: set[str] = set()
    for name in (named.name, *named.aliases):
        key = entity_key(name)
        words = key.split()
        keys.update(words)
        keys.add(key)
        for word in words:
            keys.update(forms_of(word))
        joined = plain(key.replace(" and ", " ")).replace(" ", "")
        half = len(joined) // 2
        for size in {half, max(half - 1, 1)}:
            keys |= {f"^{joined[:size]}", f"{joined[-size:]}$"}
        keys |= _acronyms(name)
        if is_unbounded(joined):
            keys |= {joined[i : i + 2] for i in range(len(joined) - 1)}
    return keys


def _acronyms(name: str) -> set[str]:
    letters = name.replace(".", "").strip()
    found = {f"={letters.casefold()}"} if letters.isupper() and letters.isalpha() else set[str]()
    full = [word for word in _WORD.findall(name.casefold()) if word not in ACRONYM_STOP]
    if len(full) >= _FEWEST_ACRONYM_WORDS:
        found.add("=" + "".join(word[0] for word in full))
    return found
