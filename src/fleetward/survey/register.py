"""The agents of a fleet, one row a name, and where each of them stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from fleetward.domain.fleet import Environment, Snapshot
from fleetward.domain.ledger import Ledger
from fleetward.domain.manifest import Agent, Manifest
from fleetward.domain.register import AgentStanding, Placement, RegisteredAgent, Standing

_NEXT = {
    Standing.UNREADABLE: "fleet validate",
    Standing.DRIFTED: "fleet validate",
    Standing.MISSING: "fleet validate",
    Standing.SUSPENDED: "fleet resume {agent} --env {environment} --reason TEXT",
    Standing.HELD: "fleet why {agent} --to {environment}",
    Standing.RETIRING: "fleet promote {agent} --to {environment}",
    Standing.NEW: "fleet promote {agent} --to {environment}",
    Standing.AHEAD: "fleet promote {agent} --to {environment}",
}


def registered_agents(fleet: Snapshot) -> tuple[RegisteredAgent, ...]:
    """Every agent of the fleet, by name; what runs counts, not what is proposed."""
    names = sorted({name for _, name in fleet.agents})
    agents = [_registered(fleet, name) for name in names]
    dependents: dict[str, list[str]] = {}
    for agent in agents:
        for name in agent.depends_on:
            dependents.setdefault(name, []).append(agent.name)
    return tuple(replace(agent, dependents=tuple(dependents.get(agent.name, ()))) for agent in agents)


def _registered(fleet: Snapshot, name: str) -> RegisteredAgent:
    agents = [
        agent
        for environment in fleet.config.environments
        if (agent := fleet.agents.get((environment.name, name))) is not None
    ]
    manifest = agents[-1].manifest
    contact = manifest.get("spec.owner.contact", {}) if manifest else {}
    return RegisteredAgent(
        name=name,
        display_name=_text(manifest, "metadata.displayName"),
        purpose=_text(manifest, "spec.purpose.summary"),
        agent_class=_text(manifest, "spec.class"),
        owner=_text(manifest, "spec.owner.team"),
        accountable=_text(manifest, "spec.owner.accountable"),
        backup=_text(manifest, "spec.owner.backup"),
        contact=contact,
        placements=tuple(_placement(agent) for agent in agents),
        tools=_keys(manifest, "spec.tools", "name"),
        knowledge=_keys(manifest, "spec.knowledge", "name"),
        depends_on=_keys(manifest, "spec.dependsOn", "agent"),
    )


def _placement(agent: Agent) -> Placement:
    manifest = agent.manifest
    fallbacks = manifest.items("spec.model.fallbacks") if manifest else ()
    return Placement(
        environment=agent.environment,
        release=agent.release if agent.readable else None,
        tier=manifest.tier if manifest else None,
        model=_model(manifest.get("spec.model", {}) if manifest else {}),
        suspended=_is_suspended(agent),
        lifecycle=manifest.lifecycle if manifest else None,
        agent_class=_text(manifest, "spec.class"),
        owner=_text(manifest, "spec.owner.team"),
        fallbacks=tuple(name for entry in fallbacks if (name := _model(entry))),
        connectors=_keys(manifest, "spec.tools", "connector"),
    )


def _model(entry: Mapping[str, Any]) -> str | None:
    provider, name = entry.get("provider"), entry.get("name")
    return f"{provider}/{name}" if provider and name else name


def _keys(manifest: Manifest | None, path: str, field: str) -> tuple[str, ...]:
    """The distinct values of *field* in the items of a list, in their order."""
    items = manifest.items(path) if manifest else ()
    return tuple(dict.fromkeys(str(item[field]) for item in items if item.get(field)))


def _text(manifest: Manifest | None, path: str) -> str | None:
    value = manifest.get(path) if manifest else None
    return value if isinstance(value, str) else None


def _is_suspended(agent: Agent) -> bool:
    return agent.manifest is not None and agent.manifest.get("spec.suspended") is True


def standings(fleet: Snapshot) -> tuple[AgentStanding, ...]:
    """Each agent in each gated environment that it runs in, or could enter; by environment, then by name."""
    return tuple(
        standing
        for environment in fleet.config.environments
        if environment.gated
        for standing in _standings(fleet, environment)
    )


def _standings(fleet: Snapshot, environment: Environment) -> Iterator[AgentStanding]:
    ledger = fleet.ledgers.get(environment.name) or Ledger(environment=environment.name)
    recorded = {transition.agent: transition.to_state for head in ledger.heads for transition in head.agents}
    sources = environment.sources[:1]
    names = {
        *(name for env, name in fleet.agents if env in (environment.name, *sources)),
        *(name for name, state in recorded.items() if state is not None),
    }
    for name in sorted(names):
        running = fleet.agents.get((environment.name, name))
        source = next((fleet.agents.get((env, name)) for env in sources), None)
        state = recorded.get(name)
        # a name that left, or a retired agent that stays in its source, waits for nothing
        if running is None and state is None and (name in recorded or _is_retired(source)):
            continue
        standing = _standing(fleet, ledger, name, running, source, state)
        command = _NEXT.get(standing)
        yield AgentStanding(
            agent=name,
            environment=environment.name,
            state=standing,
            next_command=command.format(agent=name, environment=environment.name) if command else None,
        )


def _standing(
    fleet: Snapshot,
    ledger: Ledger,
    name: str,
    running: Agent | None,
    source: Agent | None,
    recorded: str | None,
) -> Standing:
    present = [agent for agent in (running, source) if agent is not None]
    if any(agent.manifest is None or not agent.readable for agent in present):
        return Standing.UNREADABLE
    if running is not None and recorded != running.state:
        return Standing.DRIFTED
    if running is None:
        return Standing.NEW if recorded is None else Standing.MISSING
    if _is_suspended(running):
        return Standing.SUSPENDED
    if source is not None and ledger.rollback_hold(name, source.release):
        return Standing.HELD
    if source is None or _is_retired(source):
        return Standing.RETIRING
    waits = (ledger.environment, name) in fleet.proposals
    return Standing.AHEAD if waits or source.release != running.release else Standing.IN_SYNC


def _is_retired(agent: Agent | None) -> bool:
    return agent is not None and agent.manifest is not None and agent.manifest.lifecycle == "retired"
