"""What must hold: one pure function for each wrong."""

from fleetward.rules.catalogue import CATALOGUE, explain
from fleetward.rules.engine import alone, among, compared, findings
from fleetward.rules.pin import Pin, PinClass
from fleetward.rules.pins import verdict
from fleetward.rules.rule import Rule, Wrong
from fleetward.rules.waivers import in_force, standing

__all__ = [
    "CATALOGUE",
    "Pin",
    "PinClass",
    "Rule",
    "Wrong",
    "alone",
    "among",
    "compared",
    "explain",
    "findings",
    "in_force",
    "standing",
    "verdict",
]
