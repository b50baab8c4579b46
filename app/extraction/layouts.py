"""How lines are laid out that are not the poster's own words: patterns of transcripts, mails, logs, code and commands."""

import re

from app.domain.words import words
from app.extraction.english import CALENDAR_WORDS

FENCE = re.compile(r"^[ \t]*(?:```|~~~)")
QUOTE_MARK = re.compile(r"^[ \t]*>+ ?")
# Marks of headings and list items, which are no words.
LIST_MARK = re.compile(r"^[ \t]*(?:#{1,6}|[-*+•]|\d{1,2}[.)])[ \t]+(?=\S)")
# "On Tue, 3 Mar 2026, Priya Nair <priya@nair.example> wrote:", "Am 3. März schrieb Priya Nair:".
WROTE = re.compile(
    r"^(?:On .{4,60}, )?(?P<name>[^\W\d_][\w.'’ -]{0,40}?)(?: <[^>]+>)? (?:wrote|schrieb|escribió|a écrit)\s*:$|"
    r"^(?:Am|Le|El|Em|Il) .{4,60} (?:schrieb|a écrit|escribió|escreveu) (?P<other>[^\W\d_][\w.'’ -]{0,40}?)(?: <[^>]+>)?\s*:$"
)
MAIL_HEADER = re.compile(
    r"^(?P<field>From|Von|De|Da|Van|To|An|Sent|Gesendet|Date|Datum|Subject|Betreff|Cc|Objet|Asunto)[ \t]*:[ \t]*"
    r"(?P<value>.*)$"
)
SENDER = frozenset({"From", "Von", "De", "Da", "Van"})
MAIL_ADDRESS = re.compile(r"\s*[<(\[].*$")

_CLOCK = r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?: ?[AaPp]\.?[Mm]\.?)?"
_STAMP = rf"(?:\[?(?:\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}},? +)?{_CLOCK}\]?[ \t]*[-–]?[ \t]*)"
_PART = r"[^\W\d_a-z][\w.'’-]{0,24}"
_NAME = rf"{_PART}(?: {_PART}){{0,2}}"
# "Tom: …", "[09:14] tom: …", "12/03/2026, 09:14 - Tom: …", "- Tom: …", "**Tom**: …", "<tom> …".
LABEL = re.compile(
    rf"^[ \t]*(?:[-*+•][ \t]+)?(?P<stamp>{_STAMP})?"
    rf"(?:(?:\*\*)?(?P<name>{_NAME}|(?<=[\]\d] )[a-z][\w.-]{{0,24}})(?: \({_CLOCK}\))?(?:\*\*)? ?:(?:\*\*)?|"
    r"<(?P<nick>[\w.-]{1,25})>|@(?P<handle>[\w.-]{2,30}):)"
    r"[ \t]+(?=\S)"
)
# "Tom Becker  10:14 AM", "tom — Today at 10:14", "Tom Becker, [03.03.26 14:20]", "TOM:": what follows is theirs.
SPEAKER_LINE = re.compile(
    rf"^[ \t]*(?:(?P<name>[^\W\d_][\w.'’-]{{0,24}}(?: {_PART}){{0,2}})"
    rf"(?:,? {{1,4}}|[ \t]+[—–-][ \t]+)(?:(?:[Tt]oday|[Yy]esterday) at )?{_STAMP}|(?P<loud>[^\W\d_a-z]{{2,24}}):|"
    rf"\[?{_CLOCK}\]? (?P<stamped>{_NAME}))[ \t]*$"
)
# "tom: i moved" and "Paris: I loved it" name somebody, or the matter.
MATTER = re.compile(r"^[ \t]*(?:[-*+•][ \t]+)?(?P<name>[^\W\d_][\w.-]{1,24}):[ \t]+(?=\S)")

_DAY_AND_TIME = r"\[?\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?\]?"
LOG = re.compile(
    rf"^[ \t]*(?:{_DAY_AND_TIME}[ \t]+(?:[\[(<]|[A-Z]{{4,}}\b|[\w./-]+(?:\[\d+\])?:|[\w-]+=)|"
    r"[A-Z][a-z]{2} {1,2}\d{1,2} \d{2}:\d{2}:\d{2} \S|[ \t]*Author: .+<.+>|[ \t]*Date: {2,}\w{3} \w{3}|"
    r"Traceback \(most recent call last\)|[ \t]+(?:at \S+\(|File \")|[A-Z]\w*(?:Error|Exception|Warning):|\S+\[\d+\]:)"
)
# Indented lines below it are part of it.
BLOCK = re.compile(r"^[ \t]*(?:commit [0-9a-f]{7,40}\b|Traceback \(most recent call last\))")
# "WARNING: disk full"; but "WARNING: my dog bites" is somebody's.
LOG_LEVEL = re.compile(
    rf"^[ \t]*(?:\[?(?:TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL|CRITICAL)\b\]?[ :]|{_DAY_AND_TIME})"
)
# "# reboot" is a command of root's, "# Results" a heading of Markdown, "# my flat" somebody's.
ROOT_COMMAND = re.compile(r"^[ \t]*[#%][ \t]+[a-z./]")
COMMAND = re.compile(r"^[ \t]*(?:\$(?![ \t]+\d)|>>>|PS [A-Z]:\\.*>|\w+@[\w.-]+:\S*[$#])[ \t]+\S")
# Lines of code, by how they begin, or since they end with a brace or semicolon.
CODE = re.compile(
    r"^[ \t]*(?:(?:def|class|async def)[ \t]+\w+.*:[ \t]*$|(?:import|from)[ \t]+[\w.]+(?:[ \t]+import\b.*|[ \t]*;)?$|"
    r"(?:const|let|var|function|public|private|static|return|export)\b.*[;{(=\"'].*$|#include\b|"
    r"(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE|ALTER TABLE|DROP TABLE) .*[;(,*=].*$|"
    r"[\w.]+\(.*\)[ \t]*[;{][ \t]*$|[\]})]+[;,]?[ \t]*$|[{\[][ \t]*$|[{\[]?[ \t]*\"[\w-]+\"[ \t]*:|"
    r"\w+[ \t]*=[ \t]*\S.*;[ \t]*$)"
)
COMMENT = re.compile(r"^[ \t]*(?:#|//|--|/\*|\*)")

# "MARTA" on a line of its own, above what she says in a play.
PART = re.compile(r"^[ \t]*[^\W\d_a-z][^\W\d_a-z .'-]{1,30}[ \t]*$")

QUOTED = re.compile(
    r"“[^“”]{3,2000}”|«[^«»]{3,2000}»|„[^„“”]{3,2000}[“”]|(?<!\w)\"[^\"]{3,2000}\"(?!\w)|(?<=: )'[^'\n]{3,2000}'(?!\w)",
    re.DOTALL,
)
FIRST_PERSON = re.compile(r"(?<![\w'’])(?:[Ii]|[Ii]['’](?:m|ve|ll|d)|[Mm]y|[Mm]e|[Ww]e|[Oo]ur)(?![\w'’])")
# Of more languages, to tell a transcript by.
SPEAKS = re.compile(
    rf"{FIRST_PERSON.pattern}|(?<![\w'’])(?:ich|mir|mich|mein\w*|wir|unser\w*|je|moi|mon|mes|nous|notre|yo|mi|mis|nosotros|"
    r"io|mio|noi)(?!\w)|(?<![\w'’])j['’]",
    re.IGNORECASE,
)
# Words before a colon that name no speaker.
_LABELS = CALENDAR_WORDS | words(
    "update note ps p.s edit fyi todo reminder question answer warning summary tldr tl;dr result results idea "
    "plan fact facts example tip btw ok okay hint problem issue solution status news goal goals subject re fwd "
    "date time place address name email e-mail phone step error info debug agenda title link source attention "
    "important conclusion decision action tomorrow today yesterday so and but also remember yes no wow hey hi "
    "hello thanks correction spoiler disclaimer context background pros cons breakfast lunch dinner brunch snack fears "
    "likes dislikes strengths weaknesses work home mood dream dreams thought thoughts health family hobbies food travel "
    "morning noon afternoon evening night before after then now here there first second third finally"
)


def is_heading(label: str) -> bool:
    return label.casefold().rstrip(".") in _LABELS
