"""
What governs a fleet: schema-clean data to values, with what a schema cannot see as findings.

Each door gives a value and findings. An error among them means: nobody may decide by this file. The value is
then what could be understood, so that other checks go on; of a policy there is none, since half a policy asks
too little.
"""

from fleetward.store.governance.config import config
from fleetward.store.governance.people import people
from fleetward.store.governance.policy import policy
from fleetward.store.governance.register import register
from fleetward.store.governance.source import Source
from fleetward.store.governance.waivers import waivers
from fleetward.store.governance.whole import unknown_tiers, unread

__all__ = ["Source", "config", "people", "policy", "register", "unknown_tiers", "unread", "waivers"]
