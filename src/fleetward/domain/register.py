"""The register of a fleet: what its agents are, who owns them, and where each of them stands."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from fleetward.domain.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """An agent in one environment; None where its manifest cannot be read."""

    environment: str
    release: str | None
    tier: str | None
    model: str | None
    """``provider/name``."""
    suspended: bool
    lifecycle: str | None
    agent_class: str | None = None
    owner: str | None = None
    fallbacks: tuple[str, ...] = ()
    """``provider/name`` of each fallback model."""
    connectors: tuple[str, ...] = ()

    @property
    def models(self) -> frozenset[str]:
        """Every model that it may use, as ``provider/name`` and as the name alone."""
        full_names = [name for name in (self.model, *self.fallbacks) if name]
        return frozenset(text for name in full_names for text in (name, name.partition("/")[2]) if text)

    @property
    def row(self) -> dict[str, Any]:
        """The placement as data."""
        return {
            "release": self.release,
            "tier": self.tier,
            "model": self.model,
            "suspended": self.suspended,
            "lifecycle": self.lifecycle,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredAgent:
    """One agent of the fleet; its own values are those of the last environment that holds it."""

    name: str
    display_name: str | None
    purpose: str | None
    agent_class: str | None
    owner: str | None
    accountable: str | None
    backup: str | None
    contact: Mapping[str, Any]
    placements: tuple[Placement, ...]
    """In the order of the configuration."""
    tools: tuple[str, ...] = ()
    knowledge: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    dependents: tuple[str, ...] = ()
    """The agents whose last environment depends on it."""

    @property
    def last(self) -> Placement:
        """The last environment that holds it."""
        return self.placements[-1]

    @property
    def row(self) -> dict[str, Any]:
        """The agent as data; the keys are :data:`AGENT_FIELDS`, in their order."""
        return {
            "agent": self.name,
            "displayName": self.display_name,
            "purpose": self.purpose,
            "class": self.agent_class,
            "lifecycle": self.last.lifecycle,
            "tier": self.last.tier,
            "owner": self.owner,
            "accountable": self.accountable,
            "backup": self.backup,
            "contact": dict(self.contact),
            "environments": {placement.environment: placement.row for placement in self.placements},
            "model": self.last.model,
            "tools": list(self.tools),
            "connectors": list(self.last.connectors),
            "knowledge": list(self.knowledge),
            "dependsOn": list(self.depends_on),
            "dependents": list(self.dependents),
        }


AGENT_FIELDS = (
    *("agent", "displayName", "purpose", "class", "lifecycle", "tier"),
    *("owner", "accountable", "backup", "contact", "environments", "model"),
    *("tools", "connectors", "knowledge", "dependsOn", "dependents"),
)
"""The fields of a row of agents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterQuery:
    """Which agents to list: kinds are joined by and, the values of one kind by or; empty asks nothing."""

    environments: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    lifecycles: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    connectors: tuple[str, ...] = ()
    where: tuple[tuple[str, str], ...] = ()
    """A field of the row, with dots into a mapping, and its value."""


class Standing(StrEnum):
    """Where an agent stands in a gated environment: the first of these that fits."""

    UNREADABLE = "unreadable"
    DRIFTED = "drifted"
    MISSING = "missing"
    SUSPENDED = "suspended"
    HELD = "held"
    RETIRING = "retiring"
    NEW = "new"
    AHEAD = "ahead"
    IN_SYNC = "in-sync"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStanding:
    """An agent in one gated environment, and how to bring it on."""

    agent: str
    environment: str
    state: Standing
    next_command: str | None
    """What brings it on; None where it is in sync."""
