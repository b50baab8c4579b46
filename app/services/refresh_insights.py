"""Insights, rebuilt where facts changed: a LEAF an entity, a BRANCH a theme, a ROOT the memory; each with its sources."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from app.domain.errors import ModelRefused
from app.domain.ids import stable_uuid
from app.extraction.insights import (
    COMPOSER,
    MIN_FACTS,
    READ_FACTS,
    READ_PARTS,
    Part,
    compose_leaf,
    compose_summary,
    sentence,
    theme_of,
)
from app.graph import insights, knowledge
from app.graph.database import Database, Step
from app.graph.insights import InsightRow, Point, StoredInsight
from app.graph.knowledge import EntityFacts
from app.models.ports import Asker, Embedder
from app.prompts.compose_insights import COMPOSE_INSIGHTS, FactGroup, InsightAnswer, render
from app.services.embed_texts import embed_texts

# A model is asked when so many facts have come to an entity since it was last asked, or when a commit flushes.
_FACTS_BEFORE_ASKING = 8
_MIN_FACTS_FOR_MODEL = 3
_LEAVES_A_CALL = 12
_ROOT = "Overview"


class RefreshedInsights(Struct, frozen=True, kw_only=True):
    """`ids`: of everything that stands on these entities' facts; `pending`: some of it is older than its facts."""

    ids: list[str] = []
    pending: bool = False
    steps: list[Step] = []


class _Leaf(Struct, frozen=True, kw_only=True):
    entity: EntityFacts
    id: str
    stored: StoredInsight | None

    @property
    def new_facts(self) -> int:
        return self.entity.fact_count - (self.stored.seen_facts if self.stored else 0)

    @property
    def by_model(self) -> bool:
        return self.stored is not None and self.stored.composer not in (None, COMPOSER)


class RefreshInsights:
    """Composes what is dirty and stores nothing itself: the steps do, in their order."""

    def __init__(self, db: Database, embedder: Embedder) -> None:
        self._db = db
        self._embedder = embedder

    async def __call__(
        self, memory_id: str, entity_keys: Sequence[str], *, model: Asker | None, composer: str, flush: bool
    ) -> RefreshedInsights:
        """`composer`: who composes when `model` is asked; `flush`: a model is asked for whatever is dirty."""
        entities = await knowledge.entity_facts(self._db, memory_id, entity_keys, minimum=MIN_FACTS, limit=READ_FACTS)
        ids = {entity.key: stable_uuid("insight", memory_id, entity.key) for entity in entities}
        # Too few facts are left of these, or their name means another entity now.
        gone = [stable_uuid("insight", memory_id, key) for key in entity_keys if key not in ids]
        stored = await insights.stored(self._db, memory_id, [*ids.values(), *gone])
        gone = [id_ for id_ in gone if id_ in stored]
        leaves = [_Leaf(entity=e, id=ids[e.key], stored=stored.get(ids[e.key])) for e in entities]
        due = [leaf for leaf in leaves if model is not None and _is_due(leaf, flush=flush)][:_LEAVES_A_CALL]
        composed = await self._ask(due, model) if model is not None and due else {}
        rows: list[InsightRow] = []
        pending = False
        for leaf in leaves:
            if (answer := composed.get(leaf.id)) is not None:
                row = _by_model(leaf, answer, composer)
            elif leaf.by_model and _stands(leaf):
                pending = pending or leaf.new_facts > 0
                continue
            else:
                row = _by_rules(leaf)
            if row is not None and (leaf.stored is None or leaf.stored.text != row.text):
                rows.append(row)
        was = {known.theme for known in stored.values() if known.theme}
        branches = await self._branches(memory_id, rows, was, gone) if rows or gone else []
        root = await self._root(memory_id, branches)
        tiers = [await self._embedded(tier) for tier in (rows, branches, root)]
        return RefreshedInsights(
            ids=[*ids.values(), *(row.id for row in (*branches, *root))],
            pending=pending,
            steps=[
                *([insights.drop(memory_id, gone)] if gone else []),
                *(insights.save(memory_id, tier) for tier in tiers if tier),
            ],
        )

    async def _ask(self, leaves: Sequence[_Leaf], model: Asker) -> dict[str, InsightAnswer]:
        """Insight id → answer; nothing for what the model would not write: then the rules do."""
        groups = [FactGroup(name=leaf.entity.name, facts=[f.text for f in leaf.entity.facts]) for leaf in leaves]
        try:
            answer = (await model.ask(COMPOSE_INSIGHTS, render(groups))).answer
        except ModelRefused:
            return {}
        return {leaves[i.group].id: i for i in answer.insights if 0 <= i.group < len(leaves)}

    async def _branches(
        self, memory_id: str, rows: Sequence[InsightRow], was: set[str], gone: Sequence[str]
    ) -> list[InsightRow]:
        """Of every theme that one of these leaves belongs to, or belonged to."""
        themes = sorted({row.theme for row in rows} | was)
        known = await insights.under(self._db, memory_id, "LEAF", themes=themes, limit=READ_PARTS)
        parts = _updated([part for part in known if part.id not in gone], rows)
        return await self._summaries(
            memory_id,
            "BRANCH",
            {theme: [part for part in parts if part.theme == theme] for theme in themes},
        )

    async def _root(self, memory_id: str, branches: Sequence[InsightRow]) -> list[InsightRow]:
        if not branches:
            return []
        known = await insights.under(self._db, memory_id, "BRANCH", themes=None, limit=READ_PARTS)
        return await self._summaries(memory_id, "ROOT", {_ROOT: _updated(known, branches)})

    async def _summaries(self, memory_id: str, tier: str, groups: Mapping[str, Sequence[Part]]) -> list[InsightRow]:
        """Only those whose text has changed."""
        ids = {theme: stable_uuid("insight", memory_id, f"\x1f{tier}\x1f{theme}") for theme in groups}
        stored = await insights.stored(self._db, memory_id, list(ids.values()))
        rows: list[InsightRow] = []
        for theme, parts in groups.items():
            summary = compose_summary(theme, parts)
            known = stored.get(ids[theme])
            if summary is None or (known is not None and known.text == summary.text):
                continue
            rows.append(
                InsightRow(
                    id=ids[theme],
                    tier=tier,
                    name=summary.name,
                    text=summary.text,
                    theme=theme,
                    composer=COMPOSER,
                    seen_facts=sum(part.seen_facts for part in parts),
                    points=[Point(point=i, insight_id=id_) for i, id_ in enumerate(summary.part_ids)],
                )
            )
        return rows

    async def _embedded(self, rows: Sequence[InsightRow]) -> list[InsightRow]:
        vectors = await embed_texts(self._embedder, [row.text for row in rows])
        return [row.with_embedding(vector) for row, vector in zip(rows, vectors, strict=True)]


def _is_due(leaf: _Leaf, *, flush: bool) -> bool:
    if len(leaf.entity.facts) < _MIN_FACTS_FOR_MODEL:
        return False
    unread = leaf.new_facts if leaf.by_model else leaf.entity.fact_count
    return (unread != 0 or not _stands(leaf)) and (flush or unread >= _FACTS_BEFORE_ASKING or not _stands(leaf))


def _stands(leaf: _Leaf) -> bool:
    """Whether a model's insight may stay as it is: no fact behind it has gone."""
    return leaf.new_facts >= 0 and not (leaf.stored is not None and leaf.stored.stale)


def _by_rules(leaf: _Leaf) -> InsightRow | None:
    composed = compose_leaf(leaf.entity.name, leaf.entity.facts)
    if composed is None:
        return None
    points = [Point(point=i, fact_id=id_) for i, id_ in enumerate(composed.fact_ids)]
    return _leaf_row(leaf, composed.text, points, COMPOSER)


def _by_model(leaf: _Leaf, answer: InsightAnswer, composer: str) -> InsightRow | None:
    """Points without a fact are left out; where none is left, the rules write."""
    facts = leaf.entity.facts
    texts: list[str] = []
    points: list[Point] = []
    for point in answer.points:
        text = " ".join(point.text.split())
        cited = [facts[i].id for i in dict.fromkeys(point.facts) if 0 <= i < len(facts)]
        if text and cited:
            points += [Point(point=len(texts), fact_id=id_) for id_ in cited]
            texts.append(sentence(text))
    if not texts:
        return _by_rules(leaf)
    return _leaf_row(leaf, f"{leaf.entity.name}: {' '.join(texts)}", points, composer)


def _leaf_row(leaf: _Leaf, text: str, points: list[Point], composer: str) -> InsightRow:
    return InsightRow(
        id=leaf.id,
        tier="LEAF",
        name=leaf.entity.name,
        text=text,
        theme=theme_of(leaf.entity.facts),
        composer=composer,
        entity_key=leaf.entity.key,
        seen_facts=leaf.entity.fact_count,
        points=points,
    )


def _updated(known: Sequence[Part], rows: Sequence[InsightRow]) -> list[Part]:
    """The parts as they will be once these rows are stored."""
    parts = {part.id: part for part in known}
    for row in rows:
        parts[row.id] = Part(id=row.id, name=row.name, text=row.text, theme=row.theme, seen_facts=row.seen_facts)
    return list(parts.values())
