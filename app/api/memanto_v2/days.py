"""Daily summaries and contradictions."""

from datetime import UTC, date, datetime
from typing import Annotated

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from app.api.checks import check_strings
from app.api.memanto_v2 import requests, responses
from app.api.memanto_v2.context import TAGS, AgentContext, MemantoUseCases
from app.domain.errors import BadRequest
from app.domain.knowledge import FactKind
from app.domain.limits import MAX_YEAR, MIN_YEAR
from app.services.memanto.conflicts import Action, replacement_of


class DayController(Controller):
    path = "/agents/{agent_id:str}"
    tags = TAGS

    @post("/daily-summary", status_code=200, operation_id="dailySummary", summary="Daily Summary")
    async def daily_summary(
        self,
        here: NamedDependency[AgentContext],
        memanto: NamedDependency[MemantoUseCases],
        data: JSONBody[requests.DailySummaryRequest | None] = None,
    ) -> responses.DailySummaryResponse:
        """A day's memories as Markdown; with a language model, also in a few sentences."""
        found = await memanto.summarize_day(here.scope, _day(data.date if data else None))
        status = "success" if found.memories else "empty_sessions" if found.sessions else "no_sessions"
        return responses.DailySummaryResponse(
            agent_id=here.agent_id,
            session_id=here.session_id,
            date=found.day.isoformat(),
            summary=responses.SummaryView(
                status=status,
                sessions_count=found.sessions,
                agent_id=here.agent_id,
                date=found.day.isoformat(),
                text=found.markdown,
            ),
            export=responses.ExportView(total_memories=found.total, per_type_counts=found.per_kind),
        )

    @post("/conflicts/generate", status_code=200, operation_id="generateConflicts", summary="Detect Conflicts")
    async def generate(
        self,
        here: NamedDependency[AgentContext],
        memanto: NamedDependency[MemantoUseCases],
        data: JSONBody[requests.ConflictDetectRequest | None] = None,
    ) -> responses.ConflictReportResponse:
        """Contradictions are found when memories are stored: this counts those of a day."""
        day = _day(data.date if data else None)
        found = await memanto.conflicts.of_day(here.scope, day)
        return responses.ConflictReportResponse(
            agent_id=here.agent_id,
            session_id=here.session_id,
            date=day.isoformat(),
            conflicts=responses.ConflictReport(status="success", conflict_count=len(found)),
        )

    @get("/conflicts", operation_id="listConflicts", summary="List Conflicts")
    async def conflicts(
        self,
        here: NamedDependency[AgentContext],
        memanto: NamedDependency[MemantoUseCases],
        day: Annotated[str | None, QueryParameter(name="date", pattern=r"^\d{4}-\d{2}-\d{2}$")] = None,
    ) -> responses.ConflictsResponse:
        """List the day's unresolved contradictions."""
        chosen = _day(day)
        found = await memanto.conflicts.of_day(here.scope, chosen)
        rows = [responses.conflict_row(i, conflict) for i, conflict in enumerate(found)]
        unresolved = [row for row in rows if not row.resolved]
        return responses.ConflictsResponse(
            agent_id=here.agent_id,
            session_id=here.session_id,
            date=chosen.isoformat(),
            conflicts=unresolved,
            count=len(unresolved),
        )

    @post("/conflicts/resolve", status_code=200, operation_id="resolveConflict", summary="Resolve Conflict")
    async def resolve(
        self,
        here: NamedDependency[AgentContext],
        data: JSONBody[requests.ConflictResolveRequest],
        memanto: NamedDependency[MemantoUseCases],
    ) -> responses.ConflictResolved:
        """Expire the memories that are not kept; they can be restored."""
        check_strings(data)
        day = _day(data.date)
        replacement = None
        if data.action is Action.MANUAL and (data.manual_content or "").strip():
            replacement = replacement_of(data.manual_content or "", data.manual_type or FactKind.FACT)
        done = await memanto.conflicts.resolve(
            here.scope, day, data.conflict_index, data.action, replacement, conflict_id=data.conflict_id
        )
        return responses.ConflictResolved(
            agent_id=here.agent_id,
            session_id=here.session_id,
            date=day.isoformat(),
            action=data.action,
            status="resolved",
            expired=[str(id_) for id_ in done.expired],
            restored=[str(id_) for id_ in done.restored],
            note="Both memories are kept" if data.action is Action.KEEP_BOTH else None,
            new_memory_id=str(done.new) if done.new is not None else None,
        )


def _day(text: str | None) -> date:
    """Parse a date; None means today (UTC). Raises BadRequest."""
    if text is None:
        return datetime.now(UTC).date()
    try:
        day = date.fromisoformat(text)
        if not MIN_YEAR <= day.year <= MAX_YEAR:
            raise ValueError(text)
        return day
    except ValueError as error:
        raise BadRequest(f"{text!r} is no date: write it as YYYY-MM-DD") from error
