"""Answers as a table, CSV or JSON."""

import csv
import io
from typing import Any

import msgspec

from app.cli.console import err, show_table
from app.graph.shown_values import TextAnswer


def print_table(title: str, answer: TextAnswer) -> None:
    show_table(answer.columns, (map(cell, row) for row in answer.rows), title=title)
    if not answer.rows:
        err.print("no rows", style="dim")


def as_csv(answer: TextAnswer) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(answer.columns)
    writer.writerows([cell(value) for value in row] for row in answer.rows)
    return text.getvalue()


def as_json(answer: TextAnswer) -> str:
    return msgspec.json.format(msgspec.json.encode(answer.records), indent=2).decode() + "\n"


def cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case list():
            return ", ".join(cell(item) for item in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case _:
            return msgspec.json.encode(value).decode().strip('"')
