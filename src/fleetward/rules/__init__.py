"""The rules of a fleet: one pure function for each violation that can be found."""

from fleetward.rules.engine import add_fleet_findings, agent_findings, compared_fields, findings
from fleetward.rules.language_models import listed_model, model_entries
from fleetward.rules.pin import Pin, PinClass
from fleetward.rules.pin_classes import classify_pin, known_providers, model_identity
from fleetward.rules.rule import Rule, Violation
from fleetward.rules.rule_table import CATALOGUE, find_rule
from fleetward.rules.waiver_rules import in_force, mark_waived, waiver_state

__all__ = [
    "CATALOGUE",
    "Pin",
    "PinClass",
    "Rule",
    "Violation",
    "add_fleet_findings",
    "agent_findings",
    "classify_pin",
    "compared_fields",
    "find_rule",
    "findings",
    "in_force",
    "known_providers",
    "listed_model",
    "mark_waived",
    "model_entries",
    "model_identity",
    "waiver_state",
]
