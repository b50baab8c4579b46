"""References: the people that "I", "you" and "she" mean, and a sentence with their names in it, for searching."""

from msgspec import Struct

from app.domain.words import words
from app.extraction.grammar import Parse

_FIRST = frozenset({"i", "me", "myself", "mine", "my"})
_FIRST_PLURAL = frozenset({"we", "us", "our", "ours", "ourselves"})
_SECOND = frozenset({"you", "your", "yours", "yourself", "u"})
_THIRD = frozenset({"he", "she", "him", "her", "his", "hers", "himself", "herself"})
_PERSONS = words(
    "mother father mum mom dad brother sister son daughter cousin uncle aunt nephew niece grandmother grandfather grandma "
    "grandpa granny husband wife partner boyfriend girlfriend spouse fiancé fiancée friend colleague coworker neighbour "
    "neighbor boss manager landlord landlady teacher professor student doctor dentist nurse therapist coach trainer lawyer "
    "accountant plumber electrician driver guy man woman boy girl kid child baby roommate flatmate tenant client customer "
    "guest intern assistant director ceo president mayor stranger person somebody someone waiter waitress vet mechanic"
)
_SHORT = {"'m": "is", "'re": "are", "'ve": "have", "'ll": "will", "'d": "would", "'s": "is"}


class People(Struct, frozen=True, kw_only=True):
    """The names of who speaks, of the only one spoken to, and of the only person spoken about; None if there is none."""

    speaker: str | None = None
    addressee: str | None = None
    referent: str | None = None

    def meant_by(self, pronoun: str) -> str | None:
        word = pronoun.lower()
        if word in _FIRST or word in _FIRST_PLURAL:
            return self.speaker
        if word in _SECOND:
            return self.addressee
        return self.referent if word in _THIRD else None


def unnamed_person(parse: Parse) -> bool:
    """Return True if somebody is spoken of without a name: "my brother", "the landlord", whom the next "he" may mean."""
    for position, word in enumerate(parse.words):
        if word.tag != "NN" or word.lemma not in _PERSONS:
            continue
        named_ = [word.head, *parse.children(position, "appos", "compound", "nmod", "flat")]
        if word.relation == "attr":
            named_ += parse.children(word.head, "nsubj")
        if not any(parse.words[w].is_name for w in named_):
            return True
    return False


def is_generic(parse: Parse) -> bool:
    """Return True if "you" means anybody: "In Tokyo you live in a shoebox"."""
    for position, word in enumerate(parse.words):
        if word.lower == "you" and word.relation == "nsubj" and parse.words[word.head].tag in {"VBP", "VB"}:
            return any(p < position for p in parse.children(word.head, "prep", "advcl"))
    return False


def has_first_person(parse: Parse) -> bool:
    return any(word.tag in {"PRP", "PRP$"} and word.lower in _FIRST | _FIRST_PLURAL for word in parse.words)


def named(parse: Parse, people: People) -> str:
    """Return the sentence with names for the pronouns that are known to mean somebody; quoted words are left alone."""
    parts: list[str] = []
    end = 0
    quoted = False
    previous: str | None = None
    for word in parse.words:
        gap = parse.text[end : word.start]
        if word.text in {'"', "“", "”", "«", "»", "``", "''"}:
            quoted = not quoted
        text = word.text
        name = None
        if word.tag in {"PRP", "PRP$"} and not quoted:
            name = people.meant_by(word.text)
            if name is not None:
                owned = word.tag == "PRP$" or word.lower in {"mine", "yours", "hers", "ours"}
                shared = word.lower in _FIRST_PLURAL and not owned
                text = f"{name}'s" if owned else f"{name} and others" if shared else name
        elif previous is not None and word.tag.startswith(("VB", "MD")) and word.lower in _SHORT and not gap:
            gap, text = " ", _SHORT[word.lower]
        parts += [gap, text]
        previous = name
        end = word.end
    parts.append(parse.text[end:])
    return "".join(parts)
