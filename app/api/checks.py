"""Request checks that types can't express; errors name the field."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from app.api.api_key import check_reach
from app.domain.access import caller
from app.domain.errors import InvalidInput, TooLarge
from app.domain.hidden_characters import has_hidden_characters
from app.domain.limits import MAX_ID_CHARACTERS, MAX_TEXT_CHARACTERS, MAX_YEAR, MIN_YEAR
from app.domain.scope import MemoryScope

MAX_MESSAGES = 1000
MAX_METADATA_DEPTH = 16
# Of a user and of an agent that a caller does not name.
DEFAULT_ID = "default"
_NOT_TEXT = "must not contain NUL or lone surrogates"


def scope_of(user_id: str, agent_id: str) -> MemoryScope:
    """Raises InvalidInput for blank and too long ids and for hidden characters in them, Forbidden for what the key does not
    reach.
    """
    errors: dict[str, str] = {}
    for field, value in (("userId", user_id), ("agentId", agent_id)):
        if not value.strip():
            errors[field] = "must not be blank"
        elif len(value) > MAX_ID_CHARACTERS:
            errors[field] = f"must have at most {MAX_ID_CHARACTERS} characters"
        elif has_hidden_characters(value):
            errors[field] = "must not contain control characters or marks of text direction"
    if errors:
        raise InvalidInput(errors)
    return check_reach(MemoryScope(user_id=user_id, agent_id=agent_id))


def own_memory(user_id: str | None = None, agent_id: str | None = None) -> MemoryScope:
    """Return the memory with these ids or, for each that is not given, with the one that the caller's key is bound to, else
    the default. Raises what `scope_of` raises.
    """
    bound = caller.get()
    user, agent = (
        given or (patterns[0] if len(patterns) == 1 and not patterns[0].endswith("*") else DEFAULT_ID)
        for given, patterns in ((user_id, bound.users), (agent_id, bound.agents))
    )
    return scope_of(user, agent)


def check_text(field: str, text: str) -> str:
    """Return the text. Raises TooLarge if it exceeds the documented length."""
    if len(text) > MAX_TEXT_CHARACTERS:
        raise TooLarge(f"{field} has {len(text)} characters; at most {MAX_TEXT_CHARACTERS} are accepted")
    return text


def check_time(field: str, time: datetime) -> datetime:
    """Return the time, with its offset. Raises InvalidInput outside the years MIN_YEAR to MAX_YEAR."""
    if not MIN_YEAR <= time.year <= MAX_YEAR:
        raise InvalidInput({field: f"must lie between the years {MIN_YEAR} and {MAX_YEAR}"})
    return time


def check_strings(request: Struct) -> None:
    """Raises InvalidInput for strings with NUL or lone surrogates and for JSON nested deeper than 16 levels."""
    errors = {field: _NOT_TEXT for field, text in _strings(request, "", 0) if not _is_text(text)}
    if errors:
        raise InvalidInput(errors)


def _is_text(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _strings(value: Any, field: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > MAX_METADATA_DEPTH:
        raise InvalidInput({field: f"must not be nested deeper than {MAX_METADATA_DEPTH} levels"})
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, Struct):
        for name, item in asdict(value).items():
            yield from _strings(item, f"{field}.{_camel(name)}".lstrip("."), depth)
    elif isinstance(value, Mapping):
        for key, item in value.items():  # pyright: ignore[reportUnknownVariableType] - any JSON
            yield f"{field} (key)", str(key)  # pyright: ignore[reportUnknownArgumentType]
            yield from _strings(item, f"{field}.{key}", depth + 1)
    elif isinstance(value, Sequence) and not isinstance(value, bytes):
        for index, item in enumerate(value):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            yield from _strings(item, f"{field}[{index}]", depth + 1)


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)
