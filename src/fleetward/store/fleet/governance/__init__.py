"""
What governs a fleet: schema-clean data to values, with what a schema cannot see as findings.

Each door gives a value and findings. An error among them means: nobody may decide by this file. The value is
then what could be understood, so that other checks go on; of a policy there is none, since half a policy asks
too little.
"""

from fleetward.store.fleet.governance.config import parse_config
from fleetward.store.fleet.governance.cross_checks import misnamed_files, unknown_tiers
from fleetward.store.fleet.governance.lookup_file import parse_register
from fleetward.store.fleet.governance.people import parse_people
from fleetward.store.fleet.governance.policy import parse_policy
from fleetward.store.fleet.governance.source import Source
from fleetward.store.fleet.governance.waivers import parse_waivers

__all__ = [
    "Source",
    "misnamed_files",
    "parse_config",
    "parse_people",
    "parse_policy",
    "parse_register",
    "parse_waivers",
    "unknown_tiers",
]
