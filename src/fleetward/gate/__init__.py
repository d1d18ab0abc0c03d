"""May it pass: one pure evaluator for promote, audit, why and policy tests."""

from fleetward.gate.decide import conclusion, decide, tier_of
from fleetward.gate.governance_change import amendment
from fleetward.gate.matching_rules import asked
from fleetward.gate.policy_checks import dropped_fields, gone_rules, lowered_floors, uncovered
from fleetward.gate.request import Contributor, Question, Role
from fleetward.gate.review_availability import Stuck, closers, stuck
from fleetward.gate.reviews import bench, reviewed
from fleetward.gate.what_if import supposing

__all__ = [
    "Contributor",
    "Question",
    "Role",
    "Stuck",
    "amendment",
    "asked",
    "bench",
    "closers",
    "conclusion",
    "decide",
    "dropped_fields",
    "gone_rules",
    "lowered_floors",
    "reviewed",
    "stuck",
    "supposing",
    "tier_of",
    "uncovered",
]
