"""Applying a model's verdicts to a window's names and facts."""

from msgspec import Struct
from msgspec.structs import replace

from app.extraction.reconciliation import FactRelation
from app.graph.knowledge import FactRow, SameEntities, SupersededRow
from app.prompts.verdicts import VerdictsAnswer
from app.services.extraction.reconcile_facts import Reconciliation, closing, under_identity
from app.services.extraction.resolve_entities import ResolvedNames


class AppliedVerdicts(Struct, frozen=True, kw_only=True):
    """`rows`: the window's facts in order; a duplicate carries the id and content hash of the stored fact."""

    same: list[SameEntities]
    rows: list[FactRow]
    superseded: list[SupersededRow]


def with_verdicts(
    applied: AppliedVerdicts, answer: VerdictsAnswer, names: ResolvedNames, found: Reconciliation
) -> AppliedVerdicts:
    """Apply the model's verdicts. Ignores unknown questions and relations; merges a name at most once."""
    same = list(applied.same)
    for verdict in answer.names:
        if not verdict.same or not 0 <= verdict.question < len(names.open):
            continue
        pair = names.open[verdict.question]
        if all(pair.key != other.key for other in same):
            same.append(SameEntities(key=pair.key, same_key=pair.same_key, reason="model", score=pair.score))
    rows, superseded = list(applied.rows), list(applied.superseded)
    for verdict in answer.facts:
        if not 0 <= verdict.question < len(found.open):
            continue
        question = found.open[verdict.question]
        match verdict.relation.strip().lower():
            case FactRelation.DUPLICATE:
                rows[question.row] = under_identity(rows[question.row], question.older)
            case FactRelation.CONTRADICTION:
                if (closed := closing(rows[question.row], question.older)) is not None:
                    superseded.append(closed)
            case _:
                continue
    # Apply each duplicate verdict to every row and SUPERSEDES pair that uses the old content hash.
    final = {
        old.content_hash: new
        for old, new in zip(applied.rows, rows, strict=True)
        if old.content_hash != new.content_hash
    }
    rows = [
        replace(row, id=moved.id, content_hash=moved.content_hash, embedding=None, restated=True)
        if (moved := final.get(row.content_hash)) is not None
        else row
        for row in rows
    ]

    def known(content_hash: str) -> str:
        return final[content_hash].content_hash if content_hash in final else content_hash

    closed = [SupersededRow(newer=known(s.newer), older=known(s.older), at=s.at) for s in superseded]
    return AppliedVerdicts(same=same, rows=rows, superseded=[row for row in closed if row.newer != row.older])
