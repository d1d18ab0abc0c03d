"""``TODO`` in manifests: found as such, and taken for granted by every other rule."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from fleetward.domain.finding import Severity
from fleetward.domain.fleet import AgentKey, Snapshot
from fleetward.domain.manifest import Agent, Manifest
from fleetward.domain.placeholder import TODO, placeholder_paths
from fleetward.domain.risk import FACTORS, SCALES
from fleetward.rules.rule import Violation, rule, violation

_TIER = "spec.risk.tier"
_MAX_CHOICES = 12


@rule("placeholder", Severity.ERROR)
def placeholder(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A value of the manifest is still `TODO`.

    Why: `fleet new --from` and an import leave `TODO` where only a person knows the answer: who owns the agent, how
    risky it is. Nothing with a `TODO` can be promoted. Other rules say nothing of these values, and where the tier
    is one, they judge by the lowest.
    Bad:
        owner: {team: TODO}
    Good:
        owner: {team: payments}
    Fix: write what is true. If you do not know, ask.
    """
    for manifest in fleet.manifests:
        for path in placeholder_paths(manifest.data):
            yield violation(manifest, path, f"{path} is still {TODO}", _fix(fleet, path))


def _fix(fleet: Snapshot, path: str) -> str:
    """The values that are allowed, where they are few."""
    field = path.rpartition(".")[2]
    people = fleet.people
    choices: Collection[str] = {
        "team": people.teams,
        "accountable": people.people,
        "backup": people.people,
        "tier": fleet.policy.tiers if fleet.policy else (),
    }.get(field, SCALES.get(field, ()))
    if field.endswith("At") or field in ("date", "decideBy"):
        return "write the day, such as 2026-11-20"
    if field in ("by", "approvers", "responsible", "onCall"):
        choices = (*people.teams, *people.people)
    return f"write one of: {', '.join(choices)}" if 0 < len(choices) <= _MAX_CHOICES else "write what is true"


def assumed_known(fleet: Snapshot) -> tuple[Snapshot, Mapping[AgentKey, frozenset[str]]]:
    """
    The fleet as if every ``TODO`` tier and factor were the lowest, and by agent the paths of its placeholders.

    The same fleet where there is none.
    """
    paths: dict[AgentKey, frozenset[str]] = {}
    agents: dict[AgentKey, Agent] = {}
    for key in fleet.agents:
        agent = fleet.proposed_agents.get(key, fleet.agents[key])
        manifest = agent.manifest
        if manifest is None or not _may_hold_placeholder(agent):
            continue
        found_paths = placeholder_paths(manifest.data)
        if found_paths:
            paths[key] = frozenset(found_paths)
            agents[key] = replace(agent, manifest=_with_lowest(fleet, manifest, paths[key]))
    if not paths:
        return fleet, {}
    proposed = {key: agents.get(key, agent) for key, agent in fleet.proposed_agents.items()}
    known = {key: agents.get(key, agent) for key, agent in fleet.agents.items()}
    return replace(fleet, agents=known, proposed_agents=proposed), paths


def _may_hold_placeholder(agent: Agent) -> bool:
    """Whether the text of its manifest has the word; an agent without files is looked at as a whole."""
    word = TODO.encode()
    texts = [file.content for file in agent.files if file.path.endswith(".yaml")]
    return not texts or any(word in text for text in texts)


def _with_lowest(fleet: Snapshot, manifest: Manifest, paths: frozenset[str]) -> Manifest:
    tier = fleet.policy.tiers[0] if fleet.policy else "low"
    values = {_TIER: tier} | {f"{FACTORS}.{factor}": scale[0] for factor, scale in SCALES.items()}
    lowest = {path: value for path, value in values.items() if path in paths}
    return replace(
        manifest, data=_with_values(manifest.data, lowest), effective=_with_values(manifest.effective, lowest)
    )


def _with_values(data: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    copied = dict(data)
    for path, value in values.items():
        level = copied
        *parents, last = path.split(".")
        for parent in parents:
            level[parent] = dict(level[parent])
            level = level[parent]
        level[last] = value
    return copied
