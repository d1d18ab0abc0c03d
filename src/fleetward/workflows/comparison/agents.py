"""Compare two states of an agent by the schema of manifests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleetward import changes, rules
from fleetward.domain.change import Comparison
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Agent
from fleetward.store.formats import json_schema


def compare_agent(
    fleet: Snapshot,
    before: Agent | None,
    after: Agent | None,
    dependents: tuple[str, ...] = (),
    occasion: str | None = None,
) -> Comparison | None:
    """The changes between two states of an agent; *occasion* begins the reason of one that was added or retired."""
    return changes.compare(
        before,
        after,
        schema=json_schema.load_schema("agent"),
        tiers=fleet.policy.tiers if fleet.policy else (),
        dependents=dependents,
        # the classes live in rules: changes takes a function, so that it need not import them
        pin_class=_pin_class,
        occasion=occasion,
    )


def _pin_class(reference: Mapping[str, Any]) -> str:
    fields = ("deployment", "upgradePolicy", "digest")
    deployment, upgrade_policy, content = (reference.get(field) for field in fields)
    pin = rules.classify_pin(
        str(reference.get("provider", "")),
        str(reference.get("name", "")),
        reference.get("version"),
        deployment=deployment,
        upgrade_policy=upgrade_policy,
        digest=content,
    )
    return pin.pin_class.value


def dependents(fleet: Snapshot, environment: str, name: str) -> tuple[str, ...]:
    """The agents of *environment* whose ``dependsOn`` names the agent *name*."""
    return tuple(
        manifest.name
        for manifest in fleet.manifests
        if manifest.environment == environment
        and any(item.get("agent") == name for item in manifest.items("spec.dependsOn"))
    )
