"""The client's examples and its LangGraph store, with the frameworks' own test models."""

import asyncio
import importlib.util
import re
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from agents import Runner, set_tracing_disabled
from agents.testing import ScriptedModel, assistant_message, function_call
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatResult
from langgraph.store.base import BaseStore
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from app.domain.scope import MemoryScope
from mnemon_client import AsyncMemory, AsyncMnemon, Memory, Message, Mnemon, MnemonError
from mnemon_client.langgraph import MnemonStore, recall_node, remember_node
from tests.service_process import ServiceProcess

EXAMPLES = Path(__file__).parents[2] / "clients" / "python" / "examples"
STORY = [
    Message("My sister Clara works at Initech.", speaker="Ana"),
    Message("Initech is headquartered in Porto.", speaker="Ana"),
]
QUESTION = "In which city is the employer of Ana's sister?"


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def memory(mnemon: Mnemon, scope: MemoryScope) -> Memory:
    memory = mnemon.memory(scope.user_id, scope.agent_id)
    memory.remember(STORY)
    return memory


@pytest.fixture
async def async_memory(service: ServiceProcess, scope: MemoryScope, memory: Memory) -> AsyncIterator[AsyncMemory]:
    async with AsyncMnemon(service.url) as client:
        yield client.memory(scope.user_id, scope.agent_id)


def test_quickstart(
    service: ServiceProcess, scope: MemoryScope, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNEMON_URL", service.url)
    monkeypatch.setenv("MNEMON_USER", scope.user_id)
    example("quickstart").main()
    shown = capsys.readouterr().out
    assert "“Initech is headquartered in Porto.”" in shown
    assert "   Ana — “" in shown
    assert "forgotten: {" in shown


def test_the_readme_runs(service: ServiceProcess, scope: MemoryScope, capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (EXAMPLES.parent / "README.md").read_text(), re.DOTALL)
    exec(code.replace("http://127.0.0.1:8366", service.url).replace('"ana"', repr(scope.user_id)), {})
    assert "['Initech is headquartered in Porto.']" in capsys.readouterr().out


class ListeningModel(GenericFakeChatModel):
    """LangChain's fake model, which also keeps what it was asked."""

    asked: list[list[BaseMessage]] = []  # noqa: RUF012 - a field of pydantic

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        self.asked.append(messages)
        return super()._generate(messages, *args, **kwargs)


class TestLangGraph:
    def test_an_agent_recalls_and_remembers(self, mnemon: Mnemon, memory: Memory) -> None:
        model = ListeningModel(messages=iter([AIMessage("In Porto.")]))
        agent = example("langgraph_agent").agent_of(memory, model, speaker="Ana")
        done = agent.invoke({"messages": [HumanMessage(f"{QUESTION} By the way, I play the oud.")]})
        assert "Porto" in str(model.asked[0][0].content)
        assert done["messages"][-1].content == "In Porto."
        for operation in memory.operations().operations:
            mnemon.wait(operation.operation_id)
        texts = [item.text for item in memory.items().items]
        assert any("oud" in text for text in texts)
        roles = [raw.segment["role"] for raw in memory.raw_data(with_text=True).raw_data if raw.segment]
        assert roles.count("ASSISTANT") == 1

    @pytest.mark.anyio
    async def test_nodes_with_an_event_loop(self, async_memory: AsyncMemory) -> None:
        state = {"messages": [HumanMessage(QUESTION)]}
        assert "Porto" in (await recall_node(async_memory)(state))["context"]
        assert await remember_node(async_memory)(state) == {}
        assert (await recall_node(async_memory)({"messages": []}))["context"] == ""

    @pytest.fixture
    def store(self, mnemon: Mnemon) -> BaseStore:
        return MnemonStore(mnemon)

    @pytest.fixture
    def namespace(self, scope: MemoryScope) -> tuple[str, str]:
        return (scope.user_id, scope.agent_id)

    def test_what_is_put_is_got_replaced_and_deleted(self, store: BaseStore, namespace: tuple[str, str]) -> None:
        store.put(namespace, "home", {"text": "Ana lives in Faro.", "stars": 3})
        item = store.get(namespace, "home")
        assert item
        assert item.value == {"text": "Ana lives in Faro.", "stars": 3}
        store.put(namespace, "home", {"text": "Ana lives in Braga.", "stars": 4})
        (found,) = store.search(namespace)
        assert found.value["text"] == "Ana lives in Braga."
        assert store.get(namespace, "other") is None
        store.delete(namespace, "home")
        assert store.get(namespace, "home") is None
        assert store.search(namespace, query="Where does Ana live?") == []

    def test_a_long_value_is_one_item(self, store: BaseStore, namespace: tuple[str, str]) -> None:
        text = "\n".join(f"Ana keeps {number} bees in Faro." for number in range(120))  # more than a page of facts
        store.put(namespace, "bees", {"text": text})
        store.put(namespace, "bees", {"text": text, "again": True})
        (found,) = store.search(namespace)
        assert found.value["again"]
        store.delete(namespace, "bees")
        assert store.get(namespace, "bees") is None

    def test_a_refused_value_leaves_the_old_one(self, store: BaseStore, namespace: tuple[str, str]) -> None:
        store.put(namespace, "home", {"text": "Ana lives in Faro."})
        with pytest.raises(MnemonError):
            store.put(namespace, "home", {"text": "a\x00"})
        item = store.get(namespace, "home")
        assert item
        assert item.value["text"] == "Ana lives in Faro."

    def test_a_search_is_by_meaning_and_filtered(self, store: BaseStore, namespace: tuple[str, str]) -> None:
        store.put(namespace, "home", {"text": "Ana lives in Faro.", "stars": 3})
        store.put(namespace, "food", {"text": "Ben cooks lentils every Monday.", "stars": 5})
        (first, *_) = store.search(namespace, query="Which town does Ana call home?", limit=1)
        assert (first.key, first.value["stars"]) == ("home", 3)
        assert first.score
        (only,) = store.search(namespace, query="Ana or Ben", filter={"stars": {"$gte": 4}})
        assert only.key == "food"
        assert [row.key for row in store.search(namespace, filter={"stars": 3})] == ["home"]

    def test_it_finds_conversations_over_hops(
        self, store: BaseStore, memory: Memory, namespace: tuple[str, str]
    ) -> None:
        found = store.search(namespace, query=QUESTION, limit=5)
        assert any("Porto" in row.value["text"] and row.value["speaker"] == "Ana" for row in found)

    def test_namespaces(self, store: BaseStore, memory: Memory, namespace: tuple[str, str]) -> None:
        assert store.list_namespaces(prefix=(namespace[0],)) == [namespace]
        assert store.list_namespaces(prefix=(namespace[0],), max_depth=1) == [namespace[:1]]
        assert store.list_namespaces(suffix=("*", "nobody")) == []
        with pytest.raises(ValueError, match="namespace"):
            store.get(("a", "b", "c"), "x")

    @pytest.mark.anyio
    async def test_with_an_event_loop(self, store: BaseStore, namespace: tuple[str, str]) -> None:
        await store.aput(namespace, "home", {"text": "Ana lives in Faro."})
        found = await asyncio.gather(store.aget(namespace, "home"), store.asearch(namespace, query="Ana's home"))
        assert found[0]
        assert found[1][0].key == "home"


@pytest.mark.anyio
async def test_openai_agents(async_memory: AsyncMemory) -> None:
    set_tracing_disabled(disabled=True)
    model = ScriptedModel(
        [[function_call("recall", {"question": QUESTION}, call_id="1")], [assistant_message("In Porto.")]]
    )
    agent = example("openai_agents_tool").agent_of(async_memory)
    agent.model = model
    assert (await Runner.run(agent, "Where?")).final_output == "In Porto."
    assert model.last_call
    assert "headquartered in Porto" in str(model.last_call.input)


@pytest.mark.anyio
async def test_pydantic_ai(async_memory: AsyncMemory) -> None:
    def answer(messages: list[Any], info: AgentInfo) -> ModelResponse:
        if len(messages) == 1:
            assert [tool.name for tool in info.function_tools] == ["recall"]
            return ModelResponse(parts=[ToolCallPart("recall", {"question": QUESTION})])
        return ModelResponse(parts=[TextPart(messages[-1].parts[0].content)])

    agent = example("pydantic_ai_tool").agent_of()
    done = await agent.run("Where?", deps=async_memory, model=FunctionModel(answer))
    assert "headquartered in Porto" in done.output


def test_an_absent_service_is_said(scope: MemoryScope) -> None:
    with Mnemon("http://127.0.0.1:9", tries=1) as client, pytest.raises(MnemonError, match="No service answers"):
        MnemonStore(client).search((scope.user_id,), query="x")
