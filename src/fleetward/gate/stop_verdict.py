"""One hand can stop: whether somebody may suspend an agent alone."""

from __future__ import annotations

from datetime import datetime

from fleetward.domain.people import People
from fleetward.domain.policy import Policy
from fleetward.domain.verdict import Requirement, RequirementStatus
from fleetward.gate.eligibility import Eligibility
from fleetward.gate.request import PromotionRequest


def stop_requirement(
    request: PromotionRequest, *, policy: Policy, people: People, now: datetime
) -> Requirement:
    """
    The one thing that a stop requires: somebody of ``stop.by``, author of a waiting change or not.

    Neither approvals nor a veto, a freeze or an invalid manifest may keep a person from stopping an agent.
    """
    teams = policy.stop.by if policy.stop else frozenset()
    members = Eligibility(people, request.running or request.candidate).members(teams, now)
    who = request.stopped_by
    may = who is not None and who in members
    names = " or ".join(sorted(teams)) or "nobody"
    return Requirement(
        rule="stop",
        kind="stop",
        condition=f"1 of {names}",
        status=RequirementStatus.MET if may else RequirementStatus.REFUSED,
        by=(who,) if may and who else (),
        detail=f"stopped by {who}" if may else f"{who or 'whoever this is'} is not one of them",
        eligible=() if may else tuple(sorted(members)),
    )
