"""What a policy requires less than the policy of an earlier revision."""

from __future__ import annotations

from collections.abc import Iterator

from fleetward import changes, gate
from fleetward.domain import layout
from fleetward.domain.change import Direction
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.policy import Policy
from fleetward.store.fleet.load import LoadedFleet
from fleetward.store.formats import json_schema
from fleetward.store.formats.document import read_document
from fleetward.store.formats.strict_yaml import GOVERNANCE_LIMITS
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.workflows.load import load_fleet


def loosened_requirements(
    root: FleetRoot, commit: str, reading: LoadedFleet, policy: Policy
) -> Iterator[Finding]:
    """
    What the policy of *commit* required and the policy of *reading* does not.

    Errors: GovernanceInvalid where the policy of *commit* is invalid.
    """
    before = load_fleet(root.tree_at(commit), only=())
    old = before.require_governance().policy
    old_document, new_document = (
        read_document(state.contents[layout.POLICY], layout.POLICY, "policy", GOVERNANCE_LIMITS)
        for state in (before, reading)
    )
    for change in changes.compare_document(
        old_document.data,
        new_document.data,
        schema=json_schema.load_schema("policy"),
        file=layout.POLICY,
        locate_before=old_document.locate,
        locate_after=new_document.locate,
    ):
        if change.direction is Direction.LOOSER and not _is_reported_by_gate(change.path):
            yield _loosening(
                change.reason.removeprefix(f"{layout.POLICY}: "), new_document.locate(change.path)
            )
    if old is None:
        return
    for tier, line, reached in gate.lowered_floors(old, policy):
        floor_text = ", ".join(f"{factor}: {value}" for factor, value in line.items())
        now = f"only {reached!r}" if reached else "no tier"
        message = f"{{{floor_text}}} required at least tier {tier!r}, and requires {now} now"
        yield _loosening(message, new_document.locate(f"floors.{tier}"))
    for rule in gate.removed_rules(old, policy):
        yield _loosening(f"rule {rule!r} was removed", new_document.locate("rules"))
    for team in sorted(old.veto - policy.veto):
        yield _loosening(f"{team!r} lost its veto", new_document.locate("veto"))
    for tier, path in gate.dropped_fields(old, policy):
        yield _loosening(
            f"tier {tier!r} does not require {path!r} any more",
            new_document.locate(f"required.{tier}"),
        )


def _is_reported_by_gate(path: str) -> bool:
    """Whether the gate reports the change: floors, fields and vetoes by effect, removed rules by name."""
    return path.startswith(("floors", "required", "veto")) or (
        path.startswith("rules[") and path.endswith("]")
    )


def _loosening(message: str, place: Place) -> Finding:
    return Finding(
        rule="policy-loosened",
        severity=Severity.ERROR,
        message=message,
        place=place,
        hint="undo it, or get it approved: git log -p governance/policy.yaml",
    )
