"""Rebuild insights whose facts changed: a LEAF per entity, a BRANCH per theme, a ROOT per memory, with sources."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from app.domain.errors import ModelRefused
from app.domain.ids import insight_id
from app.domain.knowledge import InsightPart
from app.extraction.insights import (
    COMPOSER,
    MIN_FACTS,
    READ_FACTS,
    READ_PARTS,
    compose_leaf,
    compose_summary,
    sentence,
    theme_of,
)
from app.graph import insights, knowledge
from app.graph.database import Database, Step
from app.graph.insights import InsightRow, Point, StoredInsight
from app.graph.knowledge import EntityFacts
from app.models.ports import Embedder, OperationModel
from app.observability.stages import STAGE_FAILURES
from app.prompts.compose_insights import COMPOSE_INSIGHTS, FactGroup, InsightAnswer, render
from app.services.extraction.embed_texts import embed_texts

# Ask the model for a LEAF after this many new facts of its entity, or when a commit flushes.
_FACTS_BEFORE_ASKING = 8
_MIN_FACTS_FOR_MODEL = 3
_LEAVES_A_CALL = 12
_ROOT = "Overview"


class RefreshedInsights(Struct, frozen=True, kw_only=True):
    """`ids`: insights based on these entities' facts; `pending`: True if some don't include the newest facts yet."""

    ids: list[int] = []
    pending: bool = False
    steps: list[Step] = []


class _Leaf(Struct, frozen=True, kw_only=True):
    entity: EntityFacts
    id: int
    stored: StoredInsight | None

    @property
    def new_facts(self) -> int:
        return self.entity.fact_count - (self.stored.seen_facts if self.stored else 0)

    @property
    def by_model(self) -> bool:
        return self.stored is not None and _is_models(self.stored)


class _Author(Struct, frozen=True, kw_only=True):
    """The composer of BRANCH and ROOT insights: the rules if `model` is None."""

    model: OperationModel | None
    composer: str


class _Summaries(Struct, frozen=True, kw_only=True):
    """`pending`: True if a model's text was kept although its sources changed."""

    rows: list[InsightRow] = []
    pending: bool = False


class RefreshInsights:
    """Composes outdated insights and returns the steps that store them, to be run in order."""

    def __init__(self, db: Database, embedder: Embedder) -> None:
        self._db = db
        self._embedder = embedder

    async def __call__(
        self,
        memory_id: str,
        entity_keys: Sequence[str],
        *,
        model: OperationModel | None,
        flush: bool,
        whole: bool = False,
    ) -> RefreshedInsights:
        """`model`: writes insights that are due; the rules write the others. `flush`: ask it for every changed insight;
        `whole`: rebuild every BRANCH and the ROOT.
        """
        composer = f"{model.model} {COMPOSE_INSIGHTS.label}" if model else ""
        entities = await knowledge.entity_facts(self._db, memory_id, entity_keys, minimum=MIN_FACTS, limit=READ_FACTS)
        ids = {entity.key: insight_id(memory_id, entity.key) for entity in entities}
        # Insights to delete: the entity has too few facts left or was merged into another one.
        gone = [insight_id(memory_id, key) for key in entity_keys if key not in ids]
        stored = await insights.stored(self._db, memory_id, [*ids.values(), *gone])
        gone = [id_ for id_ in gone if id_ in stored]
        leaves = [_Leaf(entity=e, id=ids[e.key], stored=stored.get(ids[e.key])) for e in entities]
        due = [leaf for leaf in leaves if model is not None and _is_due(leaf, flush=flush)][:_LEAVES_A_CALL]
        groups = [FactGroup(name=leaf.entity.name, facts=[f.text for f in leaf.entity.facts]) for leaf in due]
        answers = await _ask(model, groups)
        composed = {due[number].id: answer for number, answer in answers.items()}
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
            # Save a model's answer even if its text is unchanged: `seen_facts` changes, so it isn't asked again.
            if row is not None and (leaf.stored is None or leaf.stored.text != row.text or leaf.id in composed):
                rows.append(row)
        was = {known.theme for known in stored.values() if known.theme}
        # If a LEAF was deleted, ask the model for BRANCH and ROOT now, not at the next commit.
        author = _Author(model=model if flush or gone else None, composer=composer)
        themes = None if whole else sorted({row.theme for row in rows} | was)
        branches = _Summaries()
        if rows or gone or whole:
            branches = await self._branches(memory_id, rows, themes, gone, author)
        root = await self._root(memory_id, branches.rows, author)
        tiers = [await self._embedded(tier) for tier in (rows, branches.rows, root.rows)]
        return RefreshedInsights(
            ids=[*ids.values(), *(row.id for row in (*branches.rows, *root.rows))],
            pending=pending or branches.pending or root.pending,
            steps=[
                *([insights.drop(memory_id, gone)] if gone else []),
                *(insights.save(memory_id, tier) for tier in tiers if tier),
            ],
        )

    async def _branches(
        self,
        memory_id: str,
        rows: Sequence[InsightRow],
        themes: Sequence[str] | None,
        gone: Sequence[int],
        author: "_Author",
    ) -> "_Summaries":
        """Compose the BRANCHes of these themes; None means all."""
        known = await insights.under(self._db, memory_id, "LEAF", themes=themes, limit=READ_PARTS)
        parts = _updated([part for part in known if part.id not in gone], rows)
        themes = sorted({part.theme for part in parts}) if themes is None else themes
        groups = {theme: [part for part in parts if part.theme == theme] for theme in themes}
        return await self._summaries(memory_id, "BRANCH", groups, author)

    async def _root(self, memory_id: str, branches: Sequence[InsightRow], author: "_Author") -> "_Summaries":
        if not branches:
            return _Summaries()
        known = await insights.under(self._db, memory_id, "BRANCH", themes=None, limit=READ_PARTS)
        return await self._summaries(memory_id, "ROOT", {_ROOT: _updated(known, branches)}, author)

    async def _summaries(
        self, memory_id: str, tier: str, groups: Mapping[str, Sequence[InsightPart]], author: "_Author"
    ) -> "_Summaries":
        """Return the summaries whose text changed. A model's text stays until a model is asked again."""
        ids = {theme: insight_id(memory_id, f"\x1f{tier}\x1f{theme}") for theme in groups}
        stored = await insights.stored(self._db, memory_id, list(ids.values()))
        by_rules = {theme: found for theme, parts in groups.items() if (found := compose_summary(theme, parts))}
        answers = await _ask(
            author.model, [FactGroup(name=theme, facts=[p.text for p in groups[theme]]) for theme in by_rules]
        )
        rows: list[InsightRow] = []
        pending = False
        for number, (theme, summary) in enumerate(by_rules.items()):
            known, parts, composer = stored.get(ids[theme]), groups[theme], COMPOSER
            text, points = summary.text, [Point(point=i, insight_id=id_) for i, id_ in enumerate(summary.part_ids)]
            if (told := _told(answers.get(number), len(parts))) is not None:
                composer, text = author.composer, _text(theme, told)
                points = [Point(point=i, insight_id=parts[n].id) for i, (_, cited) in enumerate(told) for n in cited]
            elif known is not None and author.model is None and _is_models(known):
                pending = True
                continue
            if known is not None and known.text == text:
                continue
            rows.append(
                InsightRow(
                    id=ids[theme],
                    tier=tier,
                    name=theme,
                    text=text,
                    theme=theme,
                    composer=composer,
                    seen_facts=sum(part.seen_facts for part in parts),
                    points=points,
                )
            )
        return _Summaries(rows=rows, pending=pending)

    async def _embedded(self, rows: Sequence[InsightRow]) -> list[InsightRow]:
        vectors = await embed_texts(self._embedder, [row.text for row in rows])
        return [row.with_embedding(vector) for row, vector in zip(rows, vectors, strict=True)]


def _is_due(leaf: _Leaf, *, flush: bool) -> bool:
    if len(leaf.entity.facts) < _MIN_FACTS_FOR_MODEL:
        return False
    unread = leaf.new_facts if leaf.by_model else leaf.entity.fact_count
    return (unread != 0 or not _stands(leaf)) and (flush or unread >= _FACTS_BEFORE_ASKING or not _stands(leaf))


def _stands(leaf: _Leaf) -> bool:
    """Return True if a model's insight may stay: every fact behind it still holds."""
    return leaf.new_facts >= 0 and not (leaf.stored is not None and leaf.stored.stale)


def _by_rules(leaf: _Leaf) -> InsightRow | None:
    composed = compose_leaf(leaf.entity.name, leaf.entity.facts)
    if composed is None:
        return None
    points = [Point(point=i, fact_id=id_) for i, id_ in enumerate(composed.fact_ids)]
    return _leaf_row(leaf, composed.text, points, COMPOSER)


def _by_model(leaf: _Leaf, answer: InsightAnswer, composer: str) -> InsightRow | None:
    """Build the row from the model's answer; the rules write it if no point cites a fact."""
    facts = leaf.entity.facts
    if (told := _told(answer, len(facts))) is None:
        return _by_rules(leaf)
    points = [Point(point=i, fact_id=facts[n].id) for i, (_, cited) in enumerate(told) for n in cited]
    return _leaf_row(leaf, _text(leaf.entity.name, told), points, composer)


async def _ask(model: OperationModel | None, groups: Sequence[FactGroup]) -> dict[int, InsightAnswer]:
    """Ask the model for all groups in one call. The rules write the groups that are missing from the result."""
    if model is None or not groups:
        return {}
    try:
        answer = (await model.ask(COMPOSE_INSIGHTS, render(groups))).answer
    except ModelRefused as refusal:
        STAGE_FAILURES.ended("extraction/insights", refusal)
        return {}
    return {found.group: found for found in answer.insights if 0 <= found.group < len(groups)}


def _told(answer: InsightAnswer | None, sources: int) -> list[tuple[str, list[int]]] | None:
    """Sentences with the indexes of the sources that they cite; None if no sentence cites a valid source."""
    told: list[tuple[str, list[int]]] = []
    for point in answer.points if answer else []:
        text = " ".join(point.text.split())
        cited = [n for n in dict.fromkeys(point.facts) if 0 <= n < sources]
        if text and cited:
            told.append((sentence(text), cited))
    return told or None


def _text(name: str, told: Sequence[tuple[str, list[int]]]) -> str:
    return f"{name}: {' '.join(text for text, _ in told)}"


def _is_models(stored: StoredInsight) -> bool:
    return stored.composer not in (None, COMPOSER)


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


def _updated(known: Sequence[InsightPart], rows: Sequence[InsightRow]) -> list[InsightPart]:
    """The parts as they will be once these rows are stored."""
    parts = {part.id: part for part in known}
    for row in rows:
        parts[row.id] = InsightPart(id=row.id, name=row.name, text=row.text, theme=row.theme, seen_facts=row.seen_facts)
    return list(parts.values())
