"""What moved between two states of an agent, in the words of the schema that is shipped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleetward import changes, rules
from fleetward.domain.change import Comparison
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Agent
from fleetward.store.formats import json_schema


def compared(
    fleet: Snapshot,
    before: Agent | None,
    after: Agent | None,
    dependents: tuple[str, ...] = (),
    other: str | None = None,
) -> Comparison | None:
    """What moved between two states of an agent, by the schema that is shipped; *other* than its environment."""
    return changes.compare(
        before,
        after,
        schema=json_schema.schema("agent"),
        tiers=fleet.policy.tiers if fleet.policy else (),
        dependents=dependents,
        pin_class=_pin_class,
        other=other,
    )


def _pin_class(named: Mapping[str, Any]) -> str:
    fields = ("deployment", "upgradePolicy", "digest")
    deployment, upgrade_policy, content = (named.get(field) for field in fields)
    pin = rules.verdict(
        str(named.get("provider", "")),
        str(named.get("name", "")),
        named.get("version"),
        deployment=deployment,
        upgrade_policy=upgrade_policy,
        digest=content,
    )
    return pin.cls.value


def dependents(fleet: Snapshot, environment: str, name: str) -> tuple[str, ...]:
    """The agents of *environment* that say they rely on *name*."""
    return tuple(
        manifest.name
        for manifest in fleet.manifests
        if manifest.environment == environment
        and any(one.get("agent") == name for one in manifest.items("spec.dependsOn"))
    )
