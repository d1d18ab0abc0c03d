"""Suspension of an agent: its environment, its present state, and the proposal that changes it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime

from fleetward.domain import layout
from fleetward.domain.errors import FleetError
from fleetward.domain.fleet import Environment, Snapshot
from fleetward.domain.manifest import Agent, File
from fleetward.domain.path import lookup
from fleetward.domain.suspension import Suspension
from fleetward.store.fleet import suspension_override
from fleetward.store.formats.document import read_document
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.tree import Tree
from fleetward.workflows.comparison.agents import dependents
from fleetward.workflows.governance.in_force import governance_in_force
from fleetward.workflows.load import load_fleet
from fleetward.workflows.promotion.source import differ_only_in_suspension
from fleetward.workflows.suggestions import unknown_agent, unknown_environment


def find_environment(root: FleetRoot, name: str, now: datetime) -> Environment:
    """
    The environment of this name in the governance in force, else in the work tree.

    Errors: UsageError where there is none.
    """
    # a configuration that nobody agreed to takes the gate from no environment, and hides none
    with suppress(FleetError):
        in_force = governance_in_force(root, root.head(), now).in_force.config.environment(name)
        if in_force is not None:
            return in_force
    fleet = load_fleet(root.work_tree(), only=()).snapshot
    if fleet is None:
        raise FleetError("fleet-config.yaml cannot be read", hint="fleet validate")
    environment = fleet.config.environment(name)
    if environment is None:
        raise unknown_environment(name, [environment.name for environment in fleet.config.environments])
    return environment


def find_agent(suspension: Suspension, fleet: Snapshot | None, tree: Tree) -> Agent:
    """
    The agent that is to be suspended or resumed.

    Errors: UsageError where there is none.
    """
    agent = fleet.agents.get((suspension.environment, suspension.agent)) if fleet else None
    if agent is None:
        paths = (
            entry.path.split("/") for entry in tree.entries(layout.environment_folder(suspension.environment))
        )
        raise unknown_agent(
            suspension.agent, suspension.environment, {parts[2] for parts in paths if len(parts) > 3}
        )
    return agent


def is_suspended(agent: Agent) -> bool:
    """Whether the agent is suspended; where its manifest is invalid, by its overrides alone."""
    # an invalid manifest must not keep anybody from suspending the agent
    if agent.manifest is not None:
        return agent.manifest.get("spec.suspended", False) is True
    return lookup(agent.overrides or {}, "spec.suspended")[1] is True


def suspension_overrides(suspension: Suspension, today: date, agent: Agent, content: bytes | None) -> bytes:
    """The overrides *content* with the suspension set or removed, and nothing else changed."""
    return suspension_override.with_suspension(
        content,
        suspended=suspension.suspended,
        released=_release_is_suspended(agent),
        reason=suspension.reason,
        today=today,
        file=suspension.file,
    )


def is_already_proposed(suspension: Suspension, agent: Agent, proposed: File) -> bool:
    """Whether the same is proposed already: its approvals count, and a new text would void them."""
    patch = read_document(proposed.content, suspension.file, "overrides")
    if patch.findings or patch.data is None:
        return False
    proposed_value = lookup(patch.data, "spec.suspended")[1]
    # a proposal without the key leaves what the release itself says
    would_suspend = _release_is_suspended(agent) if proposed_value is None else proposed_value is True
    return would_suspend is suspension.suspended and differ_only_in_suspension(
        agent.overrides or {}, patch.data
    )


def with_contacts(suspension: Suspension, agent: Agent, fleet: Snapshot) -> Suspension:
    """The same with what somebody needs who stops the agent: whom to call, its kill switch, who depends on it."""
    manifest = agent.manifest
    if manifest is None or not suspension.suspended:
        return suspension
    labelled = [
        (manifest.get(f"spec.owner.{path}"), label)
        for path, label in (
            *(("contact.chat", "chat"), ("contact.onCall", "on call"), ("contact.email", "mail")),
            *(("contact.url", "page"), ("accountable", "accountable"), ("backup", "backup")),
            ("roles.incidents", "incidents"),
        )
    ]
    labelled.append((manifest.get("spec.escalation.responsible"), "escalation"))
    switch = manifest.get("spec.guardrails.killSwitch.how")
    return replace(
        suspension,
        contacts=tuple(f"{name} ({label})" for name, label in labelled if isinstance(name, str)),
        kill_switch=switch if isinstance(switch, str) else None,
        dependents=dependents(fleet, suspension.environment, suspension.agent),
    )


def _release_is_suspended(agent: Agent) -> bool:
    """Whether the manifest of the release, without overrides, has spec.suspended."""
    manifest = agent.file(layout.MANIFEST)
    data = read_document(manifest.content, layout.MANIFEST, "agent").data if manifest else None
    return lookup(data, "spec.suspended")[1] is True
