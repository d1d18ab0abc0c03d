"""A change of an agent: its class, direction and significance (SPEC 5)."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import Any

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding, Place


class ChangeKind(StrEnum):
    """What happened to a value."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    TEXT = "text"
    REORDERED = "reordered"


class ChangeClass(StrEnum):
    """What a change is about."""

    BEHAVIOUR = "behaviour"
    PRIVILEGE = "privilege"
    DATA = "data"
    GUARDRAIL = "guardrail"
    GOVERNANCE = "governance"
    COST = "cost"
    RELIABILITY = "reliability"
    LIFECYCLE = "lifecycle"
    TOPOLOGY = "topology"
    POLICY = "policy"
    COSMETIC = "cosmetic"
    UNKNOWN = "unknown"


class Direction(StrEnum):
    """Whether a change loosens or tightens control."""

    LOOSER = "looser"
    STRICTER = "stricter"
    NEUTRAL = "neutral"
    UNKNOWN = "unknown"


class Significance(StrEnum):
    """How closely a reviewer should look."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"

    @property
    def rank(self) -> int:
        """0 is worst."""
        return list(Significance).index(self)


class AgentStatus(StrEnum):
    """What happened to an agent."""

    ADDED = "added"
    RETIRED = "retired"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedRequirement:
    """What a promotion will require because of a change: kind is approvals, evals, soak, attested, criteria or note."""

    kind: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change with a meaning; ``before`` and ``after`` are effective values, masked where they are secret."""

    environment: str | None
    agent: str | None
    path: str
    kind: ChangeKind
    before: Any = None
    after: Any = None
    rule: str
    """Class and meaning, such as ``privilege/tool-added``."""
    cls: ChangeClass
    direction: Direction
    significance: Significance
    reason: str
    """One sentence with the values in it."""
    requires: tuple[ExpectedRequirement, ...] = ()
    place: Place | None = None
    proposed: bool = False
    lines: tuple[str, ...] = ()
    """For texts: the lines of the diff, each marked ``+``, ``-`` or ``~``."""
    used_by: tuple[str, ...] | None = None
    """Of a connector, model, team or person the agents (``environment/agent``) that name it; None for the others."""

    @property
    def fingerprint(self) -> str:
        """Equal for equal changes, whatever their line numbers."""
        parts = [self.environment, self.agent, self.path, self.kind, self.before, self.after, self.rule]
        return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]

    @property
    def sort_key(self) -> tuple[int, str, str, str, str]:
        """Worst first, then by place."""
        return (self.significance.rank, self.environment or "", self.agent or "", self.path, self.rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentChange:
    """One agent's row of a comparison."""

    environment: str
    agent: str
    status: AgentStatus
    tier_before: str | None
    tier_after: str | None
    significance: Significance


Facet = tuple[ChangeClass, Direction, Significance]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """
    The comparison of two states of one agent.

    ``changes`` are for readers: an added agent is one change. ``facets`` are for policy rules: the class, direction
    and significance of every value in it, so that the tools of a new agent count.
    """

    row: AgentChange
    changes: tuple[Change, ...]
    facets: frozenset[Facet]
    formatting_only: bool = False
    """The files differ, the meaning does not."""
    rename_of: str | None = None
    """Of an agent that was added: the one that is gone and had the same content."""
    renamed_to: str | None = None
    """Of an agent that is gone: the one that was added and has the same content."""
    release_moved: bool = False
    """Of a change in formatting only: the release digest is another all the same."""

    @property
    def note(self) -> str | None:
        """What formatting alone leads to, and how a rename keeps what was learnt; None for any other change."""
        if self.rename_of:
            renaming = f"fleet rename {self.rename_of} {self.row.agent} --write"
            return f"evidence and soak time count on where nothing but the name differs, as {renaming!r} writes it"
        if not self.formatting_only:
            return None
        digest = "release" if self.release_moved else "state"
        return f"the {digest} digest is another all the same, so that a promotion will be asked for"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """What could not be read at one side (``base`` or ``head``), and why; governance files have no agent."""

    environment: str | None
    agent: str | None
    side: str
    finding: Finding
    further_findings: int = 0
    """How many further findings it has."""

    @property
    def sort_key(self) -> tuple[str, str, str, str]:
        """By agent."""
        return (self.environment or "", self.agent or "", self.finding.place.file, self.side)
