"""Self-contained sentences: Anna's "I moved to Lisbon" becomes "Anna moved to Lisbon"."""

import re

from app.extraction.english import ADVERBS, AUXILIARIES, IRREGULAR_PRESENT, PAST_FORMS

_CONTRACTIONS = (
    (re.compile(r"\b(I|we|you|they|he|she|it)['’]ve\b", re.IGNORECASE), r"\1 have"),
    (re.compile(r"\b(I|we|you|they|he|she|it)['’]ll\b", re.IGNORECASE), r"\1 will"),
    (re.compile(r"\b(I)['’]m\b", re.IGNORECASE), r"\1 am"),
    (re.compile(r"\b(we|you|they)['’]re\b", re.IGNORECASE), r"\1 are"),
    (
        re.compile(
            r"\b(I|we|you|they|he|she)['’]d (?=(?:\w+ )?(?:like|love|be|have|prefer|rather|go|want)\b)", re.IGNORECASE
        ),
        r"\1 would ",
    ),
)
_ADVERB = "|".join(sorted(ADVERBS))
_SUBJECT_I = re.compile(rf"(?<![\w'’])I(?P<adverbs>(?: (?:{_ADVERB})(?![\w'’]))*)(?: (?P<verb>[\w'’]+))?(?![\w'’])")
_SUBJECT_YOU = re.compile(
    r"(?<![\w'’])(?:you|You) (?P<verb>are|were|have|do|don['’]t|haven['’]t|aren['’]t|weren['’]t)\b"
)
_HE_SHE = re.compile(r"^(?:He|She|he|she)\b(?!['’])")
_HIS_HER = re.compile(r"^(?:His|Her)\b")


_QUOTED = re.compile(r"(\"[^\"]*\"|“[^”]*”|«[^»]*»)")
_SMALL_I = re.compile(r"(?<![\w'’.])i(?=['’ ])")
_ENGLISH = re.compile(r"\b(?:the|my|to|was|am|have|had|we|of|with)\b")
_YOUR = re.compile(r"(?<![\w'’])[Yy]ours?(?![\w'’])")
_YOU = re.compile(r"(?<![\w'’])(?:[Yy]ou|[Yy]ourself)(?![\w'’])")
_AM_I = re.compile(r"\bam I\b")
_MY = re.compile(r"(?<![\w'’])(?:[Mm]y|[Mm]ine|[Oo]ur|[Oo]urs)(?![\w'’])")
_ME = re.compile(r"(?<![\w'’])(?:me|Me|[Mm]yself)(?![\w'’])")
_WE = re.compile(r"(?<![\w'’])(?:[Ww]e|us)(?![\w'’])")
_FIRST_PERSON = re.compile(
    r"(?<![\w'’])(?:I|I['’]\w+|[Mm]e|[Mm]y|[Mm]ine|[Mm]yself|[Ww]e|[Ww]e['’]\w+|us|[Oo]ur|[Oo]urs)(?![\w'’])",
)


def _put(pattern: re.Pattern[str], name: str, text: str) -> str:
    """Replace matches by a name; a function, so that a backslash in the name is kept."""
    return pattern.sub(lambda _: name, text)


def has_first_person(text: str) -> bool:
    return bool(_FIRST_PERSON.search(text))


def self_contained(text: str, *, speaker: str | None, addressee: str | None = None, referent: str | None = None) -> str:
    """Replace unambiguous pronouns by names.

    First person becomes `speaker`, second person `addressee`, and a he or she at the beginning `referent`, if given.
    Present-tense verbs are adapted ("I work" → "Anna works").
    """
    # Quoted text is left unchanged: it is somebody else's words or a title.
    parts = _QUOTED.split(_capital_i(text))
    outside = [
        _resolved(part, speaker, addressee, referent if index == 0 else None) if index % 2 == 0 else part
        for index, part in enumerate(parts)
    ]
    return "".join(outside)


def _capital_i(text: str) -> str:
    """Capitalise a lower-case "i" in English text: "i moved" → "I moved"."""
    return _SMALL_I.sub("I", text) if _SMALL_I.search(text) and _ENGLISH.search(text) else text


def _resolved(text: str, speaker: str | None, addressee: str | None, referent: str | None) -> str:
    for pattern, replacement in _CONTRACTIONS:
        text = pattern.sub(replacement, text)
    if referent:
        text = _put(_HE_SHE, referent, text)
        text = _put(_HIS_HER, f"{referent}'s", text)
    if addressee:
        text = _SUBJECT_YOU.sub(lambda m: f"{addressee} {_third_person(m['verb'])}", text)
        text = _put(_YOUR, f"{addressee}'s", text)
        text = _put(_YOU, addressee, text)
    if speaker:
        text = _put(_AM_I, f"is {speaker}", text)
        text = _SUBJECT_I.sub(lambda m: _subject(m, speaker), text)
        text = _put(_MY, f"{speaker}'s", text)
        text = _put(_ME, speaker, text)
        text = _put(_WE, f"{speaker} and others", text)
    return text


def _subject(match: re.Match[str], speaker: str) -> str:
    verb = match["verb"]
    return f"{speaker}{match['adverbs']}" + (f" {_third_person(verb)}" if verb else "")


def _third_person(verb: str) -> str:
    plain = verb.replace("’", "'").lower()
    if plain in IRREGULAR_PRESENT:
        return IRREGULAR_PRESENT[plain]
    if plain in PAST_FORMS or plain in AUXILIARIES or plain in ADVERBS or plain.endswith(("ed", "n't")) or "'" in plain:
        return verb
    if not plain.isalpha():
        return verb
    if plain.endswith(("s", "sh", "ch", "x", "z", "o")):
        return f"{verb}es"
    if plain.endswith("y") and plain[-2:-1] not in "aeiou":
        return f"{verb[:-1]}ies"
    return f"{verb}s"
