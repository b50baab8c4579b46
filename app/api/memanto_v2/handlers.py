"""The routes of /api/v2."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, cast

from litestar import Controller, Request, Response, Router, delete, get, patch, post, put
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency, Provide
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, JSONBody, PathParameter, QueryParameter
from msgspec import Struct

from app.api.idempotency import IdempotencyKey, idempotency_of
from app.api.memanto_v2 import requests, responses
from app.api.memanto_v2.access import COOKIE, management_guard, session_guard, session_of
from app.api.memanto_v2.errors import PREFIX, Refused
from app.api.memind_v1.checks import check_strings
from app.domain.agents import namespace_of, scope_of_agent
from app.domain.errors import BadRequest, InvalidInput
from app.domain.knowledge import MemoryKind
from app.domain.policy import PRESETS, Policy
from app.domain.remembered import MANUAL, MAX_LABEL_CHARACTERS, MemoryEdit, MemoryPage, NewMemory
from app.services.answer_once import AnswerOnce
from app.services.answer_question import AnswerQuestion
from app.services.conflicts import Action, Conflicts, replacement_of
from app.services.delete_memories import DeleteMemories
from app.services.extract_memories import ExtractedMemories, ExtractMemories, Turn
from app.services.hand_over import HandedOver, HandOver
from app.services.operations import AwaitOperation
from app.services.policies import Policies, PurgeExpired, Swept
from app.services.recall import EVERYTHING, Chosen, Recall
from app.services.sessions import LIFETIME, Agents, CheckedSession, Sessions
from app.services.summarize_day import SummarizeDay
from app.services.take_file import TakeFile

_TAGS = ("memanto",)
_RECALL_LIMIT = 10
_ANSWER_LIMIT = 15
_MAX_LIMIT = 100
_MAX_QUERY_CHARACTERS = 1000
_KIOSK_THRESHOLD = 0.15
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

AgentPath = Annotated[str, PathParameter(pattern=r"^[a-zA-Z0-9_-]+$", max_length=128)]
WithCounts = Annotated[bool, QueryParameter(description="Whether memories are counted.")]


class MemantoUseCases(Struct, frozen=True, kw_only=True):
    """Everything that these handlers call."""

    agents: Agents
    sessions: Sessions
    hand_over: HandOver
    extract_memories: ExtractMemories
    recall: Recall
    answer_question: AnswerQuestion
    conflicts: Conflicts
    policies: Policies
    purge_expired: PurgeExpired
    delete_memories: DeleteMemories
    summarize_day: SummarizeDay
    take_file: TakeFile
    answer_once: AnswerOnce
    await_operation: AwaitOperation


class AgentController(Controller):
    path = "/"
    tags = _TAGS

    @post("/agents", status_code=201, operation_id="createAgent", summary="Create Agent")
    async def create(
        self, data: JSONBody[requests.AgentCreate], memanto: NamedDependency[MemantoUseCases]
    ) -> responses.AgentInfo:
        """An agent is a memory: `{"userId": "memanto", "agentId": …}` under /open/v1."""
        check_strings(data)
        agent = await memanto.agents.create(data.agent_id, pattern=data.pattern, description=data.description)
        return responses.agent_info(agent)

    @get("/agents", operation_id="listAgents", summary="List Agents")
    async def list_all(
        self, memanto: NamedDependency[MemantoUseCases], include_counts: WithCounts = True
    ) -> responses.AgentList:
        """Newest first."""
        found = [responses.agent_info(a) for a in await memanto.agents.every(counted=include_counts)]
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
        """The memories stay, and belong to the next agent of that name, unless `delete-backup-too` is true."""
        operation_id = await memanto.agents.delete(agent_id, with_memories=with_memories)
        if operation_id:
            await memanto.await_operation(operation_id, timeout_seconds=60)
        return responses.MessageView(message=f"Agent '{agent_id}' deleted")

    @post("/agents/{agent_id:str}/activate", status_code=200, operation_id="activateAgent", summary="Activate Agent")
    async def activate(
        self, agent_id: AgentPath, request: Request[Any, Any, Any], memanto: NamedDependency[MemantoUseCases]
    ) -> Response[responses.SessionView]:
        """A session for six hours; one that was open ends."""
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
        response = Response(view)
        response.set_cookie(
            COOKIE,
            opened.token,
            path=PREFIX,
            max_age=int(LIFETIME.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response

    @post(
        "/agents/{agent_id:str}/deactivate", status_code=200, operation_id="deactivateAgent", summary="Deactivate Agent"
    )
    async def deactivate(
        self, agent_id: AgentPath, memanto: NamedDependency[MemantoUseCases]
    ) -> Response[responses.SessionSummary]:
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

    @get("/status", operation_id="getStatus", summary="Current Session")
    async def status(self, memanto: NamedDependency[MemantoUseCases]) -> responses.SessionInfo:
        """The session that was begun last and is open."""
        agent_id, session, remaining = await memanto.sessions.latest()
        return responses.session_info(agent_id, session, remaining.total_seconds())


class MemoryController(Controller):
    path = "/agents/{agent_id:str}"
    tags = _TAGS

    @post("/remember", status_code=200, operation_id="remember", summary="Remember")
    async def remember(
        self,
        agent_id: AgentPath,
        data: JSONBody[requests.RememberRequest],
        request: Request[Any, Any, Any],
        memanto: NamedDependency[MemantoUseCases],
        idempotency_key: IdempotencyKey = None,
    ) -> responses.RememberResponse:
        """One memory, which can be recalled when the answer is there."""
        check_strings(data)
        memory = _new_memory(data, "")
        session = session_of(request)
        stored = await memanto.hand_over.memories(
            scope_of_agent(agent_id), [memory], idempotency_of(idempotency_key, "remember", data)
        )
        await memanto.sessions.count(session, 1)
        fact = stored.facts[0]
        return responses.RememberResponse(
            memory_id=str(stored.ids[0]),
            agent_id=agent_id,
            session_id=session.session_id,
            namespace=namespace_of(agent_id),
            status="queued",
            provenance=data.provenance,
            confidence=data.confidence,
            type=fact.remembered.kind if fact.remembered else None,
        )

    @post("/batch-remember", status_code=200, operation_id="batchRemember", summary="Batch Remember")
    async def batch_remember(
        self,
        agent_id: AgentPath,
        data: JSONBody[requests.BatchRememberRequest],
        request: Request[Any, Any, Any],
        memanto: NamedDependency[MemantoUseCases],
        idempotency_key: IdempotencyKey = None,
    ) -> responses.BatchRememberResponse:
        """All of them, or none."""
        check_strings(data)
        memories = [_new_memory(item, f"memories[{index}].") for index, item in enumerate(data.memories)]
        session = session_of(request)
        stored = await memanto.hand_over.memories(
            scope_of_agent(agent_id), memories, idempotency_of(idempotency_key, "batch-remember", data)
        )
        await memanto.sessions.count(session, len(memories))
        return responses.BatchRememberResponse(
            agent_id=agent_id,
            session_id=session.session_id,
            namespace=namespace_of(agent_id),
            total_submitted=len(memories),
            successful=len(memories),
            failed=0,
            results=_results(stored),
        )

    @post("/remember/extract", status_code=200, operation_id="extractMemories", summary="Extract Memories")
    async def extract(
        self,
        agent_id: AgentPath,
        data: JSONBody[requests.ExtractMemoriesRequest],
        request: Request[Any, Any, Any],
        memanto: NamedDependency[MemantoUseCases],
        idempotency_key: IdempotencyKey = None,
    ) -> responses.ExtractMemoriesResponse:
        """Memories out of a conversation: typed, without secrets, each with the words that say it. What is remembered
        already gains evidence. Nothing worth remembering is an answer, too.
        """
        check_strings(data)
        if blank := [i for i, m in enumerate(data.messages) if not (m.role.strip() and m.content.strip())]:
            raise InvalidInput({f"messages[{blank[0]}]": "must have a role and a content that are not blank"})
        session, scope = session_of(request), scope_of_agent(agent_id)
        idempotency = idempotency_of(idempotency_key, "remember/extract", data)

        async def answer() -> responses.ExtractMemoriesResponse:
            found = await memanto.extract_memories(
                scope,
                [Turn(role=m.role, content=m.content) for m in data.messages],
                most=data.max_memories,
                model_name=data.ai_model,
                store=not data.dry_run,
            )
            if found.handed_over:
                await memanto.sessions.count(session, len(found.candidates))
            return _extracted(agent_id, session, found, dry_run=data.dry_run)

        return await memanto.answer_once(scope.memory_id, idempotency, responses.ExtractMemoriesResponse, answer)

    @post("/upload-file", status_code=200, operation_id="uploadFile", summary="Upload File")
    async def upload(
        self,
        agent_id: AgentPath,
        data: Annotated[requests.FileUpload, Body(media_type=RequestEncodingType.MULTI_PART)],
        request: Request[Any, Any, Any],
        memanto: NamedDependency[MemantoUseCases],
    ) -> responses.UploadFileResponse:
        """A .pdf, .docx, .xlsx, .json, .txt, .csv or .md, in parts that can be recalled as artifacts."""
        file: UploadFile = data.file
        stored = file.file
        size = stored.seek(0, 2)
        stored.seek(0)
        taken = await memanto.take_file(scope_of_agent(agent_id), file.filename or "", cast("Any", stored))
        session = session_of(request)
        await memanto.sessions.count(session, taken.parts)
        return responses.UploadFileResponse(
            agent_id=agent_id,
            session_id=session.session_id,
            namespace=namespace_of(agent_id),
            file_name=taken.name,
            file_size=size,
            status="uploaded",
            message=f"{taken.parts} parts",
        )

    @patch("/memories/{memory_id:str}", operation_id="editMemory", summary="Edit Memory")
    async def edit(
        self,
        agent_id: AgentPath,
        memory_id: FromPath[str],
        data: JSONBody[requests.MemoryEditRequest],
        request: Request[Any, Any, Any],
        memanto: NamedDependency[MemantoUseCases],
        idempotency_key: IdempotencyKey = None,
    ) -> responses.EditedMemory:
        """What it said until now stays: recall/as-of shows the words of that time."""
        check_strings(data)
        changed = [name for name in data.__struct_fields__ if getattr(data, name) is not None]
        if not changed:
            raise BadRequest("Nothing to update: name at least one field")
        if data.content is not None and not data.content.strip():
            raise BadRequest("content must not be blank")
        edit = MemoryEdit(
            content=data.content,
            kind=data.type,
            title=data.title,
            tags=None if data.tags is None else _tags(data.tags, ""),
            confidence=data.confidence,
            source=data.source,
        )
        idempotency = idempotency_of(idempotency_key, f"edit {memory_id}", data)
        await memanto.hand_over.edit(scope_of_agent(agent_id), memory_id, edit, idempotency)
        return responses.EditedMemory(
            agent_id=agent_id,
            session_id=session_of(request).session_id,
            namespace=namespace_of(agent_id),
            memory_id=memory_id,
            status="updated",
            action="updated",
            updated_fields=changed,
        )

    @delete("/memories/{memory_id:str}", status_code=200, operation_id="deleteMemory", summary="Delete Memory")
    async def delete_memory(
        self, agent_id: AgentPath, memory_id: FromPath[str], memanto: NamedDependency[MemantoUseCases]
    ) -> responses.DeletedMemory:
        """With its versions, and with what was made of it. Only that there was one stays known."""
        scope = scope_of_agent(agent_id)
        row = await memanto.hand_over.find(scope, memory_id)
        await memanto.delete_memories(scope, [row.id])
        return responses.DeletedMemory(
            agent_id=agent_id, memory_id=memory_id, namespace=namespace_of(agent_id), status="deleted"
        )

    @post("/memories/{memory_id:str}/expire", status_code=200, operation_id="expireMemory", summary="Expire Memory")
    async def expire(
        self,
        agent_id: AgentPath,
        memory_id: FromPath[str],
        request: Request[Any, Any, Any],
        memanto: NamedDependency[MemantoUseCases],
        data: JSONBody[requests.MemoryExpireRequest | None] = None,
    ) -> responses.ExpiredMemory:
        reason = data.reason if data else MANUAL
        row = await memanto.hand_over.expire(scope_of_agent(agent_id), memory_id, by=reason[:MAX_LABEL_CHARACTERS])
        return responses.ExpiredMemory(
            agent_id=agent_id,
            session_id=session_of(request).session_id,
            memory_id=memory_id,
            status="expired",
            expired_at=row.expired_at,
            expired_by=row.expired_by,
        )

    @post("/memories/{memory_id:str}/restore", status_code=200, operation_id="restoreMemory", summary="Restore Memory")
    async def restore(
        self,
        agent_id: AgentPath,
        memory_id: FromPath[str],
        request: Request[Any, Any, Any],
        memanto: NamedDependency[MemantoUseCases],
    ) -> responses.ExpiredMemory:
        await memanto.hand_over.restore(scope_of_agent(agent_id), memory_id)
        return responses.ExpiredMemory(
            agent_id=agent_id, session_id=session_of(request).session_id, memory_id=memory_id, status="active"
        )


class RecallController(Controller):
    path = "/agents/{agent_id:str}"
    tags = _TAGS

    @post("/recall", status_code=200, operation_id="recall", summary="Recall")
    async def recall(
        self,
        agent_id: AgentPath,
        data: JSONBody[requests.RecallRequest],
        request: Request[Any, Any, Any],
        memanto: NamedDependency[MemantoUseCases],
    ) -> responses.RecallResponse:
        """Memories by meaning, in the order of the graph's retrieval; `score` is the cosine to the query."""
        check_strings(data)
        _check_query("query", data.query)
        found = await memanto.recall.by_meaning(
            scope_of_agent(agent_id),
            data.query,
            _chosen(data),
            limit=_limit(data.limit, _RECALL_LIMIT),
            min_similarity=data.min_similarity,
            strategy=data.strategy,
        )
        return responses.RecallResponse(
            agent_id=agent_id,
            session_id=session_of(request).session_id,
            query=data.query,
            memories=[responses.recalled_item(agent_id, memory) for memory in found],
            count=len(found),
        )

    @post("/recall/as-of", status_code=200, operation_id="recallAsOf", summary="Recall As Of")
    async def as_of(
        self,
        agent_id: AgentPath,
        data: JSONBody[requests.RecallAsOfRequest],
        request: Request[Any, Any, Any],
        memanto: NamedDependency[MemantoUseCases],
    ) -> responses.TemporalRecallResponse:
        """What was remembered at that time, with the words of that time. A date means its end (UTC)."""
        at = _instant("as_of", data.as_of, end=True)
        page = await memanto.recall.as_of(
            scope_of_agent(agent_id),
            at,
            kinds=data.type or None,
            tags=data.tags or None,
            limit=_limit(data.limit, EVERYTHING),
        )
        return _temporal(agent_id, request, page, "as_of", as_of_date=at.isoformat())

    @post("/recall/changed-since", status_code=200, operation_id="recallChangedSince", summary="Recall Changed Since")
    async def changed_since(
        self,
        agent_id: AgentPath,
        data: JSONBody[requests.RecallChangedSinceRequest],
        request: Request[Any, Any, Any],
        memanto: NamedDependency[MemantoUseCases],
    ) -> responses.TemporalRecallResponse:
        """What was created, updated or deleted after that time (of a date: its beginning), the last change first."""
        since = _instant("since", data.since, end=False)
        page = await memanto.recall.changed_since(
            scope_of_agent(agent_id), since, _chosen(data), limit=_limit(data.limit, EVERYTHING)
        )
        return _temporal(agent_id, request, page, "changed_since", since_date=since.isoformat())

    @post("/recall/recent", status_code=200, operation_id="recallRecent", summary="Recall Recent")
    async def recent(
        self,
        agent_id: AgentPath,
        request: Request[Any, Any, Any],
        memanto: NamedDependency[MemantoUseCases],
        data: JSONBody[requests.RecallRecentRequest | None] = None,
    ) -> responses.TemporalRecallResponse:
        """The newest first."""
        page = await _newest(agent_id, memanto, data, _RECALL_LIMIT)
        return _temporal(agent_id, request, page, "recent")

    @post("/recall/all", status_code=200, operation_id="recallAll", summary="Recall All")
    async def everything(
        self,
        agent_id: AgentPath,
        request: Request[Any, Any, Any],
        memanto: NamedDependency[MemantoUseCases],
        data: JSONBody[requests.RecallRecentRequest | None] = None,
    ) -> responses.TemporalRecallResponse:
        """As recent, but without a limit where none is given."""
        return _temporal(agent_id, request, await _newest(agent_id, memanto, data, EVERYTHING), "all")

    @post("/answer", status_code=200, operation_id="answer", summary="Answer")
    async def answer(
        self,
        agent_id: AgentPath,
        data: JSONBody[requests.AnswerRequest],
        request: Request[Any, Any, Any],
        memanto: NamedDependency[MemantoUseCases],
    ) -> responses.AnswerResponse:
        """From the memories alone; `sources` are those that the answer stands on. Needs a language model."""
        check_strings(data)
        _check_query("question", data.question)
        threshold = _KIOSK_THRESHOLD if data.threshold is None else data.threshold
        answered = await memanto.answer_question(
            scope_of_agent(agent_id),
            data.question,
            limit=data.limit or _ANSWER_LIMIT,
            min_similarity=threshold if data.kiosk_mode else None,
            model_name=data.ai_model,
        )
        return responses.AnswerResponse(
            agent_id=agent_id,
            session_id=session_of(request).session_id,
            question=data.question,
            answer=answered.answer,
            namespace=namespace_of(agent_id),
            sources=[responses.answer_source(source) for source in answered.sources],
        )


class DayController(Controller):
    path = "/agents/{agent_id:str}"
    tags = _TAGS

    @post("/daily-summary", status_code=200, operation_id="dailySummary", summary="Daily Summary")
    async def daily_summary(
        self,
        agent_id: AgentPath,
        request: Request[Any, Any, Any],
        memanto: NamedDependency[MemantoUseCases],
        data: JSONBody[requests.DailySummaryRequest | None] = None,
    ) -> responses.DailySummaryResponse:
        """A day's memories as Markdown; with a language model, also in a few sentences."""
        found = await memanto.summarize_day(scope_of_agent(agent_id), _day(data.date if data else None))
        status = "success" if found.memories else "empty_sessions" if found.sessions else "no_sessions"
        return responses.DailySummaryResponse(
            agent_id=agent_id,
            session_id=session_of(request).session_id,
            date=found.day.isoformat(),
            summary=responses.SummaryView(
                status=status,
                sessions_count=found.sessions,
                agent_id=agent_id,
                date=found.day.isoformat(),
                text=found.markdown,
            ),
            export=responses.ExportView(total_memories=found.total, per_type_counts=found.per_kind),
        )

    @post("/conflicts/generate", status_code=200, operation_id="generateConflicts", summary="Detect Conflicts")
    async def generate(
        self,
        agent_id: AgentPath,
        request: Request[Any, Any, Any],
        memanto: NamedDependency[MemantoUseCases],
        data: JSONBody[requests.ConflictDetectRequest | None] = None,
    ) -> responses.ConflictReportResponse:
        """Contradictions are found when memories are stored: this counts those of a day."""
        day = _day(data.date if data else None)
        found = await memanto.conflicts.of_day(scope_of_agent(agent_id), day)
        return responses.ConflictReportResponse(
            agent_id=agent_id,
            session_id=session_of(request).session_id,
            date=day.isoformat(),
            conflicts=responses.ConflictReport(status="success", conflict_count=len(found)),
        )

    @get("/conflicts", operation_id="listConflicts", summary="List Conflicts")
    async def conflicts(
        self,
        agent_id: AgentPath,
        request: Request[Any, Any, Any],
        memanto: NamedDependency[MemantoUseCases],
        day: Annotated[str | None, QueryParameter(name="date", pattern=r"^\d{4}-\d{2}-\d{2}$")] = None,
    ) -> responses.ConflictsResponse:
        """Those of a day that nobody has resolved yet."""
        chosen = _day(day)
        found = await memanto.conflicts.of_day(scope_of_agent(agent_id), chosen)
        rows = [responses.conflict_row(i, conflict) for i, conflict in enumerate(found)]
        unresolved = [row for row in rows if not row.resolved]
        return responses.ConflictsResponse(
            agent_id=agent_id,
            session_id=session_of(request).session_id,
            date=chosen.isoformat(),
            conflicts=unresolved,
            count=len(unresolved),
        )

    @post("/conflicts/resolve", status_code=200, operation_id="resolveConflict", summary="Resolve Conflict")
    async def resolve(
        self,
        agent_id: AgentPath,
        data: JSONBody[requests.ConflictResolveRequest],
        request: Request[Any, Any, Any],
        memanto: NamedDependency[MemantoUseCases],
    ) -> responses.ConflictResolved:
        """What is not kept expires, and can be restored."""
        check_strings(data)
        day = _day(data.date)
        replacement = None
        if data.action is Action.MANUAL and (data.manual_content or "").strip():
            replacement = replacement_of(data.manual_content or "", data.manual_type or MemoryKind.FACT)
        done = await memanto.conflicts.resolve(
            scope_of_agent(agent_id), day, data.conflict_index, data.action, replacement
        )
        return responses.ConflictResolved(
            agent_id=agent_id,
            session_id=session_of(request).session_id,
            date=day.isoformat(),
            action=data.action,
            status="resolved",
            expired=[str(id_) for id_ in done.expired],
            restored=[str(id_) for id_ in done.restored],
            note="Both memories are kept" if data.action is Action.KEEP_BOTH else None,
            new_memory_id=str(done.new) if done.new is not None else None,
        )


class PolicyController(Controller):
    path = "/agents/{agent_id:str}/policy"
    tags = _TAGS

    @get("/", operation_id="getPolicy", summary="Get Policy")
    async def get_policy(self, agent_id: AgentPath, memanto: NamedDependency[MemantoUseCases]) -> responses.PolicyView:
        policy = await memanto.policies.get(agent_id)
        return responses.PolicyView(agent_id=agent_id, policy=policy, is_empty=policy.is_empty)

    @put("/", operation_id="setPolicy", summary="Set Policy")
    async def set_policy(
        self, agent_id: AgentPath, data: JSONBody[Policy], memanto: NamedDependency[MemantoUseCases]
    ) -> responses.PolicyView:
        """Nothing expires by itself: apply does it."""
        check_strings(data)
        return responses.PolicyView(agent_id=agent_id, policy=await memanto.policies.set(agent_id, data), path=None)

    @get("/presets", operation_id="listPresets", summary="List Presets")
    async def presets(self, agent_id: AgentPath) -> responses.PresetList:  # noqa: ARG002 - the contract's path
        return responses.PresetList(
            presets=[
                responses.PresetSummary(
                    name=preset.name,
                    description=preset.description,
                    retention=preset.policy.retention,
                    rule_count=len(preset.policy.rules),
                    purge_expired_after=preset.policy.purge_expired_after,
                )
                for preset in PRESETS.values()
            ]
        )

    @get("/presets/{name:str}", operation_id="getPreset", summary="Get Preset")
    async def preset(self, agent_id: AgentPath, name: FromPath[str]) -> responses.PresetView:  # noqa: ARG002
        found = PRESETS.get(name)
        if found is None:
            raise Refused(404, "NotFound", f"There is no preset {name[:64]!r}; there are {', '.join(PRESETS)}")
        return responses.PresetView(name=found.name, description=found.description, policy=found.policy)

    @post("/preset", status_code=200, operation_id="usePreset", summary="Use Preset")
    async def use_preset(
        self,
        agent_id: AgentPath,
        data: JSONBody[requests.PolicyPresetRequest],
        memanto: NamedDependency[MemantoUseCases],
    ) -> responses.PolicyView:
        found = PRESETS.get(data.name)
        if found is None:
            raise BadRequest(f"There is no preset {data.name[:64]!r}; there are {', '.join(PRESETS)}")
        policy = await memanto.policies.set(agent_id, found.policy)
        return responses.PolicyView(agent_id=agent_id, preset=found.name, policy=policy)

    @post("/apply", status_code=200, operation_id="applyPolicy", summary="Apply Policy")
    async def apply(
        self,
        agent_id: AgentPath,
        memanto: NamedDependency[MemantoUseCases],
        data: JSONBody[requests.PolicyApplyRequest | None] = None,
    ) -> responses.PolicyApplied:
        """Expires what the policy says."""
        dry_run = data.dry_run if data else False
        swept = await memanto.policies.apply(agent_id, dry_run=dry_run)
        return responses.PolicyApplied(
            agent_id=agent_id,
            dry_run=dry_run,
            policy_is_empty=swept.policy.is_empty,
            scanned=swept.scanned,
            already_expired=swept.already_expired,
            matched=len(swept.matched),
            expired=0 if dry_run else len(swept.matched),
            per_rule=dict(Counter(rule for _, rule in swept.matched)),
            memories=_swept(swept),
            errors=[],
            evaluated_at=swept.evaluated_at,
        )

    @post("/purge", status_code=200, operation_id="purgeExpired", summary="Purge Expired")
    async def purge(
        self,
        agent_id: AgentPath,
        memanto: NamedDependency[MemantoUseCases],
        data: JSONBody[requests.PolicyApplyRequest | None] = None,
    ) -> responses.PolicyPurged:
        """Deletes what has been expired for as long as the policy says."""
        dry_run = data.dry_run if data else False
        swept = await memanto.purge_expired(agent_id, dry_run=dry_run)
        after = swept.policy.purge_expired_after
        return responses.PolicyPurged(
            agent_id=agent_id,
            dry_run=dry_run,
            enabled=after != "never",
            purge_expired_after=after,
            matched=len(swept.matched),
            purged=0 if dry_run else len(swept.matched),
            memories=_swept(swept),
            errors=[],
            evaluated_at=swept.evaluated_at,
        )


def memanto_router(use_cases: MemantoUseCases, *, api_key: str) -> Router:
    async def provide() -> MemantoUseCases:
        return use_cases

    managed = Router(path="/", route_handlers=[AgentController], guards=[management_guard(api_key)])
    in_session = Router(
        path="/",
        route_handlers=[MemoryController, RecallController, DayController, PolicyController],
        guards=[session_guard(use_cases.sessions, api_key)],
    )
    return Router(
        path=PREFIX,
        route_handlers=[managed, in_session],
        dependencies={"memanto": Provide(provide, use_cache=True)},
    )


def _new_memory(data: requests.RememberRequest, place: str) -> NewMemory:
    if not data.content.strip():
        raise InvalidInput({f"{place}content": "must not be blank"})
    expired = data.status == "expired"
    return NewMemory(
        content=data.content,
        kind=data.type,
        title=data.title,
        tags=_tags(data.tags or [], place),
        confidence=data.confidence,
        source=data.source,
        provenance=data.provenance,
        expired_at=_aware(data.expired_at or datetime.now(UTC)) if expired else None,
        expired_by=data.expired_by if expired else None,
    )


def _tags(tags: Sequence[str], place: str) -> list[str]:
    stripped = [tag.strip() for tag in tags]
    if not all(stripped):
        raise InvalidInput({f"{place}tags": "must not be blank"})
    return list(dict.fromkeys(stripped))


def _results(stored: HandedOver) -> list[responses.BatchRememberResultItem]:
    return [
        responses.BatchRememberResultItem(
            id=str(id_), reason="stored in the graph", type=fact.remembered.kind if fact.remembered else None
        )
        for id_, fact in zip(stored.ids, stored.facts, strict=True)
    ]


def _extracted(
    agent_id: str, session: CheckedSession, found: ExtractedMemories, *, dry_run: bool
) -> responses.ExtractMemoriesResponse:
    view = responses.ExtractMemoriesResponse(
        agent_id=agent_id,
        session_id=session.session_id,
        dry_run=dry_run,
        candidates=[responses.candidate(fact, found.numbers) for fact in found.candidates],
        count=len(found.candidates),
        duplicates=[responses.KnownCandidate(memory_id=str(k.id), content=k.fact.text) for k in found.known],
        dropped=found.dropped,
    )
    if not dry_run:
        results = _results(found.handed_over) if found.handed_over else []
        view.total_submitted = view.successful = len(results)
        view.failed = 0
        view.results = results
    return view


def _chosen(
    data: requests.RecallRequest | requests.RecallRecentRequest | requests.RecallChangedSinceRequest,
) -> Chosen:
    after: str | None = getattr(data, "created_after", None)
    before: str | None = getattr(data, "created_before", None)
    return Chosen(
        kinds=tuple(data.type) if data.type else None,
        tags=tuple(data.tags) if data.tags else None,
        status=data.status,
        created_after=None if after is None else _instant("created_after", after, end=False),
        created_before=None if before is None else _instant("created_before", before, end=True),
    )


async def _newest(
    agent_id: str, memanto: MemantoUseCases, data: requests.RecallRecentRequest | None, usual: int
) -> MemoryPage:
    asked = data or requests.RecallRecentRequest()
    check_strings(asked)
    return await memanto.recall.newest(scope_of_agent(agent_id), _chosen(asked), limit=_limit(asked.limit, usual))


def _temporal(
    agent_id: str, request: Request[Any, Any, Any], page: MemoryPage, mode: str, **dates: str
) -> responses.TemporalRecallResponse:
    return responses.TemporalRecallResponse(
        agent_id=agent_id,
        session_id=session_of(request).session_id,
        memories=[responses.memory_item(agent_id, row) for row in page.rows],
        count=len(page.rows),
        total_available=page.total,
        temporal_mode=mode,
        **dates,
    )


def _swept(swept: Swept) -> list[responses.SweptMemory]:
    return [
        responses.SweptMemory(id=str(row.id), title=row.shown_title, type=row.kind, rule=rule)
        for row, rule in swept.matched
    ]


def _limit(asked: int | None, usual: int) -> int:
    if asked is not None and asked > _MAX_LIMIT and usual != EVERYTHING:
        raise Refused(400, "k_too_large", f"limit must be at most {_MAX_LIMIT}", actual_k=asked, max_k=_MAX_LIMIT)
    return min(asked or usual, EVERYTHING)


def _check_query(field: str, text: str) -> None:
    if not text.strip():
        raise InvalidInput({field: "must not be blank"})
    if len(text) > _MAX_QUERY_CHARACTERS:
        raise Refused(
            413,
            "query_too_long",
            f"{field} must have at most {_MAX_QUERY_CHARACTERS} characters",
            actual_length=len(text),
            max_length=_MAX_QUERY_CHARACTERS,
        )


def _instant(field: str, text: str, *, end: bool) -> datetime:
    """A date means its beginning or its end, a time without an offset UTC. Raises InvalidInput."""
    try:
        if _DATE.fullmatch(text.strip()):
            return datetime.combine(date.fromisoformat(text.strip()), time.max if end else time.min, tzinfo=UTC)
        return _aware(datetime.fromisoformat(text.strip()))
    except (ValueError, OverflowError) as error:
        raise InvalidInput({field: "must be a date (YYYY-MM-DD) or a time (ISO 8601)"}) from error


def _aware(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _day(text: str | None) -> date:
    """Today (UTC) where none is named. Raises BadRequest."""
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadRequest(f"{text!r} is no date: write it as YYYY-MM-DD") from error
