"""Measures the HTTP latency of writing and of both strategies, as ratios to a bare round trip in the same run.

    ./scripts/bench latency BUNDLE.ndjson [QUERIES.ndjson]

The bundle's raw data are sent as messages; queries that the embedder has not seen before are asked one at a time.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import psutil

from app.connections import neo4j_address, open_database
from app.neo4j_server.home import Neo4jHome
from app.neo4j_server.server import running_server, server_memory_bytes
from app.settings import load_settings
from tests.service_process import running_service

_WARM_UP = 300  # the JVM's JIT needs some hundred runs of each statement
_MAX_SAMPLES = 200
_IDS = {"userId": "bench", "agentId": "latency"}


def main(bundle: Path, queries: Path) -> None:
    messages = [row for row in _lines(bundle) if row["kind"] == "rawData"]
    questions = [row["query"] for row in _lines(queries)]
    with tempfile.TemporaryDirectory() as folder, running_service(Path(folder) / "data") as service:
        asyncio.run(_measure(service.url, Path(folder) / "data", messages, questions))
        state = running_server(Neo4jHome(Path(folder) / "data"))
        assert service.process is not None
        assert state is not None
        python = psutil.Process(service.process.pid).memory_info().rss
        print(f"memory: Python {python >> 20} MiB, Neo4j {server_memory_bytes(state) >> 20} MiB")


async def _measure(url: str, data_dir: Path, messages: list[dict[str, Any]], questions: list[str]) -> None:
    db = open_database(neo4j_address(load_settings(os.environ, data_dir=data_dir)))
    async with httpx.AsyncClient(base_url=f"{url}/open/v1/memory", timeout=120) as http:
        started = time.perf_counter()
        for start in range(0, len(messages), 500):
            content = {"type": "conversation", "messages": [_message(row) for row in messages[start : start + 500]]}
            await _post(http, "sync/extract", {"rawContent": content})
        seconds = time.perf_counter() - started
        print(f"{len(messages)} messages extracted in {seconds:.1f} s ({len(messages) / seconds:.0f}/s)")

        async def bare(_: int) -> None:
            await db.read("system/ping")

        async def add(index: int) -> None:
            await _post(http, "async/add-message", {"message": _message({"text": f"Note {index}.", "userName": "Ann"})})

        def ask(strategy: str) -> Callable[[int], Awaitable[None]]:
            async def run(index: int) -> None:
                # A unique prefix, so that no query cache can answer.
                query = f"{strategy} {index}: {questions[index % len(questions)]}"
                await _post(http, "retrieve", {"query": query, "strategy": strategy})

            return run

        baseline = await _timed("RETURN 1", bare, None)
        for strategy in ("SIMPLE", "DEEP"):
            await _timed(strategy, ask(strategy), baseline)
        await _timed("add-message (202)", add, baseline)
        await _timed("RETURN 1 again", bare, baseline)
    await db.aclose()


async def _timed(name: str, run: Callable[[int], Awaitable[None]], baseline: float | None) -> float:
    for index in range(_WARM_UP):
        await run(-index - 1)
    samples: list[float] = []
    for index in range(_MAX_SAMPLES):
        started = time.perf_counter()
        await run(index)
        samples.append((time.perf_counter() - started) * 1000)
    p50 = statistics.median(samples)
    p95 = statistics.quantiles(samples, n=20)[18]
    ratio = "" if baseline is None else f"  ({p50 / baseline:.1f}× RETURN 1)"
    print(f"{name:20} p50 {p50:6.1f} ms  p95 {p95:6.1f} ms{ratio}")
    return p50


async def _post(http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> None:
    response = await http.post(f"/{path}", json={**_IDS, **body})
    response.raise_for_status()


def _message(row: dict[str, Any]) -> dict[str, Any]:
    message = {"role": row.get("role", "USER"), "content": [{"type": "text", "text": row["text"]}]}
    optional = {"userName": row.get("userName"), "timestamp": row.get("occurredAt")}
    return message | {name: value for name, value in optional.items() if value}


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


if __name__ == "__main__":
    bundle_path = Path(sys.argv[1])
    main(bundle_path, Path(sys.argv[2]) if len(sys.argv) > 2 else bundle_path.with_name("queries.ndjson"))
