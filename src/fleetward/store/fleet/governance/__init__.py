"""
What governs a fleet: schema-clean data to values, with what a schema cannot see as findings.

Each door gives a value and findings. An error among them means: nobody may decide by this file. The value is
then what could be understood, so that other checks go on; of a policy there is none, since half a policy asks
too little.
"""

from fleetward.store.fleet.governance.config import config
from fleetward.store.fleet.governance.cross_checks import unknown_tiers, unread
from fleetward.store.fleet.governance.lookup_file import register
from fleetward.store.fleet.governance.people import people
from fleetward.store.fleet.governance.policy import policy
from fleetward.store.fleet.governance.source import Source
from fleetward.store.fleet.governance.waivers import waivers

__all__ = ["Source", "config", "people", "policy", "register", "unknown_tiers", "unread", "waivers"]
