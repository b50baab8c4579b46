"""`mnemon demo`: the main job on a sample conversation, shown step by step."""

import asyncio
from importlib.resources import files
from typing import Any

import httpx
import msgspec
from msgspec import Struct
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.cli.console import err, out
from app.cli.service import RunningService
from app.connections import open_database
from app.domain.errors import OperationFailed
from app.domain.scope import MemoryScope

_POLL_SECONDS = 0.2
_SHOWN_ITEMS = {"SIMPLE": 4, "DEEP": 10}


async def show(service: RunningService) -> None:
    sample: dict[str, Any] = msgspec.json.decode(files("app.cli").joinpath("sample_conversation.json").read_bytes())
    ids = {"userId": sample["userId"], "agentId": sample["agentId"]}
    async with httpx.AsyncClient(base_url=f"{service.url}/open/v1", timeout=60) as http:
        out.rule(f"Storing {len(sample['messages'])} messages")
        await _store(http, ids, sample["messages"])
        await _show_graph(service, ids)
        known = await _known(http, ids)
        for number, question in enumerate(sample["questions"]):
            for strategy in ("SIMPLE", "DEEP"):
                await _ask(http, ids, question, strategy, known, with_trace=strategy == "DEEP" and number >= 2)


async def _store(http: httpx.AsyncClient, ids: dict[str, str], messages: list[dict[str, Any]]) -> None:
    body = {**ids, "rawContent": {"type": "conversation", "messages": messages}, "sourceClient": "demo"}
    accepted = await _post(http, "/memory/async/extract", body)
    out.print(f"accepted as {accepted['operationId']}", markup=False)
    with Progress(
        TextColumn("Extracting"), BarColumn(), TextColumn("{task.completed}/{task.total} messages"), TimeElapsedColumn(),
        console=err,
    ) as progress:  # fmt: skip
        task = progress.add_task("extract", total=len(messages))
        while True:
            response = await http.get(f"/memory/operations/{accepted['operationId']}")
            operation = response.raise_for_status().json()["data"]
            progress.update(task, completed=operation["progress"]["done"], total=operation["progress"]["total"] or None)
            if operation["status"] == "succeeded":
                return
            if operation["status"] == "failed":
                raise OperationFailed(kind="extract", reason=operation["error"]["reason"])
            await asyncio.sleep(_POLL_SECONDS)


async def _show_graph(service: RunningService, ids: dict[str, str]) -> None:
    scope = MemoryScope(user_id=ids["userId"], agent_id=ids["agentId"])
    db = open_database(service.neo4j)
    try:
        counts = (await db.read("system/counts", memoryId=scope.memory_id))[0]
    finally:
        await db.aclose()
    out.rule("The graph")
    for kind in ("nodes", "relationships"):
        out.print(f"{kind}: " + ", ".join(f"{row['number']} {row['name']}" for row in counts[kind]), markup=False)


class _Known(Struct):
    """Texts of facts and times of messages, by id."""

    texts: dict[str, str]
    times: dict[str, str]


async def _known(http: httpx.AsyncClient, ids: dict[str, str]) -> _Known:
    items = (await _post(http, "/memory/items/query", {**ids, "limit": 100}))["items"]
    raw_data = (await _post(http, "/memory/raw-data/query", {**ids, "limit": 100}))["rawData"]
    return _Known(
        texts={item["id"]: item["text"] for item in items}, times={raw["id"]: raw["startTime"][:10] for raw in raw_data}
    )


async def _ask(
    http: httpx.AsyncClient,
    ids: dict[str, str],
    question: dict[str, str],
    strategy: str,
    known: _Known,
    *,
    with_trace: bool,
) -> None:
    # Neo4j Browser's guide shows the stored walk.
    body = {**ids, "query": question["query"], "strategy": strategy, "trace": True, "persistTrace": strategy == "DEEP"}
    answer = await _post(http, "/memory/retrieve", body)
    out.rule(strategy)
    out.print(question["query"], style="bold underline", markup=False)
    out.print(f"({question['why']})", style="dim", markup=False)
    for item in answer["items"][: _SHOWN_ITEMS[strategy]]:
        out.print(f"{item['finalScore']:.2f}  {item['text']}", style="bold", markup=False)
        source = item["provenance"][0]
        said = known.times.get(source["rawDataId"], "")
        out.print(f"      said on {said}: “{source['quote']}”", style="dim", markup=False)
        for step in item["path"]:
            origin = f"“{known.texts.get(step.get('fromItemId', ''), '')}”" if "fromItemId" in step else "the question"
            out.print(f"      hop {step['hop']}: from {origin} over {step['entity']}", style="cyan", markup=False)
    if with_trace:
        _print_trace(answer["trace"])


def _print_trace(trace: dict[str, Any]) -> None:
    table = Table(title="Trace", title_justify="left", box=None, pad_edge=False)
    for column in ("stage", "in", "found", "kept", "ms", "best candidate"):
        table.add_column(column, overflow="fold" if column == "best candidate" else "ellipsis")
    for stage in trace["stages"]:
        hop = stage["attributes"].get("hop")
        name = f"{stage['stage']}/{stage['tier']}/{stage['method']}" + (f" hop {hop}" if hop else "")
        best: dict[str, Any] = stage["candidates"][0] if stage["candidates"] else {}
        text = str(best.get("textPreview", ""))
        if "relationship" in best:
            text += f"  [by {best['relationship']}, weight {best['weight']:.2f}]"
        table.add_row(
            name,
            str(stage.get("inputCount", "")),
            str(stage.get("candidateCount", "")),
            str(stage.get("resultCount", "")),
            str(stage["durationMillis"]),
            text.replace("[", "\\["),
        )
    out.print(table)


async def _post(http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    response = await http.post(path, json=body)
    return response.raise_for_status().json()["data"]
