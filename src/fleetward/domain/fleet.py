"""A fleet at one moment: configuration, agents, governance, ledgers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from fleetward.domain.attestation import Attestation
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.fixed_tools import FixedTools
from fleetward.domain.ledger import Ledger
from fleetward.domain.manifest import Agent, File, Manifest
from fleetward.domain.people import People
from fleetward.domain.policy import Policy

HIDDEN_CHARACTERS, SECRET = "hidden-characters", "secret-in-manifest"
WAIVABLE_TEXT = {HIDDEN_CHARACTERS: ("file", "codepoint"), SECRET: ("fingerprint",)}
"""Input errors that a waiver may excuse, each with the keys that name the text."""
AgentKey = tuple[str, str]
"""(environment, agent)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """An environment; one with sources is gated."""

    name: str
    sources: tuple[str, ...] = ()
    overridable: tuple[str, ...] = ()

    @property
    def gated(self) -> bool:
        """Do its folders change only by promotion?"""
        return bool(self.sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSetting:
    """A configured severity of a rule, None to switch it off; empty tiers or environments mean all."""

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
    """The place of a path in the file."""
    forge_hosts: Mapping[str, str] = field(default_factory=dict)
    """By host of one's own the kind of forge that runs there."""
    fixed_tools: FixedTools = field(default_factory=dict)
    """What connectors fix for the tools that use them; from governance/connectors.yaml."""
    metrics_files: tuple[str, ...] = ()
    """Of ``reporting``: the files of metrics, from the fleet root; ``*`` stands for any part of one name."""

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
    file: str = ""
    codepoint: str = ""
    """With *file*: the hidden character that it excuses."""
    fingerprint: str = ""
    """The secret that it accepts."""

    def covers(self, finding: Finding) -> bool:
        """Is the waiver for this rule, agent and environment, and for this text? Its expiry is not checked."""
        in_environment = self.environment in (None, finding.environment)
        if not in_environment or self.rule != finding.rule or self.agent != finding.agent:
            return False
        if self.rule == HIDDEN_CHARACTERS:
            return self.codepoint != "" and (self.codepoint, self.file) == (
                finding.codepoint,
                finding.place.file,
            )
        return self.rule != SECRET or self.fingerprint == finding.fingerprint

    @property
    def is_of_text(self) -> bool:
        """Does it excuse a piece of text? Then who wrote that text cannot have approved it."""
        return self.rule in WAIVABLE_TEXT


class WaiverStatus(StrEnum):
    """The state of a waiver on a day."""

    ACTIVE = "active"
    EXPIRES_SOON = "expires soon"
    EXPIRED = "expired"
    UNUSED = "unused"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupFile:
    """A governance file that only serves lookups (models, connectors)."""

    file: str
    data: Mapping[str, Any]
    locate: Callable[[str], Place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything that a decision may depend on, loaded once from one tree."""

    config: FleetConfig
    agents: Mapping[AgentKey, Agent]
    people: People = field(default_factory=People)
    policy: Policy | None = None
    connectors: LookupFile | None = None
    models: LookupFile | None = None
    waivers: tuple[Waiver, ...] = ()
    proposals: Mapping[AgentKey, File] = field(default_factory=dict)
    """Proposed ``overrides.yaml`` of gated environments."""
    proposed_agents: Mapping[AgentKey, Agent] = field(default_factory=dict)
    """Agents of gated environments with their proposal applied; rules check these instead."""
    ledgers: Mapping[str, Ledger] = field(default_factory=dict)
    """Of gated environments, where the whole fleet was loaded; empty where the file does not exist yet."""
    attestations: Mapping[str, tuple[Attestation, ...]] = field(default_factory=dict)
    """By agent what was attested of it; empty where nobody asked for it."""

    @property
    def manifests(self) -> Iterator[Manifest]:
        """The manifests that could be read, by environment and name."""
        for agent in self.effective_agents:
            if agent.manifest is not None:
                yield agent.manifest

    @property
    def effective_agents(self) -> Iterator[Agent]:
        """Every agent with its proposal applied, by environment and name."""
        for key in sorted(self.agents):
            yield self.proposed_agents.get(key, self.agents[key])

    def manifest(self, environment: str, name: str) -> Manifest | None:
        """The manifest of an agent; None where there is none that can be read."""
        agent = self.proposed_agents.get((environment, name)) or self.agents.get((environment, name))
        return agent.manifest if agent else None

    def agent_names(self, environment: str) -> frozenset[str]:
        """The names of all agents in *environment*, also of those that cannot be read."""
        return frozenset(name for env, name in self.agents if env == environment)

    def with_agents(self, agents: Iterable[Agent], without: Iterable[AgentKey] = ()) -> Snapshot:
        """
        The same fleet with these agents added or replaced, and those *without* removed.

        It has no ledgers, because they describe the present agents.
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
