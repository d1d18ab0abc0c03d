"""What went through the emergency door, and whether somebody has looked at it since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from fleetward import gate
from fleetward.domain.approval import Approval
from fleetward.domain.audit import Break, Landing
from fleetward.domain.clock import written
from fleetward.domain.errors import FleetError
from fleetward.domain.finding import Severity
from fleetward.domain.ledger import Entry
from fleetward.gate import history_checks
from fleetward.store.git.fleet_root import Ground
from fleetward.store.git.repository import Id
from fleetward.workflows.approval.subject import matter
from fleetward.workflows.context import RunContext
from fleetward.workflows.promotion.context import Moment, hearing

Told = tuple[Landing, Entry]


def broken(run: RunContext, ground: Ground, last: Id, told: Iterable[Told]) -> Iterator[Break]:
    """Every entry that broke the glass with the state of its review: done is a note, all else a warning."""
    for landing, entry in told:
        for moved in entry.agents:
            if entry.break_glass is not None:
                yield _reviewed(run, ground, last, landing, entry, moved.agent)


def _reviewed(run: RunContext, ground: Ground, last: Id, landing: Landing, entry: Entry, agent: str) -> Break:
    glass = entry.break_glass
    assert glass is not None  # noqa: S101
    skipped = ", ".join(glass.skipped) or "nothing"
    what = f"{agent} went through the emergency door ({glass.incident}), which skipped {skipped}"
    try:
        review = closed(run, ground, last, entry, agent)
    except FleetError as error:
        found = history_checks.about(landing, entry, "glass-broken", f"{what}; {error.message}", agent)
        return replace(found, severity=Severity.WARNING)
    if review is not None:
        message = f"{what}; reviewed by {review.approver} on {written(review.issued)}"
        found = history_checks.about(landing, entry, "glass-broken", message, agent)
        return replace(found, severity=Severity.NOTE)
    word = "overdue since" if run.now >= glass.review_by else "due by"
    message = f"{what}; its review is {word} {written(glass.review_by)}"
    return replace(
        history_checks.about(landing, entry, "glass-broken", message, agent),
        severity=Severity.WARNING,
        hint=f"fleet approve {agent} --to {entry.environment} --review {entry.seq}",
    )


def closed(run: RunContext, ground: Ground, last: Id, entry: Entry, agent: str) -> Approval | None:
    """The statement that reviews it, by the law of the end."""
    asked = hearing(run, to=entry.environment, agents=[agent], at=Moment(ground=ground, head=last))
    about = matter(asked, agent, rollback=None, overrides_too=False, review=entry.seq)
    question = about.case.question
    by = gate.bench(
        question,
        policy=asked.policy,
        people=asked.people,
        tier=gate.tier_of(question, asked.policy),
        now=run.now,
    )
    return gate.reviewed(about.due, question.approvals, by).closed if about.due else None
