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

    @property
    def last(self) -> Placement:
        """The last environment that holds it."""
        return self.placements[-1]


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
