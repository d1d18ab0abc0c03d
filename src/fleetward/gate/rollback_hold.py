"""A release that a rollback left: it comes back when somebody has looked at it again, and not before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from fleetward.domain.approval import Decision
from fleetward.domain.clock import written
from fleetward.domain.people import People
from fleetward.domain.policy import OWNER, ApprovalsAsked, Assurance, Policy, Rule, When
from fleetward.gate.quorum import Approved, approvals
from fleetward.gate.request import Question


def held(
    question: Question,
    rules: Sequence[Rule],
    approved: Approved,
    *,
    policy: Policy,
    people: People,
    now: datetime,
) -> Approved:
    """
    *approved*, and what a release is asked besides that was left by a rollback.

    That is one approval given after the rollback by any of the people whom these rules ask, or by an owner where
    they ask nobody. It takes no seat of its own: who fills one with such an approval has given this, too.
    """
    hold = question.held
    if hold is None:
        return approved
    since = replace(
        question,
        approvals=tuple(
            one for one in question.approvals if one.decision is not Decision.APPROVE or one.issued > hold.at
        ),
    )
    fresh = approvals(since, (_rule(rules),), policy=policy, people=people, now=now)
    need = fresh.requirements[0]
    told = f"left by rollback {hold.seq} on {written(hold.at)}, because: {hold.reason}; {need.detail}"
    asked = f"{need.asked}, given after the rollback"
    return Approved(
        requirements=(*approved.requirements, replace(need, kind="held", asked=asked, detail=told)),
        not_counted=tuple(one for one in approved.not_counted if not {*one.files} <= {*fresh.files}),
        files=tuple(dict.fromkeys((*approved.files, *fresh.files))),
        fewest=fresh.fewest if approved.fewest == () else approved.fewest,
    )


def _rule(rules: Sequence[Rule]) -> Rule:
    asked = (one.teams for rule in rules for one in rule.require if isinstance(one, ApprovalsAsked))
    teams = frozenset[str]().union(*asked) or frozenset({OWNER})
    return Rule(
        id="rollback",
        when=When(),
        require=(ApprovalsAsked(count=1, teams=teams),),
        assurance=max((rule.assurance for rule in rules), default=Assurance.RECORDED),
    )
