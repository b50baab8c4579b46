"""Names and things that a sentence mentions, in any script."""

import re
from collections.abc import Collection, Iterator

from msgspec import Struct

from app.domain.knowledge import EntityType
from app.domain.names import entity_key
from app.extraction.english import (
    ADVERBS,
    AUXILIARIES,
    CALENDAR_WORDS,
    DETERMINERS,
    FAMILY_WORDS,
    FUNCTION_WORDS,
    INTERJECTIONS,
    NOT_A_NAME,
    NUMBER_WORDS,
    ORGANIZATION_WORDS,
    OTHER_STARTERS,
    PAST_FORMS,
    PLACE_WORDS,
    QUESTION_WORDS,
    words,
)

_TOKEN = re.compile(r"[^\W_]+(?:[.'’&+-][^\W_]+)*", re.UNICODE)
_POSSESSIVE = re.compile(r"['’]s$|['’]$")
# Words that may stand inside a name: University of Lisbon, Ludwig van Beethoven, Leonardo da Vinci.
_CONNECTORS = words("of the de del della di da do dos das du la le les van von der den zu y e al bin ibn and &")
_HONORIFICS = words("mr mrs ms dr prof sir")
_PLACE_BEFORE = words("in at to from near toward towards via around")
_QUOTED = re.compile(r"[\"“«「『《]([^\"“”«»「」『』《》\n]{2,60})[\"”»」』》]")
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
_WEAK_ADJECTIVES = words("few lot bit couple kind sort new good great same little other next last first whole")
_VAGUE_NOUNS = words(
    "way time day week month year thing things moment bit lot one quiet end side part place case while"
)
_COMMON_VERBS = words(
    "starts start works work lives live comes come goes go is was makes make gets get wants want next"
)
_MAX_CONCEPTS = 4
_MAX_CONCEPT_WORDS = 3
_MAX_NAME_WORDS = 6


# Words before "to" that make a following name a place: "moved to Lisbon".
_MOVES = words(
    "moved move moving lives live lived living went go going travelled traveled travel flew fly back home born"
)


class TextMention(Struct, frozen=True, kw_only=True):
    """A name at `text[start:end]`."""

    name: str
    entity_type: EntityType
    start: int
    end: int


class _Token(Struct, frozen=True):
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        return _POSSESSIVE.sub("", self.text)

    @property
    def lower(self) -> str:
        return self.text.lower().replace("’", "'")

    @property
    def possessive(self) -> bool:
        return bool(_POSSESSIVE.search(self.text))

    @property
    def capitalised(self) -> bool:
        return self.text[0].isupper()


def find_mentions(text: str, *, people: Collection[str] = (), known: Collection[str] = ()) -> list[TextMention]:
    """All mentions, in the order of the text, without overlap.

    `people`: names of the participants; `known`: entity keys that are names even when capitalised only at the beginning
    of a sentence.
    """
    tokens = [_Token(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text)]
    found: list[TextMention] = []
    for candidate in (
        *_participants(text, people),
        *_capitalised(text, tokens, known),
        *_unicased(text),
        *_quoted(text),
        *_concepts(text, tokens),
    ):
        if not any(candidate.start < m.end and m.start < candidate.end for m in found):
            found.append(candidate)
    return sorted(found, key=lambda mention: mention.start)


def names_inside(text: str) -> set[str]:
    """Keys of words capitalised inside a sentence; they are names at the beginning of a sentence, too."""
    tokens = [_Token(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text)]
    return {entity_key(m.name) for m in _capitalised(text, tokens, ()) if not _begins_sentence(text, m.start)}


def _participants(text: str, people: Collection[str]) -> Iterator[TextMention]:
    for name in sorted(people, key=len, reverse=True):
        # Scripts without spaces have no word boundaries to look for.
        pattern = re.escape(name) if _is_unspaced(name) else rf"(?<!\w){re.escape(name)}(?!\w)"
        for match in re.finditer(pattern, text):
            yield TextMention(name=name, entity_type=EntityType.PERSON, start=match.start(), end=match.end())


def _is_unspaced(name: str) -> bool:
    return any(ord(character) >= 0x2E80 for character in name)


def _capitalised(text: str, tokens: list[_Token], known: Collection[str]) -> Iterator[TextMention]:
    shouting = sum(t.text.isupper() and len(t.text) > 1 for t in tokens) > max(2, len(tokens) // 2)
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if shouting or not token.capitalised or not _may_start(text, token, tokens, index, known):
            index += 1
            continue
        end = index + 1
        while end < len(tokens) and end - index < _MAX_NAME_WORDS and not tokens[end - 1].possessive:
            step = _continues(text, tokens, end)
            if step == 0:
                break
            end += step
        first, last = tokens[index], tokens[end - 1]
        name = text[first.start : last.start] + last.word
        yield TextMention(
            name=name, entity_type=_name_type(text, tokens, index, end), start=first.start, end=first.start + len(name)
        )
        index = end


def _may_start(text: str, token: _Token, tokens: list[_Token], index: int, known: Collection[str]) -> bool:
    lower = _POSSESSIVE.sub("", token.lower)
    if lower in CALENDAR_WORDS or lower in {"i", "i'm", "i've", "i'll", "i'd"}:
        return False
    if len(token.word) == 1 and not _is_initial(text, token):
        return False
    if lower in _HONORIFICS:
        return True
    if _begins_sentence(text, token.start):
        if lower in OTHER_STARTERS:
            return False
        if entity_key(token.word) in known:
            return True
        followed = _continues(text, tokens, index + 1) == 1
        if followed and lower not in FUNCTION_WORDS | INTERJECTIONS | QUESTION_WORDS:
            return True
        return lower not in NOT_A_NAME and not lower.endswith(("ing", "ly")) and lower not in NUMBER_WORDS
    return lower not in FUNCTION_WORDS and lower not in QUESTION_WORDS and lower not in INTERJECTIONS


def _continues(text: str, tokens: list[_Token], index: int) -> int:
    """Return the number of tokens from `index` on that continue the name: 0, 1, or 2 to 3 with connectors."""
    if index >= len(tokens) or index == 0:
        return 0
    gap = text[tokens[index - 1].end : tokens[index].start]
    if gap not in {" ", ". ", " & ", "-"} or (gap == ". " and not _abbreviates(tokens[index - 1])):
        return 0
    token = tokens[index]
    if (
        token.capitalised
        and token.lower not in CALENDAR_WORDS
        and token.lower not in {"i", "i'm", "i've", "i'll", "i'd"}
    ):
        return 1
    if (
        token.text.isdigit()
        and len(token.text) <= 4
        and gap == " "
        and not (len(token.text) == 4 and token.text[:2] in {"19", "20"})
    ):
        return 1
    if token.lower in _CONNECTORS and token.lower not in {"and", "e", "y"}:
        for ahead in (1, 2):
            if index + ahead < len(tokens) and text[tokens[index + ahead - 1].end : tokens[index + ahead].start] == " ":
                following = tokens[index + ahead]
                if following.capitalised and following.lower not in CALENDAR_WORDS:
                    return ahead + 1
                if following.lower not in _CONNECTORS:
                    return 0
    return 0


def _is_initial(text: str, token: _Token) -> bool:
    return text[token.end : token.end + 2] == ". "


def _abbreviates(token: _Token) -> bool:
    return len(token.text) == 1 or token.lower in {"st", "mt", "dr", "mr", "mrs", "ms", "prof"}


def _begins_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \"'“‘«([*-–—")
    return not before or before[-1] in ".!?…:;\n。！？"


def _name_type(text: str, tokens: list[_Token], start: int, end: int) -> EntityType:
    words = [_POSSESSIVE.sub("", t.lower) for t in tokens[start:end]]
    if words[0] in _HONORIFICS:
        return EntityType.PERSON
    if words[-1] in ORGANIZATION_WORDS or words[0] in {"university", "institute", "museum", "bank", "ministry"}:
        return EntityType.ORGANIZATION
    if words[-1] in PLACE_WORDS or words[0] in {"lake", "mount", "mt", "river", "san", "santa", "saint"}:
        return EntityType.PLACE
    before = tokens[start - 1].lower if start else ""
    two_before = tokens[start - 2].lower if start > 1 else ""
    if before in FAMILY_WORDS or (before in {"named", "called"} and two_before in FAMILY_WORDS):
        return EntityType.PERSON
    if before in {"at", "for", "with", "joined"} and two_before in {
        "works",
        "worked",
        "work",
        "working",
        "job",
        "interned",
    }:
        return EntityType.ORGANIZATION
    if before in _PLACE_BEFORE and two_before not in {"works", "worked", "work", "talked", "spoke"}:
        return EntityType.PLACE if before == "in" or two_before in _MOVES else EntityType.OTHER
    following = tokens[end].lower if end < len(tokens) else ""
    if tokens[end - 1].possessive and following in FAMILY_WORDS:
        return EntityType.PERSON
    return EntityType.OTHER


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
        if name and len(name.split()) <= _MAX_NAME_WORDS and name[-1] not in ".!?,。！？":
            start = match.start(1) + match[1].index(name)
            yield TextMention(name=name, entity_type=EntityType.OBJECT, start=start, end=start + len(name))


def _concepts(text: str, tokens: list[_Token]) -> Iterator[TextMention]:
    """Lower-case noun phrases after a determiner or a possessive: "my pottery class", "Anna's sister"."""
    number = 0
    for index, token in enumerate(tokens[:-1]):
        if number == _MAX_CONCEPTS:
            return
        if not (token.lower in DETERMINERS or (token.possessive and len(token.word) > 1)):
            continue
        end = index + 1
        while end < len(tokens) and end - index <= _MAX_CONCEPT_WORDS and _is_noun_like(text, tokens, end):
            end += 1
        phrase = tokens[index + 1 : end]
        while phrase and phrase[0].lower in _WEAK_ADJECTIVES:
            phrase = phrase[1:]
        if phrase and len(phrase[-1].text) > 2 and not (len(phrase) == 1 and phrase[0].lower in _VAGUE_NOUNS):
            number += 1
            name = text[phrase[0].start : phrase[-1].start] + phrase[-1].word
            yield TextMention(
                name=name, entity_type=EntityType.CONCEPT, start=phrase[0].start, end=phrase[0].start + len(name)
            )


def _is_noun_like(text: str, tokens: list[_Token], index: int) -> bool:
    token = tokens[index]
    joined = text[tokens[index - 1].end : token.start] == " "
    return (
        joined
        and token.text.islower()
        and token.text.replace("-", "").isalpha()
        and token.lower not in FUNCTION_WORDS
        and token.lower not in NUMBER_WORDS
        and token.lower not in AUXILIARIES
        and token.lower not in ADVERBS
        and token.lower not in CALENDAR_WORDS
        and not (_follows_noun(tokens, index) and _is_verb_like(token.lower))
    )


def _follows_noun(tokens: list[_Token], index: int) -> bool:
    """Return True if the word before belongs to the phrase and is not its determiner."""
    return tokens[index - 1].lower not in DETERMINERS and not tokens[index - 1].possessive


def _is_verb_like(word: str) -> bool:
    return word in PAST_FORMS or word.endswith("ed") or word in _COMMON_VERBS
