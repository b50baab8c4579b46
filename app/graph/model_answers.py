"""Answers of a language model that were paid for, kept until the graph holds what they say."""

from app.domain.usage import Usage
from app.graph.database import Database, Step


async def find(db: Database, memory_id: str, key: str) -> tuple[str, bool] | None:
    """The answer as JSON, and whether it was broken off."""
    rows = await db.read("model_answers/find", memoryId=memory_id, key=key)
    return (rows[0]["answerJson"], rows[0]["truncated"]) if rows else None


def keep(memory_id: str, key: str, *, operation_id: str, answer_json: str, truncated: bool) -> Step:
    return Step(
        name="model_answers/keep",
        parameters={
            "memoryId": memory_id,
            "key": key,
            "operationId": operation_id,
            "answerJson": answer_json,
            "truncated": truncated,
        },
    )


def drop(memory_id: str, operation_id: str) -> Step:
    return Step(name="model_answers/drop", parameters={"memoryId": memory_id, "operationId": operation_id})


def spend(memory_id: str, operation_id: str, usage: Usage, *, model: str, prompt: str) -> Step:
    """Adds to what the operation's record says that it cost."""
    return Step(
        name="operations/spend",
        parameters={
            "memoryId": memory_id,
            "operationId": operation_id,
            "model": model,
            "prompt": prompt,
            "calls": usage.calls,
            "tokensIn": usage.tokens_in,
            "tokensOut": usage.tokens_out,
        },
    )
