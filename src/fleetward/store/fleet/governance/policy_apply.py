"""``apply`` of ``governance/policy.yaml``: who may write ledger lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fleetward.domain.people import People
from fleetward.domain.policy import ApplyTerms, Assurance
from fleetward.store.fleet.governance.source import Notes, as_tuple, spelling_hint


def parse_apply(data: Mapping[str, Any] | None, people: People, notes: Notes) -> ApplyTerms | None:
    """The terms; None where the policy has none."""
    if data is None:
        return None
    appliers = as_tuple(data.get("by"))
    accounts = {**people.people, **people.robots, **people.teams}
    for name in appliers:
        if name not in accounts:
            hint = spelling_hint(name, accounts, "name a robot, a person or a team of governance/people.yaml")
            notes.error(f"no robot, person or team {name!r}", ("apply", "by"), hint)
    assurance = Assurance[str(data.get("assurance") or "signed").upper()]
    if assurance is Assurance.SIGNED and not notes.findings and not _has_key(appliers, people):
        hint = "list a key of one of them in governance/people.yaml, or say assurance: recorded"
        notes.error("asks for signed lines, and nobody of them has a key", ("apply", "by"), hint)
    return ApplyTerms(by=frozenset(appliers), assurance=assurance)


def _has_key(names: Iterable[str], people: People) -> bool:
    members = {
        member.person for name in names if name in people.teams for member in people.teams[name].members
    }
    accounts = (people.people.get(name) or people.robots.get(name) for name in {*names, *members})
    return any(account.keys for account in accounts if account)
