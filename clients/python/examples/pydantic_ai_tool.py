"""A tool for Pydantic AI."""

from pydantic_ai import Agent, RunContext

from mnemon_client import AsyncMemory


def agent_of() -> Agent[AsyncMemory, str]:
    agent = Agent(deps_type=AsyncMemory, instructions="Recall before you answer.")

    @agent.tool
    async def recall(context: RunContext[AsyncMemory], question: str) -> str:  # pyright: ignore[reportUnusedFunction]
        """Look up what is known about a question. Ask in full sentences, with names."""
        return (await context.deps.context(question)).text or "Nothing is known about that."

    return agent
