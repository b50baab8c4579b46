"""Telling a text's language by counting the commonest words of thirteen languages (spaCy's lists of stop words)."""

import importlib.util
import runpy
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from app.domain.words import words

_LANGUAGES = ("en", "de", "es", "fr", "it", "pt", "nl", "sv", "da", "pl", "tr", "id", "ru")
# From this share of letters outside the Latin script on, a text is not English.
_MOST_FOREIGN = 0.2
_LAST_LATIN = 0x24F
_LAST_ENGLISH = 0x7F
# Common verbs and contractions that spaCy's English list lacks; some are other languages' words ("met").
_MORE_ENGLISH = words(
    "i'm i've i'll i'd don't it's that's can't didn't we're hi hey hello met saw went live lives lived work works worked "
    "like likes love loves want wants think know knows told said goes bought sold moved start started use uses used got "
    "gave took came left"
)


def is_english(text: str) -> bool:
    """Return True if no other language has more of its commonest words in the text; names alone count as English."""
    letters = [character for character in text if character.isalpha()]
    foreign = sum(ord(character) > _LAST_LATIN for character in letters)
    if not letters or foreign > _MOST_FOREIGN * len(letters):
        return False
    said = [word.strip('.,!?;:"“”()…¿¡*').replace("’", "'") for word in text.split()]
    # Names are no words of a language.
    plain = [word.lower() for i, word in enumerate(said) if i == 0 or word[:1] == "I" or not word[:1].isupper()]
    counts = {language: sum(word in common for word in plain) for language, common in _stop_words().items()}
    counts["en"] += sum(word in _MORE_ENGLISH for word in plain)
    # A tie is English, unless its words (not its names) are spelled with letters that English has not.
    others = max(number for language, number in counts.items() if language != "en")
    spelled = any(ord(c) > _LAST_ENGLISH for word in text.split() if word[:1].islower() for c in word if c.isalpha())
    return not spelled if counts["en"] == others else counts["en"] > others


def language_of(text: str) -> str | None:
    """Return the code of the language with the most common words in a text; None if it has none, or two have as many."""
    said = [word.strip('.,!?;:"“”()…¿¡*').replace("’", "'").lower() for word in text.split()]
    counts = sorted(
        ((sum(word in common for word in said), code) for code, common in _stop_words().items()), reverse=True
    )
    return counts[0][1] if counts[0][0] > counts[1][0] else None


@cache
def _stop_words() -> Mapping[str, frozenset[str]]:
    """Run the modules by themselves: importing them loads each language's tokenizer too, which takes 2.5 s."""
    package = importlib.util.find_spec("spacy")
    assert package is not None
    assert package.submodule_search_locations is not None
    lang = Path(package.submodule_search_locations[0]) / "lang"
    return {code: frozenset(runpy.run_path(str(lang / code / "stop_words.py"))["STOP_WORDS"]) for code in _LANGUAGES}


def is_common_word(word: str, *, english: bool = False) -> bool:
    """Return True for one of the commonest words of any of the languages, or of English."""
    if english:
        return word in _stop_words()["en"]
    return any(word in common for common in _stop_words().values())
