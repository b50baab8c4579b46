"""Agents and their sessions."""

from datetime import timedelta
from typing import Annotated, Any

from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from app.api.api_key import check_reach
from app.api.checks import check_strings
from app.api.memanto_v2 import requests, responses
from app.api.memanto_v2.access import COOKIE, session_cookie
from app.api.memanto_v2.context import TAGS, AgentPath, MemantoUseCases
from app.api.memanto_v2.errors import PREFIX
from app.domain.access import caller
from app.domain.agents import namespace_of, scope_of_agent
from app.domain.audit import AuditAction
from app.domain.secrets import redact

WithCounts = Annotated[bool, QueryParameter(description="Count the memories. Default: true.")]


class AgentController(Controller):
    path = "/"
    tags = TAGS

    @post("/agents", status_code=201, operation_id="createAgent", summary="Create Agent")
    async def create(
        self, data: JSONBody[requests.AgentCreate], memanto: NamedDependency[MemantoUseCases]
    ) -> responses.AgentInfo:
        """An agent is a memory: `{"userId": "memanto", "agentId": …}` under /open/v1."""
        check_strings(data)
        scope = check_reach(scope_of_agent(data.agent_id))
        async with memanto.audit.recording(AuditAction.CREATE_AGENT, scope):
            agent = await memanto.agents.create(
                data.agent_id, pattern=data.pattern, description=data.description and redact(data.description)
            )
        return responses.agent_info(agent)

    @get("/agents", operation_id="listAgents", summary="List Agents")
    async def list_all(
        self, memanto: NamedDependency[MemantoUseCases], include_counts: WithCounts = True
    ) -> responses.AgentList:
        """Newest first."""
        every = await memanto.agents.every(counted=include_counts)
        found = [responses.agent_info(a) for a in every if caller.get().reaches(scope_of_agent(a.id))]
        return responses.AgentList(agents=found, count=len(found))

    @get("/agents/{agent_id:str}", operation_id="getAgent", summary="Get Agent")
    async def get_one(
        self, agent_id: AgentPath, memanto: NamedDependency[MemantoUseCases], include_counts: WithCounts = True
    ) -> responses.AgentInfo:
        return responses.agent_info(await memanto.agents.get(agent_id, counted=include_counts))

    @delete("/agents/{agent_id:str}", status_code=200, operation_id="deleteAgent", summary="Delete Agent")
    async def delete_one(
        self,
        agent_id: AgentPath,
        memanto: NamedDependency[MemantoUseCases],
        with_memories: Annotated[bool, QueryParameter(name="delete-backup-too")] = False,
    ) -> responses.MessageView:
        """Keep the memories for the next agent with this name, unless `delete-backup-too` is true."""
        async with memanto.audit.recording(AuditAction.DELETE_AGENT, scope_of_agent(agent_id)):
            operation_id = await memanto.agents.delete(agent_id, with_memories=with_memories)
        if operation_id:
            await memanto.delete_facts.forgotten(operation_id)
        return responses.MessageView(message=f"Agent '{agent_id}' deleted")

    @post("/agents/{agent_id:str}/activate", status_code=200, operation_id="activateAgent", summary="Activate Agent")
    async def activate(
        self, agent_id: AgentPath, request: Request[Any, Any, Any], memanto: NamedDependency[MemantoUseCases]
    ) -> Response[responses.SessionView]:
        """Open a session for six hours and end the previous one."""
        async with memanto.audit.recording(AuditAction.ACTIVATE_AGENT, scope_of_agent(agent_id)):
            opened = await memanto.sessions.activate(agent_id)
        view = responses.SessionView(
            session_id=opened.session.id,
            session_token=opened.token,
            agent_id=agent_id,
            namespace=namespace_of(agent_id),
            started_at=opened.session.started_at,
            expires_at=opened.session.expires_at,
            pattern=opened.session.pattern,
        )
        return Response(view, cookies=[session_cookie(opened.token, scheme=request.url.scheme)])

    @get("/status", operation_id="getStatus", summary="Current Session")
    async def status(self, memanto: NamedDependency[MemantoUseCases]) -> responses.SessionInfo:
        """Return the open session that started last."""
        agent_id, session, remaining = await memanto.sessions.latest()
        check_reach(scope_of_agent(agent_id))
        return responses.session_info(agent_id, session, remaining.total_seconds())


class OwnSessionController(Controller):
    """Routes that a session may call for itself."""

    path = "/"
    tags = TAGS

    @post(
        "/agents/{agent_id:str}/deactivate", status_code=200, operation_id="deactivateAgent", summary="Deactivate Agent"
    )
    async def deactivate(
        self, agent_id: AgentPath, memanto: NamedDependency[MemantoUseCases]
    ) -> Response[responses.SessionSummary]:
        """Ends the agent's session. The session's own token is enough."""
        async with memanto.audit.recording(AuditAction.DEACTIVATE_AGENT, scope_of_agent(agent_id)):
            session, ended_at = await memanto.sessions.end(agent_id)
        view = responses.SessionSummary(
            session_id=session.id,
            agent_id=agent_id,
            started_at=session.started_at,
            ended_at=ended_at,
            duration_hours=round((ended_at - session.started_at) / timedelta(hours=1), 2),
            memories_created=session.memories,
        )
        response = Response(view)
        response.delete_cookie(COOKIE, path=PREFIX)
        return response
