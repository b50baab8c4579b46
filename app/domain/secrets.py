"""Redaction of secrets pasted into conversations: found by their format, by the name before them or by the words around
them, and replaced before any other processing.
"""

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from app.domain import secret_patterns as forms

KEY = "[REDACTED_API_KEY]"
TOKEN = "[REDACTED_TOKEN]"  # noqa: S105 - a placeholder
PASSWORD = "[REDACTED_PASSWORD]"  # noqa: S105
PRIVATE_KEY = "[REDACTED_PRIVATE_KEY]"
CREDENTIAL = "[REDACTED_CREDENTIAL]"

_Replace = Callable[[re.Match[str]], str]
# What it replaces, where in lower case one of the hints occurs.
_Rule = tuple[Sequence[str], re.Pattern[str], _Replace]
_LINES_OF_A_VALUE = 3
_END_OF_PROSE = ".,;:!?)]}）】"
_SHORTEST = 4


def redact(text: str) -> str:
    """Replace secrets in the text by placeholders. Idempotent; text without secrets is returned unchanged."""
    if not text:
        return text
    if forms.DISGUISE.search(text):
        text = "\n".join(_without_disguise(line) for line in text.split("\n"))
    return _redact(text)


def redacted(value: Any) -> Any:
    """Redact every string in a JSON value; keys are not changed."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: redacted(item) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [redacted(item) for item in cast("list[Any]", value)]
    return value


def _without_disguise(line: str) -> str:
    """Return the line in plain characters if that uncovers a secret, else as it is."""
    if not forms.DISGUISE.search(line):
        return line
    plain = "".join(unicodedata.normalize("NFKC", c) if c >= "\uff01" else c for c in forms.INVISIBLE.sub("", line))
    return plain if _redact(plain) != plain else line


def _redact(text: str) -> str:
    found = forms.PRIVATE_KEYS.sub(PRIVATE_KEY, text) if "-----BEGIN" in text else text
    found = _apply(_FORMATS, found)
    if not _has(forms.NAME_HINTS, found.lower()):
        return found
    return "".join(_apply(_NAMES, part) if named else part for named, part in _by_names(found))


def _apply(rules: Sequence[_Rule], text: str) -> str:
    lower = text.lower()
    for hints, pattern, replace in rules:
        if _has(hints, lower):
            text = pattern.sub(replace, text)
    return text


def _has(hints: Sequence[str], lower: str) -> bool:
    return any(hint in lower for hint in hints)


def _by_names(text: str) -> Iterator[tuple[bool, str]]:
    """Cut the text into runs of lines with and without a name; the two lines after a name may hold its value."""
    lines = text.splitlines(keepends=True)
    left = 0
    named: list[bool] = []
    for line in lines:
        left = _LINES_OF_A_VALUE if _has(forms.NAME_HINTS, line.lower()) else left - 1
        named.append(left > 0)
    for is_named, run in itertools.groupby(zip(named, lines, strict=True), key=lambda pair: pair[0]):
        yield is_named, "".join(line for _, line in run)


def _by(placeholder: str) -> _Replace:
    """Replace whatever is no placeholder of documentation and no word with which prose continues."""

    def replace(match: re.Match[str]) -> str:
        secret = match["secret"]
        known = forms.HARMLESS.match(secret) or forms.REFERENCE.fullmatch(secret)
        return match[0] if known else f"{match['head']}{placeholder}"

    return replace


def _key(match: re.Match[str]) -> str:
    return match[0] if forms.FILLER.search(match[0]) else KEY


def _header(match: re.Match[str]) -> str:
    value = match["secret"].strip()
    if forms.HARMLESS.match(value) or value.startswith("[REDACTED") or not forms.OPAQUE.match(value):
        return match[0]
    return f"{match['head']}{TOKEN}"


def _named(match: re.Match[str]) -> str:
    """Redact a value after a name. After a word that prose uses as well, a plain word is prose, unless it is assigned."""
    value, quote = match["secret"], match["open"] or ""
    if block := forms.YAML_BLOCK.match(value):
        return f"{match['head']}{block[0]}{CREDENTIAL}"
    bare = value[len(quote) : -len(quote)] if quote else value.rstrip(_END_OF_PROSE)
    if not bare or forms.HARMLESS.match(bare) or forms.REFERENCE.fullmatch(bare) or forms.PATH.fullmatch(bare):
        return match[0]
    strong = match["strong"] is not None
    assigned = bool(quote) or match["sign"] in {"=", ":="}
    if _is_prose(bare, strong=strong, assigned=assigned) or _is_figure(bare, strong=strong):
        return match[0]
    tail = "" if quote else value[len(bare) :]
    return f"{match['head']}{quote}{CREDENTIAL}{quote}{tail}"


def _is_prose(value: str, *, strong: bool, assigned: bool) -> bool:
    if not strong and len(value) < _SHORTEST:
        return True
    # Passwords are hardly ever words in another script: "Пароль: обязателен".
    foreign = not value.isascii() and not any(c.isdigit() or (c.isascii() and not c.isalpha()) for c in value)
    return not assigned and (foreign or (not strong and forms.WORD.fullmatch(value) is not None))


def _is_figure(value: str, *, strong: bool) -> bool:
    return forms.FIGURE.fullmatch(value) is not None and (not strong or len(value) < _SHORTEST)


def _option(match: re.Match[str]) -> str:
    bare = match["secret"].strip("\"'")
    return match[0] if forms.HARMLESS.match(bare) or forms.WORD.fullmatch(bare) else f"{match['head']}{CREDENTIAL}"


def _said(match: re.Match[str]) -> str:
    value = match["secret"]
    bare = value.strip("\"'`")
    known = forms.HARMLESS.match(bare) or forms.REFERENCE.fullmatch(bare) or forms.PATH.fullmatch(value)
    return match[0] if known or value.startswith("[REDACTED") else f"{match['head']}{match['open'] or ''}{CREDENTIAL}"


def _near(match: re.Match[str]) -> str:
    value = (match["secret"] or match["quoted"]).strip(" \"'`")
    known = forms.HARMLESS.match(value) or forms.REFERENCE.fullmatch(value) or any(sign in value for sign in "()[]{}`")
    if known or "[REDACTED" in match[0] or "://" in match[0]:
        return match[0]
    return f"{match['head']}{match['open'] or ''}{CREDENTIAL}"


_FORMATS: tuple[_Rule, ...] = (
    (("://",), forms.WEBHOOK, _by(CREDENTIAL)),
    (("://",), forms.URL_PASSWORD, _by(PASSWORD)),
    (("=",), forms.SIGNED_URL, _by(CREDENTIAL)),
    (("",), forms.KEYS, _key),
    (forms.HEADER_HINTS, forms.HEADER, _header),
    (forms.SCHEME_HINTS, forms.SCHEME, _by(TOKEN)),
    *((forms.COMMAND_HINTS, command, _by(PASSWORD)) for command in forms.COMMANDS),
    *((forms.PIN_HINTS, pin, _by(CREDENTIAL)) for pin in forms.PINS),
)
_NAMES: tuple[_Rule, ...] = (
    (("",), forms.SEPARATE, _by(CREDENTIAL)),
    (("",), forms.SAID_TOKEN, _by(TOKEN)),
    (("app",), forms.APP_PASSWORD, _by(PASSWORD)),
    (("</",), forms.XML, _by(CREDENTIAL)),
    (("",), forms.NAMED, _named),
    (("-",), forms.OPTION, _option),
    (("",), forms.SAID, _said),
    (("",), forms.NEAR, _near),
)
