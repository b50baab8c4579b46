"""Answers as a table, CSV or JSON."""

import csv
import io
from typing import Any

import msgspec
from rich.table import Table
from rich.text import Text

from app.cli.console import err, out
from app.graph.shown_values import TextAnswer


def print_table(title: str, answer: TextAnswer) -> None:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for column in answer.columns:
        table.add_column(column, overflow="fold")
    for row in answer.rows:
        table.add_row(*(Text(cell(value)) for value in row))
    out.print(table)
    if not answer.rows:
        err.print("no rows", style="dim")


def as_csv(answer: TextAnswer) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(answer.columns)
    writer.writerows([cell(value) for value in row] for row in answer.rows)
    return text.getvalue()


def as_json(answer: TextAnswer) -> str:
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    return msgspec.json.format(msgspec.json.encode(rows), indent=2).decode() + "\n"


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
