"""Plots of answers, by matplotlib: bars, or lines over time. Colours: Okabe and Ito's, for the colour-blind too."""

import io
import warnings
from collections.abc import Sequence
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

from app.cli.analytics.questions import Script
from app.cli.analytics.tables import cell
from app.domain.errors import SetupError
from app.graph.shown_values import TextAnswer

_BARS = 20
_LABEL_CHARACTERS = 48
# The first of Okabe and Ito's is black, which dark pages swallow.
_COLOURS = mpl.color_sequences["okabe_ito"][1:]
_MARKERS = "osD^vP"
_KINDS = ("bars", "lines")
_HATCHES = ("", "//", "..", "xx")
# matplotlib's own font has no Chinese, Japanese or Korean; these are tried where they are installed.
_FONTS = [
    "DejaVu Sans", "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei",
    "IPAexGothic", "Hiragino Sans", "PingFang SC", "Microsoft YaHei", "Yu Gothic", "Arial Unicode MS",
]  # fmt: skip


def picture(script: Script, answer: TextAnswer, form: Literal["png", "svg"]) -> bytes:
    """Return a plot as a file's bytes. Raises SetupError if the script has none, or there is nothing to draw."""
    if not script.plot:
        raise SetupError(f"{script.name} has no plot: take --format table, csv or json.")
    if not answer.rows:
        raise SetupError(f"{script.name} found nothing to draw.")
    kind, across, *values = [*script.plot, "", ""][: max(len(script.plot), 2)]
    if kind not in _KINDS or not 1 <= len(values) <= len(_HATCHES):
        raise SetupError(
            f"{script.name} can't be drawn: its plot must be 'bars' or 'lines', a column, and one to {len(_HATCHES)} more."
        )
    for column in (*across.split("+"), *values):
        if column not in answer.columns:
            raise SetupError(f"{script.name} can't be drawn: its answer has no column {column!r}.")
    buffer = io.BytesIO()
    with mpl.rc_context(_style()), warnings.catch_warnings():
        # A letter that no installed font has; an SVG keeps it as text, which the reader's fonts show.
        warnings.filterwarnings("ignore", message="(?s).*Glyph .* missing from")
        figure = (_lines if kind == "lines" else _bars)(answer, across, values)
        figure.suptitle(script.question, x=0.01, ha="left", fontsize=12, parse_math=False)
        # Equal answers give identical files.
        figure.savefig(buffer, format=form, dpi=150, metadata={"Date": None} if form == "svg" else None)
    return buffer.getvalue()


def _style() -> Any:
    """Settings of matplotlib."""
    installed = set(fontManager.get_font_names())
    return {
        "font.family": [name for name in _FONTS if name in installed],
        "svg.fonttype": "none",
        "svg.hashsalt": "mnemon",
        "axes.spines.top": False,
        "axes.spines.right": False,
    }


def _bars(answer: TextAnswer, across: str, values: Sequence[str]) -> Figure:
    rows = answer.records[:_BARS]
    labels = [_short(" – ".join(cell(row[column]) for column in across.split("+"))) for row in rows]
    figure = Figure(figsize=(9, 1.6 + 0.32 * len(rows)), layout="constrained")
    parts: Any = figure.subplots(1, len(values), sharey=True, squeeze=False)[0]
    for number, (axes, value) in enumerate(zip(parts, values, strict=True)):
        axes.barh(
            range(len(rows)), [row[value] or 0 for row in rows], color=_COLOURS[number], hatch=_HATCHES[number],
            edgecolor="white",
        )  # fmt: skip
        axes.set_xlabel(value)
        axes.set_yticks(range(len(rows)), labels, parse_math=False)
    parts[0].invert_yaxis()
    return figure


def _lines(answer: TextAnswer, across: str, values: Sequence[str]) -> Figure:
    rows = answer.records
    groups: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row.get("strategy"), []).append(row)
    figure = Figure(figsize=(9, 4), layout="constrained")
    axes: Any = figure.subplots()
    number = 0
    for group, those in groups.items():
        for value in values:
            label = f"{group} {value}" if group else value
            axes.plot(
                [row[across] for row in those], [row[value] for row in those], label=label, marker=_MARKERS[number % 6],
                color=_COLOURS[number % len(_COLOURS)],
            )  # fmt: skip
            number += 1
    axes.set_xlabel(across)
    axes.set_ylim(bottom=0)
    axes.tick_params(axis="x", rotation=30)
    axes.legend(frameon=False)
    return figure


def _short(label: str) -> str:
    return label if len(label) <= _LABEL_CHARACTERS else label[: _LABEL_CHARACTERS - 1] + "…"
