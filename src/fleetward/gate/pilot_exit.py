"""Whether a pilot met its exit criteria, and whether that is asked at all."""

from __future__ import annotations

from fleetward.domain.break_glass import PromotionMode
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.policy import Policy, PolicyRule, RequiredCriteria
from fleetward.domain.retirement_plan import CriterionStatus
from fleetward.domain.verdict import Requirement, RequirementStatus
from fleetward.gate.promotion_modes import mode_terms
from fleetward.gate.request import PromotionRequest
from fleetward.gate.tiers import effective_tier

_WORDS = {
    CriterionStatus.DUE: "met",
    CriterionStatus.NOT_DUE: "not met",
    CriterionStatus.UNKNOWN: "unknown",
}


def asks_exit_criteria(request: PromotionRequest, policy: Policy) -> bool:
    """Does a rule that applies to *request* ask for the exit criteria of a pilot?"""
    if request.kind is None or request.kind is PromotionKind.RETIRE or request.mode is PromotionMode.STOP:
        return False
    terms = mode_terms(request, request.kind, policy, effective_tier(request, policy))
    return any(isinstance(required, RequiredCriteria) for rule in terms.rules for required in rule.require)


def criteria_met(request: PromotionRequest, rule: PolicyRule) -> Requirement:
    """Whether every exit criterion of the pilot is met; unknown is not met."""
    results = request.exit_criteria
    is_met = bool(results) and all(result.status is CriterionStatus.DUE for result in results)
    told = [f"{result.condition} is {_WORDS[result.status]}: {result.detail}" for result in results]
    if request.running_unreadable:
        # what runs may ask for more than the candidate does
        is_met, told = False, ["what runs cannot be read, and so its exit criteria are unknown", *told]
    return Requirement(
        rule=rule.id,
        kind="criteria",
        condition="exit criteria of the pilot met",
        status=RequirementStatus.MET if is_met else RequirementStatus.MISSING,
        detail="; ".join(told) or "no exit criteria in spec.pilot, of what runs or of the candidate",
    )
