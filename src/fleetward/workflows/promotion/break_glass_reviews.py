"""The reviews that a break-glass promotion requires, and who can give them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from fleetward import gate
from fleetward.domain.break_glass import BreakGlassUse, OpenReview
from fleetward.domain.ledger import Entry
from fleetward.domain.next_step import NextStep
from fleetward.domain.verdict import Promotion
from fleetward.store.git import commit_writer
from fleetward.workflows.promotion.break_glass import break_glass_terms, review_by
from fleetward.workflows.promotion.candidates import Candidate
from fleetward.workflows.promotion.context import PromotionContext


def break_glass_use(
    context: PromotionContext,
    decided: Iterable[tuple[Candidate, Promotion]],
    *,
    incident: str | None,
    reason: str,
    apply: bool,
) -> BreakGlassUse | None:
    """
    What this promotion may skip, and who could review each agent; None without an incident.

    Whoever applies a promotion cannot review it: with *apply* that is the committer.
    """
    if incident is None:
        return None
    # a dry run has no committer yet: anybody might apply it
    actor = commit_writer.committer_email(context.root.repository) if apply else ""
    return BreakGlassUse(
        incident=incident,
        reason=reason,
        skips=tuple(sorted(break_glass_terms(context).skips)),
        review_by=review_by(context),
        reviews=tuple(
            OpenReview(
                agent=promotion.agent,
                reviewers=gate.available_reviewers(
                    candidate.request,
                    promotion,
                    policy=context.policy,
                    people=context.people,
                    actor=actor,
                    now=context.run.now,
                ),
            )
            for candidate, promotion in decided
            if promotion.kind is not None
        ),
    )


def with_entries(use: BreakGlassUse, entries: Iterable[Entry]) -> BreakGlassUse:
    """The same with the numbers of the ledger entries that were written."""
    seqs = {change.agent: entry.seq for entry in entries for change in entry.agents}
    return replace(use, reviews=tuple(replace(review, seq=seqs.get(review.agent)) for review in use.reviews))


def open_reviews_step(context: PromotionContext, use: BreakGlassUse | None) -> NextStep | None:
    """The step for the reviews that written entries require; None where no entry was written."""
    if use is None or not use.open_reviews:
        return None
    folder, to = context.run.chdir, context.target.name
    command = " && ".join(
        f"fleet approve{folder} {review.agent} --to {to} --review {review.seq}"
        for review in use.open_reviews
        if review.reviewers
    )
    # a command for a review that nobody can give would fail when pasted
    if command:
        return NextStep(command=command, reason="give the review, as somebody who can")
    return NextStep(
        command=f"fleet policy check{folder}", reason="nobody can give the review, check the policy"
    )
