"""Expiry policies."""

from collections import Counter

from litestar import Controller, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from app.api.checks import check_strings
from app.api.memanto_v2 import requests, responses
from app.api.memanto_v2.context import TAGS, AgentContext, MemantoUseCases
from app.api.memanto_v2.errors import Refused
from app.domain.audit import AuditAction
from app.domain.errors import BadRequest
from app.domain.policy import PRESETS, Policy
from app.services.memanto.policies import PolicySweep


class PolicyController(Controller):
    path = "/agents/{agent_id:str}/policy"
    tags = TAGS

    @get("/", operation_id="getPolicy", summary="Get Policy")
    async def get_policy(
        self, here: NamedDependency[AgentContext], memanto: NamedDependency[MemantoUseCases]
    ) -> responses.PolicyView:
        policy = await memanto.policies.get(here.agent_id)
        return responses.PolicyView(agent_id=here.agent_id, policy=policy, is_empty=policy.is_empty)

    @put("/", operation_id="setPolicy", summary="Set Policy")
    async def set_policy(
        self, here: NamedDependency[AgentContext], data: JSONBody[Policy], memanto: NamedDependency[MemantoUseCases]
    ) -> responses.PolicyView:
        """Set the policy. Memories expire only when it is applied."""
        check_strings(data)
        async with memanto.audit.recording(AuditAction.SET_POLICY, here.scope):
            policy = await memanto.policies.set(here.agent_id, data)
        return responses.PolicyView(agent_id=here.agent_id, policy=policy, path=None)

    @get("/presets", operation_id="listPresets", summary="List Presets")
    async def presets(self, here: NamedDependency[AgentContext]) -> responses.PresetList:  # noqa: ARG002 - the contract's path
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
    async def preset(self, here: NamedDependency[AgentContext], name: FromPath[str]) -> responses.PresetView:  # noqa: ARG002
        found = PRESETS.get(name)
        if found is None:
            raise Refused(404, "NotFound", f"There is no preset {name[:64]!r}; there are {', '.join(PRESETS)}")
        return responses.PresetView(name=found.name, description=found.description, policy=found.policy)

    @post("/preset", status_code=200, operation_id="usePreset", summary="Use Preset")
    async def use_preset(
        self,
        here: NamedDependency[AgentContext],
        data: JSONBody[requests.PolicyPresetRequest],
        memanto: NamedDependency[MemantoUseCases],
    ) -> responses.PolicyView:
        found = PRESETS.get(data.name)
        if found is None:
            raise BadRequest(f"There is no preset {data.name[:64]!r}; there are {', '.join(PRESETS)}")
        async with memanto.audit.recording(AuditAction.SET_POLICY, here.scope, subject=found.name):
            policy = await memanto.policies.set(here.agent_id, found.policy)
        return responses.PolicyView(agent_id=here.agent_id, preset=found.name, policy=policy)

    @post("/apply", status_code=200, operation_id="applyPolicy", summary="Apply Policy")
    async def apply(
        self,
        here: NamedDependency[AgentContext],
        memanto: NamedDependency[MemantoUseCases],
        data: JSONBody[requests.PolicyApplyRequest | None] = None,
    ) -> responses.PolicyApplied:
        """Expire the memories that the policy matches."""
        dry_run = data.dry_run if data else False
        swept = await memanto.policies.apply(here.agent_id, dry_run=dry_run)
        return responses.PolicyApplied(
            agent_id=here.agent_id,
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
        here: NamedDependency[AgentContext],
        memanto: NamedDependency[MemantoUseCases],
        data: JSONBody[requests.PolicyApplyRequest | None] = None,
    ) -> responses.PolicyPurged:
        """Delete memories that have been expired longer than the policy's `purge_expired_after`."""
        dry_run = data.dry_run if data else False
        swept = await memanto.purge_expired(here.agent_id, dry_run=dry_run)
        after = swept.policy.purge_expired_after
        return responses.PolicyPurged(
            agent_id=here.agent_id,
            dry_run=dry_run,
            enabled=after != "never",
            purge_expired_after=after,
            matched=len(swept.matched),
            purged=0 if dry_run else len(swept.matched),
            memories=_swept(swept),
            errors=[],
            evaluated_at=swept.evaluated_at,
        )


def _swept(swept: PolicySweep) -> list[responses.SweptMemory]:
    return [
        responses.SweptMemory(id=str(row.id), title=row.shown_title, type=row.kind, rule=rule)
        for row, rule in swept.matched
    ]
