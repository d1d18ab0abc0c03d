"""What must hold: one pure function for each wrong."""

from fleetward.rules.catalogue import CATALOGUE, explain
from fleetward.rules.judge import findings
from fleetward.rules.pages import documentation
from fleetward.rules.pin import Pin, PinClass
from fleetward.rules.pins import verdict
from fleetward.rules.rule import Rule, Wrong

__all__ = [
    "CATALOGUE",
    "Pin",
    "PinClass",
    "Rule",
    "Wrong",
    "documentation",
    "explain",
    "findings",
    "verdict",
]
