"""What a promotion must show, as ``governance/policy.yaml`` asks it (SPEC 6.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from enum import IntEnum

from fleetward.domain.change import ChangeClass, Direction
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Place

OWNER = "owner"
"""In ``from``: the active humans of the manifest's owner team, plus accountable and backup."""


class Assurance(IntEnum):
    """How sure it is that an approval is its approver's."""

    RECORDED = 0
    FORGE = 1
    SIGNED = 2

    @property
    def word(self) -> str:
        """As policy and reports write it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredApprovals:
    """So many different people out of these teams together."""

    count: int
    teams: frozenset[str]

    @property
    def wording(self) -> str:
        """``2 of risk``."""
        return f"{self.count} of {' or '.join(sorted(self.teams))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredEvals:
    """Every suite of the manifest passed for exactly this release, at most this long ago."""

    max_age: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredSoak:
    """The release stayed in the environment before for at least this long."""

    span: timedelta


RuleRequirement = RequiredApprovals | RequiredEvals | RequiredSoak


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCondition:
    """What a rule applies to; an empty field means any."""

    to: frozenset[str] = frozenset()
    tiers: frozenset[str] = frozenset()
    classes: frozenset[ChangeClass] = frozenset()
    direction: Direction | None = None
    only: Direction | None = None
    kinds: frozenset[str] = frozenset()
    agents: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """One entry of ``rules``."""

    id: str
    when: RuleCondition
    require: tuple[RuleRequirement, ...]
    assurance: Assurance = Assurance.RECORDED
    replaces_all: bool = False
    exempt: frozenset[str] = frozenset()
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalTerms:
    """How long approvals last, and whose do not count."""

    expire: timedelta | None = timedelta(days=14)
    exclude: frozenset[str] = frozenset({"author", "committer", "co-author", "robot"})
    ignore_unknown_authors: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """A time in which nothing is promoted; the end is exclusive, as every instant of expiry."""

    id: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackPolicy:
    """Going back: to what ran at most *within* ago, under *rule* in place of all rules."""

    within: timedelta
    rule: PolicyRule


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakGlassPolicy:
    """The emergency door: *rule* in place of the approvals of all rules, and what of them is not waited for."""

    rule: PolicyRule
    skips: frozenset[str]
    """Of soak, evals and freeze."""
    lasts: timedelta
    """How long an approval for it counts."""
    review_within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The whole policy; *sha256* is the digest of its file as stored."""

    version: int
    sha256: str
    tiers: tuple[str, ...]
    """Lowest first."""
    floors: Mapping[str, tuple[Mapping[str, str], ...]] = field(default_factory=dict)
    required: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    approvals: ApprovalTerms = field(default_factory=ApprovalTerms)
    rules: tuple[PolicyRule, ...] = ()
    limits: Mapping[str, timedelta] = field(default_factory=dict)
    veto: frozenset[str] = frozenset()
    freezes: tuple[Freeze, ...] = ()
    rollback: RollbackPolicy | None = None
    """None: nobody may go back."""
    break_glass: BreakGlassPolicy | None = None
    """None: there is no emergency door."""
    governance: PolicyRule | None = None
    """What a change of the governance folder itself needs; None where the policy does not say."""

    def tier_rank(self, tier: str | None) -> int:
        """The position of *tier*, lowest 0; an unknown one is above all (fail closed)."""
        return self.tiers.index(tier) if tier in self.tiers else len(self.tiers)

    def highest_tier(self, *tiers: str | None) -> str:
        """The highest of these tiers; those that are None do not speak."""
        declared = [tier for tier in tiers if tier is not None]
        return max(declared, key=self.tier_rank) if declared else self.tiers[-1]
