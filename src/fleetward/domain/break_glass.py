"""Break-glass: what a promotion skipped, and the review that it requires."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum

from fleetward.domain.approval import Binding
from fleetward.domain.contributor import Contributor
from fleetward.domain.fast_dataclass import dataclass

SKIPPABLE = ("evals", "freeze", "soak")
"""The requirements that break-glass may skip, sorted; never validation, vetoes or approvals."""
STOP = "stop"
"""What the entry of a suspension by one person has instead of an incident."""
_INCIDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/#-]{0,79}")


class PromotionMode(StrEnum):
    """Whether a promotion meets all requirements, or skips some as an emergency."""

    NORMAL = "normal"
    BREAK_GLASS = "break-glass"
    STOP = "stop"
    """A suspension by one person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakGlassRecord:
    """The break-glass part of a ledger entry: *skipped* are the kinds of requirements not met and skipped, sorted."""

    incident: str
    skipped: tuple[str, ...]
    review_by: datetime
    left_out: tuple[str, ...] | None = None
    """Every seat, signature and duty that it left out, sorted; None in lines of earlier versions."""

    @property
    def is_stop(self) -> bool:
        """Is it a suspension by one person?"""
        return self.incident == STOP


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredReview:
    """One agent of a break-glass entry, with the people who may not review it."""

    seq: int
    at: datetime
    break_glass: BreakGlassRecord
    binding: Binding
    actor: str
    """The e-mail address of whoever applied it."""
    approvers: frozenset[str]
    contributors: tuple[Contributor, ...]
    commit: str | None = None
    """The commit that the entry promoted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReview:
    """The review that a break-glass promotion of one agent requires, and nobody has given yet."""

    agent: str
    reviewers: tuple[str, ...]
    """Who may give it."""
    seq: int | None = None
    """The ledger entry to review; None until it is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakGlassUse:
    """A promotion with ``--break-glass``: what it may skip, and the reviews that it requires."""

    incident: str
    reason: str
    skips: tuple[str, ...]
    """Kinds of requirements, sorted."""
    review_by: datetime
    reviews: tuple[OpenReview, ...]

    @property
    def open_reviews(self) -> tuple[OpenReview, ...]:
        """The reviews of entries that are written, in the order of the ledger."""
        written = (review for review in self.reviews if review.seq is not None)
        return tuple(sorted(written, key=lambda review: review.seq or 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A review of one agent of a break-glass entry: who gave it, when, and its statement."""

    environment: str
    seq: int
    agent: str
    approver: str
    at: datetime
    file: str


def is_incident(text: str) -> bool:
    """Is *text* the name of an incident, such as ``INC-2041``: letters, digits and ``._:/#-``, at most 80?"""
    return _INCIDENT.fullmatch(text) is not None
