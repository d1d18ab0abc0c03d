"""A release that a rollback left: it comes back when somebody has looked at it again, and not before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from fleetward.domain.approval import Decision
from fleetward.domain.clock import format_instant
from fleetward.domain.people import People
from fleetward.domain.policy import OWNER, Assurance, Policy, PolicyRule, RequiredApprovals, RuleCondition
from fleetward.gate.quorum import Quorum, assess_quorum
from fleetward.gate.request import PromotionRequest


def with_rollback_hold(
    request: PromotionRequest,
    rules: Sequence[PolicyRule],
    approved: Quorum,
    *,
    policy: Policy,
    people: People,
    now: datetime,
) -> Quorum:
    """
    *approved*, and what a release is asked besides that was left by a rollback.

    That is one approval given after the rollback by any of the people whom these rules ask, or by an owner where
    they ask nobody. It takes no seat of its own: who fills one with such an approval has given this, too.
    """
    hold = request.hold
    if hold is None:
        return approved
    since = replace(
        request,
        approvals=tuple(
            item
            for item in request.approvals
            if item.decision is not Decision.APPROVE or item.issued > hold.at
        ),
    )
    fresh = assess_quorum(since, (_hold_rule(rules),), policy=policy, people=people, now=now)
    requirement = fresh.requirements[0]
    detail = f"left by rollback {hold.seq} on {format_instant(hold.at)}, because: {hold.reason}; {requirement.detail}"
    condition = f"{requirement.condition}, given after the rollback"
    return Quorum(
        requirements=(
            *approved.requirements,
            replace(requirement, kind="held", condition=condition, detail=detail),
        ),
        not_counted=tuple(item for item in approved.not_counted if not {*item.files} <= {*fresh.files}),
        files=tuple(dict.fromkeys((*approved.files, *fresh.files))),
        minimal_approvers=fresh.minimal_approvers
        if approved.minimal_approvers == ()
        else approved.minimal_approvers,
    )


def _hold_rule(rules: Sequence[PolicyRule]) -> PolicyRule:
    team_sets = (
        requirement.teams
        for rule in rules
        for requirement in rule.require
        if isinstance(requirement, RequiredApprovals)
    )
    teams = frozenset[str]().union(*team_sets) or frozenset({OWNER})
    return PolicyRule(
        id="rollback",
        when=RuleCondition(),
        require=(RequiredApprovals(count=1, teams=teams),),
        assurance=max((rule.assurance for rule in rules), default=Assurance.RECORDED),
    )
