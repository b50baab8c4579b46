"""Measure how well retrieval finds the evidence of questions, beside baselines on the same texts and vectors.

    ./scripts/evaluate [DIR …] [--strategy SIMPLE,DEEP] [--ingest bundle|messages|replay] [--ablate] [--no-cache]
                       [--out FILE.json] [--compare FILE.json]

Each DIR holds bundle.ndjson and queries.ndjson; without any, every folder in $MNEMON_DATASETS. A service starts from
an empty database, every bundle is ingested into its own memory over HTTP, and every question is asked with a limit of 20.
--ingest: the bundle with its facts, only the messages (extracted by the local rules), or the messages with a language model
on loopback that replays the bundle's recorded facts. Vectors are kept between runs in the user's cache folder.

R@k is the share of the evidence among the first k raw data; any@k and all@k are the shares of questions with some and with
all of it there; ans@k is the share of the expected answer's words in the first k items; tokens are those of the whole answer.
± is the standard error over the questions.
"""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import httpx
import msgspec
import numpy as np
from msgspec.structs import replace
from rich.progress import Progress

from app import connections
from app.domain.secrets import redact
from app.graph.raw_data import search_text
from app.models.ports import Embedder, Vectors
from app.settings import load_settings
from tests.evaluation import report
from tests.evaluation.ablation import VariantAnswers
from tests.evaluation.baselines import Baselines
from tests.evaluation.cached_vectors import use_cache
from tests.evaluation.datasets import Client, Dataset, Query, identity
from tests.evaluation.metrics import Score, answer_shares, score
from tests.evaluation.replay import Replay, reproduced
from tests.evaluation.report import DatasetResult, Report
from tests.llm_server import running_llm
from tests.service_process import running_service

_DATASETS = "MNEMON_DATASETS"
_LIMIT = 20


@click.command(help=__doc__)
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--strategy", default="SIMPLE,DEEP", show_default=True, help="Which strategies, with commas between.")
@click.option("--ingest", type=click.Choice(["bundle", "messages", "replay"]), default="bundle", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where the numbers go as JSON.")
@click.option("--compare", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="An earlier --out file.")
@click.option("--ablate", is_flag=True, help="Ask again without each ingredient of DEEP.")
@click.option("--no-cache", is_flag=True, help="Embed all texts anew, and show how long everything took.")
def main(
    folders: tuple[Path, ...],
    strategy: str,
    ingest: str,
    out: Path | None,
    compare: Path | None,
    *,
    ablate: bool,
    no_cache: bool,
) -> None:
    strategies = [name.strip().upper() for name in strategy.split(",") if name.strip()]
    if unknown := [name for name in strategies if name not in {"SIMPLE", "DEEP"}]:
        raise click.BadParameter(f"{unknown[0]} is neither SIMPLE nor DEEP", param_hint="--strategy")
    signal.signal(signal.SIGTERM, _end)
    datasets = [Dataset.read(folder) for folder in folders or _default_folders()]
    before = _read_report(compare) if compare else None
    service_module = "app.cli.main"
    if not no_cache:
        use_cache()
        service_module = "tests.evaluation.cached_vectors"
    embedder = connections.create_embedder(load_settings(os.environ))
    results: dict[str, DatasetResult] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        _model(datasets if ingest == "replay" else []) as environment,
        running_service(Path(folder) / "data", module=service_module, **environment) as service,
    ):
        variants = VariantAnswers(Path(folder) / "data") if ablate else None
        for dataset in datasets:
            client = Client(service.url, dataset.name)
            try:
                results[dataset.name] = _evaluate(dataset, client, strategies, ingest, embedder, variants)
                report.show(dataset.name, results[dataset.name], with_times=no_cache)
            finally:
                client.close()
    asyncio.run(embedder.close())
    report.show_pooled(results)
    now = Report(ingest=ingest, datasets=results)
    if out:
        report.write(now, out)
    if before:
        report.show_changes(now, before)


def _read_report(path: Path) -> Report:
    try:
        return report.read(path)
    except msgspec.DecodeError as error:
        raise click.BadParameter(f"{path} is no file of --out: {error}", param_hint="--compare") from None


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
    dataset: Dataset,
    client: Client,
    strategies: Sequence[str],
    ingest: str,
    embedder: Embedder,
    variants: VariantAnswers | None,
) -> DatasetResult:
    started = time.perf_counter()
    (client.import_bundle if ingest == "bundle" else client.send_messages)(dataset)
    seconds = time.perf_counter() - started
    exported = client.export()
    stored = [line for line in exported if line["kind"] == "rawData"]
    evidence = _evidence(dataset, stored)
    scores: dict[str, dict[str, Score]] = defaultdict(dict)
    latencies: dict[str, list[float]] = defaultdict(list)
    hops: list[int] = []
    with Progress(console=report.console, transient=True) as progress:
        task = progress.add_task(dataset.name, total=len(dataset.queries) * (len(strategies) + 1))
        for query, ranked in _baselines(dataset.queries, stored, embedder).items():
            for system, ids in ranked.items():
                scores[system][query] = score(ids, evidence[query])
            progress.advance(task)
        for name in strategies:
            for query in dataset.queries:
                asked = time.perf_counter()
                answer = client.retrieve(query.query, strategy=name, limit=_LIMIT)
                latencies[name].append((time.perf_counter() - asked) * 1000)
                scores[name][query.id] = _answer_score(answer, evidence[query.id], query, embedder)
                if name == "DEEP":
                    hops += [len(item["path"]) for item in answer["items"]]
                progress.advance(task)
    if variants:
        for name, ranked in variants.rank(client.ids, dataset.queries, limit=_LIMIT).items():
            scores[name] = {id_: score(ids, evidence[id_]) for id_, ids in ranked.items()}
    return DatasetResult(
        ingest_seconds=round(seconds, 1),
        raw_data=len(stored),
        categories={query.id: query.category for query in dataset.queries},
        scores=scores,
        latency_millis={name: report.percentiles(values) for name, values in latencies.items()},
        graph=(reproduced(dataset, exported) | client.cost()) if ingest == "replay" else {},
        hops_of_items={str(n): hops.count(n) for n in sorted(set(hops))},
    )


def _answer_score(answer: Mapping[str, Any], evidence: Sequence[str], query: Query, embedder: Embedder) -> Score:
    items = [item["text"] for item in answer["items"]]
    texts = [*items, *(raw["caption"] for raw in answer["rawData"])]
    return replace(
        score([raw["rawDataId"] for raw in answer["rawData"]], evidence),
        answer=answer_shares(items, query.expected),
        tokens=sum(embedder.token_counts(texts)),
    )


def _evidence(dataset: Dataset, stored: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return question → ids of its evidence in the memory."""
    known = {identity(dict(row)): row["id"] for row in stored}
    by_text = {identity(dict(row))[:2]: row["id"] for row in stored}
    # Secrets are stored redacted.
    rows = [{**row, "text": redact(row["text"])} for row in dataset.raw_data()]
    ids = {row["id"]: known.get(identity(row)) or by_text[identity(row)[:2]] for row in rows}
    return {query.id: [ids[id_] for id_ in query.evidence] for query in dataset.queries}


def _baselines(
    queries: Sequence[Query], stored: Sequence[Mapping[str, Any]], embedder: Embedder
) -> dict[str, dict[str, list[str]]]:
    texts = [search_text(row.get("userName"), row.get("title"), row["text"]) for row in stored]
    baselines = Baselines([row["id"] for row in stored], texts, np.array([r["embedding"] for r in stored], np.float32))

    async def embed_all() -> list[Vectors]:
        return [await embedder.embed_query(query.query) for query in queries]

    vectors = asyncio.run(embed_all())
    return {
        query.id: baselines.rank(query.query, vector, limit=_LIMIT)
        for query, vector in zip(queries, vectors, strict=True)
    }


if __name__ == "__main__":
    try:
        main()
    except httpx.HTTPError as error:
        raise SystemExit(f"The service did not answer: {error!r}") from None
