"""Parsing JSON answers that are wrapped in other text, truncated or have trailing commas."""

import contextlib
import re
from typing import Any, Generic, TypeVar, cast

import msgspec
from msgspec import Struct

Answer = TypeVar("Answer")

_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_MAX_CHARACTERS = 1_000_000
_MAX_DEPTH = 64
_CLOSING = {"{": "}", "[": "]"}


class AnswerInvalid(Exception):
    """An answer can't be parsed; the message is sent to the model so that it can correct the answer."""


class NoJson(AnswerInvalid):
    """The answer contains no JSON object."""


class ReadAnswer(Struct, Generic[Answer], frozen=True, kw_only=True):
    """`truncated`: the model's answer was incomplete; `answer` ends with its last complete element."""

    answer: Answer
    truncated: bool


def read_answer(text: str, kind: type[Answer]) -> ReadAnswer[Answer]:
    """Parse an answer: strip thoughts, fences and prose around the object; drop trailing commas; end a truncated answer
    at its last complete element; unwrap an object nested in another one. Raises AnswerInvalid.
    """
    if len(text) > _MAX_CHARACTERS:
        raise AnswerInvalid(f"The answer has {len(text)} characters; the limit is {_MAX_CHARACTERS}.")
    # Thoughts come before the answer; a "<think>" inside it is content.
    body = _THOUGHT.sub("", text, count=1) if text.lstrip().startswith("<") else text
    start = body.find("{")
    if start < 0:
        raise NoJson("The answer contains no JSON object.")
    endings, truncated = _endings(body[start:])
    for ending in endings[:-1]:
        with contextlib.suppress(AnswerInvalid):
            return ReadAnswer(answer=_read(ending, kind), truncated=truncated)
    return ReadAnswer(answer=_read(endings[-1], kind), truncated=truncated)


def _read(text: str, kind: type[Answer]) -> Answer:
    try:
        answer = _converted(msgspec.json.decode(text), kind)
        # The round trip rejects values that JSON can't represent (NaN from the text "NaN"): they can't be stored.
        return msgspec.json.decode(msgspec.json.encode(answer), type=kind)
    except msgspec.ValidationError as error:
        raise AnswerInvalid(f"The answer does not fit the schema: {error}") from error
    except msgspec.DecodeError as error:
        raise AnswerInvalid(f"The answer is not valid JSON: {error}") from error


def _converted(value: object, kind: type[Answer]) -> Answer:
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError:
        inner = list(cast("dict[str, Any]", value).values()) if isinstance(value, dict) else []
        # {"answer": {…}} or, from a model that echoes the schema's shape, {"properties": {…}, "type": "object"}.
        for candidate in inner:
            if not isinstance(candidate, dict):
                continue
            try:
                return msgspec.convert(cast("dict[str, Any]", candidate), kind, strict=False)
            except msgspec.ValidationError:
                continue
        raise


def _endings(text: str) -> tuple[list[str], bool]:
    """Return candidates for the first object in the text, without trailing commas, and whether it was truncated. Then
    the first candidate is closed after the last complete element; as its parent may lack a required field, the next
    ones are closed after the last complete element at each lower depth.
    """
    out: list[str] = []
    open_: list[str] = []
    kept: list[tuple[int, list[str]]] = []  # per depth: length of complete elements in `out`, open brackets

    def keep() -> None:
        while kept and len(kept[-1][1]) >= len(open_):
            kept.pop()
        kept.append((len(out), list(open_)))

    in_string = escaped = False
    for character in text:
        if in_string:
            out.append(character)
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_string = False
            continue
        if character in "]}":
            _drop_comma(out)
            if open_:
                open_.pop()
            out.append(character)
            if not open_:
                return ["".join(out)], False
            keep()
            continue
        if character == "," and open_ and open_[-1] == "[":
            keep()
        if character in "{[":
            open_.append(character)
            if len(open_) > _MAX_DEPTH:
                raise AnswerInvalid(f"The answer is nested deeper than {_MAX_DEPTH} levels.")
        in_string = character == '"'
        out.append(character)
        if character == "[":
            keep()
    kept = kept or [(0, [])]
    return ["".join(out[:end]) + "".join(_CLOSING[c] for c in reversed(opened)) for end, opened in reversed(kept)], True


def _drop_comma(out: list[str]) -> None:
    """Remove a trailing comma, before optional white space."""
    position = len(out) - 1
    while position >= 0 and out[position].isspace():
        position -= 1
    if position >= 0 and out[position] == ",":
        del out[position]
