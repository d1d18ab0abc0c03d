"""A decision that explains itself: what was asked, who met it, what is missing (SPEC 6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from datetime import datetime
from enum import StrEnum

from fleetward.domain.break_glass import PromotionMode
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import PromotionKind


class Verdict(StrEnum):
    """May it pass?"""

    UNCHANGED = "unchanged"
    ALLOWED = "allowed"
    PENDING = "pending"
    BLOCKED = "blocked"

    @property
    def rank(self) -> int:
        """0 is best; a unit is as good as its worst member."""
        return list(Verdict).index(self)


def worst_verdict(verdicts: Iterable[Verdict]) -> Verdict:
    """
    The verdict on several agents as one unit: that of the worst.

    One with nothing to promote does not worsen the others. No agent at all is blocked: empty never means yes.
    """
    return max(verdicts, key=lambda verdict: verdict.rank, default=Verdict.BLOCKED)


class RequirementStatus(StrEnum):
    """How one requirement stands."""

    MET = "met"
    MISSING = "missing"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """
    One thing that was asked.

    Its kind is approvals, evals, soak, veto, freeze, validation, policy, dependency, rollback, held or review.
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


class NotCountedCause(StrEnum):
    """What kind of reason an approval does not count for."""

    ELSEWHERE = "elsewhere"
    """It is about another change, or a generation that is spent."""
    CONTRIBUTOR = "hand"
    """Who gave it had a hand in the change: no statement of theirs on it will ever count."""
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCounted:
    """An approval that was given and does not count, and why; ``files`` are its statements."""

    approver: str
    reason: str
    files: tuple[str, ...] = field(default=(), compare=False)
    cause: NotCountedCause = field(default=NotCountedCause.OTHER, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unblock:
    """Who could release it, and when time alone has done its part."""

    people: tuple[str, ...] = ()
    ready_at: datetime | None = None
    minimal_approvers: tuple[str, ...] | None = ()
    """The smallest set of people whose approval completes all that are asked; None where nobody's would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """One agent's verdict."""

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
    """Files of the approvals and evidence that the verdict rests on."""
    mode: PromotionMode = PromotionMode.NORMAL
    skipped: tuple[Requirement, ...] = ()
    """What is not met and passed over, because the glass is broken."""
