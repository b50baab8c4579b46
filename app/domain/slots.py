"""Slots: predicates that a subject has one value of at a time, such as home, employer or price."""

import re

from msgspec import Struct

from app.domain.names import entity_key, singular

# One pattern a line, matched at the start of a predicate up to a word boundary; "now" and the like may precede it.
_PREDICATES = {
    "home": """
        lives? (?:in|at|on)
        living in
        resides? (?:in|at)
        is (?:now )?based in
        (?:has |have |just )?(?:moved|relocated|applied|resettled) (?:back |away )?(?:to|in|into|down in)
        makes (?:her|his|their) home in
        (?:home|address|home address) is
        rents? (?:an? )?(?:flat|apartment|house) in
    """,
    "employer": """
        works? (?:at|for)
        is (?:now )?(?:employed (?:by|at|with)|working (?:at|for))
        (?:has |have )?(?:started|began) (?:a (?:\\w+ )?job|work|working) (?:at|for|with)
        (?:has |have )?(?:switched|moved|transferred) (?:jobs )?over to
        is an? \\w+ (?:at|for)
        got (?:a|the) (?:\\w+ )?job (?:at|with)
        was hired by
        left \\w+ for
        employer is
    """,
    "occupation": """
        works? as
        is (?:now )?(?:working|employed) as
        (?:started|began) (?:working )?as
        (?:job|occupation|profession|title|job title|role|position) is
        (?:was|got|has been) promoted to
        serves? as
    """,
    "price": """
        costs?
        is (?:now )?priced at
        (?:the )?(?:monthly |annual |ticket )?(?:price|rent|fee|cost|rate|salary|fare)(?: \\w+){0,2}
        sells? for
        (?:rose|went up|dropped|increased|fell|was raised|was reduced|was cut|was lowered) to
        is worth
        (?:had|has had) (?:its|the) (?:asking |list )?price (?:cut|reduced|raised) to
        is listed (?:for|at)
    """,
    "favourite": """
        (?:favou?rite|preferred|top|best[- ]loved|go-to)
        prefers?
        likes? \\w+ (?:best|most)
    """,
    "partner": """
        is (?:now )?(?:married to|engaged to|dating|in a relationship with|going out with)
        (?:got )?(?:married|engaged)(?: to)?
        (?:started|began) dating
        dates
        (?:partner|wife|husband|girlfriend|boyfriend|spouse|fiancée?) is
    """,
    "relationship status": """
        (?:marital |relationship )?status is
        is (?:now )?(?:single|married|divorced|widowed|separated)
    """,
    "phone": """
        (?:has )?(?:new |mobile |cell )*(?:phone|telephone|mobile)\\b(?: number)?
        (?:can be|is) (?:reached|reachable) at
        changed (?:\\w+ )?(?:phone )?number to
    """,
    "e-mail": """
        (?:has )?(?:new |work )*e-?mail(?: address)?
        uses the e-?mail
    """,
    "owner": """
        is (?:now )?owned by
        belongs to
        was (?:bought|acquired|purchased|taken over) by
        owner is
    """,
    "leader": """
        is (?:now )?(?:led|run|headed|managed|chaired|directed|coached|captained) by
        (?:ceo|boss|manager|coach|director|president|head|captain|principal|lead) is
        reports to
        manager is
    """,
    "date": """
        is (?:now )?(?:re)?(?:scheduled|set|planned|due|booked) (?:for|on|at)
        (?:was |has been |got )?(?:rescheduled|postponed|moved|pushed(?: back)?|brought forward|delayed) (?:to|until)
        takes place (?:on|at|in)
        (?:deadline|date) is
        (?:will )?starts? (?:on|at)
        will (?:take place|be held) (?:on|in|at)
    """,
    "hours": """
        (?:opens|closes) at
        (?:is|stays) open (?:until|till)
    """,
    "place": """
        is (?:kept|now) (?:in|at|on|under)
        is (?:now )?(?:held|stored|parked|headquartered) (?:in|at|on)
        headquarters are in
        moved (?:its )?headquarters to
    """,
    "age": """
        age is
        turned (?=\\d)
    """,
    "version": """
        runs? on
        uses? version
        version is
        is (?:on|at) version
        (?:was )?(?:upgraded|migrated) to
    """,
    "diet": """
        (?:is|became) (?:now )?(?:an? )?(?:vegan|vegetarian|pescatarian|omnivore)
        diet is
        follows an? \\w+ diet
    """,
    "drives": """
        drives
        commutes (?:by|with|on)
        gets to work by
    """,
    "name": """
        is (?:called|named)
        goes by
        (?:legally )?changed (?:\\w+ )?name to
        name is
        was renamed(?: to)?
    """,
}
_PATTERNS = tuple(
    (name, re.compile(rf"^(?:(?:now|currently|has|'s|new) )*(?:{'|'.join(lines.split(chr(10)))})\b", re.IGNORECASE))
    for name, text in _PREDICATES.items()
    for lines in ("\n".join(line.strip() for line in text.strip().splitlines()),)
)
_PAST = re.compile(
    r"^(?:had |has )?(?:worked|interned|was employed|served|taught|studied|lived|resided)\b", re.IGNORECASE
)
_TOPIC = re.compile(
    r"\b(?:favou?rite|preferred|go-to) (?P<topic>[^\W_]+(?: [^\W_]+)??)(?= (?:is|are|was|became)\b|$)", re.IGNORECASE
)


class Slot(Struct, frozen=True):
    """`topic`: distinguishes favourites of one subject, such as colour and film; empty for other slots."""

    name: str
    topic: str = ""


def slot_of(predicate: str | None, text: str) -> Slot | None:
    """Return the slot that a statement fills; None for predicates that allow several values, and for past states."""
    short = " ".join((predicate or "").replace("_", " ").split())
    if not short or _PAST.search(short):
        return None
    for name, pattern in _PATTERNS:
        if pattern.search(short):
            return Slot(name, _topic(short, text) if name == "favourite" else "")
    return None


def _topic(predicate: str, text: str) -> str:
    match = _TOPIC.search(predicate) or _TOPIC.search(text)
    return singular(entity_key(match["topic"])) if match else ""
