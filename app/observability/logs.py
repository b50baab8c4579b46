"""One event a line, for people or as JSON."""

import logging
from datetime import UTC, datetime
from typing import Any

import msgspec

from app.observability.context import log_context

FORMATS = ("text", "json")
_FIELDS = "mnemon_fields"
_MAX_PLACES = 6


def log_event(logger: logging.Logger, level: int, event: str, **fields: Any) -> None:
    """Logs an event with its fields. The context's fields are added; fields that are None are left out."""
    logger.log(level, event, extra={_FIELDS: fields})


def place_of(error: BaseException) -> str:
    """Class of an exception and the code it passed through; its text is left out, since it may quote what users said."""
    places: list[str] = []
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        places.append(f"{code.co_filename.rpartition('/')[2]}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    return f"{type(error).__name__} at {' > '.join(places[-_MAX_PLACES:])}"


def formatter(name: str) -> logging.Formatter:
    """`name`: text or json."""
    return _JsonFormatter() if name == "json" else _TextFormatter()


def _fields_of(record: logging.LogRecord) -> dict[str, Any]:
    own: dict[str, Any] = getattr(record, _FIELDS, {})
    return {**log_context().fields, **{key: value for key, value in own.items() if value is not None}}


class _TextFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        fields = " ".join(f"{key}={value}" for key, value in _fields_of(record).items())
        line = super().formatMessage(record)
        return f"{line} [{fields}]" if fields else line


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_fields_of(record),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["place"] = place_of(record.exc_info[1])
        return msgspec.json.encode(line, enc_hook=str).decode()
