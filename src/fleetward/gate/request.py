"""Everything that one agent's promotion is decided by; nothing else may sway it."""

from __future__ import annotations

from datetime import datetime, timedelta

from fleetward.domain.approval import Approval, Binding
from fleetward.domain.break_glass import PromotionMode, RequiredReview
from fleetward.domain.change import Comparison
from fleetward.domain.contributor import Contributor, ContributorRole
from fleetward.domain.evidence import EvidenceRecord
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding
from fleetward.domain.ledger import PromotionKind, RollbackHold
from fleetward.domain.manifest import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionRequest:
    """
    May this candidate take the place of what runs?

    Shape: ``approvals`` are all statements found for this environment and agent, those about other states
    too, because a veto outlives the state that it was given for. ``errors`` are the unwaived error findings
    on the candidate as if it stood in the target environment.
    Source: SPEC 6 and 6.1.
    """

    binding: Binding
    kind: PromotionKind | None
    """None: there is nothing to promote."""
    release: str | None = None
    running: Manifest | None = None
    running_unreadable: bool = False
    """Something runs, and its manifest cannot be read any more."""
    candidate: Manifest | None = None
    comparison: Comparison | None = None
    contributors: tuple[Contributor, ...] = ()
    approvals: tuple[Approval, ...] = ()
    evidence: tuple[EvidenceRecord, ...] = ()
    longest_soak: timedelta = timedelta()
    """The longest continuous stay of the release in the environment before."""
    is_soaking: bool = False
    """Is it there now?"""
    soaking_since: datetime | None = None
    """When the present stay began, where that is known."""
    errors: tuple[Finding, ...] = ()
    mode: PromotionMode = PromotionMode.NORMAL
    """Through which door; a rollback is told by its kind."""
    left_at: datetime | None = None
    """When the release that a rollback goes back to left the environment."""
    hold: RollbackHold | None = None
    """The rollback that left this release."""
    required_reviews: tuple[RequiredReview, ...] = ()
    """Promotions of this agent that broke the glass, reviewed or not."""


__all__ = ["Contributor", "ContributorRole", "PromotionRequest"]
