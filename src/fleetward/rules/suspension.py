"""Agents that are suspended, and those that require them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fleetward.domain.finding import Severity
from fleetward.domain.fleet import Snapshot
from fleetward.rules.rule import Violation, rule, violation
from fleetward.rules.selectors import keyed_items


@rule("agent-suspended", Severity.NOTE)
def agent_suspended(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The agent is suspended.

    Why: a suspension is meant to end. Who reads the findings should see that an agent does not run.
    Bad:
        spec: {suspended: true}
    Good:
        spec: {suspended: false}
    Fix: mend what it was suspended for and run `fleet resume`, or retire the agent.
    """
    for manifest in fleet.manifests:
        if manifest.get("spec.suspended") is True:
            hint = f"fleet resume {manifest.name} --env {manifest.environment} --reason TEXT"
            yield violation(manifest, "spec.suspended", "the agent is suspended", hint)


@rule(
    "dependency-suspended",
    Severity.WARNING,
    fleet_fields={"spec": ("suspended",), "spec.dependsOn": ("agent", "optional")},
)
def dependency_suspended(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    The agent requires an agent that is suspended.

    Why: what it requires does not answer, so it cannot do its work either.
    Bad:
        # refund-bot is suspended in this environment
        dependsOn: [{agent: refund-bot}]
    Good:
        dependsOn: [{agent: refund-bot, optional: true}]
    Fix: tell its users, or let it do without; the warning goes when the other agent is resumed.
    """
    suspended = {
        (manifest.environment, manifest.name)
        for manifest in fleet.manifests
        if manifest.get("spec.suspended") is True
    }
    for manifest in fleet.manifests if suspended else ():
        for path, item in keyed_items(manifest, "spec.dependsOn"):
            name = str(item.get("agent"))
            if (manifest.environment, name) in suspended and item.get("optional") is not True:
                message = f"{name!r}, which it requires, is suspended"
                yield violation(manifest, f"{path}.agent", message, "tell its users, or let it do without")
