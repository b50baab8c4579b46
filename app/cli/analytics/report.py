"""All questions about a memory in one HTML file with its plots inside, and a CSV file each."""

import html
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from app.cli.analytics import tables
from app.cli.analytics.plots import picture
from app.cli.analytics.questions import Script
from app.domain.errors import SetupError
from app.domain.scope import MemoryScope
from app.graph.shown_values import TextAnswer

_SHOWN_ROWS = 30
_STYLE = """
:root { color-scheme: light dark; --ground: #fff; --ink: #1b1b1f; --line: #d5d5dc; --soft: #5a5a66; }
@media (prefers-color-scheme: dark) { :root { --ground: #16161a; --ink: #e8e8ee; --line: #3a3a44; --soft: #a5a5b2; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem;
       background: var(--ground); color: var(--ink); }
section { border-top: 1px solid var(--line); margin-top: 2rem; }
.soft { color: var(--soft); }
.plot { background: #fff; border-radius: 6px; padding: .5rem; }
.plot svg { max-width: 100%; height: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line); }
"""


def write_report(
    folder: Path, scope: MemoryScope, scripts: Sequence[Script], ask: Callable[[Script], TextAnswer]
) -> Path:
    """Write report.html and one CSV file per question into `folder`, which is made; return the report's path.

    Raises SetupError if the folder can't be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sections: list[str] = []
        for script in scripts:
            answer = ask(script)
            (folder / f"{script.name}.csv").write_text(tables.as_csv(answer), encoding="utf-8", newline="")
            sections.append(_section(script, answer))
        report = folder / "report.html"
        report.write_text(_page(scope, scripts, sections), encoding="utf-8")
    except OSError as error:
        raise SetupError(f"{folder} can't be written: {error.strerror}.") from error
    return report


def _page(scope: MemoryScope, scripts: Sequence[Script], sections: Sequence[str]) -> str:
    title = html.escape(f"The memory {scope.memory_id}")
    links = "".join(f'<li><a href="#{s.name}">{html.escape(s.question)}</a></li>' for s in scripts)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head>\n<body><main><h1>{title}</h1>"
        f'<p class="soft">{datetime.now(UTC):%Y-%m-%d %H:%M} UTC. Each table stands beside this file as CSV.</p>'
        f"<nav><ul>{links}</ul></nav>\n{''.join(sections)}</main></body></html>\n"
    )


def _section(script: Script, answer: TextAnswer) -> str:
    return (
        f'<section id="{script.name}"><h2>{html.escape(script.question)}</h2>\n'
        f'<p class="soft">{html.escape(" ".join(script.explanation))}</p>\n{_plot(script, answer)}{_table(answer)}'
        "</section>\n"
    )


def _plot(script: Script, answer: TextAnswer) -> str:
    if not script.plot or not answer.rows:
        return ""
    svg = picture(script, answer, "svg").decode()
    # Without the XML declaration, which HTML does not have. The table says the same in words.
    return f'<div class="plot" aria-hidden="true">{svg[svg.index("<svg") :]}</div>\n'


def _table(answer: TextAnswer) -> str:
    if not answer.rows:
        return "<p>Nothing.</p>\n"
    head = "".join(f"<th>{html.escape(column)}</th>" for column in answer.columns)
    rows = "\n".join(
        "<tr>" + "".join(f"<td>{html.escape(tables.cell(value))}</td>" for value in row) + "</tr>"
        for row in answer.rows[:_SHOWN_ROWS]
    )
    more = len(answer.rows) - _SHOWN_ROWS
    rest = f'<p class="soft">{more} more rows in the CSV file.</p>\n' if more > 0 else ""
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table></div>\n{rest}'
