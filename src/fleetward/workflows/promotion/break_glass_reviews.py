"""What breaking the glass owes: a review, by whom it could be given, and the command that gives it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fleetward import gate
from fleetward.domain.clock import format_instant
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.verdict import Promotion
from fleetward.report.page import Line, Page, line, span
from fleetward.store.git import commit_writer
from fleetward.store.git.repository import Id
from fleetward.store.records import load as records
from fleetward.workflows.promotion.break_glass import break_glass_terms, review_by
from fleetward.workflows.promotion.candidates import Candidate
from fleetward.workflows.promotion.context import PromotionContext

OpenReviews = Sequence[tuple[str, int]]
"""Agents, each with the number of the entry whose review it owes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakGlassReviews:
    """The emergency of a call, if it is one; *closing* is by agent who could review what it brings."""

    incident: str | None
    reason: str
    reviewers: Mapping[str, Sequence[str]]

    @property
    def notes(self) -> Iterator[str]:
        """Who could review what goes in, in words for each agent."""
        return (_reviewer_note(agent, who) for agent, who in self.reviewers.items())

    def open_reviews(self, context: PromotionContext, commit: Id | None) -> OpenReviews:
        """The reviews that the commit *commit* owes; none where nothing was written, or nothing broken."""
        if commit is None or self.incident is None:
            return ()
        ledger = records.ledger(context.root.commit_tree(commit), context.target.name)
        entries = ledger.entries[len(context.ledger.entries) :]
        return tuple((moved.agent, entry.seq) for entry in entries for moved in entry.agents)

    def lines(self, context: PromotionContext, reviews: OpenReviews) -> Page:
        """The last words of a report: what is owed from now on."""
        return tuple(self._line(context, agent, seq) for agent, seq in reviews)

    def review_commands(self, context: PromotionContext, reviews: OpenReviews) -> str:
        """The command that gives those that somebody may, else that says why not; empty where none is owed."""
        folder_option, to = context.run.chdir, f"--to {context.target.name}"
        reviewable = [(agent, seq) for agent, seq in reviews if self.reviewers.get(agent)]
        command = " && ".join(
            f"fleet approve{folder_option} {agent} {to} --review {seq}" for agent, seq in reviewable
        )
        return command or (f"fleet policy check{folder_option}" if reviews else "")

    def data(self, context: PromotionContext, reviews: OpenReviews) -> dict[str, Any] | None:
        """The emergency, for programs; None where the glass is whole."""
        if self.incident is None:
            return None
        seqs = dict(reviews)
        return {
            "incident": self.incident,
            "reason": self.reason,
            "skips": sorted(break_glass_terms(context).skips),
            "reviewBy": format_instant(review_by(context)),
            "reviews": [
                {"agent": agent, "entry": seqs.get(agent), "could": list(who)}
                for agent, who in self.reviewers.items()
            ],
        }

    def _line(self, context: PromotionContext, agent: str, seq: int) -> Line:
        text = f"entry {seq} owes a review by {format_instant(review_by(context))}"
        return line(
            span(text, "warning"), f": {_reviewer_note(agent, self.reviewers.get(agent, ()))}", hang=2
        )


def available_reviewers(
    context: PromotionContext, decided: Iterable[tuple[Candidate, Promotion]], *, applied: bool
) -> dict[str, tuple[str, ...]]:
    """By agent who could review it, were it applied now; whoever applies it cannot."""
    actor = commit_writer.committer_email(context.root.repository) if applied else ""
    return {
        promotion.agent: gate.available_reviewers(
            candidate.request,
            promotion,
            policy=context.policy,
            people=context.people,
            actor=actor,
            now=context.run.now,
        )
        for candidate, promotion in decided
        if promotion.kind is not None
    }


def _reviewer_note(agent: str, reviewers: Sequence[str]) -> str:
    if reviewers:
        return f"{' or '.join(reviewers)} could give that of {agent}"
    return f"nobody may give that of {agent}: once overdue, it holds up every ordinary promotion"
