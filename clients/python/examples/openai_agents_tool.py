"""A tool for the OpenAI Agents SDK."""

from agents import Agent, FunctionTool, function_tool

from mnemon_client import AsyncMemory


def recall_tool(memory: AsyncMemory) -> FunctionTool:
    @function_tool
    async def recall(question: str) -> str:
        """Look up what is known about a question. Ask in full sentences, with names.

        Args:
            question: The question.
        """
        return (await memory.context(question)).text or "Nothing is known about that."

    return recall


def agent_of(memory: AsyncMemory) -> Agent[None]:
    return Agent(name="Assistant", instructions="Recall before you answer.", tools=[recall_tool(memory)])
