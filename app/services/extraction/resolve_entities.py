"""Resolving new names to stored entities."""

import asyncio
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from app.domain.knowledge import EntityType
from app.extraction.candidates import candidates
from app.extraction.resolution import Decision, NamedEntity, Verdict, compare
from app.graph import search
from app.graph.database import Database
from app.graph.knowledge import EntityRow, SameEntities, SimilarEntities
from app.prompts.verdicts import NameQuestion

_MAX_CANDIDATES = 50
_MAX_QUESTIONS = 8


class OpenName(Struct, frozen=True, kw_only=True):
    """Two names that the rules can't decide; the model is asked."""

    key: str
    same_key: str
    score: float
    question: NameQuestion


class ResolvedNames(Struct, frozen=True, kw_only=True):
    same: list[SameEntities] = []
    open: list[OpenName] = []


async def resolve_entities(
    db: Database,
    memory_id: str,
    new: Sequence[EntityRow],
    similar: Sequence[SimilarEntities],
    *,
    people: Collection[str],
    introduced: Collection[str] = (),
) -> ResolvedNames:
    """Compare every new name with other new ones and stored names that share a word or a form or have a similar vector.

    `people`: keys of speakers and mentioned people. A name that matches two entities equally is merged with neither, and so
    is one of `introduced` with a longer name: "my cousin John" is not John Smith who takes part.
    """
    if not new:
        return ResolvedNames()
    near = await search.match_entities(db, memory_id, " ".join(e.name for e in new), limit=_MAX_CANDIDATES)
    keys = {e.key for e in new}
    meant = [p.similar_key for p in similar if p.similar_key not in keys]
    near = [*near, *await search.named_entities(db, memory_id, list(dict.fromkeys(meant)))]
    stored = {c.key: (_named(c.name, c.entity_type, c.aliases), set(c.split_from)) for c in near}
    cosines = {frozenset((p.key, p.similar_key)): p.score for p in similar}
    # Comparing is pure Python: run it in a thread, so that it does not block the event loop.
    return await asyncio.to_thread(_resolved, new, stored, cosines, people, introduced)


def _resolved(
    new: Sequence[EntityRow],
    stored: Mapping[str, tuple[NamedEntity, set[str]]],
    cosines: Mapping[frozenset[str], float],
    people: Collection[str],
    introduced: Collection[str],
) -> ResolvedNames:
    same: list[SameEntities] = []
    open_: list[OpenName] = []
    known = {entity.key: (_named(entity.name, entity.entity_type, entity.aliases), set[str]()) for entity in new}
    candidates_of = _candidates([e.key for e in new], {**stored, **known}, stored, cosines)
    for entity in new:
        named, _ = known[entity.key]
        candidates = {key: stored.get(key) or known[key] for key in candidates_of[entity.key]}
        decisions: dict[str, Decision] = {}
        for key, (candidate, split_from) in candidates.items():
            longer = entity.key in introduced and set(entity.key.split()) < set(key.split())
            if entity.key in split_from or longer:
                continue
            cosine = cosines.get(frozenset((entity.key, key)), 0.0)
            decisions[key] = compare(named, candidate, cosine=cosine, context=people)
        sure = sorted((k for k, d in decisions.items() if d.verdict is Verdict.SAME), key=lambda k: -decisions[k].score)
        if sure and (len(sure) == 1 or decisions[sure[0]].score > decisions[sure[1]].score):
            best = decisions[sure[0]]
            same.append(SameEntities(key=entity.key, same_key=sure[0], reason=best.method, score=best.score))
            continue
        for key, decision in decisions.items():
            if decision.verdict is Verdict.UNDECIDED:
                question = NameQuestion(name=entity.name, known=candidates[key][0].name, entity_type=entity.entity_type)
                open_.append(OpenName(key=entity.key, same_key=key, score=decision.score, question=question))
    open_.sort(key=lambda o: -o.score)
    return ResolvedNames(same=same, open=open_[:_MAX_QUESTIONS])


def _candidates(
    new: Sequence[str],
    names: Mapping[str, tuple[NamedEntity, set[str]]],
    stored: Mapping[str, object],
    cosines: Mapping[frozenset[str], float],
) -> dict[str, list[str]]:
    """Return, for each new key, the stored and earlier new keys that share a word, a form or a vector with it."""
    fresh = set(new)
    order = [*(key for key in stored if key not in fresh), *new]
    place = {key: position for position, key in enumerate(order)}
    found = {order[i]: [order[j] for j in others] for i, others in candidates([names[key][0] for key in order])}
    for pair in cosines:
        if len(pair) == 2 and pair <= place.keys():
            earlier, later = sorted(pair, key=place.__getitem__)
            if earlier not in found[later]:
                found[later].append(earlier)
    return found


def _named(name: str, kind: str, aliases: Sequence[str]) -> NamedEntity:
    return NamedEntity(name=name, entity_type=EntityType(kind), aliases=aliases)
