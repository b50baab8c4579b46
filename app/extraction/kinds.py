"""The type of a statement by its wording: weighted English cues, the strongest wins."""

import re

from app.domain.knowledge import FactKind

_MIN_WORDS = 3
_MIN_WEIGHT = 3

_CUES: tuple[tuple[FactKind, int, str], ...] = (
    (FactKind.INSTRUCTION, 6, r"^(?:please\s+)?(?:always|never|do not|don['’]t|make sure|remember to|be sure to|ensure)\b"),
    (FactKind.INSTRUCTION, 5, r"\b(?:must(?: not| never| always)?|should (?:always|never)|(?:are|is) (?:not )?(?:required|forbidden) to)\b"),
    (FactKind.INSTRUCTION, 4, r"\b(?:policy|rule|guideline|constraint|requirement|procedure)s?\b"),
    (FactKind.INSTRUCTION, 5, r"\b(?:from now on|in (?:all )?future (?:replies|answers)|every time you)\b"),
    (FactKind.DECISION, 6, r"\b(?:decided|chose|opted|agreed|applied on|selected|picked|we(?:['’]re| are) going with)\b"),
    (FactKind.DECISION, 5, r"\b(?:decision|instead of|rather than using|in favou?r of)\b"),
    (FactKind.GOAL, 6, r"\b(?:goal|objective|target|milestone|aim(?:s|ing)? (?:to|for)|okr)\b"),
    (FactKind.GOAL, 4, r"\b(?:want(?:s)? to|hopes? to|plans? to|wish(?:es)? to|would like to|dreams? of|by (?:q[1-4]|the end of))\b"),
    (FactKind.COMMITMENT, 6, r"\b(?:promised?|promises|committed to|owes?|todo|to-do|action item|deadline|due (?:on|by|date|next|this|\w+day))\b"),
    (FactKind.COMMITMENT, 5, r"\b(?:will (?:send|deliver|call|finish|submit|review|write|prepare|fix|share|get back|follow up|pay|bring)|follow up with)\b"),
    (FactKind.PREFERENCE, 6, r"\b(?:prefer(?:s|red|ence|ences)?|favou?rite|would rather|dislikes?|hates?|loves?|enjoys?|fond of|can['’]t (?:stand|bear)|adores?|detests?|despises?|loathes?|abhors?|cherish(?:es)?)\b"),
    (FactKind.PREFERENCE, 5, r"\b(?:likes?|likes to|is into)\b"),
    (
        FactKind.RELATIONSHIP,
        6,
        r"\b(?:reports to|manages|married to|works with|is (?:the|a|my|her|his|their|\w+['’]s) "
        r"(?:sister|brother|wife|husband|mother|father|son|daughter|friend|boss|manager|partner|colleague|neighbou?r|cousin|uncle|aunt|mentor))\b",
    ),
    (FactKind.RELATIONSHIP, 5, r"\b(?:my|her|his|their|\w+['’]s) (?:sister|brother|wife|husband|mother|father|son|daughter|boss|partner|colleague)\b"),
    (FactKind.ERROR, 6, r"\b(?:bug|crash(?:ed|es)?|exception|stack trace|failed|fails|failure|broke|regression|error|outage|mistake)\b"),
    (FactKind.LEARNING, 6, r"\b(?:learn(?:ed|t)|lesson|realis?z?ed|turns out|found out that|takeaway|in hindsight|discovered that)\b"),
    (FactKind.OBSERVATION, 5, r"\b(?:usually|tends? to|often|frequently|typically|noticed|seems? to|pattern|peaks?|most (?:days|mornings|evenings))\b"),
    (FactKind.ARTIFACT, 5, r"\b(?:spreadsheet|document|report|slide deck|dashboard|repository|pull request|attachment|screenshot|file)\b"),
    (FactKind.ARTIFACT, 4, r"\b[\w./-]+\.(?:pdf|docx|xlsx|csv|md|pptx|ipynb|py|json)\b"),
    (FactKind.CONTEXT, 5, r"\b(?:currently|at the moment|right now|for now|this (?:week|sprint|quarter)|in the middle of|working on|ongoing)\b"),
    (FactKind.EVENT, 5, r"\b(?:happened|launched|released|met|meeting|visited|attended|held|celebrated|moved|joined|left|bought|sold|travel?led|went to)\b"),
    (FactKind.EVENT, 4, r"\b(?:yesterday|last (?:week|month|year|night)|on (?:mon|tues|wednes|thurs|fri|satur|sun)day|\d{4}-\d{2}-\d{2})\b"),
    (FactKind.FACT, 3, r"\b(?:is|are|was|were|has|have|lives? in|works? (?:at|for|as)|uses|runs on|located in|born in)\b"),
)  # fmt: skip
_COMPILED = tuple((kind, weight, re.compile(pattern, re.IGNORECASE)) for kind, weight, pattern in _CUES)
_ORDER = list(FactKind)


def kind_of(text: str) -> FactKind:
    """Return the kind with the strongest cue; ties by total weight, then by `FactKind` order. FACT without a cue."""
    if len(text.split()) < _MIN_WORDS:
        return FactKind.FACT
    strongest: dict[FactKind, int] = {}
    total: dict[FactKind, int] = {}
    for kind, weight, pattern in _COMPILED:
        if pattern.search(text):
            strongest[kind] = max(strongest.get(kind, 0), weight)
            total[kind] = total.get(kind, 0) + weight
    if not strongest or max(strongest.values()) < _MIN_WEIGHT:
        return FactKind.FACT
    return max(strongest, key=lambda kind: (strongest[kind], total[kind], -_ORDER.index(kind)))
