"""Everything that one agent's promotion is decided by; nothing else may sway it."""

from __future__ import annotations

from datetime import datetime, timedelta

from fleetward.domain.approval import Approval, Binding
from fleetward.domain.break_glass import Due, Way
from fleetward.domain.change import Comparison
from fleetward.domain.contributor import Contributor, Role
from fleetward.domain.evidence import Record
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding
from fleetward.domain.ledger import Held, PromotionKind
from fleetward.domain.manifest import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
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
    running_unread: bool = False
    """Something runs, and its manifest cannot be read any more."""
    candidate: Manifest | None = None
    comparison: Comparison | None = None
    contributors: tuple[Contributor, ...] = ()
    approvals: tuple[Approval, ...] = ()
    evidence: tuple[Record, ...] = ()
    longest: timedelta = timedelta()
    """The longest continuous stay of the release in the environment before."""
    soaking: bool = False
    """Is it there now?"""
    soaking_since: datetime | None = None
    """When the present stay began, where that is known."""
    errors: tuple[Finding, ...] = ()
    way: Way = Way.NORMAL
    """Through which door; a rollback is told by its kind."""
    left: datetime | None = None
    """When the release that a rollback goes back to left the environment."""
    held: Held | None = None
    """The rollback that left this release."""
    reviews: tuple[Due, ...] = ()
    """Promotions of this agent that broke the glass, reviewed or not."""


__all__ = ["Contributor", "Question", "Role"]
