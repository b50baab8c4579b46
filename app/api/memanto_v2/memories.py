"""Store and change memories."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, cast

from litestar import Controller, delete, patch, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, JSONBody

from app.api.checks import check_strings
from app.api.idempotency import IdempotencyKey, idempotency_of
from app.api.memanto_v2 import requests, responses
from app.api.memanto_v2.context import TAGS, AgentContext, MemantoUseCases, aware
from app.domain.errors import BadRequest, InvalidInput
from app.domain.typed_facts import MANUAL, MAX_LABEL_CHARACTERS, FactEdit, NewTypedFact
from app.services.memanto.extract_typed_facts import ConversationTurn, ExtractedTypedFacts
from app.services.memanto.submit_changes import SubmittedFacts


class MemoryController(Controller):
    path = "/agents/{agent_id:str}"
    tags = TAGS

    @post("/remember", status_code=200, operation_id="remember", summary="Remember")
    async def remember(
        self,
        here: NamedDependency[AgentContext],
        data: JSONBody[requests.RememberRequest],
        memanto: NamedDependency[MemantoUseCases],
        idempotency_key: IdempotencyKey = None,
    ) -> responses.RememberResponse:
        """Store one memory; it can be recalled once the response arrives."""
        check_strings(data)
        memory = _new_memory(data, "")
        stored = await memanto.submit_changes.stated(
            here.scope, [memory], idempotency_of(idempotency_key, "remember", data)
        )
        await memanto.sessions.count(here.session, 1)
        fact = stored.facts[0]
        return responses.RememberResponse(
            memory_id=str(stored.ids[0]),
            agent_id=here.agent_id,
            session_id=here.session_id,
            namespace=here.namespace,
            status="queued",
            provenance=data.provenance,
            confidence=data.confidence,
            type=fact.typed.kind if fact.typed else None,
        )

    @post("/batch-remember", status_code=200, operation_id="batchRemember", summary="Batch Remember")
    async def batch_remember(
        self,
        here: NamedDependency[AgentContext],
        data: JSONBody[requests.BatchRememberRequest],
        memanto: NamedDependency[MemantoUseCases],
        idempotency_key: IdempotencyKey = None,
    ) -> responses.BatchRememberResponse:
        """Store all of the memories or none."""
        check_strings(data)
        memories = [_new_memory(item, f"memories[{index}].") for index, item in enumerate(data.memories)]
        stored = await memanto.submit_changes.stated(
            here.scope, memories, idempotency_of(idempotency_key, "batch-remember", data)
        )
        await memanto.sessions.count(here.session, len(memories))
        return responses.BatchRememberResponse(
            agent_id=here.agent_id,
            session_id=here.session_id,
            namespace=here.namespace,
            total_submitted=len(memories),
            successful=len(memories),
            failed=0,
            results=_results(stored),
        )

    @post("/remember/extract", status_code=200, operation_id="extractMemories", summary="Extract Memories")
    async def extract(
        self,
        here: NamedDependency[AgentContext],
        data: JSONBody[requests.ExtractMemoriesRequest],
        memanto: NamedDependency[MemantoUseCases],
        idempotency_key: IdempotencyKey = None,
    ) -> responses.ExtractMemoriesResponse:
        """Extract typed memories from a conversation, each with its quote; secrets are redacted. A memory that is
        stored already gains evidence. The result may be empty.
        """
        check_strings(data)
        if blank := [i for i, m in enumerate(data.messages) if not (m.role.strip() and m.content.strip())]:
            raise InvalidInput({f"messages[{blank[0]}]": "must have a role and a content that are not blank"})
        scope = here.scope
        idempotency = idempotency_of(idempotency_key, "remember/extract", data)

        async def answer() -> responses.ExtractMemoriesResponse:
            found = await memanto.extract_typed_facts(
                scope,
                [ConversationTurn(role=m.role, content=m.content) for m in data.messages],
                max_facts=data.max_memories,
                model_name=data.ai_model,
                store=not data.dry_run,
                idempotency=idempotency,
            )
            if found.submitted:
                await memanto.sessions.count(here.session, len(found.candidates))
            return _extracted(here, found, dry_run=data.dry_run)

        return await memanto.answer_once(scope.memory_id, idempotency, responses.ExtractMemoriesResponse, answer)

    @post("/upload-file", status_code=200, operation_id="uploadFile", summary="Upload File")
    async def upload(
        self,
        here: NamedDependency[AgentContext],
        data: Annotated[requests.FileUpload, Body(media_type=RequestEncodingType.MULTI_PART)],
        memanto: NamedDependency[MemantoUseCases],
    ) -> responses.UploadFileResponse:
        """A .pdf, .docx, .xlsx, .json, .txt, .csv or .md, in parts that can be recalled as artifacts."""
        file: UploadFile = data.file
        stored = file.file
        size = stored.seek(0, 2)
        stored.seek(0)
        taken = await memanto.read_file(here.scope, file.filename or "", cast("Any", stored))
        await memanto.sessions.count(here.session, taken.parts)
        return responses.UploadFileResponse(
            agent_id=here.agent_id,
            session_id=here.session_id,
            namespace=here.namespace,
            file_name=taken.name,
            file_size=size,
            status="uploaded",
            message=f"{taken.parts} parts",
        )

    @patch("/memories/{memory_id:str}", operation_id="editMemory", summary="Edit Memory")
    async def edit(
        self,
        here: NamedDependency[AgentContext],
        memory_id: FromPath[str],
        data: JSONBody[requests.MemoryEditRequest],
        memanto: NamedDependency[MemantoUseCases],
        idempotency_key: IdempotencyKey = None,
    ) -> responses.EditedMemory:
        """Change a memory. The earlier version stays: recall/as-of returns it for its time."""
        check_strings(data)
        changed = [name for name in data.__struct_fields__ if getattr(data, name) is not None]
        if not changed:
            raise BadRequest("Nothing to update: name at least one field")
        if data.content is not None and not data.content.strip():
            raise BadRequest("content must not be blank")
        edit = FactEdit(
            content=data.content,
            kind=data.type,
            title=data.title,
            tags=None if data.tags is None else _tags(data.tags, ""),
            confidence=data.confidence,
            source=data.source,
        )
        idempotency = idempotency_of(idempotency_key, f"edit {memory_id}", data)
        await memanto.change_fact.edit(here.scope, memory_id, edit, idempotency)
        return responses.EditedMemory(
            agent_id=here.agent_id,
            session_id=here.session_id,
            namespace=here.namespace,
            memory_id=memory_id,
            status="updated",
            action="updated",
            updated_fields=changed,
        )

    @delete("/memories/{memory_id:str}", status_code=200, operation_id="deleteMemory", summary="Delete Memory")
    async def delete_memory(
        self, here: NamedDependency[AgentContext], memory_id: FromPath[str], memanto: NamedDependency[MemantoUseCases]
    ) -> responses.DeletedMemory:
        """Delete a memory with its versions and everything derived from it; only the deletion is recorded."""
        scope = here.scope
        row = await memanto.change_fact.find(scope, memory_id)
        await memanto.delete_facts(scope, [row.id])
        return responses.DeletedMemory(
            agent_id=here.agent_id, memory_id=memory_id, namespace=here.namespace, status="deleted"
        )

    @post("/memories/{memory_id:str}/expire", status_code=200, operation_id="expireMemory", summary="Expire Memory")
    async def expire(
        self,
        here: NamedDependency[AgentContext],
        memory_id: FromPath[str],
        memanto: NamedDependency[MemantoUseCases],
        data: JSONBody[requests.MemoryExpireRequest | None] = None,
    ) -> responses.ExpiredMemory:
        reason = data.reason if data else MANUAL
        row = await memanto.change_fact.expire(here.scope, memory_id, by=reason[:MAX_LABEL_CHARACTERS])
        return responses.ExpiredMemory(
            agent_id=here.agent_id,
            session_id=here.session_id,
            memory_id=memory_id,
            status="expired",
            expired_at=row.expired_at,
            expired_by=row.expired_by,
        )

    @post("/memories/{memory_id:str}/restore", status_code=200, operation_id="restoreMemory", summary="Restore Memory")
    async def restore(
        self,
        here: NamedDependency[AgentContext],
        memory_id: FromPath[str],
        memanto: NamedDependency[MemantoUseCases],
    ) -> responses.ExpiredMemory:
        await memanto.change_fact.restore(here.scope, memory_id)
        return responses.ExpiredMemory(
            agent_id=here.agent_id, session_id=here.session_id, memory_id=memory_id, status="active"
        )


def _new_memory(data: requests.RememberRequest, place: str) -> NewTypedFact:
    if not data.content.strip():
        raise InvalidInput({f"{place}content": "must not be blank"})
    expired = data.status == "expired"
    return NewTypedFact(
        content=data.content,
        kind=data.type,
        title=data.title,
        tags=_tags(data.tags or [], place),
        confidence=data.confidence,
        source=data.source,
        provenance=data.provenance,
        expired_at=aware(f"{place}expired_at", data.expired_at or datetime.now(UTC)) if expired else None,
        expired_by=data.expired_by if expired else None,
    )


def _tags(tags: Sequence[str], place: str) -> list[str]:
    stripped = [tag.strip() for tag in tags]
    if not all(stripped):
        raise InvalidInput({f"{place}tags": "must not be blank"})
    return list(dict.fromkeys(stripped))


def _results(stored: SubmittedFacts) -> list[responses.BatchRememberResultItem]:
    return [
        responses.BatchRememberResultItem(
            id=str(id_), reason="stored in the graph", type=fact.typed.kind if fact.typed else None
        )
        for id_, fact in zip(stored.ids, stored.facts, strict=True)
    ]


def _extracted(here: AgentContext, found: ExtractedTypedFacts, *, dry_run: bool) -> responses.ExtractMemoriesResponse:
    view = responses.ExtractMemoriesResponse(
        agent_id=here.agent_id,
        session_id=here.session_id,
        dry_run=dry_run,
        candidates=[responses.candidate(fact, found.message_index) for fact in found.candidates],
        count=len(found.candidates),
        duplicates=[responses.KnownCandidate(memory_id=str(k.id), content=k.fact.text) for k in found.known],
        dropped=found.dropped,
    )
    if not dry_run:
        results = _results(found.submitted) if found.submitted else []
        view.total_submitted = view.successful = len(results)
        view.failed = 0
        view.results = results
    return view
