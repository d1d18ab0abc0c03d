"""A verdict with its reasons: what is required, who met it, what is missing (SPEC 6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from datetime import datetime
from enum import StrEnum

from fleetward.domain.break_glass import PromotionMode
from fleetward.domain.contributor import Contributor
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import PromotionKind


class Verdict(StrEnum):
    """Whether a change may pass."""

    UNCHANGED = "unchanged"
    ALLOWED = "allowed"
    PENDING = "pending"
    BLOCKED = "blocked"

    @property
    def rank(self) -> int:
        """0 is best; the verdict on a batch is that of its worst member."""
        return list(Verdict).index(self)


def worst_verdict(verdicts: Iterable[Verdict]) -> Verdict:
    """
    The verdict on several agents together: the worst one.

    An unchanged agent does not worsen the others. No agent at all is blocked: empty never allows.
    """
    return max(verdicts, key=lambda verdict: verdict.rank, default=Verdict.BLOCKED)


LEFT_OUT = ("approvals", "signature")
"""The kinds that break-glass leaves out by its own rule, not by the policy's ``skips``."""


class RequirementStatus(StrEnum):
    """Whether a requirement is met; only a refused one blocks."""

    MET = "met"
    MISSING = "missing"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludedPerson:
    """Somebody who could have filled a seat and does not count."""

    person: str
    reason: str
    commit: str | None
    """Full id of the commit that shows it; None where nothing is committed."""
    remedy: str
    """What would make them count."""
    from_people: bool = False
    """The reason is what people.yaml says of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """
    One requirement of a promotion.

    Its kind is approvals, signature, evals, soak, attested, criteria, veto, freeze, validation, policy, dependency,
    rollback, held or review.
    """

    rule: str
    kind: str
    condition: str
    status: RequirementStatus
    by: tuple[str, ...] = ()
    detail: str = ""
    ready_at: datetime | None = None
    eligible: tuple[str, ...] = ()
    """Who could still meet it."""
    review_seq: int | None = None
    """Of a review that somebody can give: the ledger entry to review."""
    excluded: tuple[ExcludedPerson, ...] = ()
    """Of a requirement that is not met: who could have met it and does not count."""
    error_rules: tuple[str, ...] = ()
    """Of a refused validation: the rules of its errors."""


def skipped_kinds(requirements: Iterable[Requirement]) -> tuple[str, ...]:
    """The kinds of requirements that the policy lets break-glass skip, sorted."""
    return tuple(sorted({requirement.kind for requirement in requirements} - set(LEFT_OUT)))


def left_out_words(requirements: Iterable[Requirement]) -> tuple[str, ...]:
    """Every seat, signature and duty that break-glass left out, as a ledger entry lists them; sorted."""
    return tuple(sorted({f"{requirement.kind}: {requirement.condition}" for requirement in requirements}))


class NotCountedCause(StrEnum):
    """The kind of reason why an approval does not count."""

    ELSEWHERE = "elsewhere"
    """It is about another change, or an earlier generation."""
    CONTRIBUTOR = "hand"
    """The approver contributed to the change, so no approval of theirs can count."""
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCounted:
    """An approval that does not count, and why; ``files`` are its statements."""

    approver: str
    reason: str
    files: tuple[str, ...] = field(default=(), compare=False)
    cause: NotCountedCause = field(default=NotCountedCause.OTHER, compare=False)


class WayKind(StrEnum):
    """What can be done where nobody is left to fill a seat."""

    ANOTHER_AUTHOR = "another-author"
    ANOTHER_MEMBER = "another-member"
    GOVERNANCE_CHANGE = "governance-change"
    BREAK_GLASS = "break-glass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way on where nobody is left to fill a seat; *command* is the first thing to type."""

    kind: WayKind
    text: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unblock:
    """Who could complete the requirements, and when waiting is over."""

    people: tuple[str, ...] = ()
    ready_at: datetime | None = None
    minimal_approvers: tuple[str, ...] | None = ()
    """The smallest set of people whose approval completes the approvals; None where no set does."""
    ways: tuple[Way, ...] = ()
    """What else can be done where no set of people completes the approvals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """The verdict on the promotion of one agent."""

    agent: str
    kind: PromotionKind | None
    tier: str | None
    release: str | None
    from_state: str | None
    to_state: str | None
    generation: int
    verdict: Verdict
    requirements: tuple[Requirement, ...] = ()
    not_counted: tuple[NotCounted, ...] = ()
    unblock: Unblock = Unblock()
    counted: tuple[str, ...] = ()
    """Files of the approvals, evidence and attestations that the verdict counts."""
    mode: PromotionMode = PromotionMode.NORMAL
    renamed_from: str | None = None
    """The name that the same content had before."""
    suspended: bool = False
    """What runs is suspended."""
    skipped: tuple[Requirement, ...] = ()
    """Unmet requirements that break-glass skips."""
    uncompared: tuple[Contributor, ...] = ()
    """Who committed again what others wrote, where no original is at hand to compare."""
