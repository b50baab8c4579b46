"""Stores language model answers until their content is in the graph, so that a retry does not pay again."""

from app.domain.usage import Usage
from app.graph.database import Database, Step


async def find(db: Database, memory_id: str, key: str) -> tuple[str, bool] | None:
    """Return the stored answer as JSON, and True if it was truncated; None if there is none."""
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
    """Add the cost of a model call to the operation."""
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
