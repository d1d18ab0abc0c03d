"""One usual agent, with fields of a test put over it, and the findings of one rule about it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fleetward import rules
from fleetward.domain.finding import Finding
from fleetward.domain.fleet import Snapshot
from tests.build import fleet, manifest, people, policy

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TEAMS = people({"desk": ["carla", "dina"]})
USUAL: Mapping[str, Any] = {
    "lifecycle": "production",
    "owner": {"team": "desk", "accountable": "carla"},
    "risk": {"tier": "medium", "assessedAt": "2026-09-01"},
    "model": {"provider": "openai", "name": "gpt-4.1-2025-04-14"},
}


def findings_of(rule: str, subject: Snapshot, now: datetime = NOW) -> list[Finding]:
    return [finding for finding in rules.findings(subject, now) if finding.rule == rule]


def fleet_of_one(spec: Mapping[str, Any], **governance: Any) -> Snapshot:
    usual = {"people": TEAMS, "policy": policy(), **governance}
    return fleet(manifest("desk-bot", {**USUAL, **spec}), **usual)
