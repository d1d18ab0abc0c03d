"""Break-glass promotions, and whether each has been reviewed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from fleetward import gate
from fleetward.domain.approval import Approval
from fleetward.domain.audit import Break, FirstParentCommit
from fleetward.domain.clock import format_instant
from fleetward.domain.errors import FleetError
from fleetward.domain.finding import Severity
from fleetward.domain.ledger import Entry
from fleetward.gate import entry_checks
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.repository import Id
from fleetward.workflows.approval.subject import resolve_subject
from fleetward.workflows.context import RunContext
from fleetward.workflows.promotion.context import VerifiedCommit, load_context

LedgerEntryAt = tuple[FirstParentCommit, Entry]


def break_glass_findings(
    run: RunContext, root: FleetRoot, last: Id, entries: Iterable[LedgerEntryAt]
) -> Iterator[Break]:
    """A finding for each break-glass promotion: a note where it is reviewed, else a warning."""
    for landing, entry in entries:
        for moved in entry.agents:
            if entry.break_glass is not None:
                yield _review_finding(run, root, last, landing, entry, moved.agent)


def _review_finding(
    run: RunContext, root: FleetRoot, last: Id, landing: FirstParentCommit, entry: Entry, agent: str
) -> Break:
    break_glass = entry.break_glass
    assert break_glass is not None  # noqa: S101
    skipped = ", ".join(break_glass.left_out or break_glass.skipped) or "nothing"
    summary = f"{agent} was promoted by break-glass ({break_glass.incident}), which skipped {skipped}"
    if break_glass.is_stop:
        summary = f"{agent} was suspended by one person ({entry.actor})"
    # a review that cannot be determined is no reason to end the audit
    try:
        review = closing_review(run, root, last, entry, agent)
    except FleetError as error:
        finding = entry_checks.entry_break(
            landing, entry, "glass-broken", f"{summary}; {error.message}", agent
        )
        return replace(finding, severity=Severity.WARNING)
    if review is not None:
        message = f"{summary}; reviewed by {review.approver} on {format_instant(review.issued)}"
        finding = entry_checks.entry_break(landing, entry, "glass-broken", message, agent)
        return replace(finding, severity=Severity.NOTE)
    # at the very instant of the deadline it is overdue (SPEC 1.5)
    timing = "overdue since" if run.now >= break_glass.review_by else "due by"
    message = f"{summary}; its review is {timing} {format_instant(break_glass.review_by)}"
    return replace(
        entry_checks.entry_break(landing, entry, "glass-broken", message, agent),
        severity=Severity.WARNING,
        hint=f"fleet approve {agent} --to {entry.environment} --review {entry.seq}",
    )


def closing_review(run: RunContext, root: FleetRoot, last: Id, entry: Entry, agent: str) -> Approval | None:
    """The statement that reviews the entry, by the governance at *last*; None where there is none."""
    context = load_context(run, to=entry.environment, agents=[agent], at=VerifiedCommit(root=root, head=last))
    subject = resolve_subject(context, agent, rollback=None, with_overrides=False, review=entry.seq)
    request = subject.candidate.request
    reviewers = gate.reviewers_for(
        request,
        policy=context.policy,
        people=context.people,
        tier=gate.effective_tier(request, context.policy),
        now=run.now,
    )
    return gate.review_status(subject.review, request.approvals, reviewers).review if subject.review else None
