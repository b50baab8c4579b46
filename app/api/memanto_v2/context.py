"""Shared by the routes of /api/v2: use cases, the agent of a request, times."""

from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import Request
from litestar.params import PathParameter
from msgspec import Struct

from app.api.memanto_v2.access import session_of
from app.domain.agents import namespace_of, scope_of_agent
from app.domain.errors import InvalidInput
from app.domain.scope import MemoryScope
from app.services.access.audit import Audit
from app.services.forgetting.delete_facts import DeleteFacts
from app.services.memanto.answer_question import AnswerQuestion
from app.services.memanto.conflicts import Conflicts
from app.services.memanto.extract_typed_facts import ExtractTypedFacts
from app.services.memanto.policies import Policies, PurgeExpired
from app.services.memanto.read_file import ReadFile
from app.services.memanto.recall import Recall
from app.services.memanto.sessions import Agents, CheckedSession, Sessions
from app.services.memanto.submit_changes import ChangeFact, SubmitChanges
from app.services.memanto.summarize_day import SummarizeDay
from app.services.operations.answer_once import AnswerOnce

TAGS = ("memanto",)

AgentPath = Annotated[str, PathParameter(pattern=r"^[a-zA-Z0-9_-]+$", max_length=128)]


class MemantoUseCases(Struct, frozen=True, kw_only=True):
    """Everything that these handlers call."""

    agents: Agents
    sessions: Sessions
    submit_changes: SubmitChanges
    change_fact: ChangeFact
    extract_typed_facts: ExtractTypedFacts
    recall: Recall
    answer_question: AnswerQuestion
    conflicts: Conflicts
    policies: Policies
    purge_expired: PurgeExpired
    delete_facts: DeleteFacts
    summarize_day: SummarizeDay
    read_file: ReadFile
    answer_once: AnswerOnce
    audit: Audit


class AgentContext(Struct, frozen=True, kw_only=True):
    """The agent and session of a request, as `session_guard` checked them."""

    session: CheckedSession

    @property
    def agent_id(self) -> str:
        return self.session.agent_id

    @property
    def session_id(self) -> str:
        return self.session.session_id

    @property
    def scope(self) -> MemoryScope:
        return scope_of_agent(self.agent_id)

    @property
    def namespace(self) -> str:
        return namespace_of(self.agent_id)


async def here(agent_id: AgentPath, request: Request[Any, Any, Any]) -> AgentContext:  # noqa: ARG001 - a path parameter of the schema
    return AgentContext(session=session_of(request))


def aware(field: str, moment: datetime) -> datetime:
    """Convert to UTC; a time without offset is UTC. Raises InvalidInput if it leaves the years 1 to 9999."""
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError as error:
        raise InvalidInput({field: "is out of range: the years are 1 to 9999"}) from error
