"""The policy of ``governance/policy.yaml``: what promotions require (SPEC 6.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from fleetward.domain.change import ChangeClass, Direction
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Place
from fleetward.domain.period import Period

OWNER = "owner"
"""In ``from``: the active humans of the candidate's owner team, plus accountable and backup."""
FORMER_OWNER = "former-owner"
"""In ``from``: the same of the release that runs."""
OWNERS = frozenset({OWNER, FORMER_OWNER})
"""What ``from`` takes beside the teams of people.yaml."""
OWNERSHIP = "ownership"
"""In ``only``: the change touches nothing but people and teams in the fields for them."""


class Assurance(IntEnum):
    """How strongly an approval is bound to its approver."""

    RECORDED = 0
    FORGE = 1
    SIGNED = 2

    @property
    def word(self) -> str:
        """As policy and reports write it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredApprovals:
    """Approvals of *count* different people of any of these teams."""

    count: int
    teams: frozenset[str]

    @property
    def wording(self) -> str:
        """``2 of risk``."""
        return f"{self.count} of {' or '.join(sorted(self.teams))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredEvals:
    """Every suite of the manifest passed for this release, at most *max_age* ago."""

    max_age: Period | None = None
    recorders: frozenset[str] = frozenset()
    """Robots, people and teams that may record the run; empty for anybody."""
    signed: bool = False
    """The record must be signed by its recorder."""
    tagged: bool = False
    """The file must name the release."""
    min_samples: int = 0
    """How many samples must have completed."""
    same_state: bool = False
    """The run must have had no override that the target lacks."""

    @property
    def wording(self) -> str:
        """What is asked beside the pass, such as ``recorded by ci, signed``."""
        terms = (
            (f"recorded by {' or '.join(sorted(self.recorders))}", self.recorders),
            ("signed", self.signed),
            ("tagged", self.tagged),
            (f"at least {self.min_samples} samples", self.min_samples),
            ("in the same state", self.same_state),
        )
        return ", ".join(term for term, is_asked in terms if is_asked)

    def covers(self, other: RequiredEvals) -> bool:
        """Does whatever meets this meet *other* too?"""
        return (
            _is_within(self.max_age, other.max_age)
            and (not other.recorders or (bool(self.recorders) and self.recorders <= other.recorders))
            and self.signed >= other.signed
            and self.tagged >= other.tagged
            and self.min_samples >= other.min_samples
            and self.same_state >= other.same_state
        )


def _is_within(age: Period | None, other: Period | None) -> bool:
    """Is whatever is younger than *age* younger than *other*, whatever the months between them?"""
    if other is None or age == other:
        return True
    return age is not None and age.longest <= other.shortest


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredSoak:
    """The release was in the source environment for at least *span*."""

    span: timedelta
    by_history: bool = False
    """The dates of its authors' own commits are enough, also above the lowest tier."""
    same_state: bool = False
    """Without an override that the target lacks."""

    def covers(self, other: RequiredSoak) -> bool:
        """Does whatever meets this meet *other* too?"""
        return (
            self.span >= other.span
            and self.same_state >= other.same_state
            and self.by_history <= other.by_history
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredAttestation:
    """The agent was attested: *count* times on different days, none older than *max_age*, with one of *outcomes*."""

    kind: str
    max_age: Period | None = None
    outcomes: frozenset[str] = frozenset()
    """Empty: any, also none."""
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredCriteria:
    """The exit criteria of the pilot are met, by metrics."""


RuleRequirement = RequiredApprovals | RequiredEvals | RequiredSoak | RequiredAttestation | RequiredCriteria


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCondition:
    """Which promotions a rule applies to; an empty field means any."""

    to: frozenset[str] = frozenset()
    tiers: frozenset[str] = frozenset()
    classes: frozenset[ChangeClass] = frozenset()
    direction: Direction | None = None
    only: Direction | None = None
    only_ownership: bool = False
    """Beside ``only``: every change is one of ownership, or goes that way."""
    kinds: frozenset[str] = frozenset()
    agents: frozenset[str] = frozenset()
    lifecycles: frozenset[str] = frozenset()
    becomes: frozenset[str] = frozenset()
    """The lifecycle that the candidate has and the running release has not."""
    agent_classes: frozenset[str] = frozenset()
    autonomies: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """One entry of ``rules``."""

    id: str
    when: RuleCondition
    require: tuple[RuleRequirement, ...]
    assurance: Assurance = Assurance.RECORDED
    replaces_all: bool = False
    exempt: frozenset[str] = frozenset()
    signed_authors: bool = False
    """The commits of the change have to be signed by their authors."""
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalTerms:
    """How long approvals count, and whose do not."""

    expire: timedelta | None = timedelta(days=14)
    exclude: frozenset[str] = frozenset({"author", "committer", "co-author", "robot"})
    ignore_unknown_authors: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """A time without promotions; the end is excluded, like every instant of expiry."""

    id: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackPolicy:
    """Rollback to a release that left at most *within* ago; *rule* replaces all rules."""

    within: timedelta
    rule: PolicyRule


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakGlassPolicy:
    """Break-glass: *rule* replaces the approvals of all rules, and *skips* are not required."""

    rule: PolicyRule
    skips: frozenset[str]
    """Of soak, evals and freeze."""
    lasts: timedelta
    """How long an approval of a break-glass promotion counts."""
    review_within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class StopPolicy:
    """Who may suspend an agent alone, and until when somebody else has to review it."""

    by: frozenset[str]
    review_within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationKind:
    """A kind of attestation of the policy's own."""

    by: frozenset[str]
    every: Period | None = None
    tiers: frozenset[str] = frozenset()
    """Of which agents it is due; empty means all."""
    of_fleet: bool = False
    """It is about the whole fleet, not about one agent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyTerms:
    """Who may write ledger lines, robots, people and teams, and how strongly a line is bound to them."""

    by: frozenset[str]
    assurance: Assurance = Assurance.SIGNED


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
    contributor_trailers: tuple[str, ...] = ()
    """Trailers of commits that name a contributor, beside Co-authored-by."""
    rules: tuple[PolicyRule, ...] = ()
    limits: Mapping[str, Period] = field(default_factory=dict)
    veto: frozenset[str] = frozenset()
    freezes: tuple[Freeze, ...] = ()
    rollback: RollbackPolicy | None = None
    """None: rollbacks are not allowed."""
    break_glass: BreakGlassPolicy | None = None
    """None: break-glass is not allowed."""
    stop: StopPolicy | None = None
    """None: to suspend takes what every change takes."""
    attestations: Mapping[str, AttestationKind] = field(default_factory=dict)
    """The kinds that this policy adds."""
    governance: PolicyRule | None = None
    """The rule for changes of the governance folder; None where the policy has none."""
    apply: ApplyTerms | None = None
    """None: whoever can commit may write a ledger line."""

    connectors: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """The content of ``governance/connectors.yaml`` beside it: what tools do, by governance's word."""
    place: Place | None = field(default=None, compare=False)
    """Where its version is written."""

    def reuses_version_of(self, before: Policy) -> bool:
        """Does it say other things than *before* under the same version? Comments and order of keys say nothing."""
        return self.version == before.version and replace(self, sha256=before.sha256) != before

    def tier_rank(self, tier: str | None) -> int:
        """The position of *tier*, lowest 0; an unknown tier ranks highest (fail closed)."""
        # lowest would mean that a typing error lifts requirements
        return self.tiers.index(tier) if tier in self.tiers else len(self.tiers)

    def highest_tier(self, *tiers: str | None) -> str:
        """The highest of these tiers; None is ignored, and without any tier the highest of all counts."""
        declared = [tier for tier in tiers if tier is not None]
        return max(declared, key=self.tier_rank) if declared else self.tiers[-1]
