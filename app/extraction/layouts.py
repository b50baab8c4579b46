"""Layouts of lines that are not the poster's own words: patterns of transcripts, mails, logs, code and commands."""

import re

from app.domain.scripts import IDEOGRAPHS
from app.domain.words import words
from app.extraction.english import CALENDAR_WORDS

# Quantifiers are bounded, so that no line of a hundred thousand characters takes long; a line's layout is read from its
# first `HEAD` characters, and a heading is no longer than that.
HEAD = 300
_INDENT = r"^[ \t]{0,40}"
FENCE = re.compile(rf"{_INDENT}(?:```|~~~)")
QUOTE_MARK = re.compile(rf"{_INDENT}>+ ?")
_BULLET = r"(?:[-*+•][ \t]{1,8})?"
# Marks of headings and list items, which are no words.
LIST_MARK = re.compile(rf"{_INDENT}(?:#{{1,6}}|[-*+•]|\d{{1,2}}[.)])[ \t]{{1,8}}(?=\S)")
# "On Tue, 3 Mar 2026, Priya Nair <priya@nair.example> wrote:", "On 3 Mar 2026 at 8:40 AM Priya wrote:", "Am 3. März schrieb
# Priya Nair:".
WROTE = re.compile(
    r"^(?:On .{4,60}(?:,|\d[:.]\d\d(?: ?[AaPp]\.?[Mm]\.?)?) )?"
    r"(?P<name>[^\W\d_][\w.'’ -]{0,40}?)(?: <[^<>]{1,80}>)? (?:wrote|schrieb|escribió|a écrit) ?:$|"
    r"^(?:Am|Le|El|Em|Il) .{4,60} (?:schrieb|a écrit|escribió|escreveu) (?P<other>[^\W\d_][\w.'’ -]{0,40}?)"
    r"(?: <[^<>]{1,80}>)? ?:$"
)
MAIL_HEADER = re.compile(
    r"^(?P<field>From|Von|De|Da|Van|To|An|Sent|Gesendet|Date|Datum|Subject|Betreff|Cc|Objet|Asunto) ?:[ \t]{0,8}"
    r"(?P<name>[^<(\[\n]{0,80})"
)
# "---------- Forwarded message ---------", "-----Original Message-----", "Begin forwarded message:".
FORWARDED = re.compile(r"^(?:[-_]{3,20} ?[^\W\d_][\w ]{2,40}[-_ ]{0,20}|Begin forwarded message:)\s*$")
SENDER = frozenset({"From", "Von", "De", "Da", "Van"})

_CLOCK = r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?: ?[AaPp]\.?[Mm]\.?)?"
_DAY = (
    r"(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2} [^\W\d_]{3,9}\.? \d{4}|[^\W\d_]{3,9}\.? \d{1,2}, \d{4})"
    r"(?:,? {1,2}|,? at )"
)
_STAMP = rf"(?:\[?(?:{_DAY})?{_CLOCK}\]?(?: ?[-–])?)"
_PART = r"[^\W\d_a-z][\w.'’-]{0,24}"
_NAME = rf"{_PART}(?: {_PART}){{0,2}}"
# "Tom: …", "[09:14] tom: …", "12/03/2026, 09:14 - Tom: …", "- Tom: …", "**Tom**: …", "<tom> …", "@tom: …".
LABEL = re.compile(
    rf"{_INDENT}{_BULLET}(?:(?P<stamp>{_STAMP})[ \t]{{0,4}})?"
    rf"(?:(?:(?:\*\*)?(?P<name>{_NAME}|(?<=[\]\d] )[a-z][\w.-]{{0,24}})(?: \({_CLOCK}\))?(?:\*\*)? ?:(?:\*\*)?|"
    r"<(?P<nick>[\w.-]{1,25})>|@(?P<handle>[\w.-]{2,30}):)[ \t]{1,8}|"
    rf"(?P<wide>[{IDEOGRAPHS}ぁ-ヿ가-힣]{{1,8}})[:：][ \t\u3000]{{0,8}})(?=\S)"
)
# "Tom Becker  10:14 AM", "tom — Today at 10:14", "Tom Becker, [03.03.26 14:20]", "TOM:": what follows is theirs.
SPEAKER_LINE = re.compile(
    rf"{_INDENT}(?:(?P<name>[^\W\d_][\w.'’-]{{0,24}}(?: {_PART}){{0,2}})"
    rf"(?:,? {{1,4}}| [—–-] )(?:(?:[Tt]oday|[Yy]esterday) at )?{_STAMP}|(?P<loud>[^\W\d_a-z]{{2,24}}):|"
    rf"\[?{_CLOCK}\]? (?P<stamped>{_NAME}))\s*$"
)
# "tom: i moved" and "Paris: I loved it" name somebody, or the matter.
MATTER = re.compile(rf"{_INDENT}{_BULLET}(?P<name>[^\W\d_][\w.-]{{1,24}}):[ \t]{{1,8}}(?=\S)")
# "LADY MACBETH" on a line of its own, above what she says in a play.
PART = re.compile(rf"{_INDENT}(?P<name>[A-ZÀ-Þ][A-ZÀ-Þ .'-]{{1,30}})\s*$")

_DAY_AND_TIME = r"\[?\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?\]?"
LOG = re.compile(
    rf"{_INDENT}(?:{_DAY_AND_TIME}[ \t]{{1,8}}(?:[\[(<]|[A-Z]{{4,}}\b|[\w./-]{{1,80}}(?:\[\d+\])?:|[\w-]{{1,80}}=)|"
    r"[A-Z][a-z]{2} {1,2}\d{1,2} \d{2}:\d{2}:\d{2} \S|Author: [^<>]{1,80}<[^<>]{1,80}>|Date: {2,8}\w{3} \w{3}|"
    r"(?<=[ \t])(?:at \S{1,200}\(|File \")|[A-Z]\w{0,80}(?:Error|Exception|Warning):|[^\s\[]{1,80}\[\d{1,9}\]:)"
)
# Indented lines below it are part of it.
BLOCK = re.compile(rf"{_INDENT}(?:commit [0-9a-f]{{7,40}}\b|Traceback \(most recent call last\))")
# "WARNING: disk full"; but "WARNING: my dog bites" is somebody's.
LOG_LEVEL = re.compile(
    rf"{_INDENT}(?:\[?(?:TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL|CRITICAL)\b\]?[ :]|{_DAY_AND_TIME}|"
    r"(?:fatal|error|remote|bash|zsh): )"
)
# "# reboot" is a command of root's, "# Results" a heading of Markdown, "# my flat" somebody's.
ROOT_COMMAND = re.compile(rf"{_INDENT}[#%][ \t]{{1,8}}[a-z./]")
COMMAND = re.compile(
    rf"{_INDENT}(?:\$(?![ \t]{{1,8}}\d)|>>>|PS [A-Z]:\\[^>\n]{{0,200}}>|\w{{1,40}}@[\w.-]{{1,80}}:\S{{0,200}}[$#])"
    r"[ \t]{1,8}\S"
)
# Lines of code, by how they begin, or since they end with a brace or semicolon.
CODE = re.compile(
    rf"{_INDENT}(?:(?:async )?(?:def|class) \w{{1,80}}[^\n]{{0,200}}:\s*$|"
    r"(?:import|from) [\w.]{1,80}(?: import\b[^\n]{0,200}| ?;)?\s*$|(?:const|let|var) \w{1,80} ?=|function \w{0,80}\(|"
    r"(?:public|private|protected|static) [\w<>\[\]]{1,80} \w{1,80}[^\n]{0,200}[;{(]\s*$|return\b[^\n]{0,200};\s*$|"
    r"export (?:default|const|function|class)\b|#include\b|"
    r"(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE|ALTER TABLE|DROP TABLE) [^\n]{0,200}[;(,*=]|"
    r"[\w.]{1,80}\([^\n]{0,200}\) ?[;{]\s*$|[\]})]{1,9}[;,]?\s*$|[{\[]\s*$|[{\[]? ?\"[\w-]{1,80}\" ?:|"
    r"\w{1,80} ?= ?\S[^\n]{0,200};\s*$)"
)
COMMENT = re.compile(rf"{_INDENT}(?:#|//|--|/\*|\*)")

QUOTED = re.compile(
    # One that is not closed ends with its line: 'My uncle wrote: "Sold the boat.'
    r"(?<=: )[\"“][^\"“”\n]{3,2000}(?=\n|\Z)|"
    r"“[^“”]{3,2000}”|«[^«»]{3,2000}»|„[^„“”]{3,2000}[“”]|(?<!\w)\"[^\"]{3,2000}\"(?!\w)|(?<=: )'[^'\n]{3,2000}'(?!\w)",
    re.DOTALL,
)
FIRST_PERSON = re.compile(r"(?<![\w'’])(?:[Ii]|[Ii]['’](?:m|ve|ll|d)|[Mm]y|[Mm]e|[Ww]e|[Oo]ur)(?![\w'’])")
# Of more languages, to tell a transcript by.
SPEAKS = re.compile(
    rf"{FIRST_PERSON.pattern}|(?<![\w'’])(?:ich|mir|mich|mein\w*|wir|unser\w*|je|moi|mon|mes|nous|notre|yo|mi|mis|nosotros|"
    r"io|mio|noi)(?!\w)|(?<![\w'’])j['’]|[我咱私僕俺]",
    re.IGNORECASE,
)
# Words before a colon that name no speaker.
_LABELS = CALENDAR_WORDS | words(
    "update note ps p.s edit fyi todo reminder question answer warning summary tldr tl;dr result results idea "
    "plan fact facts example tip btw ok okay hint problem issue solution status news goal goals subject re fwd "
    "date time place address name email e-mail phone step error info debug agenda title link source attention "
    "important conclusion decision action tomorrow today yesterday so and but also remember yes no wow hey hi "
    "hello thanks correction spoiler disclaimer context background pros cons breakfast lunch dinner brunch snack fears "
    "garage garden kitchen bathroom bedroom hall attic basement balcony money love allergies past present future school "
    "university pets kids sleep sport sports music books films movies "
    "likes dislikes strengths weaknesses work home mood dream dreams thought thoughts health family hobbies food travel "
    "morning noon afternoon evening night before after then now here there first second third finally"
)


def is_heading(label: str) -> bool:
    return label.casefold().rstrip(".") in _LABELS
