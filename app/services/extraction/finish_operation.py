"""Finish an operation that changed facts: refresh insights and store the result in one transaction."""

from collections.abc import Sequence

from msgspec.structs import replace

from app.domain.operations import OperationResult
from app.graph import operations
from app.graph.database import Step
from app.graph.operations import Outcome
from app.services.extraction.ask_model import AskModel
from app.services.extraction.refresh_insights import RefreshInsights
from app.services.operations.signals import Signals
from app.services.operations.turn import Turn


class FinishOperation:
    def __init__(self, refresh_insights: RefreshInsights, signals: Signals, ask_model: AskModel | None) -> None:
        self._refresh_insights = refresh_insights
        self._signals = signals
        self._ask_model = ask_model

    async def __call__(
        self,
        turn: Turn,
        result: OperationResult,
        *,
        entity_keys: Sequence[str],
        flush: bool,
        whole: bool = False,
        steps: Sequence[Step] = (),
    ) -> None:
        """Adds the insights' ids to the result and ends the operation.

        `entity_keys`: entities whose facts changed; `flush`, `whole`: see RefreshInsights; `steps`: written in the same
        transaction, after the insights.
        """
        insights = await self._refresh_insights(
            turn.memory_id,
            entity_keys,
            model=self._ask_model and self._ask_model.on_behalf_of(turn),
            flush=flush,
            whole=whole,
        )
        result = replace(result, insight_ids=insights.ids, insight_pending=insights.pending)
        outcome = Outcome(operation_id=turn.operation_id, result=result)
        await turn.write(*insights.steps, *steps, operations.finish(turn.memory_id, [outcome]))
        self._signals.finished(turn.operation_id)
