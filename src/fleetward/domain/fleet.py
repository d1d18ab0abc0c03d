"""A fleet at one moment: its configuration, its agents, and what governs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.ledger import Ledger
from fleetward.domain.manifest import Agent, File, Manifest
from fleetward.domain.people import People
from fleetward.domain.policy import Policy

AgentKey = tuple[str, str]
"""(environment, agent)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where agents run; one with sources is gated."""

    name: str
    sources: tuple[str, ...] = ()
    overridable: tuple[str, ...] = ()

    @property
    def gated(self) -> bool:
        """Do its folders change through promotion alone?"""
        return bool(self.sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSetting:
    """What a fleet made of a rule's severity; None switches it off. Empty tiers or environments mean all."""

    severity: Severity | None
    tiers: frozenset[str] = frozenset()
    environments: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetConfig:
    """``fleet-config.yaml``."""

    repository: str
    environments: tuple[Environment, ...]
    rules: Mapping[str, RuleSetting] = field(default_factory=dict)
    locate: Callable[[str], Place] | None = field(default=None, compare=False)
    """Where a path of the file stands."""

    def environment(self, name: str) -> Environment | None:
        """The environment of this name."""
        return next((e for e in self.environments if e.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A dated exception: one rule, one agent, until the end of a day."""

    rule: str
    agent: str
    environment: str | None
    reason: str
    approved_by: str
    expires: date
    place: Place

    def covers(self, finding: Finding) -> bool:
        """Is this the rule, the agent and the environment that it was granted for? Whatever the day."""
        in_environment = self.environment in (None, finding.environment)
        return in_environment and self.rule == finding.rule and self.agent == finding.agent


class WaiverStatus(StrEnum):
    """How a dated exception stands on a day."""

    ACTIVE = "active"
    EXPIRES_SOON = "expires soon"
    EXPIRED = "expired"
    UNUSED = "unused"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupFile:
    """A governance file that is only looked things up in (models, connectors), and where its paths stand."""

    file: str
    data: Mapping[str, Any]
    locate: Callable[[str], Place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything a judgement may rest on, read once from one tree."""

    config: FleetConfig
    agents: Mapping[AgentKey, Agent]
    people: People = field(default_factory=People)
    policy: Policy | None = None
    connectors: LookupFile | None = None
    models: LookupFile | None = None
    waivers: tuple[Waiver, ...] = ()
    proposals: Mapping[AgentKey, File] = field(default_factory=dict)
    """Wanted ``overrides.yaml`` of gated environments."""
    proposed_agents: Mapping[AgentKey, Agent] = field(default_factory=dict)
    """Agents that stand in a gated environment, with the proposal in place; rules judge these instead."""
    ledgers: Mapping[str, Ledger] = field(default_factory=dict)
    """Of gated environments, where the fleet was read whole; an empty one is not there yet."""

    @property
    def manifests(self) -> Iterator[Manifest]:
        """The manifests that could be read, by environment and name."""
        for agent in self.effective_agents:
            if agent.manifest is not None:
                yield agent.manifest

    @property
    def effective_agents(self) -> Iterator[Agent]:
        """Every agent as rules see it, by environment and name: with its proposal in place."""
        for key in sorted(self.agents):
            yield self.proposed_agents.get(key, self.agents[key])

    def manifest(self, environment: str, name: str) -> Manifest | None:
        """The manifest of an agent that is there and readable."""
        agent = self.proposed_agents.get((environment, name)) or self.agents.get((environment, name))
        return agent.manifest if agent else None

    def agent_names(self, environment: str) -> frozenset[str]:
        """The agents that are in *environment*, readable or not."""
        return frozenset(name for env, name in self.agents if env == environment)

    def with_agents(self, agents: Iterable[Agent], without: Iterable[AgentKey] = ()) -> Snapshot:
        """
        The same fleet with these agents in place, and those gone.

        Without its ledgers: they tell of what stands, not of what would.
        """
        removed = frozenset(without)
        placed = {(agent.environment, agent.name): agent for agent in agents}
        remaining = {key: agent for key, agent in self.agents.items() if key not in removed}
        proposed = {
            key: agent
            for key, agent in self.proposed_agents.items()
            if key not in removed and key not in placed
        }
        return replace(self, agents={**remaining, **placed}, proposed_agents=proposed, ledgers={})
