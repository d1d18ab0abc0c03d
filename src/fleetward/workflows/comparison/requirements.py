"""What the promotion of a change will ask, told before anybody merges it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from fleetward import gate
from fleetward.domain import risk
from fleetward.domain.change import Comparison, Need, Significance, Status
from fleetward.domain.fleet import Snapshot
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.manifest import Agent
from fleetward.domain.policy import ApprovalsAsked, Asked, EvalsAsked, SoakAsked


def with_needs(
    comparison: Comparison, base: Snapshot, before: Agent | None, after: Agent | None
) -> Comparison:
    """The changes with what their promotion will ask, by the policy of the earlier side."""
    policy, row = base.policy, comparison.row
    if policy is None:
        return comparison
    manifests = [one.manifest for one in (before, after) if one is not None and one.manifest is not None]
    tier = policy.higher(*(one.tier for one in manifests), *(risk.floor(one, policy) for one in manifests))
    kind = {Status.ADDED: PromotionKind.CREATE, Status.RETIRED: PromotionKind.RETIRE}.get(
        row.status, PromotionKind.UPDATE
    )
    targets = [
        one.name
        for one in base.config.environments
        if row.environment in one.sources or (one.gated and one.name == row.environment)
    ]
    needs = {
        _need(one, to, base): None
        for to in targets
        for _, one in gate.asked(policy, to=to, tier=tier, comparison=comparison, kind=kind, agent=row.agent)
        if isinstance(one, ApprovalsAsked) or kind is not PromotionKind.RETIRE  # nothing is left to evaluate
    }
    return replace(
        comparison,
        changes=tuple(
            one if one.significance is Significance.NONE else replace(one, requires=tuple(needs))
            for one in comparison.changes
        ),
    )


def governance_needs(base: Snapshot) -> tuple[Need, ...]:
    """What agreeing to other governance will ask, by that of the earlier side."""
    if base.policy is None:
        return ()
    if base.policy.governance is None:
        return (Need(kind="approvals", detail="1 of somebody else, of any team"),)
    most: dict[frozenset[str], ApprovalsAsked] = {}
    for one in base.policy.governance.require:  # of several that ask the same teams the largest counts
        if isinstance(one, ApprovalsAsked) and one.count > (
            most[one.teams].count if one.teams in most else 0
        ):
            most[one.teams] = one
    return tuple(Need(kind="approvals", detail=one.wording) for one in most.values())


def _need(asked: Asked, to: str, fleet: Snapshot) -> Need:
    where = f" for {to}" if sum(one.gated for one in fleet.config.environments) > 1 else ""
    if isinstance(asked, ApprovalsAsked):
        return Need(kind="approvals", detail=asked.wording + where)
    if isinstance(asked, EvalsAsked):
        age = f", at most {_length(asked.max_age)} old" if asked.max_age else ""
        return Need(kind="evals", detail=f"passed{age}{where}")
    if isinstance(asked, SoakAsked):
        return Need(kind="soak", detail=f"{_length(asked.span)}{where}")
    raise TypeError(asked)


def _length(span: timedelta) -> str:
    """``7 days``, or ``36 hours`` where it is no whole number of days."""
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count, rest = divmod(int(span.total_seconds()), size)
        if not rest:
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{int(span.total_seconds())} seconds"
