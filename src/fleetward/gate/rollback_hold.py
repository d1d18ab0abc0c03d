"""The hold on a release that a rollback removed: it needs a new approval to come back."""

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
    quorum: Quorum,
    *,
    policy: Policy,
    people: People,
    now: datetime,
) -> Quorum:
    """
    *quorum* with the requirement of the rollback hold, where *request* has one.

    It requires one approval issued after the rollback, by anybody whom these rules name, or by an owner where they
    name nobody. Such an approval may fill a seat of the rules at the same time.
    """
    hold = request.hold
    if hold is None:
        return quorum
    # rejections and withdrawals stay: an old veto holds, an old approval must not
    since = tuple(s for s in request.approvals if s.decision is not Decision.APPROVE or s.issued > hold.at)
    fresh = assess_quorum(
        replace(request, approvals=since), (_hold_rule(rules),), policy=policy, people=people, now=now
    )
    requirement = fresh.requirements[0]
    rollback = f"rolled back by entry {hold.seq} on {format_instant(hold.at)}, because: {hold.reason}"
    condition = f"{requirement.condition}, given after the rollback"
    is_complete = quorum.minimal_approvers == ()
    return Quorum(
        requirements=(
            *quorum.requirements,
            replace(
                requirement, kind="held", condition=condition, detail=f"{rollback}; {requirement.detail}"
            ),
        ),
        # a statement that counts for the hold is not reported as spare
        not_counted=tuple(n for n in quorum.not_counted if not {*n.files} <= {*fresh.files}),
        files=tuple(dict.fromkeys((*quorum.files, *fresh.files))),
        minimal_approvers=fresh.minimal_approvers if is_complete else quorum.minimal_approvers,
        minimal_signers=fresh.minimal_signers if is_complete else quorum.minimal_signers,
    )


def _hold_rule(rules: Sequence[PolicyRule]) -> PolicyRule:
    team_sets = (
        requirement.teams
        for rule in rules
        for requirement in rule.require
        if isinstance(requirement, RequiredApprovals)
    )
    # a rule set without approvals would leave nobody who could lift the hold
    teams = frozenset[str]().union(*team_sets) or frozenset({OWNER})
    return PolicyRule(
        id="rollback",
        when=RuleCondition(),
        require=(RequiredApprovals(count=1, teams=teams),),
        assurance=max((rule.assurance for rule in rules), default=Assurance.RECORDED),
    )
