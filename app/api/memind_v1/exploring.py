"""Looking at memories: an extension of /open/v1."""

from datetime import datetime
from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec import Struct

from app.api.checks import scope_of
from app.api.memind_v1.filters import decode_cursor, encode_cursor
from app.api.memind_v1.requests import MAX_PAGE, Cursor
from app.domain.access import caller
from app.domain.errors import NotFound
from app.domain.ids import parse_fact_id
from app.domain.limits import MAX_ID_CHARACTERS
from app.domain.scope import MemoryScope
from app.graph.exploring import (
    EntityWithFacts,
    ExplainedFact,
    FactSource,
    LinkedFact,
    LinkedInsight,
    MemoryCursor,
    MemorySummary,
)
from app.services.retrieval.explore import Explore

_DEFAULT_PAGE = 20
_DEFAULT_ENTITIES = 100
_MAX_ENTITIES = 1000

UserId = Annotated[str, QueryParameter(name="userId")]
AgentId = Annotated[str, QueryParameter(name="agentId")]


class MemorySummaryView(Struct, kw_only=True, rename="camel", omit_defaults=True):
    user_id: str
    agent_id: str
    raw_data_count: int
    item_count: int
    entity_count: int
    first_occurred_at: datetime | None = None
    last_occurred_at: datetime | None = None


class ListMemoriesResponse(Struct, kw_only=True, rename="camel"):
    memories: list[MemorySummaryView]
    next_cursor: str | None


class SuccessResultListMemoriesResponse(Struct, kw_only=True):
    data: ListMemoriesResponse


class ItemSourceView(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """`start`, `end`: place of the quote in the text, in characters."""

    raw_data_id: str
    type: str
    text: str
    occurred_at: datetime
    role: str | None = None
    user_name: str | None = None
    title: str | None = None
    quote: str | None = None
    start: int | None = None
    end: int | None = None


class MentionView(Struct, kw_only=True, rename="camel"):
    id: str
    name: str
    entity_type: str
    role: str


class LinkedItemView(Struct, kw_only=True, rename="camel", omit_defaults=True):
    id: str
    text: str
    observed_at: datetime
    invalid_at: datetime | None = None


class EarlierVersionView(Struct, kw_only=True):
    text: str
    until: datetime


class LinkedInsightView(Struct, kw_only=True):
    id: str
    text: str
    tier: str


class ExplainedItemView(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """An item with its words and its links. It holds while `invalidAt` is absent."""

    id: str
    text: str
    category: str
    type: str
    observed_at: datetime
    created_at: datetime
    sources: list[ItemSourceView]
    entities: list[MentionView]
    supersedes: list[LinkedItemView]
    superseded_by: list[LinkedItemView]
    conflicts_with: list[LinkedItemView]
    causes: list[LinkedItemView]
    versions: list[EarlierVersionView]
    insights: list[LinkedInsightView]
    subject: str | None = None
    predicate: str | None = None
    object: str | None = None
    confidence: float | None = None
    occurred_at: datetime | None = None
    valid_at: datetime | None = None
    invalid_at: datetime | None = None


class SuccessResultExplainedItemView(Struct, kw_only=True):
    data: ExplainedItemView


class EntityWithItemsView(Struct, kw_only=True, rename="camel"):
    id: str
    name: str
    entity_type: str
    aliases: list[str]
    same_as: list[str]
    item_count: int
    items: list[LinkedItemView]


class SuccessResultEntityWithItemsView(Struct, kw_only=True):
    data: EntityWithItemsView


class MapEntityView(Struct, kw_only=True, rename="camel"):
    id: str
    name: str
    entity_type: str
    mentions: int


class MapEdgeView(Struct, kw_only=True, rename="camel"):
    source: str
    target: str
    item_count: int
    predicates: list[str]


class MemoryMapView(Struct, kw_only=True):
    entities: list[MapEntityView]
    edges: list[MapEdgeView]


class SuccessResultMemoryMapView(Struct, kw_only=True):
    data: MemoryMapView


class ExploreController(Controller):
    path = "/open/v1"
    tags = ("memory",)

    @get("/memories", operation_id="listMemories", summary="List Memories")
    async def list_memories(
        self,
        explore: NamedDependency[Explore],
        search: Annotated[str, QueryParameter(max_length=MAX_ID_CHARACTERS)] = "",
        cursor: FromQuery[Cursor | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=MAX_PAGE)] = _DEFAULT_PAGE,
    ) -> SuccessResultListMemoriesResponse:
        """Memories that the key reaches, in the order of their ids, with counts. Pass `nextCursor` as `cursor` for the next
        page.
        """
        page = await explore.memories(
            caller.get(), search=search, after=decode_cursor(cursor, MemoryCursor), limit=limit
        )
        view = ListMemoriesResponse(
            memories=[_memory(row) for row in page.rows], next_cursor=encode_cursor(page.next_cursor)
        )
        return SuccessResultListMemoriesResponse(data=view)

    @get("/memory/items/{item_id:str}", operation_id="getItem", summary="Explain Item")
    async def get_item(
        self, item_id: FromPath[str], explore: NamedDependency[Explore], user_id: UserId, agent_id: AgentId
    ) -> SuccessResultExplainedItemView:
        """An item with the words it was read from, its entities, what it superseded or contradicts, earlier versions, and the
        insights that it backs.
        """
        scope = scope_of(user_id, agent_id)
        return SuccessResultExplainedItemView(data=await explained_item(explore, scope, item_id))

    @get("/memory/entities/{entity_id:str}", operation_id="getEntity", summary="Get Entity")
    async def get_entity(
        self, entity_id: FromPath[str], explore: NamedDependency[Explore], user_id: UserId, agent_id: AgentId
    ) -> SuccessResultEntityWithItemsView:
        """An entity with the last 50 items that mention it."""
        return SuccessResultEntityWithItemsView(
            data=_entity(await explore.entity(scope_of(user_id, agent_id), entity_id))
        )

    @get("/memory/map", operation_id="memoryMap", summary="Map Of Entities")
    async def memory_map(
        self,
        explore: NamedDependency[Explore],
        user_id: UserId,
        agent_id: AgentId,
        limit: Annotated[int, QueryParameter(ge=1, le=_MAX_ENTITIES)] = _DEFAULT_ENTITIES,
    ) -> SuccessResultMemoryMapView:
        """The most often mentioned entities, and which of them items mention together (at most 3,000 pairs)."""
        found = await explore.map(scope_of(user_id, agent_id), limit=limit)
        view = MemoryMapView(
            entities=[
                MapEntityView(id=e.id, name=e.name, entity_type=e.entity_type, mentions=e.mentions)
                for e in found.entities
            ],
            edges=[
                MapEdgeView(source=e.source, target=e.target, item_count=e.facts, predicates=e.predicates)
                for e in found.edges
            ],
        )
        return SuccessResultMemoryMapView(data=view)


def _memory(row: MemorySummary) -> MemorySummaryView:
    return MemorySummaryView(
        user_id=row.user_id,
        agent_id=row.agent_id,
        raw_data_count=row.raw_data,
        item_count=row.facts,
        entity_count=row.entities,
        first_occurred_at=row.first_at,
        last_occurred_at=row.last_at,
    )


async def explained_item(explore: Explore, scope: MemoryScope, item_id: str) -> ExplainedItemView:
    """Raises NotFound, also for what can't be an id."""
    fact_id = parse_fact_id(item_id)
    if fact_id is None:
        raise NotFound(f"There is no item {item_id[:64]!r}")
    return _item(await explore.fact(scope, fact_id))


def _item(fact: ExplainedFact) -> ExplainedItemView:
    return ExplainedItemView(
        id=str(fact.id),
        text=fact.text,
        category=fact.category,
        type=fact.type,
        observed_at=fact.observed_at,
        created_at=fact.created_at,
        sources=[_source(source) for source in fact.sources],
        entities=[MentionView(id=e.id, name=e.name, entity_type=e.entity_type, role=e.role) for e in fact.entities],
        supersedes=_linked(fact.supersedes),
        superseded_by=_linked(fact.superseded_by),
        conflicts_with=_linked(fact.conflicts_with),
        causes=_linked(fact.causes),
        versions=[EarlierVersionView(text=v.text, until=v.until) for v in fact.versions],
        insights=[_insight(insight) for insight in fact.insights],
        subject=fact.subject,
        predicate=fact.predicate,
        object=fact.object,
        confidence=fact.confidence,
        occurred_at=fact.occurred_at,
        valid_at=fact.valid_at,
        invalid_at=fact.invalid_at,
    )


def _source(source: FactSource) -> ItemSourceView:
    return ItemSourceView(
        raw_data_id=source.raw_data_id,
        type=source.type.lower(),
        text=source.text,
        occurred_at=source.occurred_at,
        role=source.role,
        user_name=source.speaker,
        title=source.title,
        quote=source.quote,
        start=source.start,
        end=source.end,
    )


def _insight(insight: LinkedInsight) -> LinkedInsightView:
    return LinkedInsightView(id=str(insight.id), text=insight.text, tier=insight.tier)


def _entity(entity: EntityWithFacts) -> EntityWithItemsView:
    return EntityWithItemsView(
        id=entity.id,
        name=entity.name,
        entity_type=entity.entity_type,
        aliases=entity.aliases,
        same_as=entity.same_as,
        item_count=entity.fact_count,
        items=_linked(entity.facts),
    )


def _linked(facts: list[LinkedFact]) -> list[LinkedItemView]:
    return [
        LinkedItemView(id=str(f.id), text=f.text, observed_at=f.observed_at, invalid_at=f.invalid_at) for f in facts
    ]
