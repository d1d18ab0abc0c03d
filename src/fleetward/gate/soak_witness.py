"""Above the lowest tier soak counts from what the authors of the release do not write (trust.md 3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from fleetward.domain.policy import PolicyRule, RequiredSoak
from fleetward.domain.verdict import Requirement, RequirementStatus
from fleetward.gate.evidence_and_soak import soak
from fleetward.gate.request import PromotionRequest


def soak_requirement(
    request: PromotionRequest, rule: PolicyRule, required: RequiredSoak, now: datetime, *, above_lowest: bool
) -> tuple[Requirement, tuple[str, ...]]:
    """Whether the release ran long enough, by the dates that count for this tier, and the files that show it."""
    witnessed = request.witnessed_soak
    if witnessed is None or required.by_history or not above_lowest:
        return soak(request, rule, required, now), ()
    by_others = replace(
        request,
        longest_soak=witnessed.longest,
        is_soaking=witnessed.since is not None,
        soaking_since=witnessed.since,
    )
    requirement = soak(by_others, rule, required, now)
    is_unwitnessed = request.is_soaking and witnessed.since is None
    if requirement.status is RequirementStatus.MET:
        return requirement, witnessed.files
    return (replace(requirement, detail=_unwitnessed(request)) if is_unwitnessed else requirement), ()


def _unwitnessed(request: PromotionRequest) -> str:
    return (
        "nobody but its authors has dated it. It begins with a merge by a forge, the next commit of somebody else, "
        f"or an attestation of a robot: fleet attest {request.binding.agent} --kind seen --env ENV --sign"
    )
