"""The results of an evaluation: as JSON, as tables, and compared with earlier ones."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from tests.evaluation.metrics import (
    ANSWER_CUTOFFS,
    COMPLETE_CUTOFFS,
    CUTOFFS,
    Estimate,
    Score,
    Summary,
    estimate,
    summarise,
)

_BY_CATEGORY = {"SIMPLE", "DEEP"}
_SHOWN_CHANGES = 5
# A difference of at least as many standard errors is hardly chance.
_CLEAR = 2.0

console = Console(width=180)


class DatasetResult(Struct, frozen=True, kw_only=True, rename="camel"):
    """`categories`: question → category; `scores`: system → question → score; `latency_millis`: strategy → p50 and p95."""

    ingest_seconds: float
    raw_data: int
    categories: dict[str, str]
    scores: dict[str, dict[str, Score]]
    latency_millis: dict[str, dict[str, float]]
    graph: dict[str, float]
    hops_of_items: dict[str, int]

    def summaries(self) -> dict[str, dict[str, Summary]]:
        """Return system → category → means; the category "all" holds all questions."""
        return {
            system: {category: summarise(rows) for category, rows in _grouped(self.categories, scores).items()}
            for system, scores in self.scores.items()
        }


class Report(Struct, frozen=True, kw_only=True):
    ingest: str
    datasets: dict[str, DatasetResult]


def write(report: Report, path: Path) -> None:
    """Write the scores of every question, for `compare`, and their means, for readers."""
    means = {name: result.summaries() for name, result in report.datasets.items()}
    content = msgspec.to_builtins(report, str_keys=True) | {"means": msgspec.to_builtins(means, str_keys=True)}
    path.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2))


def read(path: Path) -> Report:
    """Raises msgspec.DecodeError for anything but a report that `write` wrote."""
    return msgspec.json.decode(path.read_bytes(), type=Report)


def show(name: str, result: DatasetResult, *, with_times: bool) -> None:
    ingested = f", ingested in {result.ingest_seconds} s" if with_times else ""
    table = _table(f"{name}: {len(result.categories)} questions{ingested}", with_times=with_times)
    _add_rows(table, result.summaries(), result.latency_millis if with_times else {})
    console.print(table)
    if result.graph:
        console.print("graph: " + ", ".join(f"{name} {value:.4g}" for name, value in result.graph.items()))
    if result.hops_of_items:
        console.print("hops of DEEP's items: " + ", ".join(f"{n} hops {c}" for n, c in result.hops_of_items.items()))


def show_pooled(results: Mapping[str, DatasetResult]) -> None:
    """Show scores over the datasets whose names differ only after the last hyphen; each question counts once."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in results:
        groups[name.rpartition("-")[0] or name].append(name)
    for group, names in groups.items():
        if len(names) > 1:
            table = _table(f"{group}: {len(names)} datasets together")
            _add_rows(table, _pooled([results[name] for name in names]).summaries(), {})
            console.print(table)


def show_changes(now: Report, before: Report) -> None:
    """Show, for each dataset and system in both reports, the mean change over the questions in both, with its standard
    error, and the questions that DEEP finds more or less of.
    """
    if now.ingest != before.ingest:
        console.print(f"Note: the earlier report was measured with --ingest {before.ingest}.", style="yellow")
    common = [name for name in now.datasets if name in before.datasets]
    if not common:
        console.print("The earlier report has none of these datasets.", style="yellow")
        return
    table = _plain_table(f"Changes (bold: at least {_CLEAR:g} standard errors)")
    for column in ("data", "system", "n", *(f"R@{k}" for k in CUTOFFS), *(f"answer@{k}" for k in ANSWER_CUTOFFS)):
        table.add_column(column, justify="left" if column in {"data", "system"} else "right")
    for name in common:
        after, earlier = now.datasets[name].scores, before.datasets[name].scores
        for system in (system for system in after if system in earlier):
            pairs = [(after[system][id_], earlier[system][id_]) for id_ in after[system] if id_ in earlier[system]]
            if pairs:
                table.add_row(name, system, str(len(pairs)), *_changes(pairs))
    console.print(table)
    for name in common:
        _show_moved(name, now.datasets[name].scores.get("DEEP", {}), before.datasets[name].scores.get("DEEP", {}))


def _show_moved(name: str, now: Mapping[str, Score], before: Mapping[str, Score]) -> None:
    moved = {id_: now[id_].recall[5] - before[id_].recall[5] for id_ in now if id_ in before}
    for title, sign in (("found less by DEEP", 1), ("found more by DEEP", -1)):
        ids = sorted((id_ for id_ in moved if sign * moved[id_] < 0), key=lambda id_: (sign * moved[id_], id_))
        if ids:
            shown = ", ".join(
                f"{id_} {before[id_].recall[5]:.2f} → {now[id_].recall[5]:.2f}" for id_ in ids[:_SHOWN_CHANGES]
            )
            console.print(f"{name}, {title} (R@5), {len(ids)} questions: {shown}", markup=False, highlight=False)


def _changes(pairs: Sequence[tuple[Score, Score]]) -> list[str]:
    cells = [_change([now.recall[k] - before.recall[k] for now, before in pairs]) for k in CUTOFFS]
    answered = [(now.answer, before.answer) for now, before in pairs if now.answer and before.answer]
    return cells + [_change([now[k] - before[k] for now, before in answered]) for k in ANSWER_CUTOFFS]


def _change(differences: Sequence[float]) -> str:
    if not differences:
        return ""
    change = estimate(differences)
    text = f"{change.mean:+.3f} ±{change.error:.3f}"
    clear = change.error > 0 and abs(change.mean) >= _CLEAR * change.error
    return f"[bold]{text}[/]" if clear else text


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Return p50 and p95 of at least one value."""
    cuts = statistics.quantiles(values, n=20) if len(values) > 1 else [values[0]] * 19
    return {"p50": round(cuts[9], 1), "p95": round(cuts[18], 1)}


def _grouped(categories: Mapping[str, str], scores: Mapping[str, Score]) -> dict[str, list[Score]]:
    groups: dict[str, list[Score]] = defaultdict(list)
    for question, score in scores.items():
        for category in dict.fromkeys(("all", categories[question])):
            groups[category].append(score)
    return groups


def _pooled(results: Sequence[DatasetResult]) -> DatasetResult:
    """Return the questions of all results as one; questions of two datasets may have the same id."""
    scores: dict[str, dict[str, Score]] = defaultdict(dict)
    for number, result in enumerate(results):
        for system, rows in result.scores.items():
            scores[system] |= {f"{number} {id_}": score for id_, score in rows.items()}
    return DatasetResult(
        ingest_seconds=sum(result.ingest_seconds for result in results),
        raw_data=sum(result.raw_data for result in results),
        categories={f"{n} {id_}": c for n, result in enumerate(results) for id_, c in result.categories.items()},
        scores=scores,
        latency_millis={},
        graph={},
        hops_of_items={},
    )


def _plain_table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))


def _table(title: str, *, with_times: bool = False) -> Table:
    table = _plain_table(title)
    for column in ("system", "category"):
        table.add_column(column, no_wrap=True)
    for column in (
        "n",
        *(f"R@{k}" for k in CUTOFFS),
        *(f"any@{k}" for k in COMPLETE_CUTOFFS),
        *(f"all@{k}" for k in COMPLETE_CUTOFFS),
        "MRR",
        *(f"ans@{k}" for k in ANSWER_CUTOFFS),
        "tokens",
        *(("p50 ms", "p95 ms") if with_times else ()),
    ):
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _add_rows(
    table: Table, summaries: Mapping[str, Mapping[str, Summary]], latencies: Mapping[str, Mapping[str, float]]
) -> None:
    for system, categories in summaries.items():
        for category, row in categories.items():
            if category == "all" or system in _BY_CATEGORY:
                latency: Mapping[str, float] = latencies.get(system, {}) if category == "all" else {}
                table.add_row(system, category, str(row.questions), *_cells(row, latency))


def _cells(row: Summary, latency: Mapping[str, float]) -> Iterable[str]:
    def with_error(value: Estimate) -> str:
        return f"{value.mean:.3f} ±{value.error:.3f}".replace("0.", ".")

    def rounded(value: Estimate) -> str:
        return f"{value.mean:.2f}"

    yield from map(with_error, row.recall.values())
    yield from map(rounded, (*row.any.values(), *row.complete.values()))
    yield f"{row.mrr.mean:.3f}"
    yield from map(rounded, row.answer.values()) if row.answer else [""] * len(ANSWER_CUTOFFS)
    yield f"{row.tokens.mean:.0f}" if row.tokens else ""
    yield from (f"{latency[name]:.0f}" for name in ("p50", "p95") if name in latency)
