"""Answer a question from stored facts only."""

from msgspec import Struct

from app.domain.retrieval import Strategy
from app.domain.scope import MemoryScope
from app.domain.typed_facts import StatusFilter
from app.prompts.answer_question import ANSWER_QUESTION, CitedMemory, render
from app.services.memanto.choose_model import ChooseModel
from app.services.memanto.recall import Recall, RecalledFact, RecallFilter


class AnsweredQuestion(Struct, frozen=True, kw_only=True):
    """`sources`: the facts that the answer cites."""

    answer: str
    sources: list[RecalledFact]


class AnswerQuestion:
    def __init__(self, recall: Recall, choose_model: ChooseModel) -> None:
        self._recall = recall
        self._choose_model = choose_model

    async def __call__(
        self, scope: MemoryScope, question: str, *, limit: int, min_similarity: float | None, model_name: str | None
    ) -> AnsweredQuestion:
        """Answer from facts found by DEEP. Raises AnswerUnavailable without a model, ModelFailed and ModelTimedOut."""
        model = self._choose_model(model_name)
        found = await self._recall.by_meaning(
            scope,
            question,
            RecallFilter(status=StatusFilter.ACTIVE),
            limit=limit,
            min_similarity=min_similarity,
            strategy=Strategy.DEEP,
        )
        shown = [
            CitedMemory(text=f.memory.content, at=f.memory.created_at.isoformat(timespec="minutes")) for f in found
        ]
        answer, _ = await model.ask(ANSWER_QUESTION, render(question, shown))
        used = [index for index in dict.fromkeys(answer.used) if 0 <= index < len(found)]
        return AnsweredQuestion(answer=answer.answer.strip(), sources=[found[index] for index in used])
