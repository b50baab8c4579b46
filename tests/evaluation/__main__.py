"""Measure how well retrieval finds the evidence of questions, beside baselines on the same texts and vectors.

    ./scripts/evaluate [DIR …] [--strategy SIMPLE,DEEP] [--ingest bundle|messages|replay] [--out FILE.json] [--ablate]

Each DIR holds bundle.ndjson and queries.ndjson; without any, every folder in $MNEMON_DATASETS. A service starts from
an empty database, every bundle is ingested into its own memory over HTTP, and every question is asked with a limit of 20.
--ingest: the bundle with its facts, only the messages (extracted by the local rules), or the messages with a language model
on loopback that replays the bundle's recorded facts.
"""

import asyncio
import contextlib
import os
import signal
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import httpx
import msgspec
import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from app.connections import create_embedder
from app.domain.secrets import redact
from app.graph.raw_data import search_text
from app.models.ports import Vectors
from app.settings import load_settings
from tests.evaluation.ablation import VariantAnswers
from tests.evaluation.baselines import Baselines
from tests.evaluation.datasets import Client, Dataset, Query, identity
from tests.evaluation.metrics import COMPLETE_CUTOFFS, CUTOFFS, Score, mean, score
from tests.evaluation.replay import Replay, reproduced
from tests.llm_server import running_llm
from tests.service_process import running_service

_DATASETS = "MNEMON_DATASETS"
_LIMIT = 20

Rankings = dict[str, dict[str, list[str]]]  # system -> question -> ids
_console = Console(width=140)


@click.command(help=__doc__)
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--strategy", default="SIMPLE,DEEP", show_default=True, help="Which strategies, with commas between.")
@click.option("--ingest", type=click.Choice(["bundle", "messages", "replay"]), default="bundle", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where the numbers go as JSON.")
@click.option("--ablate", is_flag=True, help="Ask again without each ingredient of DEEP.")
def main(folders: tuple[Path, ...], strategy: str, ingest: str, out: Path | None, *, ablate: bool) -> None:
    strategies = [name.strip().upper() for name in strategy.split(",") if name.strip()]
    if unknown := [name for name in strategies if name not in {"SIMPLE", "DEEP"}]:
        raise click.BadParameter(f"{unknown[0]} is neither SIMPLE nor DEEP", param_hint="--strategy")
    signal.signal(signal.SIGTERM, _end)
    datasets = [Dataset.read(folder) for folder in folders or _default_folders()]
    results: dict[str, Any] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        _model(datasets if ingest == "replay" else []) as environment,
        running_service(Path(folder) / "data", **environment) as service,
    ):
        variants = VariantAnswers(Path(folder) / "data") if ablate else None
        for dataset in datasets:
            client = Client(service.url, dataset.name)
            try:
                results[dataset.name] = _evaluate(dataset, client, strategies, ingest, variants)
            finally:
                client.close()
    _print_pooled(results)
    if out:
        out.write_bytes(msgspec.json.format(msgspec.json.encode({"ingest": ingest, "datasets": results}), indent=2))


def _end(number: int, _frame: object) -> None:
    """End as after Ctrl-C, so that a run that is broken off stops its service."""
    sys.exit(128 + number)


@contextlib.contextmanager
def _model(datasets: Sequence[Dataset]) -> Generator[dict[str, str]]:
    """Yield settings for a language model that replays these datasets; no model settings without datasets."""
    if not datasets:
        yield {"MNEMON_LLM_MODEL": "none"}
        return
    with running_llm() as server:
        server.respond = Replay(datasets).respond
        yield {"OPENAI_BASE_URL": server.url, "MNEMON_LLM_MODEL": "replay"}


def _default_folders() -> list[Path]:
    root = os.environ.get(_DATASETS, "")
    folders = sorted(path.parent for path in Path(root).glob("*/queries.ndjson")) if root else []
    if not folders:
        raise click.UsageError(
            f"Name folders with bundle.ndjson (docs/bundle.md) and queries.ndjson (docs/retrieval.md), or set {_DATASETS} "
            "to a folder of such folders."
        )
    return folders


def _evaluate(
    dataset: Dataset, client: Client, strategies: Sequence[str], ingest: str, variants: VariantAnswers | None
) -> dict[str, Any]:
    started = time.perf_counter()
    (client.import_bundle if ingest == "bundle" else client.send_messages)(dataset)
    seconds = time.perf_counter() - started
    exported = client.export()
    stored = [line for line in exported if line["kind"] == "rawData"]
    evidence = _evidence(dataset, stored)
    rankings: Rankings = defaultdict(dict)
    latencies: dict[str, list[float]] = defaultdict(list)
    hops: list[int] = []
    with Progress(console=_console, transient=True) as progress:
        task = progress.add_task(dataset.name, total=len(dataset.queries) * (len(strategies) + 1))
        for query, ranked in _baselines(dataset.queries, stored).items():
            for system, ids in ranked.items():
                rankings[system][query] = ids
            progress.advance(task)
        for name in strategies:
            for query in dataset.queries:
                asked = time.perf_counter()
                answer = client.retrieve(query.query, strategy=name, limit=_LIMIT)
                latencies[name].append((time.perf_counter() - asked) * 1000)
                rankings[name][query.id] = [raw["rawDataId"] for raw in answer["rawData"]]
                if name == "DEEP":
                    hops += [len(item["path"]) for item in answer["items"]]
                progress.advance(task)
    if variants:
        for name, ranked in variants.rank(client.ids, dataset.queries, limit=_LIMIT).items():
            rankings[name] = ranked
    result = {
        "ingestSeconds": round(seconds, 1),
        "rawData": len(stored),
        "systems": {name: _by_category(dataset.queries, evidence, ranked) for name, ranked in rankings.items()},
        "latencyMillis": {name: _percentiles(values) for name, values in latencies.items()},
        "graph": (reproduced(dataset, exported) | client.cost()) if ingest == "replay" else {},
        "hopsOfItems": {str(n): hops.count(n) for n in sorted(set(hops))},
    }
    _print(dataset, result)
    return result


def _evidence(dataset: Dataset, stored: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return question → ids of its evidence in the memory."""
    known = {identity(dict(row)): row["id"] for row in stored}
    by_text = {identity(dict(row))[:2]: row["id"] for row in stored}
    # Secrets are stored redacted.
    rows = [{**row, "text": redact(row["text"])} for row in dataset.raw_data()]
    ids = {row["id"]: known.get(identity(row)) or by_text[identity(row)[:2]] for row in rows}
    return {query.id: [ids[id_] for id_ in query.evidence] for query in dataset.queries}


def _baselines(queries: Sequence[Query], stored: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, list[str]]]:
    texts = [search_text(row.get("userName"), row.get("title"), row["text"]) for row in stored]
    baselines = Baselines([row["id"] for row in stored], texts, np.array([r["embedding"] for r in stored], np.float32))
    embedder = create_embedder(load_settings(os.environ))

    async def embed_all() -> list[Vectors]:
        return [await embedder.embed_query(query.query) for query in queries]

    vectors = asyncio.run(embed_all())
    return {
        query.id: baselines.rank(query.query, vector, limit=_LIMIT)
        for query, vector in zip(queries, vectors, strict=True)
    }


def _by_category(
    queries: Sequence[Query], evidence: Mapping[str, list[str]], ranked: Mapping[str, list[str]]
) -> dict[str, Any]:
    scores: dict[str, list[Score]] = defaultdict(list)
    for query in queries:
        for category in ("all", query.category):
            scores[category].append(score(ranked[query.id], evidence[query.id]))
    return {
        category: {"questions": len(rows), **msgspec.to_builtins(mean(rows), str_keys=True)}
        for category, rows in scores.items()
    }


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(values, n=20) if len(values) > 1 else [values[0]] * 19
    return {"p50": round(cuts[9], 1), "p95": round(cuts[18], 1)}


def _print(dataset: Dataset, result: Mapping[str, Any]) -> None:
    table = _table(f"{dataset.name}: {len(dataset.queries)} questions, ingested in {result['ingestSeconds']} s")
    for system, categories in result["systems"].items():
        latency = result["latencyMillis"].get(system)
        for category, row in categories.items():
            if category == "all" or system in {"SIMPLE", "DEEP"}:
                _add_row(table, system, category, row, latency if category == "all" else None)
    _console.print(table)
    if result["graph"]:
        _console.print("graph: " + ", ".join(f"{name} {value:.4g}" for name, value in result["graph"].items()))
    if result["hopsOfItems"]:
        _console.print("hops of DEEP's items: " + ", ".join(f"{n} hops {c}" for n, c in result["hopsOfItems"].items()))


def _print_pooled(results: Mapping[str, Mapping[str, Any]]) -> None:
    """Print scores over all conversations; each question counts once."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in results:
        groups[name.rpartition("-")[0] or name].append(name)
    for group, names in groups.items():
        if len(names) < 2:
            continue
        table = _table(f"{group}: {len(names)} datasets together")
        for system in results[names[0]]["systems"]:
            categories = dict.fromkeys(c for n in names for c in results[n]["systems"][system])
            for category in categories:
                rows = [r for n in names if (r := results[n]["systems"][system].get(category))]
                if category == "all" or system in {"SIMPLE", "DEEP"}:
                    _add_row(table, system, category, _pooled(rows), None)
        _console.print(table)


def _pooled(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    questions = sum(row["questions"] for row in rows)

    def average(value: Callable[[Mapping[str, Any]], float]) -> float:
        return sum(value(row) * row["questions"] for row in rows) / questions

    return {
        "questions": questions,
        "recall": {str(k): average(lambda row, k=k: row["recall"][str(k)]) for k in CUTOFFS},
        "complete": {str(k): average(lambda row, k=k: row["complete"][str(k)]) for k in COMPLETE_CUTOFFS},
        "mrr": average(lambda row: row["mrr"]),
    }


def _table(title: str) -> Table:
    table = Table(title=title, title_justify="left")
    for column in ("system", "category", "n", *(f"R@{k}" for k in CUTOFFS), *(f"all@{k}" for k in COMPLETE_CUTOFFS)):
        table.add_column(column, justify="left" if column in {"system", "category"} else "right")
    for column in ("MRR", "p50 ms", "p95 ms"):
        table.add_column(column, justify="right")
    return table


def _add_row(
    table: Table, system: str, category: str, row: Mapping[str, Any], latency: Mapping[str, float] | None
) -> None:
    table.add_row(
        system,
        category,
        str(row["questions"]),
        *(f"{row['recall'][str(k)]:.3f}" for k in CUTOFFS),
        *(f"{row['complete'][str(k)]:.2f}" for k in COMPLETE_CUTOFFS),
        f"{row['mrr']:.3f}",
        *((f"{latency['p50']:.0f}", f"{latency['p95']:.0f}") if latency else ("", "")),
    )


if __name__ == "__main__":
    try:
        main()
    except httpx.HTTPError as error:
        raise SystemExit(f"The service did not answer: {error!r}") from None
