"""Which of the thirteen kinds of memory a statement is, by its wording: cues in English with weights, the strongest wins."""

import re

from app.domain.knowledge import MemoryKind

_MIN_WORDS = 3
_MIN_WEIGHT = 3

_CUES: tuple[tuple[MemoryKind, int, str], ...] = (
    (MemoryKind.INSTRUCTION, 6, r"^(?:please\s+)?(?:always|never|do not|don['’]t|make sure|remember to|be sure to|ensure)\b"),
    (MemoryKind.INSTRUCTION, 5, r"\b(?:must(?: not| never| always)?|should (?:always|never)|(?:are|is) (?:not )?(?:required|forbidden) to)\b"),
    (MemoryKind.INSTRUCTION, 4, r"\b(?:policy|rule|guideline|constraint|requirement|procedure)s?\b"),
    (MemoryKind.INSTRUCTION, 5, r"\b(?:from now on|in (?:all )?future (?:replies|answers)|every time you)\b"),
    (MemoryKind.DECISION, 6, r"\b(?:decided|chose|opted|agreed|settled on|selected|picked|we(?:['’]re| are) going with)\b"),
    (MemoryKind.DECISION, 5, r"\b(?:decision|instead of|rather than using|in favou?r of)\b"),
    (MemoryKind.GOAL, 6, r"\b(?:goal|objective|target|milestone|aim(?:s|ing)? (?:to|for)|okr)\b"),
    (MemoryKind.GOAL, 4, r"\b(?:want(?:s)? to|hopes? to|plans? to|wish(?:es)? to|would like to|dreams? of|by (?:q[1-4]|the end of))\b"),
    (MemoryKind.COMMITMENT, 6, r"\b(?:promised?|promises|committed to|owes?|todo|to-do|action item|deadline|due (?:on|by|date|next|this|\w+day))\b"),
    (MemoryKind.COMMITMENT, 5, r"\b(?:will (?:send|deliver|call|finish|submit|review|write|prepare|fix|share|get back|follow up|pay|bring)|follow up with)\b"),
    (MemoryKind.PREFERENCE, 6, r"\b(?:prefer(?:s|red|ence|ences)?|favou?rite|would rather|dislikes?|hates?|loves?|enjoys?|fond of|can['’]t stand)\b"),
    (MemoryKind.PREFERENCE, 5, r"\b(?:likes?|likes to|is into)\b"),
    (
        MemoryKind.RELATIONSHIP,
        6,
        r"\b(?:reports to|manages|married to|works with|is (?:the|a|my|her|his|their|\w+['’]s) "
        r"(?:sister|brother|wife|husband|mother|father|son|daughter|friend|boss|manager|partner|colleague|neighbou?r|cousin|uncle|aunt|mentor))\b",
    ),
    (MemoryKind.RELATIONSHIP, 5, r"\b(?:my|her|his|their|\w+['’]s) (?:sister|brother|wife|husband|mother|father|son|daughter|boss|partner|colleague)\b"),
    (MemoryKind.ERROR, 6, r"\b(?:bug|crash(?:ed|es)?|exception|stack trace|failed|fails|failure|broke|regression|error|outage|mistake)\b"),
    (MemoryKind.LEARNING, 6, r"\b(?:learn(?:ed|t)|lesson|realis?z?ed|turns out|found out that|takeaway|in hindsight|discovered that)\b"),
    (MemoryKind.OBSERVATION, 5, r"\b(?:usually|tends? to|often|frequently|typically|noticed|seems? to|pattern|peaks?|most (?:days|mornings|evenings))\b"),
    (MemoryKind.ARTIFACT, 5, r"\b(?:spreadsheet|document|report|slide deck|dashboard|repository|pull request|attachment|screenshot|file)\b"),
    (MemoryKind.ARTIFACT, 4, r"\b[\w./-]+\.(?:pdf|docx|xlsx|csv|md|pptx|ipynb|py|json)\b"),
    (MemoryKind.CONTEXT, 5, r"\b(?:currently|at the moment|right now|for now|this (?:week|sprint|quarter)|in the middle of|working on|ongoing)\b"),
    (MemoryKind.EVENT, 5, r"\b(?:happened|launched|released|met|meeting|visited|attended|held|celebrated|moved|joined|left|bought|sold|travel?led|went to)\b"),
    (MemoryKind.EVENT, 4, r"\b(?:yesterday|last (?:week|month|year|night)|on (?:mon|tues|wednes|thurs|fri|satur|sun)day|\d{4}-\d{2}-\d{2})\b"),
    (MemoryKind.FACT, 3, r"\b(?:is|are|was|were|has|have|lives? in|works? (?:at|for|as)|uses|runs on|located in|born in)\b"),
)  # fmt: skip
_COMPILED = tuple((kind, weight, re.compile(pattern, re.IGNORECASE)) for kind, weight, pattern in _CUES)
_ORDER = list(MemoryKind)


def kind_of(text: str) -> MemoryKind:
    """The kind with the strongest cue, then with the most, then the first in the canonical order; FACT without any."""
    if len(text.split()) < _MIN_WORDS:
        return MemoryKind.FACT
    strongest: dict[MemoryKind, int] = {}
    total: dict[MemoryKind, int] = {}
    for kind, weight, pattern in _COMPILED:
        if pattern.search(text):
            strongest[kind] = max(strongest.get(kind, 0), weight)
            total[kind] = total.get(kind, 0) + weight
    if not strongest or max(strongest.values()) < _MIN_WEIGHT:
        return MemoryKind.FACT
    return max(strongest, key=lambda kind: (strongest[kind], total[kind], -_ORDER.index(kind)))
