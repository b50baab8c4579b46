"""Subject, predicate and object of a sentence, by pattern."""

import re
from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct

from app.domain.knowledge import EntityType
from app.extraction.english import FAMILY_WORDS
from app.extraction.entities import TextMention


class Relation(Struct, frozen=True, kw_only=True):
    """`predicate` in snake_case, from `_PREDICATES` or from the sentence's own words."""

    subject: str
    predicate: str
    object: str


_FAMILY = "|".join(sorted(FAMILY_WORDS, key=len, reverse=True))
# (pattern right after the subject, predicate); adverbs and auxiliaries before it are skipped, the first match wins.
_PREDICATES: tuple[tuple[str, str], ...] = (
    (rf"['’]s (?:\w+ )??(?P<kin>{_FAMILY})(?: is| was)?(?: named| called)?", "has_{kin}"),
    (rf"(?:is|was) (?P<of>\w+(?: \w+)?)['’]s (?:\w+ )??(?P<kin>{_FAMILY})", "is_{kin}_of"),
    (
        r"work(?:s|ed|ing)? (?:at|for|with)|is employed (?:at|by)|started (?:working )?at|got a job (?:at|with)|joined",
        "works_at",
    ),
    (r"works? as|worked as|working as|is working as", "works_as"),
    (r"(?:lives?|living|lived|resides?|based|stays?) (?:in|at|near)", "lives_in"),
    (r"(?:moved|moves?|moving|relocated|relocating) (?:back )?(?:to|into)", "moved_to"),
    (r"(?:was )?born in", "born_in"),
    (r"(?:is |was )?(?:headquartered|located|situated|based) (?:in|at|near)", "located_in"),
    (r"is (?:the )?capital of", "capital_of"),
    (r"(?:got |is |was )?(?:married|engaged)(?: to)?", "married_to"),
    (r"(?:studies|studied|studying|majored in|graduated from|graduated in|attended|attends)(?: at| in)?", "studied"),
    (r"(?:founded|co-founded|created|invented|designed|built)", "created"),
    (r"(?:wrote|written|authored|published|composed|directed|painted|produced)", "created"),
    (r"(?:adopted|adopts|bought|owns?|has got|got|purchased)", "has"),
    (r"(?:loves?|likes?|enjoys?|adores?|is into|is fond of|loved|liked|enjoyed)", "likes"),
    (r"prefers?|preferred|would rather", "prefers"),
    (r"hates?|dislikes?|hated|disliked", "dislikes"),
    (r"(?:is )?allergic to", "allergic_to"),
    (r"(?:visited|visits|went to|goes to|travell?ed to|flew to|going to visit)", "visited"),
    (r"(?:plays?|played|playing)", "plays"),
    (r"speaks?", "speaks"),
    (r"(?:runs?|ran|leads?|led|manages?|managed)", "runs"),
    (r"(?:teaches|teach|taught)", "teaches"),
    (r"met(?: with)?", "met"),
    (r"(?:quit|left|resigned from)", "left"),
    (r"(?:is |was )?(?:a )?(?:member|part) of", "part_of"),
    (r"(?:is|was|are|were|became|becomes) (?:a|an|the)", "is_a"),
    (r"(?:has|have|had) (?:a|an|the|two|three|four|five)?", "has"),
    (r"(?:is|was|are|were)", "is"),
)
_SKIPPED = (
    "also|already|always|just|now|still|recently|finally|really|currently|actually|usually|often|has|have|had|will|is|was|been|"
    "then|and|who|which"
)
_BETWEEN = rf"[ ,]{{1,2}}(?:(?:{_SKIPPED}) )*?"
_COMPILED = tuple(
    (re.compile(rf"(?:{_BETWEEN}|(?=['’]))(?:{text})(?=\W|$)", re.IGNORECASE), name) for text, name in _PREDICATES
)
_OBJECT_END = re.compile(r"[.!?;,:()]|\b(?:because|but|while|when|which|who|that|although|since|so)\b")
_OWNER = re.compile(r"['’]s\b|(?<=s)['’](?!\w)")
_ARTICLE = re.compile(r"^(?:a|an|the|some|any|two|three|four|five)\s+", re.IGNORECASE)
_MAX_OBJECT_WORDS = 8
_MAX_BETWEEN_WORDS = 6


def find_relation(text: str, mentions: Sequence[TextMention]) -> Relation | None:
    """Return the relation after one of the first two names, else between two consecutive names; None without one."""
    names = [m for m in mentions if m.entity_type is not EntityType.CONCEPT]
    for subject in names[:2]:
        for pattern, predicate in _COMPILED:
            match = pattern.match(text, subject.end)
            if match is None:
                continue
            groups = match.groupdict()
            name = predicate.format(kin=(groups.get("kin") or "").lower())
            target = groups.get("of") or _object(text, match.end(), mentions)
            if target and target != subject.name:
                return Relation(subject=subject.name, predicate=name, object=target)
    return _between_names(text, names)


def _object(text: str, start: int, mentions: Sequence[TextMention]) -> str | None:
    """The first mention right after the predicate, else the phrase up to the next pause."""
    end = _OBJECT_END.search(text, start)
    phrase = text[start : end.start() if end else len(text)].strip()
    near = next((m for m in mentions if start <= m.start and text[start : m.start].count(" ") <= 3), None)
    # Not Priya for "Priya's uncle".
    if near and not _OBJECT_END.search(text[start : near.start]) and not _OWNER.match(text, near.end):
        return near.name
    words = _ARTICLE.sub("", phrase).split()[:_MAX_OBJECT_WORDS]
    return " ".join(words) or None


def _between_names(text: str, names: Sequence[TextMention]) -> Relation | None:
    """Return the first two consecutive names joined by at most `_MAX_BETWEEN_WORDS` words, as the predicate."""
    for left, right in pairwise(names):
        between = text[left.end : right.start]
        # Skip names separated by punctuation or a conjunction, and owners ("Anna's …"), which are not the subject.
        if left.name == right.name or _OBJECT_END.search(between) or _OWNER.match(between):
            continue
        words = re.findall(r"[\w'’]+", between.lower())
        if 0 < len(words) <= _MAX_BETWEEN_WORDS and words != ["and"]:
            predicate = "_".join(re.sub(r"['’]", "", word) for word in words if word not in {"the", "a", "an"})
            if predicate:
                return Relation(subject=left.name, predicate=predicate, object=right.name)
    return None
