"""What went where, when, under which approvals; append-only and hash-chained (SPEC 6.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fleetward.domain.value import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One agent's part of an entry: from and to are state digests, null where there is none."""

    agent: str
    from_state: str | None
    to_state: str | None
    release: str | None
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line; ``previous`` is the digest of the line before without its line feed."""

    seq: int
    previous: str | None
    governance: str
    environment: str
    kind: str
    at: datetime
    commit: str
    actor: str
    agents: tuple[Moved, ...]
    policy_version: int | None = None
    policy_sha256: str | None = None
    approvals: tuple[Mapping[str, Any], ...] = ()
    evidence: tuple[Mapping[str, Any], ...] = ()
    requirements: tuple[Mapping[str, Any], ...] = ()
    reason: str = ""
    tool: str = ""
    line: str = ""
    """The text as it stands in the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The whole file of one environment, oldest first."""

    environment: str
    entries: tuple[Entry, ...] = ()

    def last(self, agent: str) -> tuple[Entry, Moved] | None:
        """The newest entry that moved *agent*."""
        for entry in reversed(self.entries):
            for moved in entry.agents:
                if moved.agent == agent:
                    return entry, moved
        return None

    def generation(self, agent: str) -> int:
        """The number that the next promotion of *agent* gets: its entries plus one."""
        return 1 + sum(moved.agent == agent for entry in self.entries for moved in entry.agents)
