"""Merging and splitting entities: an extension of /open/v1/memory."""

from typing import Annotated

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from app.api.checks import check_strings, scope_of
from app.api.idempotency import IdempotencyKey, idempotency_of
from app.api.memind_v1.requests import Id
from app.domain.audit import AuditAction
from app.graph.knowledge import FoundEntity
from app.services.access.audit import Audit
from app.services.extraction.join_entities import MergeEntities, SplitEntity
from app.services.operations.answer_once import AnswerOnce

Name = Annotated[str, Meta(min_length=1, max_length=200)]


class MergeEntitiesRequest(Struct, kw_only=True, rename="camel"):
    """`entity` and `into`: names of two entities of the memory."""

    user_id: Id
    agent_id: Id
    entity: Name
    into: Name


class SplitEntityRequest(Struct, kw_only=True, rename="camel"):
    user_id: Id
    agent_id: Id
    entity: Name


class EntityView(Struct, kw_only=True, rename="camel"):
    """`sameAs`: the other names that mean it."""

    id: str
    name: str
    entity_type: str
    same_as: list[str]


class SuccessResultEntityView(Struct, kw_only=True):
    data: EntityView


class EntityController(Controller):
    path = "/open/v1/memory/entities"
    tags = ("memory",)

    @post("/merge", status_code=200, operation_id="mergeEntities", summary="Merge Entities")
    async def merge(
        self,
        data: JSONBody[MergeEntitiesRequest],
        merge_entities: NamedDependency[MergeEntities],
        answer_once: NamedDependency[AnswerOnce],
        audit: NamedDependency[Audit],
        idempotency_key: IdempotencyKey = None,
    ) -> SuccessResultEntityView:
        """Merge two names of one entity, by an edge that `split` removes; nothing is copied."""
        check_strings(data)
        scope = scope_of(data.user_id, data.agent_id)

        async def answer() -> SuccessResultEntityView:
            async with audit.recording(AuditAction.MERGE_ENTITIES, scope):
                return _view(await merge_entities(scope, entity=data.entity, into=data.into))

        idempotency = idempotency_of(idempotency_key, "merge", data)
        return await answer_once(scope.memory_id, idempotency, SuccessResultEntityView, answer)

    @post("/split", status_code=200, operation_id="splitEntity", summary="Split Entity")
    async def split(
        self,
        data: JSONBody[SplitEntityRequest],
        split_entity: NamedDependency[SplitEntity],
        answer_once: NamedDependency[AnswerOnce],
        audit: NamedDependency[Audit],
        idempotency_key: IdempotencyKey = None,
    ) -> SuccessResultEntityView:
        """Undo every merge of a name, whoever made it; the rules won't merge it again."""
        check_strings(data)
        scope = scope_of(data.user_id, data.agent_id)

        async def answer() -> SuccessResultEntityView:
            async with audit.recording(AuditAction.SPLIT_ENTITY, scope):
                return _view(await split_entity(scope, entity=data.entity))

        idempotency = idempotency_of(idempotency_key, "split", data)
        return await answer_once(scope.memory_id, idempotency, SuccessResultEntityView, answer)


def _view(entity: FoundEntity) -> SuccessResultEntityView:
    return SuccessResultEntityView(
        data=EntityView(
            id=entity.id,
            name=entity.name,
            entity_type=entity.entity_type,
            same_as=[same.name for same in entity.same],
        )
    )
