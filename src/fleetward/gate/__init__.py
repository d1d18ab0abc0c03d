"""May it pass: one pure evaluator for promote, audit, why and policy tests."""

from fleetward.gate.amending import amendment
from fleetward.gate.applying import asked
from fleetward.gate.checking import dropped_fields, gone_rules, lowered_floors, uncovered
from fleetward.gate.closing import Stuck, closers, stuck
from fleetward.gate.decide import conclusion, decide, tier_of
from fleetward.gate.question import Contributor, Question, Role
from fleetward.gate.reviews import bench, reviewed
from fleetward.gate.supposing import supposing

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
