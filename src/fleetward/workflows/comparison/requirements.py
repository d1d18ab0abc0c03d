"""What the promotion of a change will ask, told before anybody merges it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from fleetward import gate
from fleetward.domain import risk
from fleetward.domain.change import AgentStatus, Comparison, ExpectedRequirement, Significance
from fleetward.domain.fleet import Snapshot
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.manifest import Agent
from fleetward.domain.policy import RequiredApprovals, RequiredEvals, RequiredSoak, RuleRequirement


def with_requirements(
    comparison: Comparison, base: Snapshot, before: Agent | None, after: Agent | None
) -> Comparison:
    """The changes with what their promotion will ask, by the policy of the earlier side."""
    policy, row = base.policy, comparison.row
    if policy is None:
        return comparison
    manifests = [item.manifest for item in (before, after) if item is not None and item.manifest is not None]
    tier = policy.highest_tier(
        *(item.tier for item in manifests), *(risk.required_minimum_tier(item, policy) for item in manifests)
    )
    kind = {AgentStatus.ADDED: PromotionKind.CREATE, AgentStatus.RETIRED: PromotionKind.RETIRE}.get(
        row.status, PromotionKind.UPDATE
    )
    targets = [
        item.name
        for item in base.config.environments
        if row.environment in item.sources or (item.gated and item.name == row.environment)
    ]
    needs = {
        _to_need(item, to, base): None
        for to in targets
        for _, item in gate.policy_requirements(
            policy, to=to, tier=tier, comparison=comparison, kind=kind, agent=row.agent
        )
        if isinstance(item, RequiredApprovals)
        or kind is not PromotionKind.RETIRE  # nothing is left to evaluate
    }
    return replace(
        comparison,
        changes=tuple(
            item if item.significance is Significance.NONE else replace(item, requires=tuple(needs))
            for item in comparison.changes
        ),
    )


def governance_requirements(base: Snapshot) -> tuple[ExpectedRequirement, ...]:
    """What agreeing to other governance will ask, by that of the earlier side."""
    if base.policy is None:
        return ()
    if base.policy.governance is None:
        return (ExpectedRequirement(kind="approvals", detail="1 of somebody else, of any team"),)
    largest: dict[frozenset[str], RequiredApprovals] = {}
    for (
        requirement
    ) in base.policy.governance.require:  # of several that ask the same teams the largest counts
        if isinstance(requirement, RequiredApprovals) and requirement.count > (
            largest[requirement.teams].count if requirement.teams in largest else 0
        ):
            largest[requirement.teams] = requirement
    return tuple(
        ExpectedRequirement(kind="approvals", detail=requirement.wording) for requirement in largest.values()
    )


def _to_need(requirement: RuleRequirement, to: str, fleet: Snapshot) -> ExpectedRequirement:
    where = f" for {to}" if sum(environment.gated for environment in fleet.config.environments) > 1 else ""
    if isinstance(requirement, RequiredApprovals):
        return ExpectedRequirement(kind="approvals", detail=requirement.wording + where)
    if isinstance(requirement, RequiredEvals):
        age = f", at most {_duration(requirement.max_age)} old" if requirement.max_age else ""
        return ExpectedRequirement(kind="evals", detail=f"passed{age}{where}")
    if isinstance(requirement, RequiredSoak):
        return ExpectedRequirement(kind="soak", detail=f"{_duration(requirement.span)}{where}")
    raise TypeError(requirement)


def _duration(span: timedelta) -> str:
    """``7 days``, or ``36 hours`` where it is no whole number of days."""
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count, remainder = divmod(int(span.total_seconds()), size)
        if not remainder:
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{int(span.total_seconds())} seconds"
