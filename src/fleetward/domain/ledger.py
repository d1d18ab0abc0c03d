"""What went where, when, under which approvals; append-only and hash-chained (SPEC 6.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fleetward.domain.emergency import BrokenGlass, Held
from fleetward.domain.value import dataclass
from fleetward.domain.verdict import PromotionKind


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
    break_glass: BrokenGlass | None = None
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

    def of(self, agent: str) -> tuple[tuple[Entry, Moved], ...]:
        """Every entry that moved *agent*, oldest first."""
        return tuple(
            (entry, moved) for entry in self.entries for moved in entry.agents if moved.agent == agent
        )

    def brought(self, agent: str) -> Entry | None:
        """
        The entry that brought the release of *agent* that runs: of a rollback, the one that it went back to.

        Entries that only changed overrides since brought no release.
        """
        told = self.of(agent)
        while told and told[-1][0].kind in (PromotionKind.ROLLBACK, PromotionKind.OVERRIDE):
            release, told = told[-1][1].release, told[:-1]
            while told and told[-1][1].release != release:
                told = told[:-1]
        return told[-1][0] if told else None

    def settled(self, agent: str) -> Entry | None:
        """The last entry that took the proposal of *agent* away, which a rollback leaves alone."""
        found = (entry for entry, _ in reversed(self.of(agent)) if entry.kind != PromotionKind.ROLLBACK)
        return next(found, None)

    def held(self, agent: str, release: str | None) -> Held | None:
        """The newest rollback that took *agent* away from *release*, where that did not come back since."""
        found, before = None, None
        for entry, moved in self.of(agent):
            if moved.release == release:
                found = None
            elif entry.kind == PromotionKind.ROLLBACK and before == release:
                found = Held(seq=entry.seq, at=entry.at, reason=entry.reason)
            before = moved.release
        return found

    def generation(self, agent: str) -> int:
        """The number that the next promotion of *agent* gets: its entries plus one."""
        return 1 + sum(moved.agent == agent for entry in self.entries for moved in entry.agents)
