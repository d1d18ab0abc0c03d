"""Decides whether a change may pass: one pure evaluator for promote, audit, why, status and policy tests."""

from fleetward.gate.adoption import decide_adoption
from fleetward.gate.decide import batch_verdict, decide
from fleetward.gate.governance_change import decide_governance_change, governance_rule
from fleetward.gate.matching_rules import agent_traits, policy_requirements
from fleetward.gate.pilot_exit import asks_exit_criteria
from fleetward.gate.policy_checks import dropped_fields, lowered_floors, removed_rules, uncovered_kinds
from fleetward.gate.request import PromotionRequest, WitnessedSoak
from fleetward.gate.review_availability import ReviewDeadlock, available_reviewers, review_deadlock
from fleetward.gate.reviews import review_status, reviewers_for
from fleetward.gate.seat_shortages import (
    KeyShortage,
    SeatShortage,
    key_shortages,
    rule_combinations,
    seat_shortages,
)
from fleetward.gate.tiers import effective_tier
from fleetward.gate.what_if import with_hypothetical_approvals

__all__ = [
    "KeyShortage",
    "PromotionRequest",
    "ReviewDeadlock",
    "SeatShortage",
    "WitnessedSoak",
    "agent_traits",
    "asks_exit_criteria",
    "available_reviewers",
    "batch_verdict",
    "decide",
    "decide_adoption",
    "decide_governance_change",
    "dropped_fields",
    "effective_tier",
    "governance_rule",
    "key_shortages",
    "lowered_floors",
    "policy_requirements",
    "removed_rules",
    "review_deadlock",
    "review_status",
    "reviewers_for",
    "rule_combinations",
    "seat_shortages",
    "uncovered_kinds",
    "with_hypothetical_approvals",
]
