"""Apply an agent's expiry policy and purge facts that expired long ago."""

from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from app.domain.agents import scope_of_agent
from app.domain.policy import Policy
from app.domain.typed_facts import Expire, StatusFilter, TypedFactRow
from app.graph import agents, typed_facts
from app.graph.database import Database
from app.services.forgetting.delete_facts import DeleteFacts
from app.services.memanto.recall import EVERYTHING, RecallFilter
from app.services.memanto.submit_changes import SubmitChanges


class PolicySweep(Struct, frozen=True, kw_only=True):
    """`scanned`, `already_expired`: counts; `matched`: facts to expire or delete, with the rule that matched."""

    policy: Policy
    scanned: int
    already_expired: int
    matched: list[tuple[TypedFactRow, str]]
    evaluated_at: datetime


class Policies:
    def __init__(self, db: Database, submit_changes: SubmitChanges) -> None:
        self._db = db
        self._submit_changes = submit_changes

    async def get(self, agent_id: str) -> Policy:
        """Return the agent's policy, an empty one if none is set. Raises NotFound for an unknown agent."""
        agent = await agents.get(self._db, agent_id)
        return msgspec.convert(agent.policy, Policy) if agent.policy else Policy()

    async def set(self, agent_id: str, policy: Policy) -> Policy:
        """Raises InvalidInput."""
        text = msgspec.json.encode(policy.checked()).decode()
        await agents.set_policy(self._db, scope_of_agent(agent_id).memory_id, text)
        return policy

    async def apply(self, agent_id: str, *, dry_run: bool) -> PolicySweep:
        """Expire the facts that the policy matches, unless `dry_run`."""
        policy, scope, now = await self.get(agent_id), scope_of_agent(agent_id), datetime.now(UTC)
        page = await typed_facts.newest(self._db, scope.memory_id, RecallFilter().filter(), limit=EVERYTHING)
        active = [row for row in page.rows if row.expired_at is None]
        matched = [(row, rule) for row in active if (rule := policy.verdict(row, now))]
        if matched and not dry_run:
            await self._submit_changes(scope, [Expire(id=row.id, by=rule) for row, rule in matched])
        return PolicySweep(
            policy=policy,
            scanned=page.total,
            already_expired=page.total - len(active),
            matched=matched,
            evaluated_at=now,
        )


class PurgeExpired:
    """Deletes facts that have been expired longer than the policy's `purge_expired_after`."""

    def __init__(self, db: Database, policies: Policies, delete_facts: DeleteFacts) -> None:
        self._db = db
        self._policies = policies
        self._delete_memories = delete_facts

    async def __call__(self, agent_id: str, *, dry_run: bool) -> PolicySweep:
        policy, scope, now = await self._policies.get(agent_id), scope_of_agent(agent_id), datetime.now(UTC)
        chosen = RecallFilter(status=StatusFilter.EXPIRED).filter()
        page = await typed_facts.newest(self._db, scope.memory_id, chosen, limit=EVERYTHING)
        matched = [(row, policy.purge_expired_after) for row in page.rows if policy.purges(row, now)]
        if matched and not dry_run:
            await self._delete_memories(scope, [row.id for row, _ in matched])
        return PolicySweep(
            policy=policy,
            scanned=page.total,
            already_expired=page.total,
            matched=matched,
            evaluated_at=now,
        )
