"""What a bad day leaves behind: a glass that was broken, its review, a release that a rollback left."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum

from fleetward.domain.approval import Binding
from fleetward.domain.contributor import Contributor
from fleetward.domain.fast_dataclass import dataclass

SKIPPABLE = ("evals", "freeze", "soak")
"""All that an emergency may pass over, sorted; never validation, vetoes or people."""
_INCIDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/#-]{0,79}")


class PromotionMode(StrEnum):
    """Through which door a promotion goes."""

    NORMAL = "normal"
    BREAK_GLASS = "break-glass"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakGlassRecord:
    """What a ledger entry tells of its emergency: *skipped* is what was asked, not met and passed over, sorted."""

    incident: str
    skipped: tuple[str, ...]
    review_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredReview:
    """One agent's part of an entry that broke the glass, and whose review of it would be one's own."""

    seq: int
    at: datetime
    break_glass: BreakGlassRecord
    binding: Binding
    actor: str
    """The address of who applied it."""
    approvers: frozenset[str]
    contributors: tuple[Contributor, ...]


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
    """Who looked at one agent's part of an entry that broke the glass, when, and the statement that says so."""

    environment: str
    seq: int
    agent: str
    approver: str
    at: datetime
    file: str


def is_incident(text: str) -> bool:
    """Is *text* the name of an incident, such as ``INC-2041``: letters, digits and ``._:/#-``, at most 80?"""
    return _INCIDENT.fullmatch(text) is not None
