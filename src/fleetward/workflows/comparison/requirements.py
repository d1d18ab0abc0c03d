"""What the promotion of a change will require, known before it is merged."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from fleetward import gate
from fleetward.domain import risk
from fleetward.domain.change import AgentStatus, Comparison, ExpectedRequirement, Significance
from fleetward.domain.fleet import Snapshot
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.manifest import Agent
from fleetward.domain.policy import (
    RequiredApprovals,
    RequiredAttestation,
    RequiredCriteria,
    RequiredEvals,
    RequiredSoak,
    RuleRequirement,
)


def with_requirements(
    comparison: Comparison, base: Snapshot, before: Agent | None, after: Agent | None
) -> Comparison:
    """The comparison with the requirements of each change, by the policy of the base."""
    policy, row = base.policy, comparison.row
    if policy is None:
        return comparison
    manifests = [item.manifest for item in (before, after) if item is not None and item.manifest is not None]
    # as the gate does: never below the floors, never below the running tier
    own_tiers = [risk.own_tier(item, policy) for item in manifests]
    tier = policy.highest_tier(*own_tiers)
    kind = {AgentStatus.ADDED: PromotionKind.CREATE, AgentStatus.RETIRED: PromotionKind.RETIRE}.get(
        row.status, PromotionKind.UPDATE
    )
    # a change of a gated folder itself concerns that environment, one of a source its targets
    targets = [
        item.name
        for item in base.config.environments
        if row.environment in item.sources or (item.gated and item.name == row.environment)
    ]
    # a dict as an ordered set: several targets may ask for the same
    requirements = {
        _expected_requirement(item, to, base): None
        for to in targets
        for _, item in gate.policy_requirements(
            policy,
            to=to,
            tier=tier,
            comparison=comparison,
            kind=kind,
            agent=row.agent,
            tier_moved=len(set(own_tiers)) > 1,
            traits=gate.agent_traits(*(item.manifest if item else None for item in (before, after))),
        )
        # a retired agent has nothing left to evaluate
        if isinstance(item, RequiredApprovals) or kind is not PromotionKind.RETIRE
    }
    return replace(
        comparison,
        changes=tuple(
            # a harmless change asks nobody, and must not look as if
            item if item.significance is Significance.NONE else replace(item, requires=tuple(requirements))
            for item in comparison.changes
        ),
    )


def governance_requirements(base: Snapshot) -> tuple[ExpectedRequirement, ...]:
    """What the approval of changed governance requires, by the policy of the base."""
    if base.policy is None:
        return ()
    rule = gate.governance_rule(base.policy)
    if rule is None:
        return (ExpectedRequirement(kind="approvals", detail="nobody can give: no governance.require"),)
    largest: dict[frozenset[str], RequiredApprovals] = {}
    for requirement in rule.require:
        if not isinstance(requirement, RequiredApprovals):
            continue
        # of several for the same teams, the largest count includes the others
        previous = largest.get(requirement.teams)
        if previous is None or requirement.count > previous.count:
            largest[requirement.teams] = requirement
    return tuple(
        ExpectedRequirement(kind="approvals", detail=requirement.wording) for requirement in largest.values()
    )


def _expected_requirement(requirement: RuleRequirement, to: str, fleet: Snapshot) -> ExpectedRequirement:
    # with one gate its name would be noise in every line
    where = f" for {to}" if sum(environment.gated for environment in fleet.config.environments) > 1 else ""
    if isinstance(requirement, RequiredApprovals):
        return ExpectedRequirement(kind="approvals", detail=requirement.wording + where)
    if isinstance(requirement, RequiredEvals):
        longest = requirement.max_age
        words = "" if longest is None else longest.text if longest.months else _duration(longest.span)
        age = f", at most {words} old" if words else ""
        terms = f", {requirement.wording}" if requirement.wording else ""
        return ExpectedRequirement(kind="evals", detail=f"passed{age}{terms}{where}")
    if isinstance(requirement, RequiredSoak):
        state = ", in the same state" if requirement.same_state else ""
        return ExpectedRequirement(kind="soak", detail=f"{_duration(requirement.span)}{state}{where}")
    if isinstance(requirement, RequiredAttestation):
        age = f", at most {requirement.max_age.text} old" if requirement.max_age else ""
        return ExpectedRequirement(kind="attested", detail=f"{requirement.kind}{age}{where}")
    if isinstance(requirement, RequiredCriteria):
        return ExpectedRequirement(kind="criteria", detail=f"exit criteria met{where}")
    raise TypeError(requirement)


def _duration(span: timedelta) -> str:
    """``7 days``; ``36 hours`` if it is not a whole number of days."""
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count, remainder = divmod(int(span.total_seconds()), size)
        if not remainder:
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{int(span.total_seconds())} seconds"
