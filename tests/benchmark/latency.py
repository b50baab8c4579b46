"""Measures the HTTP latency of writing and of both strategies, as ratios to a bare round trip in the same run.

    ./scripts/bench latency BUNDLE.ndjson [QUERIES.ndjson]

The bundle's raw data are sent as messages or as sections of documents, and their extraction is compared with embedding the
same texts alone. Questions that the embedder has not seen before are asked one at a time, by 20 clients at once, and with
their trace, which says how long each stage takes. Beside them: the embedding of a question alone, vector search by one
statement, and PageRank over the whole memory, held by the client (as HippoRAG does).
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
import msgspec
import numpy as np
import psutil
from scipy import sparse

from app.connections import create_embedder, neo4j_address, open_database
from app.domain.scope import MemoryScope
from app.graph.database import Database
from app.graph.raw_data import search_text, speaker_of
from app.models.ports import Embedder
from app.neo4j_server.home import Neo4jHome
from app.neo4j_server.server import running_server, server_memory_bytes
from app.retrieval.pagerank import power_iteration
from app.settings import load_settings
from tests.service_process import running_service

_WARM_UP = 300  # the JVM's JIT needs some hundred runs of each statement
_MAX_SAMPLES = 200
_CLIENTS = 20
_WIDTH = 50
_SEED_FACTS = 5
_DAMPING = 0.5  # HippoRAG 2's
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
        seconds = await _extract(http, messages, _IDS["agentId"])
        print(f"{len(messages)} messages extracted after the start: {seconds:.1f} s ({len(messages) / seconds:.1f}/s)")
        embedder = create_embedder(load_settings(os.environ))
        started = time.perf_counter()
        rows = await _exported(http)
        graph = _WholeGraph(rows)
        print(f"the whole graph: {len(graph.facts)} facts loaded in {(time.perf_counter() - started) * 1000:.0f} ms")

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
        await _compared(graph, db, embedder, questions, baseline)
        for strategy in ("SIMPLE", "DEEP"):
            alone = await _timed(strategy, ask(strategy), baseline)
            await _at_once(f"{strategy}, {_CLIENTS} clients", ask(strategy), alone)
            await _stages(http, strategy, questions)
        await _timed("add-message (202)", add, baseline)
        await _timed("RETURN 1 again", bare, baseline)
        # Java compiles what is used: this is the rate of a service in use.
        seconds = await _extract(http, messages, "again")
        print(f"{len(messages)} messages extracted once more: {seconds:.1f} s ({len(messages) / seconds:.1f}/s)")
        await _embedded_alone(embedder, rows, seconds)
    await db.aclose()


async def _extract(http: httpx.AsyncClient, messages: list[dict[str, Any]], agent: str) -> float:
    """Return the seconds that the extraction of all messages takes."""
    started = time.perf_counter()
    for start in range(0, len(messages), 500):
        part = messages[start : start + 500]
        accepted = await _post(http, "async/extract", {"agentId": agent, "rawContent": _content(part)})
        await _ended(http, accepted["operationId"], agent)
    return time.perf_counter() - started


async def _ended(http: httpx.AsyncClient, operation_id: str, agent: str) -> None:
    while True:
        response = await http.get(f"/operations/{operation_id}", params={**_IDS, "agentId": agent})
        operation = response.raise_for_status().json()["data"]
        if operation["status"] not in ("accepted", "running"):
            break
        await asyncio.sleep(0.5)
    if operation["status"] != "succeeded":
        raise RuntimeError(f"the extraction {operation['status']}: {operation.get('error')}")


async def _stages(http: httpx.AsyncClient, strategy: str, questions: list[str]) -> None:
    """Print where the time goes. Stages run side by side too, so that they add up to more than the whole."""
    taken: dict[str, list[int]] = {}
    for index in range(_MAX_SAMPLES):
        query = f"{strategy} stages {index}: {questions[index % len(questions)]}"
        answer = await _post(http, "retrieve", {"query": query, "strategy": strategy, "trace": True})
        for stage in answer["trace"]["stages"]:
            hop = stage["attributes"].get("hop")
            name = f"{stage['stage']}/{stage['tier']}/{stage['method']}" + (f" hop {hop}" if hop else "")
            taken.setdefault(name, []).append(stage["durationMillis"])
    for name, millis in taken.items():
        print(f"    {name:30} p50 {statistics.median(millis):6.1f} ms  in {len(millis)} of {_MAX_SAMPLES} answers")


async def _exported(http: httpx.AsyncClient) -> list[dict[str, Any]]:
    response = (await http.get("/export", params={**_IDS, "embeddings": "true"})).raise_for_status()
    return [msgspec.json.decode(line) for line in response.content.split(b"\n") if line]


async def _embedded_alone(embedder: Embedder, rows: list[dict[str, Any]], seconds: float) -> None:
    """Embed in one call the texts that an extraction embeds window by window. `seconds`: what the extraction took."""
    texts = [_embedded_text(row) for row in rows if row["kind"] in ("rawData", "fact", "entity")]
    insights = [row["text"] for row in rows if row["kind"] == "insight"]
    started = time.perf_counter()
    await embedder.embed(texts)
    alone = time.perf_counter() - started
    await embedder.embed(insights)
    together = time.perf_counter() - started
    for what, took in (
        (f"{len(texts)} messages, facts and names", alone),
        (f"and {len(insights)} insights", together),
    ):
        print(f"embedding alone: {what:38} {took:.1f} s ({took / seconds:.2f} of the time)")


def _embedded_text(row: dict[str, Any]) -> str:
    if row["kind"] == "rawData":
        speaker = speaker_of({"userName": row.get("userName"), "role": row.get("role")})
        return search_text(speaker, row.get("title"), row["text"])
    return row.get("searchText") or row.get("text") or row["name"]


async def _compared(
    graph: "_WholeGraph", db: Database, embedder: Embedder, questions: list[str], baseline: float
) -> None:
    """Time the embedding of a question alone, and two other ways to rank by it."""
    memory_id = MemoryScope(user_id=_IDS["userId"], agent_id=_IDS["agentId"]).memory_id

    async def embed(index: int) -> list[float]:
        return (await embedder.embed_query(f"{index}: {questions[index % len(questions)]}")).tolist()

    async def embed_only(index: int) -> None:
        await embed(index)

    async def vector_search(index: int) -> None:
        await db.read(
            "raw_data/nearest", memoryId=memory_id, vector=await embed(10_000 + index), limit=_WIDTH, withText=False
        )

    async def whole_graph(index: int) -> None:
        graph.rank(await embed(20_000 + index))

    await _timed("embedding", embed_only, baseline)
    await _timed("vector search", vector_search, baseline)
    await _timed("whole-graph PageRank", whole_graph, baseline)


class _WholeGraph:
    """All facts and entities of the memory, in the client."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.facts = [row for row in rows if row["kind"] == "fact" and row.get("embedding")]
        self._vectors = np.array([row["embedding"] for row in self.facts], dtype=np.float32)
        named = [[e if isinstance(e, str) else e["name"] for e in row.get("entities", [])] for row in self.facts]
        nodes = {name: len(named) + i for i, name in enumerate(dict.fromkeys(n for names in named for n in names))}
        self._size = len(named) + len(nodes)
        self._named = [[nodes[name] for name in names] for names in named]
        pairs = np.array([(i, j) for i, ends in enumerate(self._named) for j in ends], dtype=np.intp).reshape(-1, 2)
        rows_, columns = np.concatenate([pairs, pairs[:, ::-1]]).T
        degrees = np.bincount(rows_, minlength=self._size)
        self._matrix = sparse.csr_array((1.0 / degrees[rows_], (rows_, columns)), shape=(self._size, self._size))

    def rank(self, vector: list[float]) -> list[int]:
        """Return the facts with the most mass, from the entities of the most similar ones."""
        similar = self._vectors @ np.array(vector, dtype=np.float32)
        seeds = np.zeros(self._size)
        for fact in np.argsort(-similar)[:_SEED_FACTS].tolist():
            seeds[self._named[fact]] += max(float(similar[fact]), 0.0)
        mass = power_iteration(self._matrix, seeds, damping=_DAMPING)
        return np.argsort(-mass[: len(self.facts)])[:_WIDTH].tolist()


async def _at_once(name: str, run: Callable[[int], Awaitable[None]], alone: float) -> None:
    """Ask by many clients at once, each as soon as it has its answer."""
    indexes = iter(range(1_000, 1_000 + 2 * _MAX_SAMPLES))

    async def client() -> None:
        for index in indexes:
            await run(index)

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(_CLIENTS)))
    rate = 2 * _MAX_SAMPLES / (time.perf_counter() - started)
    print(f"{name:20} {rate:.1f}/s ({rate * alone / 1000:.2f} × one client's rate)")


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


async def _post(http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    response = await http.post(f"/{path}", json={**_IDS, **body})
    return response.raise_for_status().json()["data"]


def _content(rows: list[dict[str, Any]]) -> dict[str, Any]:
    if rows[0].get("type") == "DOCUMENT":
        sections = [{"title": row.get("title"), "content": row["text"]} for row in rows]
        return {"type": "document", "sections": sections}
    return {"type": "conversation", "messages": [_message(row) for row in rows]}


def _message(row: dict[str, Any]) -> dict[str, Any]:
    message = {"role": row.get("role", "USER"), "content": [{"type": "text", "text": row["text"]}]}
    optional = {"userName": row.get("userName"), "timestamp": row.get("occurredAt")}
    return message | {name: value for name, value in optional.items() if value}


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


if __name__ == "__main__":
    bundle_path = Path(sys.argv[1])
    main(bundle_path, Path(sys.argv[2]) if len(sys.argv) > 2 else bundle_path.with_name("queries.ndjson"))
