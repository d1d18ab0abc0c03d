"""A promotion with ``--break-glass``, for people and programs."""

from __future__ import annotations

from typing import Any

from fleetward.domain.break_glass import BreakGlassUse, OpenReview
from fleetward.domain.clock import format_instant
from fleetward.report.page import Page, line, span


def summary(use: BreakGlassUse | None) -> str:
    """The incident, what may be skipped, and who can review it; empty without ``--break-glass``."""
    if use is None:
        return ""
    skips = ", ".join(use.skips) or "nothing"
    head = f"break-glass for {use.incident} ({use.reason}): may skip {skips}"
    due = f"review due by {format_instant(use.review_by)}"
    return "; ".join((head, due, *map(_who_can_review, use.reviews)))


def lines(use: BreakGlassUse | None) -> Page:
    """The last lines of a report: each review that an entry now requires."""
    if use is None:
        return ()
    due = format_instant(use.review_by)
    return tuple(
        line(
            span(f"entry {review.seq} needs a review by {due}", "warning"),
            f": {_who_can_review(review)}",
            hang=2,
        )
        for review in use.open_reviews
    )


def data(use: BreakGlassUse | None) -> dict[str, Any] | None:
    """The same for programs; None without ``--break-glass``."""
    if use is None:
        return None
    return {
        "incident": use.incident,
        "reason": use.reason,
        "skips": list(use.skips),
        "reviewBy": format_instant(use.review_by),
        "reviews": [
            {"agent": review.agent, "entry": review.seq, "could": list(review.reviewers)}
            for review in use.reviews
        ],
    }


def _who_can_review(review: OpenReview) -> str:
    if review.reviewers:
        return f"{' or '.join(review.reviewers)} can review {review.agent}"
    return f"nobody can review {review.agent}: once overdue, this blocks every ordinary promotion"
