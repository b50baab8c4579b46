"""Sentences that stand on their own: "I moved to Lisbon" told by Anna is "Anna moved to Lisbon"."""

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
_SUBJECT_I = re.compile(r"(?<![\w'’])I(?: (?P<adverbs>(?:\w+ ){0,2}?)(?P<verb>[\w'’]+))?(?![\w'’])")
_SUBJECT_YOU = re.compile(
    r"(?<![\w'’])(?:you|You) (?P<verb>are|were|have|do|don['’]t|haven['’]t|aren['’]t|weren['’]t)\b"
)
_HE_SHE = re.compile(r"^(?:He|She|he|she)\b(?!['’])")
_HIS_HER = re.compile(r"^(?:His|Her)\b")


def has_first_person(text: str) -> bool:
    return bool(
        re.search(
            r"(?<![\w'’])(?:I|I['’]\w+|[Mm]e|[Mm]y|[Mm]ine|[Mm]yself|[Ww]e|[Ww]e['’]\w+|[Uu]s|[Oo]ur|[Oo]urs)(?![\w'’])",
            text,
        )
    )


def self_contained(text: str, *, speaker: str | None, addressee: str | None = None, referent: str | None = None) -> str:
    """The sentence with its pronouns replaced by names, as far as they are certain.

    First person becomes the speaker; second person the addressee, when there is just one; a he or she that begins the
    sentence the referent, when there is just one. Present-tense verbs follow ("I work" → "Anna works").
    """
    for pattern, replacement in _CONTRACTIONS:
        text = pattern.sub(replacement, text)
    if referent:
        text = _HE_SHE.sub(referent, text)
        text = _HIS_HER.sub(f"{referent}'s", text)
    if addressee:
        text = _SUBJECT_YOU.sub(lambda m: f"{addressee} {_third_person(m['verb'])}", text)
        text = re.sub(r"(?<![\w'’])[Yy]ours?(?![\w'’])", f"{addressee}'s", text)
        text = re.sub(r"(?<![\w'’])(?:[Yy]ou|[Yy]ourself)(?![\w'’])", addressee, text)
    if speaker:
        text = re.sub(r"\bam I\b", f"is {speaker}", text)
        text = _SUBJECT_I.sub(lambda m: _subject(m, speaker), text)
        text = re.sub(r"(?<![\w'’])(?:[Mm]y|[Mm]ine|[Oo]ur|[Oo]urs)(?![\w'’])", f"{speaker}'s", text)
        text = re.sub(r"(?<![\w'’])(?:me|Me|[Mm]yself)(?![\w'’])", speaker, text)
        text = re.sub(r"(?<![\w'’])(?:[Ww]e|us)(?![\w'’])", f"{speaker} and others", text)
    return text


def _subject(match: re.Match[str], speaker: str) -> str:
    verb = match["verb"]
    if verb is None:
        return speaker
    adverbs = match["adverbs"] or ""
    words = adverbs.split()
    # The adverbs must be adverbs, or the word after "I" is the verb and they are its objects.
    while words and words[0].lower() not in ADVERBS:
        rest = " ".join([*words[1:], verb])
        return f"{speaker} {_third_person(words[0])} {rest}"
    return f"{speaker} {adverbs}{_third_person(verb)}"


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
