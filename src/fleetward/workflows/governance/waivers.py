"""The waivers of a fleet, and whether each is still valid."""

from __future__ import annotations

from fleetward import rules
from fleetward.domain.errors import FleetError
from fleetward.domain.fleet import Waiver, WaiverStatus
from fleetward.store.git.fleet_root import find_fleet_root
from fleetward.workflows.context import RunContext
from fleetward.workflows.load import load_fleet


def list_waivers(run: RunContext) -> tuple[str, tuple[tuple[Waiver, WaiverStatus], ...]]:
    """
    The fleet's name, and each waiver of the work tree with its state, the first to expire first.

    Errors: GovernanceInvalid, FleetError where governance cannot be read.
    """
    reading = load_fleet(find_fleet_root(run.folder, run.environment).work_tree())
    if not reading.governance_valid:
        reading.require_governance()
    if reading.snapshot is None:
        raise FleetError("fleet-config.yaml cannot be read", hint="fleet validate")
    texts = rules.mark_waived(reading.findings, reading.snapshot.waivers, run.now)
    findings = (*texts, *rules.findings(reading.snapshot, run.now))
    waivers = sorted(reading.snapshot.waivers, key=lambda waiver: (waiver.expires, waiver.place.line))
    states = tuple((waiver, rules.waiver_state(waiver, findings, run.now)) for waiver in waivers)
    return reading.snapshot.config.repository, states
