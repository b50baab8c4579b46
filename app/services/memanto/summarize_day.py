"""Summary of a day's facts."""

from collections import Counter
from datetime import UTC, date, timedelta

from msgspec import Struct

from app.domain.scope import MemoryScope
from app.domain.typed_facts import TypedFactRow, span_of_day
from app.graph import agents, typed_facts
from app.graph.database import Database
from app.prompts.summarize_day import SUMMARIZE_DAY, DaySummary, render
from app.services.memanto.choose_model import ChooseModel
from app.services.memanto.recall import EVERYTHING, RecallFilter

_READ = 50


class Day(Struct, frozen=True, kw_only=True):
    """`summary`: a language model's, None without one; `per_kind`: of all that the agent remembers."""

    day: date
    sessions: int
    memories: list[TypedFactRow]
    summary: DaySummary | None
    total: int
    per_kind: dict[str, int]

    @property
    def markdown(self) -> str:
        lines = [f"# {self.day.isoformat()}", ""]
        if self.summary:
            lines += ["## Summary", "", self.summary.summary, ""]
            if self.summary.themes:
                lines += ["## Themes", "", *(f"- {theme}" for theme in self.summary.themes), ""]
        kinds = Counter(memory.kind for memory in self.memories)
        lines += ["## By type", "", *(f"- {kind}: {number}" for kind, number in kinds.most_common()), ""]
        lines += ["## Timeline", ""]
        lines += [
            f"- {memory.created_at.astimezone(UTC):%H:%M} [{memory.kind}] {memory.shown_title}"
            for memory in reversed(self.memories)
        ]
        return "\n".join(lines) + "\n"


class SummarizeDay:
    def __init__(self, db: Database, choose_model: ChooseModel) -> None:
        self._db = db
        self._choose_model = choose_model

    async def __call__(self, scope: MemoryScope, day: date) -> Day:
        """Raises ModelFailed where a model is set and fails."""
        start, end = span_of_day(day)
        chosen = RecallFilter(created_after=start, created_before=end - timedelta(microseconds=1))
        page = await typed_facts.newest(self._db, scope.memory_id, chosen.filter(), limit=EVERYTHING)
        kinds = await typed_facts.kinds(self._db, scope.memory_id)
        summary = None
        if page.rows and self._choose_model.is_there:
            summary, _ = await self._choose_model(None).ask(
                SUMMARIZE_DAY, render([r.content for r in page.rows[:_READ]])
            )
        return Day(
            day=day,
            sessions=await agents.sessions_of_day(self._db, scope.memory_id, start, end),
            memories=page.rows,
            summary=summary,
            total=sum(kinds.values()),
            per_kind=kinds,
        )
