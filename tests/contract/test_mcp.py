"""The Model Context Protocol, with the SDK's own client, over HTTP."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from typing import Any

import httpx
import pytest
from mcp import Client, StdioServerParameters

from app.models.local.e5 import E5Embedder
from app.settings import Settings
from tests.api import Memory, told
from tests.service_process import ServiceProcess

pytestmark = pytest.mark.anyio
TOOLS = {"recall", "remember", "forget", "explain"}


def address(memory: Memory) -> str:
    return f"{memory.http.base_url}/mcp/{memory.scope.user_id}/{memory.scope.agent_id}"


async def call(client: Client, name: str, **arguments: Any) -> Any:
    result = await client.call_tool(name, arguments)
    assert not result.is_error, result
    return result.structured_content


@pytest.fixture
def full(memory: Memory) -> Memory:
    memory.extract(told(("Ana", "I live in Faro."), ("Ben", "I work at Zephyr Optics."), ("Ana", "I moved to Braga.")))
    memory.wait_until_idle()
    return memory


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_four_tools_work(full: Memory, mode: Any) -> None:
    async with Client(address(full), mode=mode) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert tools.keys() == TOOLS
        for name, tool in tools.items():
            assert tool.annotations
            assert tool.annotations.read_only_hint is (name in {"recall", "explain"})
            assert bool(tool.annotations.destructive_hint) is (name == "forget")
            assert tool.output_schema
        found = await call(client, "recall", query="Where does Ben work?")
        assert "Ben: I work at Zephyr Optics." in found["text"]
        source = next(s for s in found["sources"] if f"[{s['n']}] " in found["text"])
        explained = await call(client, "explain", id=source["ids"][0])
        assert explained["sources"][0]["quote"] in explained["sources"][0]["text"]
        stored = await call(client, "remember", text="I play the oud.", speaker="Ana")
        assert stored["status"] == "succeeded"
        assert len(stored["facts"]) == 1
        assert "oud" in (await call(client, "recall", query="What does Ana play?", max_tokens=60))["text"]
        assert {item["sourceClient"] for item in full.items() if "oud" in item["text"]} == {"mcp"}
        preview = await call(client, "forget", entity="Zephyr Optics")
        assert preview["status"] == "dry run"
        assert preview["counts"]["RawData"] == 1
        assert "Zephyr" in str(full.items())
        done = await call(client, "forget", entity="Zephyr Optics", dry_run=False)
        assert done == {"status": "succeeded", "counts": preview["counts"]}
        assert "Zephyr" not in str(full.items())


async def test_recall_of_an_earlier_day(full: Memory) -> None:
    async with Client(address(full)) as client:
        now = await call(client, "recall", query="Where does Ana live?")
        assert "Braga" in now["text"]
        assert "Faro" not in now["text"]
        before = await call(client, "recall", query="Where does Ana live?", as_of="2024-03-04T09:00:30Z")
        assert "Faro" in before["text"]
        assert "Braga" not in before["text"]
        assert await call(client, "recall", query="Where does Ana live?", as_of="2024-03-03") == {
            "status": "empty",
            "text": "",
            "sources": [],
        }


async def test_errors_are_told_to_the_model(full: Memory) -> None:
    async with Client(address(full)) as client:
        for name, arguments, said in (
            ("explain", {"id": "12"}, "There is no item 12"),
            ("explain", {"id": "x"}, "There is no item 'x'"),
            ("forget", {}, "Name what is to be forgotten"),
            ("forget", {"ids": ["x"]}, "itemIds must be ids of items"),
            ("forget", {"entity": "Nobody"}, "There is no entity Nobody"),
            ("recall", {"query": "x", "as_of": "soon"}, "ISO 8601"),
            ("remember", {"text": "a\x00b"}, "NUL"),
            ("recall", {"query": "a\x00b"}, "NUL"),
            ("recall", {"query": " "}, "must not be blank"),
            ("recall", {"query": "x" * 100_001}, "100000"),
            ("recall", {"query": "x", "max_tokens": 0}, ">= 1"),
            ("forget", {"entity": "x" * 201}, "200"),
            ("forget", {"ids": ["1"] * 10_001}, "10000"),
        ):
            result = await client.call_tool(name, arguments)
            assert result.is_error, (name, arguments)
            assert said in str(result.content)


async def test_resources(full: Memory) -> None:
    async with Client(address(full)) as client:
        assert {str(r.uri) for r in (await client.list_resources()).resources} == {"memory://stats", "memory://schema"}
        stats: Any = (await client.read_resource("memory://stats")).contents[0]
        assert json.loads(stats.text)["rawData"] == 3
        schema: Any = (await client.read_resource("memory://schema")).contents[0]
        assert "(:Entity)-[:RELATED]->(:Entity)" in schema.text


async def test_the_tools_are_cheap_to_read(memory: Memory, embedder: E5Embedder) -> None:
    async with Client(address(memory)) as client:
        tools = (await client.list_tools()).tools
    # What clients give to the model.
    read = json.dumps([{"name": t.name, "description": t.description, "input_schema": t.input_schema} for t in tools])
    (tokens,) = embedder.token_counts([read])
    assert 300 < tokens < 700, read


async def test_two_clients_at_once_keep_their_memories_apart(full: Memory, new_memory: Any) -> None:
    other = new_memory()
    other.extract(told(("Cyd", "I live in Tromsdalen.")))
    async with Client(address(full)) as one, Client(address(other)) as two:
        answers = await asyncio.gather(
            *(call(client, "recall", query="Where does Ana or Cyd live?") for _ in range(5) for client in (one, two))
        )
    for number, answer in enumerate(answers):
        assert ("Tromsdalen" in answer["text"]) is (number % 2 == 1)
        assert ("Braga" in answer["text"]) is (number % 2 == 0)


async def test_long_sources_are_shortened_around_the_quote(memory: Memory) -> None:
    text = "Rain fell. " * 300 + "Clara works at Initech. " + "Rain fell. " * 300
    memory.extract({"type": "document", "title": "Diary", "parsedText": text})
    memory.wait_until_idle()
    (item,) = [item for item in memory.items() if "Initech" in item["text"]]
    async with Client(address(memory)) as client:
        (source,) = (await call(client, "explain", id=item["id"]))["sources"]
    assert len(source["text"]) < 1000
    assert source["text"][source["start"] : source["end"]] == source["quote"]


async def test_nothing_that_is_said_is_logged(full: Memory, service: ServiceProcess) -> None:
    async with Client(address(full)) as client:
        await client.call_tool("forget", {"entity": "Wombat's diagnosis"})
        await call(client, "recall", query="Wombat's diagnosis?")
    assert "Wombat" not in service.log.read_text(encoding="utf-8")


@pytest.mark.slow
class TestStandardInputAndOutput:
    """`mnemon mcp`, on the database of a running service."""

    def command(self, settings: Settings, memory: Memory) -> list[str]:
        scope = memory.scope
        options = ["--data-dir", str(settings.data_dir), "--user", scope.user_id, "--agent", scope.agent_id]
        return [sys.executable, "-m", "app.cli.main", "mcp", *options]

    async def test_the_tools_work(self, settings: Settings, full: Memory) -> None:
        command, *arguments = self.command(settings, full)
        async with Client(StdioServerParameters(command=command, args=arguments, env=dict(os.environ))) as client:
            assert {tool.name for tool in (await client.list_tools()).tools} == TOOLS
            assert "Zephyr" in (await call(client, "recall", query="Where does Ben work?"))["text"]
            assert (await call(client, "remember", text="I play the oud.", speaker="Ana"))["status"] == "succeeded"
        assert any("oud" in item["text"] for item in full.items())

    async def test_nothing_but_the_protocol_is_on_standard_output(self, settings: Settings, memory: Memory) -> None:
        hello = {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"},
        }  # fmt: skip
        lines = [
            {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
            {"jsonrpc": "2.0", "method": "notifications/initialized"},
            {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
        ]
        process = await asyncio.create_subprocess_exec(
            *self.command(settings, memory), stdin=PIPE, stdout=PIPE, stderr=PIPE,
            env={**os.environ, "MNEMON_LOG_LEVEL": "DEBUG"},
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("".join(json.dumps(line) + "\n" for line in lines).encode())
        await process.stdin.drain()
        shown = [json.loads(await asyncio.wait_for(process.stdout.readline(), 120)) for _ in range(2)]
        assert [row["id"] for row in shown] == [1, 2]
        process.stdin.close()
        rest = await asyncio.wait_for(process.stdout.read(), 60)
        assert rest == b""
        assert await asyncio.wait_for(process.wait(), 60) == 0


class TestHttp:
    LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}  # noqa: RUF012

    @pytest.mark.parametrize("accept", [None, "text/event-stream", "application/json", "*/*"])
    async def test_any_accept_header_gets_json(self, memory: Memory, accept: str | None) -> None:
        request = httpx.Request("POST", address(memory), json=self.LIST, headers={"Accept": accept} if accept else {})
        if accept is None:
            request.headers.pop("accept", None)
        response = memory.http.send(request)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"].startswith("application/json")
        assert {tool["name"] for tool in response.json()["result"]["tools"]} == TOOLS

    @pytest.mark.parametrize("method", ["GET", "DELETE"])
    async def test_other_methods_are_refused(self, memory: Memory, method: str) -> None:
        response = memory.http.request(method, address(memory), headers={"Accept": "text/event-stream"})
        assert (response.status_code, response.headers["allow"]) == (405, "POST")

    async def test_pages_of_other_sites_and_foreign_names_are_refused(self, memory: Memory) -> None:
        for headers in ({"Origin": "https://example.com"}, {"Host": "example.com"}):
            assert memory.http.post(address(memory), json=self.LIST, headers=headers).status_code == 403

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("", 200),
            ("/", 200),
            ("/%20/a", 400),
            ("/a", 404),
            ("/a/b/c", 404),
            ("x/a/b", 404),
            (f"/{'u' * 257}/a", 404),
        ],
    )
    async def test_paths(self, memory: Memory, path: str, status: int) -> None:
        assert memory.http.post(f"/mcp{path}", json=self.LIST).status_code == status
