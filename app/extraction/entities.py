"""Names and things that a sentence mentions: by grammar in English, by capitals and scripts elsewhere."""

import re
from collections.abc import Collection, Iterator, Sequence

from msgspec import Struct

from app.domain.knowledge import EntityType
from app.domain.names import entity_key
from app.domain.scripts import LETTERS, SPACED_ENDS, UNSPACED_ENDS, occurrences
from app.domain.words import words
from app.extraction.dates import OTHER_DAYS
from app.extraction.english import CALENDAR_WORDS
from app.extraction.grammar import Parse
from app.extraction.language import is_common_word

_TOKEN = re.compile(rf"{LETTERS}(?:[.'’&+-]{LETTERS})*")
_POSSESSIVE = re.compile(r"['’]s$|['’]$")
# Words that may stand inside a name: University of Lisbon, Ludwig van Beethoven, Leonardo da Vinci.
_CONNECTORS = words("of the de del della di da do dos das du la le les van von der den zu al bin ibn &")
_QUOTED = re.compile(r"[\"“«「『《]([^\"“”«»「」『』《》\n]{2,60})[\"”»」』》]")
# Notation: e-mail and web addresses, paths, IP addresses, versions, numbers of orders, tickets and errors, host names.
_IDENTIFIER = re.compile(
    r"(?<![\w@/.:\\#-])(?:"
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    r"|(?:[0-9a-fA-F]{1,4}:){2,7}[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:{1,2}){2,7}[0-9a-fA-F]{1,4}"
    r"|[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|https?://[^\s<>\"')\]]+"
    r"|(?:~|\.{1,2})?(?:/[\w.@+-]+){2,}/?|[A-Za-z]:\\[^\s\"<>|]+"
    r"|[\w-]+\.(?:py|js|ts|md|txt|csv|json|ya?ml|toml|pdf|docx?|xlsx?|pptx?|sql|sh|html?|log|conf|ini|env|zip|tar|gz|go|rs|java|png|jpe?g)"
    r"|(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?(?::\d{2,5})?"
    r"|[vV]\d+(?:\.\d+)*(?:-[\w.]+)?|\d+\.\d+\.\d+(?:-[\w.]+)?"
    r"|(?=[\w-]*[A-Za-z])(?=[\w-]*\d)[A-Za-z]+[\w]*(?:-[\w]+)+|(?=[\w-]*[A-Za-z])\d+(?:-[\w]+)+"
    r"|(?=\w*\d)[A-Z]{1,6}\d{3,}\w*|[A-Za-z]{2,}\d[A-Za-z\d]*\d[A-Za-z\d]*|(?=\w*\d)(?=\w*[a-f])[0-9a-f]{7,40}|0x[0-9A-Fa-f]{2,}"
    r"|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|io|dev|internal|local|example|app|ai|de|uk|fr|es|it|jp|cn|eu)(?::\d{2,5})?"
    r")(?![\w@]|\.\w|-\w)"
)
_NO_IDENTIFIER = re.compile(
    r"\d{1,4}-\d{1,2}-\d{1,4}|\d+-\d+|\d+-[a-z]+(?:-[a-z]+)*|[A-Za-z]?[a-z]+-[1-9]\d?|(?:\d{1,2}:){1,2}\d{2}"
)
_KATAKANA = re.compile(r"[\u30A1-\u30FA\u30FC]{2,}(?:[・=][\u30A1-\u30FA\u30FC]{2,})*")
# Chinese particles, verbs and pronouns that can't be part of a place or company name.
_PARTICLES = "在去到从從住于於是的和与與有了我他她你们們"
_HAN_SUFFIX = re.compile(
    rf"(?:(?![{_PARTICLES}])[\u4E00-\u9FFF]){{1,6}}?"
    r"(?:大学|公司|银行|銀行|医院|学校|餐厅|集团|株式会社|市|省|县|県|区|島|岛|山|川|河|湖)",
)
_HAN_NAME = re.compile(
    r"(?<![\u4E00-\u9FFF])(?P<name>[王李张張刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何高林罗羅郑鄭梁谢謝宋唐许許韩韓冯馮邓鄧曹彭曾"
    r"田中山佐鈴木高橋][\u4E00-\u9FFF]{1,3}?)(?=在|是|说|說|和|与|與|去|的|有|住|喜|想|会|會|さん|君|様|氏|は|が|と|を|に|の)",
)
_JAPANESE_NAME = re.compile(r"(?P<name>[\u4E00-\u9FFF]{2,4})(?=さん|様|君|ちゃん|氏|先生)")
_HANGUL_NAME = re.compile(r"(?P<name>[\uAC00-\uD7A3]{2,4})(?=씨|님)")
_MAX_CONCEPTS = 4
_MAX_NAME_WORDS = 6
_MAX_CONCEPT_WORDS = 3
_VAGUE = words(
    "way time day week month year thing things moment bit lot one quiet end side part place case while kind sort "
    "couple few something anything nothing everything someone anyone everyone people guy guys"
)
_WEAK_ADJECTIVES = words("few lot bit couple kind sort new good great same little other next last first whole own")
_KIN = words(
    "cousin brother sister uncle aunt friend boss manager colleague neighbour neighbor teacher son daughter "
    "nephew niece husband wife partner boyfriend girlfriend roommate flatmate landlord dentist doctor coach"
)
_MEETING = words("meet marry date hug kiss greet befriend")
_NO_NAME_LABELS = frozenset({"DATE", "TIME", "ORDINAL", "CARDINAL", "QUANTITY", "MONEY", "PERCENT"})
_TYPES = {
    "PERSON": EntityType.PERSON,
    "ORG": EntityType.ORGANIZATION,
    "GPE": EntityType.PLACE,
    "LOC": EntityType.PLACE,
    "FAC": EntityType.PLACE,
    "PRODUCT": EntityType.OBJECT,
    "WORK_OF_ART": EntityType.OBJECT,
    "EVENT": EntityType.OBJECT,
    "LAW": EntityType.OBJECT,
}
_EXCLAMATIONS = words("yep yup nope lol omg wow btw fyi haha hahaha ugh yay ok okay hmm thx")


class TextMention(Struct, frozen=True, kw_only=True):
    """A name at `text[start:end]`. `introduced`: see EntityMention."""

    name: str
    entity_type: EntityType
    start: int
    end: int
    introduced: bool = False


def find_mentions(
    text: str, parse: Parse | None = None, *, people: Collection[str] = (), known: Collection[str] = ()
) -> list[TextMention]:
    """All mentions, in the order of the text, without overlap.

    `parse`: the text's grammar, if it is English. `people`: names of the participants. `known`: entity keys that are names
    even at the beginning of a sentence, where any word has a capital.
    """
    found: list[TextMention] = []
    taken = [False] * len(text)
    for candidate in (
        *_participants(text, people),
        *_quoted(text),
        *_identifiers(text),
        *(_named(parse, known) if parse else _capitalised(text, known)),
        *_unicased(text),
        *(_concepts(parse) if parse else ()),
    ):
        if not any(taken[candidate.start : candidate.end]):
            found.append(candidate)
            taken[candidate.start : candidate.end] = [True] * (candidate.end - candidate.start)
    return sorted(found, key=lambda mention: mention.start)


def names_inside(text: str, parse: Parse | None = None) -> set[str]:
    """Keys of the names inside a sentence; they are names at the beginning of a sentence, too."""
    found = _named(parse, ()) if parse else _capitalised(text, ())
    return {entity_key(m.name) for m in found if m.start > 0}


def _participants(text: str, people: Collection[str]) -> Iterator[TextMention]:
    for name in sorted(people, key=len, reverse=True):
        for start, end in occurrences(name, text):
            yield TextMention(name=name, entity_type=EntityType.PERSON, start=start, end=end)


def _identifiers(text: str) -> Iterator[TextMention]:
    for match in _IDENTIFIER.finditer(text):
        name = match.group().rstrip(".,;:!?")
        if len(name) > 2 and any(c.isdigit() or c in "@/\\._" for c in name) and not _NO_IDENTIFIER.fullmatch(name):
            yield TextMention(
                name=name, entity_type=EntityType.IDENTIFIER, start=match.start(), end=match.start() + len(name)
            )


def _named(parse: Parse, known: Collection[str]) -> Iterator[TextMention]:
    """Runs of proper nouns, with "of" and the like between two of them, and a number after them: Boeing 747."""
    words = parse.words
    position = 0
    while position < len(words):
        if not _begins_name(parse, position, known):
            position += 1
            continue
        end = position + 1
        while end < len(words) and end - position < _MAX_NAME_WORDS:
            step = _continues_name(parse, end)
            if not step:
                break
            end += step
        run = words[position:end]
        head = _head_of(parse, position, end)
        yield TextMention(
            name=parse.text[run[0].start : run[-1].end],
            entity_type=_name_type(parse, head, run),
            start=run[0].start,
            end=run[-1].end,
            introduced=_is_relative(parse, head),
        )
        position = end


def _begins_name(parse: Parse, position: int, known: Collection[str]) -> bool:
    word = parse.words[position]
    if (
        not word.is_name
        or not word.text[0].isalpha()
        or word.entity in _NO_NAME_LABELS
        or word.lower.strip(".") in CALENDAR_WORDS
    ):
        return False
    if word.lower in _EXCLAMATIONS or word.text.islower() or (len(word.text) == 1 and word.text == "I"):
        return False
    if position == 0 and entity_key(word.text) not in known:
        alone = len(parse.words) < 2 or not parse.words[1].is_name
        return not (alone and is_common_word(word.lower, english=True))
    return True


def _continues_name(parse: Parse, position: int) -> int:
    """Return the number of words that continue the name: 0, 1, or 2 to 3 with connectors."""
    words = parse.words
    gap = parse.text[words[position - 1].end : words[position].start]
    word = words[position]
    if gap not in {"", " "}:
        return 0
    if word.is_name and word.text[0].isalnum() and not word.text.islower():
        return 0 if word.lower.strip(".") in CALENDAR_WORDS or word.entity in _NO_NAME_LABELS else 1
    if (
        word.tag == "CD"
        and gap == " "
        and len(word.text) <= 4
        and not word.text.startswith(("19", "20"))
        and word.text.isdigit()
    ):
        return 1 if words[position - 1].is_name and word.relation == "nummod" else 0
    if word.text == "-" and gap == "" and position + 1 < len(words) and words[position + 1].text[0].isupper():
        return 2
    if word.lower in _CONNECTORS:
        for ahead in (1, 2):
            if position + ahead >= len(words):
                return 0
            following = words[position + ahead]
            if following.is_name and following.text[0].isupper() and following.lower not in CALENDAR_WORDS:
                return ahead + 1
            if following.lower not in _CONNECTORS:
                return 0
    return 0


def _head_of(parse: Parse, start: int, end: int) -> int:
    return next(
        (
            p
            for p in range(end - 1, start - 1, -1)
            if not start <= parse.words[p].head < end or parse.words[p].head == p
        ),
        start,
    )


def _name_type(parse: Parse, head: int, run: Sequence[object]) -> EntityType:
    word = parse.words[head]
    above = parse.words[word.head]
    labelled = _TYPES.get(word.entity, EntityType.OTHER)
    if word.relation in {"compound", "nmod", "amod"} and not above.is_name:
        return EntityType.OTHER if labelled is EntityType.PERSON else labelled  # "the Atlas project"
    if (
        word.relation == "pobj"
        and above.lower == "in"
        and labelled in {EntityType.OTHER, EntityType.PERSON, EntityType.PLACE}
    ):
        return EntityType.PLACE
    governor = parse.words[above.head]
    if (
        word.relation == "pobj"
        and above.lower in {"at", "for"}
        and governor.lemma in {"work", "job", "intern", "employ"}
    ):
        return EntityType.ORGANIZATION
    if _is_relative(parse, head):
        return EntityType.PERSON
    if word.relation in {"dobj", "nsubj"} and above.lemma in _MEETING and labelled is not EntityType.PLACE:
        return EntityType.PERSON
    if labelled is EntityType.PLACE and word.relation in {
        "nsubj",
        "attr",
        "appos",
        "dobj",
        "poss",
        "ROOT",
        "npadvmod",
        "intj",
    }:
        # The small model takes many a first name for a town.
        return EntityType.OTHER
    return labelled


def _is_relative(parse: Parse, head: int) -> bool:
    """Return True for a name beside what somebody is to another: "my cousin John", "Marta's brother is Quirin"."""
    word = parse.words[head]
    if word.relation in {"appos", "compound", "nmod"} and parse.words[word.head].lemma in _KIN:
        return True
    if word.relation not in {"attr", "nsubj", "oprd"}:
        return False
    beside = [*parse.children(word.head, "nsubj", "attr"), *(p for p in (head - 1,) if p >= 0)]
    return any(parse.words[p].lemma in _KIN for p in beside if p != head)


def _capitalised(text: str, known: Collection[str]) -> Iterator[TextMention]:
    """Runs of capitalised words; at the beginning of a sentence only what is known or no common word of any language."""
    tokens = list(_TOKEN.finditer(text))
    capitals = [match.group()[0].isupper() for match in tokens]
    if sum(m.group().isupper() and len(m.group()) > 1 for m in tokens) > max(2, len(tokens) // 2):
        return
    index = 0
    while index < len(tokens):
        word = _POSSESSIVE.sub("", tokens[index].group())
        first = _begins_sentence(text, tokens[index].start())
        if (
            not capitals[index]
            or len(word) < 2
            or (
                first and entity_key(word) not in known and (is_common_word(word.lower()) or word.lower() in OTHER_DAYS)
            )
        ):
            index += 1
            continue
        end = index + 1
        while end < len(tokens) and end - index < _MAX_NAME_WORDS and (step := _runs_on(text, tokens, capitals, end)):
            end += step
        if first and end == index + 1 and entity_key(word) not in known:
            index += 1
            continue
        name = text[tokens[index].start() : tokens[end - 1].end()]
        name = _POSSESSIVE.sub("", name)
        start = tokens[index].start()
        yield TextMention(name=name, entity_type=EntityType.OTHER, start=start, end=start + len(name))
        index = end


def _runs_on(text: str, tokens: Sequence[re.Match[str]], capitals: Sequence[bool], index: int) -> int:
    if text[tokens[index - 1].end() : tokens[index].start()] not in {" ", "-"}:
        return 0
    if capitals[index]:
        return 1
    if tokens[index].group().lower() in _CONNECTORS and index + 1 < len(tokens) and capitals[index + 1]:
        return 2 if text[tokens[index].end() : tokens[index + 1].start()] == " " else 0
    return 0


def _begins_sentence(text: str, start: int) -> bool:
    before = text[max(0, start - 12) : start].rstrip(" \"'“‘«([*-–—¿¡")
    return not before or before[-1] in f"{SPACED_ENDS}{UNSPACED_ENDS}:;\n"


def _unicased(text: str) -> Iterator[TextMention]:
    for pattern, kind in (
        (_HAN_NAME, EntityType.PERSON),
        (_JAPANESE_NAME, EntityType.PERSON),
        (_HANGUL_NAME, EntityType.PERSON),
    ):
        for match in pattern.finditer(text):
            yield TextMention(name=match["name"], entity_type=kind, start=match.start("name"), end=match.end("name"))
    for match in _HAN_SUFFIX.finditer(text):
        name = match.group()
        if len(name) >= 2:
            kind = EntityType.PLACE if name[-1] in "市省县県区島岛山川河湖" else EntityType.ORGANIZATION
            yield TextMention(name=name, entity_type=kind, start=match.start(), end=match.end())
    for match in _KATAKANA.finditer(text):
        yield TextMention(name=match.group(), entity_type=EntityType.OTHER, start=match.start(), end=match.end())


def _quoted(text: str) -> Iterator[TextMention]:
    """Yield titles: short quoted text that does not end like a sentence."""
    for match in _QUOTED.finditer(text):
        name = match[1].strip()
        if name and len(name.split()) <= _MAX_NAME_WORDS and name[-1] not in f",{SPACED_ENDS}{UNSPACED_ENDS}":
            start = match.start(1) + match[1].index(name)
            yield TextMention(name=name, entity_type=EntityType.OBJECT, start=start, end=start + len(name))


def _concepts(parse: Parse) -> Iterator[TextMention]:
    """Common nouns with a determiner or an owner: "my pottery class", "Anna's sister"."""
    number = 0
    for position, word in enumerate(parse.words):
        if number == _MAX_CONCEPTS:
            return
        if (
            word.tag not in {"NN", "NNS"}
            or word.entity in _NO_NAME_LABELS
            or len(word.text) < 3
            or word.lower in _VAGUE
        ):
            continue
        if word.relation == "compound" or not parse.children(position, "det", "poss"):
            continue
        start = position
        while (
            start > 0
            and parse.words[start - 1].relation in {"amod", "compound"}
            and parse.words[start - 1].head == position
        ):
            start -= 1
        while start < position and (
            position - start >= _MAX_CONCEPT_WORDS or parse.words[start].lower in _WEAK_ADJECTIVES
        ):
            start += 1
        number += 1
        yield TextMention(
            name=parse.text[parse.words[start].start : word.end],
            entity_type=EntityType.CONCEPT,
            start=parse.words[start].start,
            end=word.end,
        )
